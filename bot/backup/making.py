"""Makes a backup while the program runs: the records as of one moment first, then the files they mention."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from sqlalchemy import text

from bot import migrate
from bot.backup import archive, postgresql, sqlite
from bot.backup.archive import DATABASE, MANIFEST, BackupError, Manifest, member_of
from bot.backup.tables import Holdings, holdings
from bot.config import Settings
from bot.db import Database
from bot.filelock import FileLock
from bot.media import MediaStore
from handlers.kit.words import _

FOLDER: Final = Path("var/backups")
LEFT: Final = ".docent-part-"  # what a folder is called in which a backup is being made
LOCK: Final = ".docent-lock"
TURN_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The records as of one moment, in `file`."""

    file: Path
    revision: str | None
    holdings: Holdings


def name_at(moment: datetime) -> str:
    """What a backup is called that is begun at this local time."""
    return f"docent-backup-{moment:%Y%m%d-%H%M}.zip"


async def back_up(settings: Settings, target: Path, now: datetime) -> Manifest:
    """Write a backup to `target`, which must not be there yet; it is there only once it is complete.

    Raises BackupError, or MigrationError for the database of a newer version, or Unavailable.
    """
    _check(settings, target)
    async with _workplace(target) as folder:
        snapshot = await _snapshot(settings, folder)
        part = folder / target.name
        manifest = await asyncio.to_thread(_pack, part, snapshot, settings, now)
        part.replace(target)
    return manifest


def _check(settings: Settings, target: Path) -> None:
    if target.exists():
        raise BackupError(_("{file} is there already; a backup replaces no file.", file=str(target)))
    file = settings.database_file
    if file is not None and not file.exists():
        raise BackupError(_("There is no database yet: {file}", file=str(file)))


@asynccontextmanager
async def _workplace(target: Path) -> AsyncIterator[Path]:
    """A folder beside `target` for this backup; what killed ones left is removed."""
    folder = target.parent / f"{LEFT}{target.stem}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        async with _turn(target.parent):
            for left in target.parent.glob(f"{LEFT}*"):
                shutil.rmtree(left)
            folder.mkdir()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        why = error.strerror or str(error)
        raise BackupError(_("{file} cannot be written: {why}", file=str(target), why=why)) from error


@asynccontextmanager
async def _turn(folder: Path) -> AsyncIterator[None]:
    """Be the only one who makes a backup in `folder`: whatever else is half made there has no maker."""
    with closing(FileLock(folder / LOCK)) as lock:
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await lock.acquire()
        except TimeoutError:
            raise BackupError(_("Another backup is being made in {folder}.", folder=str(folder))) from None
        try:
            yield
        finally:
            lock.release()


async def _snapshot(settings: Settings, folder: Path) -> Snapshot:
    file = folder / DATABASE
    if settings.database_file is None:
        return await _of_postgresql(settings.database_url, file)
    await asyncio.to_thread(sqlite.snapshot, settings.database_file, file)
    return await _described(f"sqlite+aiosqlite:///{file.as_posix()}", file)


async def _described(url: str, file: Path) -> Snapshot:
    database = Database(url)
    try:
        async with database.reading() as db:
            revision, _needs = await migrate.revisions(db)
            return Snapshot(file, revision, await holdings(db))
    finally:
        await database.close()


async def _of_postgresql(url: str, file: Path) -> Snapshot:
    """Dumped and counted in one snapshot, https://www.postgresql.org/docs/current/functions-admin.html."""
    database = Database(url)
    try:
        async with database.snapshot() as db:
            revision, _needs = await migrate.revisions(db)
            exported = str(await db.scalar(text("SELECT pg_export_snapshot()")))
            await postgresql.dump(url, exported, file)
            return Snapshot(file, revision, await holdings(db))
    finally:
        await database.close()


def _pack(part: Path, snapshot: Snapshot, settings: Settings, now: datetime) -> Manifest:
    """Write the archive, manifest last, and have it on the disk."""
    store = MediaStore(settings.media_dir)
    files, missing = {}, []
    with part.open("wb") as out:
        with ZipFile(out, "w") as packed:
            files[DATABASE] = archive.add(packed, DATABASE, snapshot.file)
            for sha in sorted(snapshot.holdings.mentioned):
                try:
                    files[member_of(sha)] = archive.add(packed, member_of(sha), store.path(sha))
                except FileNotFoundError:  # erased since, or lost long ago
                    missing.append(sha)
            manifest = Manifest(
                made_at=now,
                database="sqlite" if settings.is_sqlite else "postgresql",
                revision=snapshot.revision,
                tables=dict(snapshot.holdings.tables),
                files=files,
                missing=missing,
            )
            packed.writestr(MANIFEST, manifest.model_dump_json(indent=1))
        out.flush()
        os.fsync(out.fileno())
    return manifest
