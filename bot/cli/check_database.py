"""Checks of the database: there, writable, with the tables of this version, and not newer than the clock."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from bot import app, migrate
from bot.cli.console import Console, Found, well, wrong
from bot.errors import Unavailable
from handlers.kit.words import _
from models import Inbox

RESET_BUG_FIXED: Final = (3, 51, 3)  # https://sqlite.org/wal.html
EARLIEST: Final = 2026  # a clock that shows an earlier year was never set


async def database(console: Console) -> Found:
    """It answers; which one it is."""
    if is_still_to_come(console):
        file = str(console.settings.database_file)
        return well(_("Database: {file} will be made at the first start", file=file))
    query = "SELECT sqlite_version()" if console.settings.is_sqlite else "SHOW server_version"
    try:
        async with app.opened(console.settings.database_url) as base, base.reading() as db:
            version = str(await db.scalar(text(query)))
    except Unavailable as error:
        advice = _("Check DATABASE_URL, and that the database server runs and lets this machine in.")
        return wrong(_("Database: cannot be reached: {why}", why=str(error)), advice)
    if not console.settings.is_sqlite:
        return well(_("Database: PostgreSQL {version}", version=version))
    note = _("Docent's own programs take turns to write; with this version let no other write to the file.")
    old = sqlite3.sqlite_version_info < RESET_BUG_FIXED
    return well(_("Database: SQLite {version}", version=version), note if old else None)


async def tables(console: Console) -> Found | None:
    """They are those of this version."""
    if is_still_to_come(console):
        return None
    try:
        async with app.opened(console.settings.database_url) as base, base.reading() as db:
            has, needs = await migrate.revisions(db)
    except Unavailable:
        return None  # said already
    except migrate.MigrationError as error:
        return wrong(_("Tables: of a newer version"), error.text)
    if has != needs:
        return wrong(_("Tables: of an earlier version"), _("Run `migrate`, or start the desk anew."))
    return well(_("Tables: as this version needs them"))


async def clock(console: Console) -> Found:
    """The machine's clock shows a possible time: not before the last message."""
    latest = await _latest_message(console)
    right = console.now.year >= EARLIEST and (latest is None or latest <= console.now)
    shown = f"{console.local:%Y-%m-%d %H:%M} {console.settings.timezone.key}"
    advice = _("Set this machine's clock, best by a time server; TIMEZONE is the museum's time zone.")
    what = _("Clock: {time}", time=shown)
    return well(what) if right else wrong(what, advice)


async def _latest_message(console: Console) -> datetime | None:
    if is_still_to_come(console):
        return None
    try:
        async with app.opened(console.settings.database_url) as base, base.reading() as db:
            return await db.scalar(select(func.max(Inbox.received_at)))
    except (Unavailable, DBAPIError):  # without a database, or without tables yet
        return None


def is_still_to_come(console: Console) -> bool:
    """Whether the database is a file that the first start will make."""
    file = console.settings.database_file
    return file is not None and not file.exists()
