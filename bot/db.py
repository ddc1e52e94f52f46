"""The database: one writer on SQLite, many on PostgreSQL, and which failures mean “try again later”."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import delete, event, insert, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bot.errors import Conflict, Unavailable
from bot.filelock import FileLock
from models import Note

# PostgreSQL's classes of trouble that pass: connection, resources, operator intervention.
_PASSING_CLASSES = ("08", "53", "57P")
_CONFLICTS = frozenset({"40001", "40P01"})
_PASSING_SQLITE = ("locked", "busy", "disk is full", "disk i/o error", "unable to open", "readonly database")
_FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS})
_TURN_SECONDS = 20
_CONNECT_SECONDS = 10
_PROBE, _PROBE_BYTES = "probe", 20_000
_QUERY_SECONDS = 60  # nothing asked here takes that long; what does has lost its server
_SILENT_SECONDS = 120  # the other way round: a transaction that goes on saying nothing has lost us


class Database:
    """The engines behind a `DATABASE_URL`.

    On SQLite one connection writes, all others only read, and processes take turns at writing: two that
    write and checkpoint at once can corrupt the WAL of SQLite 3.7.0-3.51.2 (the WAL-reset bug).
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.sqlite = url.startswith("sqlite")
        pool = {"max_overflow": 0, "pool_timeout": 20, "pool_pre_ping": not self.sqlite}
        self.writer = self._engine(read_only=False, pool_size=1 if self.sqlite else 10, **pool)
        self.reader = self._engine(read_only=True, pool_size=4, **pool) if self.sqlite else self.writer
        self._apart = self._engine(read_only=True, poolclass=NullPool)
        self._turns = Turns(url) if self.sqlite else None

    def _engine(self, *, read_only: bool, **pool: Any) -> AsyncEngine:
        limits = {} if self.sqlite else _limits()
        engine = create_async_engine(
            self.url,
            **pool,
            connect_args=limits,
            json_serializer=_json,
            json_deserializer=msgspec.json.decode,
            hide_parameters=True,  # errors are logged and kept; what people wrote is not to be
        )
        if self.sqlite:
            event.listen(engine.sync_engine, "connect", _read_only if read_only else _durable)
            event.listen(engine.sync_engine, "begin", _deferred if read_only else _immediate)
        return engine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A writing transaction, committed at the end of the block. Raises Unavailable."""
        async with self.turn(), connected(self.writer) as connection:
            with Outages():
                async with connection.begin():
                    yield connection

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Where only one may write, be that one until the end of the block. Raises Unavailable."""
        if self._turns is None:
            yield
            return
        await self._turns.take()
        try:
            yield
        finally:
            self._turns.give()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for queries only. Raises Unavailable."""
        async with connected(self.reader) as connection:
            with Outages():
                yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """As `reading`, with all queries seeing the database as of one moment: on a connection of its own,
        so that nobody waits for one however long it is needed. Raises Unavailable."""
        async with connected(self._apart) as connection:
            if not self.sqlite:
                await connection.execution_options(isolation_level="REPEATABLE READ")
            with Outages():
                yield connection

    def alone(self, seconds: float) -> AsyncEngine:
        """Connections outside the pool that may be held for long: each statement commits by itself, and none
        waits longer than `seconds` for the server."""
        limits = {"timeout": seconds, "command_timeout": seconds}
        return create_async_engine(
            self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=limits
        )

    async def ping(self) -> None:
        """Raises Unavailable where the database does not answer or has no room for a few pages more."""
        probe = {"key": _PROBE, "value": {"room": "x" * _PROBE_BYTES}, "updated_at": datetime.now(UTC)}
        async with self.transaction() as connection:
            await connection.execute(insert(Note), [probe])
            await connection.execute(delete(Note).where(Note.key == _PROBE))

    async def close(self) -> None:
        async with self.turn():  # the last to leave an SQLite file writes its log back
            await self.writer.dispose()
            await self.reader.dispose()
        if self._turns is not None:
            self._turns.close()


class Turns:
    """Who writes to an SQLite file: one task of one process at a time."""

    def __init__(self, url: str) -> None:
        file = Path(make_url(url).database or "")
        self._tasks = asyncio.Lock()
        self._processes = FileLock(file.with_name(f"{file.name}-turn"))

    async def take(self) -> None:
        """Wait for the turn. Raises Unavailable where it does not come."""
        try:
            async with asyncio.timeout(_TURN_SECONDS):
                await self._tasks.acquire()
                try:
                    await self._processes.acquire()
                except BaseException:
                    self._tasks.release()
                    raise
        except OSError as error:  # a timeout is one too
            raise Unavailable(_first_line(error)) from error

    def give(self) -> None:
        self._processes.release()
        self._tasks.release()

    def close(self) -> None:
        self._processes.close()


def _limits() -> dict[str, Any]:
    """How long asyncpg waits for the server, and how long the server lets us hold rows without a word."""
    silent = {"idle_in_transaction_session_timeout": str(int(_SILENT_SECONDS * 1000))}
    return {"timeout": _CONNECT_SECONDS, "command_timeout": _QUERY_SECONDS, "server_settings": silent}


async def connect(engine: AsyncEngine) -> AsyncConnection:
    """A connection of the pool. Whatever keeps us from having one, an update can only wait for it.

    Raises Unavailable.
    """
    try:
        return await engine.connect()
    except (OSError, DBAPIError, PoolTimeout) as error:
        raise Unavailable(_first_line(error)) from error


@asynccontextmanager
async def connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection of the pool, given back at the end of the block. Raises Unavailable."""
    connection = await connect(engine)
    try:
        yield connection
    finally:
        await connection.close()


class Outages:
    """Turns errors that mean “not now” into Unavailable and lets all others through."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is not None and _passes(error):
            raise Unavailable(_first_line(error)) from error


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _passes(error: BaseException) -> bool:
    if isinstance(error, ConnectionError | TimeoutError):
        return True
    if isinstance(error, OSError):
        return error.errno in _FULL_DISK
    if not isinstance(error, DBAPIError) or isinstance(error, IntegrityError):
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    said = str(error.orig).casefold()
    passing = state.startswith(_PASSING_CLASSES) or any(words in said for words in _PASSING_SQLITE)
    return error.connection_invalidated or passing


def is_conflict(error: BaseException) -> bool:
    """Whether two transactions got in each other's way, so that running one again will do."""
    if isinstance(error, IntegrityError | Conflict):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _CONFLICTS


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _pragmas(connection: Any, *pragmas: str) -> None:
    # SQLAlchemy begins transactions itself (see _immediate), so the driver must not.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("busy_timeout=5000", "foreign_keys=ON", *pragmas):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _durable(connection: Any, _record: Any) -> None:
    _pragmas(connection, "journal_mode=WAL", "synchronous=FULL")


def _read_only(connection: Any, _record: Any) -> None:
    _pragmas(connection, "query_only=ON")


def _immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _deferred(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")
