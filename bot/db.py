"""The database: one writer on SQLite, many on PostgreSQL, and which failures mean “try again later”."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import Unavailable

# PostgreSQL's classes of trouble that pass: connection, resources, operator intervention.
_PASSING_CLASSES = ("08", "53", "57P")
_CONFLICTS = frozenset({"40001", "40P01"})
_PASSING_SQLITE = ("locked", "busy", "disk is full", "disk i/o error", "unable to open", "readonly database")
_FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS})
_CONNECT_SECONDS = 10
_QUERY_SECONDS = 60  # nothing asked here takes that long; what does has lost its server


class Database:
    """The engines behind a `DATABASE_URL`.

    SQLite gets exactly one writing connection: two would corrupt the WAL of SQLite 3.7.0-3.51.2
    (the WAL-reset bug); all other connections only read.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.sqlite = url.startswith("sqlite")
        self.writer = self._engine(pool=1, read_only=False) if self.sqlite else self._engine(pool=10, read_only=False)
        self.reader = self._engine(pool=4, read_only=True) if self.sqlite else self.writer

    def _engine(self, pool: int, read_only: bool) -> AsyncEngine:
        limits = {} if self.sqlite else {"timeout": _CONNECT_SECONDS, "command_timeout": _QUERY_SECONDS}
        engine = create_async_engine(
            self.url,
            pool_size=pool,
            max_overflow=0,
            pool_timeout=20,
            pool_pre_ping=not self.sqlite,
            connect_args=limits,
            hide_parameters=True,  # errors are logged and kept; what people wrote is not to be
        )
        if self.sqlite:
            event.listen(engine.sync_engine, "connect", _read_only if read_only else _durable)
            event.listen(engine.sync_engine, "begin", _deferred if read_only else _immediate)
        return engine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A writing transaction, committed at the end of the block. Raises Unavailable."""
        async with _connected(self.writer) as connection:
            with _Outages():
                async with connection.begin():
                    yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for queries only. Raises Unavailable."""
        async with _connected(self.reader) as connection:
            with _Outages():
                yield connection

    async def ping(self) -> None:
        """Raises Unavailable where the database does not answer or cannot be written."""
        async with self.transaction() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.writer.dispose()
        if self.reader is not self.writer:
            await self.reader.dispose()


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection of the pool. Whatever keeps us from having one, an update can only wait for it."""
    try:
        connection = await engine.connect()
    except (OSError, DBAPIError, PoolTimeout) as error:
        raise Unavailable(_first_line(error)) from error
    async with connection:
        yield connection


class _Outages:
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
    return error.connection_invalidated or state.startswith(_PASSING_CLASSES) or any(s in said for s in _PASSING_SQLITE)


def is_conflict(error: BaseException) -> bool:
    """Whether two transactions got in each other's way, so that running one again will do."""
    if isinstance(error, IntegrityError):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _CONFLICTS


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
