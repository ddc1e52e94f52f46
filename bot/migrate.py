"""Brings a database to the tables this version needs, once, whoever else is starting at the same time.

To write the next step after changing a model: `docent migrate --new "what changes"` on a database that is
up to date, then `ruff format models/migrations`, and read the file it names before trusting it. There are no
steps back: an SQLite file is copied before it changes, other databases have their backups.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, event, inspect, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from bot.db import Outages, Turns, connected
from handlers.kit.words import Text, _
from models import protect, unprotect
from models.guards import guard, unguard
from models.rollup import forget, unwatch, watch
from models.seals import mark, unmark

SCRIPTS: Final = Path(__file__).resolve().parent.parent / "models" / "migrations"
LOCK: Final = 0x446F63656E74  # any number that no other program in the database locks; these letters are ours


class MigrationError(Exception):
    """The tables cannot be brought to what this version needs; `text` says what to do."""

    def __init__(self, text: Text) -> None:
        super().__init__(str(text))
        self.text = text


async def upgrade(url: str, scripts: Path = SCRIPTS) -> bool:
    """Make the tables as this version needs them; says whether anything had to be done.

    It happens whole or not at all. An SQLite file that changes is copied beside itself first. Raises
    MigrationError, or Unavailable where the database cannot be reached.
    """
    file = _file(url)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    async with _alone(url) as connection:
        before, after = await revisions(connection, scripts)
        if before == after:
            return False
        if file is not None and before is not None:
            _back_up(file, before)
        for taken_off in (unwatch, unmark, unprotect, unguard):
            await connection.run_sync(taken_off)
        from bot import steps  # with all of alembic, which a program that is up to date never needs

        await connection.run_sync(steps.taken(scripts))
        for put_on in (watch, mark, protect, guard):
            await connection.run_sync(put_on)
        await connection.run_sync(forget)  # whatever the steps did to records, nobody was watching
        await _check_references(connection)
        return True


async def new_step(url: str, what: str, scripts: Path = SCRIPTS) -> None:
    """Write the file of a step from the tables at `url`, which must be current, to those of the models."""
    from bot import steps

    number = f"{len(_known(scripts)) + 1:04d}"
    async with _alone(url) as connection:
        await connection.run_sync(steps.written(scripts, what, number))


async def revisions(connection: AsyncConnection, scripts: Path = SCRIPTS) -> tuple[str | None, str | None]:
    """(what the database has, what this version needs). Raises MigrationError for a step not known here."""
    has = await connection.run_sync(_current)
    check_known(has, scripts)
    return has, max(_known(scripts), default=None)


def check_known(has: str | None, scripts: Path = SCRIPTS) -> None:
    """Raises MigrationError for a step that this version does not know."""
    if has is not None and has not in _known(scripts):
        raise MigrationError(
            _(
                "The database is of a newer version of Docent (its tables are at step {has}). "
                "Install that version again, or restore a backup from before.",
                has=has,
            )
        )


async def one_at_a_time(connection: AsyncConnection) -> None:
    """Wait until no other worker is preparing the database; the turn ends with the transaction."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


@asynccontextmanager
async def _alone(url: str) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction that no other worker's preparation runs beside."""
    turns = Turns(url) if _file(url) is not None else None
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
    if turns is not None:
        event.listen(engine.sync_engine, "connect", _as_it_is)
        event.listen(engine.sync_engine, "begin", _immediately)
        await turns.take()
    try:
        async with connected(engine) as connection:
            with Outages():
                async with connection.begin():
                    await one_at_a_time(connection)
                    yield connection
    finally:
        await engine.dispose()
        if turns is not None:
            turns.give()
            turns.close()


def _known(scripts: Path) -> set[str]:
    """The steps there are: the number that a file's name begins with is its revision (see `new_step`)."""
    return {file.name.partition("_")[0] for file in (scripts / "versions").glob("[0-9]*.py")}


def _current(connection: Connection) -> str | None:
    """The step that the tables are at, as alembic noted it; None where there are no tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _file(url: str) -> Path | None:
    parsed = make_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def _as_it_is(connection: Any, _record: Any) -> None:
    # SQLAlchemy begins the transaction itself. References are not checked while tables are made anew,
    # but before the commit.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("busy_timeout=20000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _immediately(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _back_up(file: Path, revision: str) -> None:
    """A copy, named by the step it is at; complete before it has that name."""
    copy = file.with_name(f"{file.stem}-step-{revision}{file.suffix}")
    part = copy.with_name(f"{copy.name}.part")
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(part)) as target:
        source.backup(target)
    part.replace(copy)


async def _check_references(connection: AsyncConnection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = (await connection.execute(text("PRAGMA foreign_key_check"))).first()
    if broken is not None:
        told = _("{table} refers to records that are not there; nothing was changed.", table=str(broken[0]))
        raise MigrationError(told)
