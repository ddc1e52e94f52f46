"""An SQLite file copied while the program writes to it, and put in place of another."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from bot.backup.archive import BackupError
from handlers.kit.words import _

BUSY_SECONDS: Final = 20


def snapshot(file: Path, to: Path) -> None:
    """Copy the records as of one moment. The program goes on: nothing is written to its file.

    Raises BackupError.
    """
    address = f"{file.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS)) as source:
            source.execute("VACUUM INTO ?", (str(to),))  # https://sqlite.org/lang_vacuum.html
    except sqlite3.Error as error:
        raise BackupError(_("The database cannot be read: {why}", why=str(error))) from None


def alone(file: Path) -> None:
    """Make sure that nobody has the database open. Raises BackupError."""
    if not file.exists():
        return
    try:
        with closing(sqlite3.connect(file, timeout=1)) as own:
            # Leaving the write-ahead log takes that nobody else is connected: https://sqlite.org/wal.html
            own.execute("PRAGMA journal_mode=DELETE").fetchall()
    except sqlite3.OperationalError:
        raise BackupError(_("The desk is running on this database. Stop it first.")) from None
    except sqlite3.DatabaseError:  # no database at all: the more reason to restore one
        return


def put(restored: Path, file: Path) -> None:
    """Put a complete database in place of `file`, whole or not at all; both are on one disk."""
    with restored.open("rb+") as content:
        os.fsync(content.fileno())
    for log in ("-wal", "-shm", "-journal"):  # of a database that could not be opened
        file.with_name(file.name + log).unlink(missing_ok=True)
    restored.replace(file)
