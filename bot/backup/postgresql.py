"""A PostgreSQL database dumped and loaded by the server's own programs."""

from __future__ import annotations

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import inspect, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from bot.backup.archive import BackupError
from bot.db import connected
from handlers.kit.words import _

# What libpq calls the parts of an address: https://www.postgresql.org/docs/current/libpq-envars.html
_NAMES: Final = {"host": "PGHOST", "port": "PGPORT", "username": "PGUSER", "password": "PGPASSWORD"}


async def dump(url: str, snapshot: str, to: Path) -> None:
    """Write all of the database as of an exported snapshot, in PostgreSQL's custom format.

    Raises BackupError.
    """
    await _run(url, "pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={to}", *_AS_THEY_ARE)


async def load(url: str, dumped: Path) -> None:
    """Put what was dumped in place of all tables and functions of the database at `url`, whole or not at all.

    Raises BackupError.
    """
    script, away = dumped.with_suffix(".sql"), dumped.with_suffix(".drop.sql")
    await _run(url, "pg_restore", f"--file={script}", *_AS_THEY_ARE, str(dumped))
    async with _connected(url) as db:
        tables = await db.run_sync(lambda sync: inspect(sync).get_table_names())
        functions = list(await db.scalars(_FUNCTIONS))
        quoted = [db.dialect.identifier_preparer.quote(table) for table in tables]
    drops = [f"DROP TABLE {table} CASCADE;\n" for table in quoted]
    drops += [f"DROP FUNCTION {function} CASCADE;\n" for function in functions]
    away.write_text("".join(drops), encoding="utf-8")
    once = ("--single-transaction", "--set=ON_ERROR_STOP=1", "--quiet", "--no-psqlrc")
    await _run(url, "psql", *once, f"--file={away}", f"--file={script}")


async def alone(url: str) -> None:
    """Make sure that nobody else is connected to the database. Raises BackupError."""
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    async with _connected(url) as db:
        if await db.scalar(others):
            raise BackupError(_("The desk is running on this database. Stop it first."))


@asynccontextmanager
async def temporary(url: str) -> AsyncIterator[str]:
    """The address of a new, empty database on the same server, gone at the end of the block.

    Raises BackupError where this user may not make one.
    """
    name = f"docent_verify_{uuid4().hex}"
    async with _connected(url, isolation_level="AUTOCOMMIT") as db:
        try:
            await db.execute(text(f'CREATE DATABASE "{name}" TEMPLATE template0'))
        except DBAPIError as error:
            why = str(error.orig)
            told = _("To verify takes a temporary database, and it cannot be made: {why}", why=why)
            raise BackupError(told) from None
        try:
            yield make_url(url).set(database=name).render_as_string(hide_password=False)
        finally:
            await db.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


# Those behind our triggers; what an extension brought along stays.
_FUNCTIONS: Final = text(
    "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND NOT"
    " EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"
)
_AS_THEY_ARE: Final = ("--no-owner", "--no-privileges")


@asynccontextmanager
async def _connected(url: str, **options: Any) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True, **options)
    async with connected(engine) as connection:
        yield connection


async def _run(url: str, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on the database; the password is not among its arguments."""
    found = shutil.which(program)
    if found is None:
        raise BackupError(
            _(
                "{program} is not installed here. It is one of PostgreSQL's client programs: on Debian or "
                "Ubuntu “apt install postgresql-client”, on Windows the “Command Line Tools” of the "
                "PostgreSQL installer; their folder must be on the PATH.",
                program=program,
            )
        )
    process = await asyncio.create_subprocess_exec(
        *(found, *arguments), env=_environment(url), stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
    )
    try:
        _out, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode != 0:
        raise BackupError(_("{program} says: {why}", program=program, why=_last(said)))


def _environment(url: str) -> dict[str, str]:
    parsed = make_url(url)
    given = {name: getattr(parsed, part) for part, name in _NAMES.items()}
    given |= {"PGDATABASE": parsed.database, "PGSSLMODE": parsed.query.get("ssl")}
    return {**os.environ, **{name: str(value) for name, value in given.items() if value}}


def _last(said: bytes) -> str:
    lines: Sequence[str] = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "?"
