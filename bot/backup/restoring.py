"""Restores a backup: into the museum's own place, or into a temporary one to see whether it is whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from zipfile import ZipFile

from sqlalchemy import func, inspect, select, table
from sqlalchemy.exc import DBAPIError

from bot import migrate
from bot.app import make_folders
from bot.backup import archive, postgresql, sqlite
from bot.backup.archive import DATABASE, BackupError, Counted, Manifest
from bot.backup.tables import Holdings, holdings
from bot.config import Settings
from bot.db import Database
from bot.media import MediaStore
from handlers.kit.words import _

# What a museum has that nobody has used yet.
FROM_THE_START: Final = frozenset({"alembic_version", "places", "checklists", "due", "notes"})


async def restore(settings: Settings, file: Path, *, replace: bool) -> Manifest:
    """Put the museum of a backup in place of the one that the settings name, brought up to this version.

    Nothing is changed unless the archive is whole and, without `replace`, the museum has no data. Files come
    first, the database after them whole or not at all: after a crash the same again completes it. Raises
    BackupError, MigrationError for a backup of a newer version, or Unavailable.
    """
    with archive.opened(file) as (packed, manifest):
        await asyncio.to_thread(archive.check, packed, manifest)
        migrate.check_known(manifest.revision)
        kind = "sqlite" if settings.is_sqlite else "postgresql"
        if manifest.database != kind:
            given = {"theirs": manifest.database, "ours": kind}
            raise BackupError(_("The backup is of {theirs}, DATABASE_URL is of {ours}.", **given))
        make_folders(settings)
        await _check_place(settings, replace=replace)
        await asyncio.to_thread(_restore_files, packed, manifest, MediaStore(settings.media_dir))
        await _restore_records(settings, packed)
    await migrate.upgrade(settings.database_url)
    return manifest


async def verify(settings: Settings, file: Path) -> tuple[Manifest, Mapping[str, Counted]]:
    """What a backup says it holds, and what the tables hold of a copy restored into a temporary place.

    Raises BackupError where the archive is damaged or cannot be restored, or Unavailable.
    """
    with archive.opened(file) as (packed, manifest):
        await asyncio.to_thread(archive.check, packed, manifest)
        async with _temporary(settings, packed, manifest) as url:
            found = await _held(url)
    lost = found.mentioned - {Path(name).name for name in manifest.files} - set(manifest.missing)
    if lost:
        raise BackupError(_("The backup is damaged: {name} is not as it was.", name=min(lost)))
    return manifest, found.tables


@asynccontextmanager
async def _temporary(settings: Settings, packed: ZipFile, manifest: Manifest) -> AsyncIterator[str]:
    """The address of the restored database, gone at the end of the block."""
    with TemporaryDirectory(prefix="docent-verify-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / DATABASE
        await asyncio.to_thread(archive.extract, packed, DATABASE, copy)
        if manifest.database == "sqlite":
            yield f"sqlite+aiosqlite:///{copy.as_posix()}"
            return
        if settings.is_sqlite:
            raise BackupError(_("This backup is of PostgreSQL: to verify it, set DATABASE_URL to a server."))
        async with postgresql.temporary(settings.database_url) as url:
            await postgresql.load(url, copy)
            yield url


async def _held(url: str) -> Holdings:
    database = Database(url)
    try:
        async with database.reading() as db:
            return await holdings(db)
    finally:
        await database.close()


async def _check_place(settings: Settings, *, replace: bool) -> None:
    """That nobody works there, and no data would be lost. Raises BackupError."""
    if settings.database_file is not None:
        sqlite.alone(settings.database_file)
        if not settings.database_file.exists():
            return
    else:
        await postgresql.alone(settings.database_url)
    if not replace and await _has_data(settings.database_url):
        raise BackupError(
            _("This museum has data. To put the backup in its place, for good, say so: --replace")
        )


async def _has_data(url: str) -> bool:
    database = Database(url)
    try:
        async with database.reading() as db:
            tables = await db.run_sync(lambda sync: inspect(sync).get_table_names())
            for name in set(tables) - FROM_THE_START:
                if await db.scalar(select(func.count()).select_from(table(name))):
                    return True
            return False
    except DBAPIError:  # whatever the file is, it is somebody's
        return True
    finally:
        await database.close()


def _restore_files(packed: ZipFile, manifest: Manifest, store: MediaStore) -> None:
    for name, sha in manifest.files.items():
        if name == DATABASE:
            continue
        with store.room() as room:
            archive.extract(packed, name, room / sha)
            store.take_over(room / sha, sha, "")


async def _restore_records(settings: Settings, packed: ZipFile) -> None:
    if (file := settings.database_file) is not None:
        copy = file.with_name(f"{file.name}-restored")  # the same after a crash, so that nothing is left
        await asyncio.to_thread(archive.extract, packed, DATABASE, copy)
        await asyncio.to_thread(sqlite.put, copy, file)
        return
    with TemporaryDirectory(prefix="docent-restore-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / DATABASE
        await asyncio.to_thread(archive.extract, packed, DATABASE, copy)
        await postgresql.load(settings.database_url, copy)
