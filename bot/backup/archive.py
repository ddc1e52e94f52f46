"""The archive of a backup: a ZIP with the database, the files, and last a manifest of what must be in it."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Final, Literal
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from pydantic import BaseModel, ConfigDict, ValidationError

from handlers.kit.words import Text, _

MANIFEST: Final = "manifest.json"
DATABASE: Final = "database"
CHUNK: Final = 1 << 20  # bytes in memory at once
_BROKEN: Final = (BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError, OSError)


class BackupError(Exception):
    """A backup cannot be made or restored; `text` says why and what to do."""

    def __init__(self, text: Text) -> None:
        super().__init__(str(text))
        self.text = text


class Counted(BaseModel):
    """What a table holds: how many rows, and a hash over all of them (tables.py)."""

    model_config = ConfigDict(frozen=True)

    rows: int
    hash: str


class Manifest(BaseModel):
    """What is in the archive: the tables, the SHA-256 of every file by its name there, and the addresses of
    files that the records mention though they were gone already."""

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    made_at: datetime
    database: Literal["sqlite", "postgresql"]
    revision: str | None
    tables: dict[str, Counted]
    files: dict[str, str]
    missing: list[str]

    @property
    def rows(self) -> int:
        """Of all tables together."""
        return sum(table.rows for table in self.tables.values())


def member_of(sha: str) -> str:
    """The name in the archive of a kept file."""
    return f"media/{sha[:2]}/{sha}"


def add(archive: ZipFile, name: str, source: Path) -> str:
    """Put a file into the archive; returns its SHA-256. Raises FileNotFoundError where it is gone."""
    with source.open("rb") as content:
        entry = ZipInfo.from_file(source, name, strict_timestamps=False)
        entry.compress_type = ZIP_DEFLATED if name == DATABASE else ZIP_STORED  # photos are packed already
        with archive.open(entry, "w", force_zip64=True) as packed:
            return _copied(content, packed.write)


@contextmanager
def opened(file: Path) -> Iterator[tuple[ZipFile, Manifest]]:
    """The archive and its manifest. Raises BackupError where it is none, or damaged."""
    if not file.is_file():
        raise BackupError(_("There is no file {file}.", file=str(file)))
    wrong = _("{file} is no backup of Docent, or it is damaged.", file=str(file))
    try:
        archive = ZipFile(file)
    except _BROKEN:
        raise BackupError(wrong) from None
    with archive:
        try:
            manifest = Manifest.model_validate_json(archive.read(MANIFEST))
        except (*_BROKEN, ValidationError):
            raise BackupError(wrong) from None
        yield archive, manifest


def check(archive: ZipFile, manifest: Manifest) -> None:
    """Read the whole archive. Raises BackupError, which names the first file that is not as it was."""
    for name, sha in manifest.files.items():
        try:
            with archive.open(name) as content:
                found = _copied(content, len)
        except _BROKEN:
            found = ""
        if found != sha or (name != DATABASE and name != member_of(sha)):
            raise BackupError(_("The backup is damaged: {name} is not as it was.", name=name))
    if DATABASE not in manifest.files:
        raise BackupError(_("The backup is damaged: {name} is not as it was.", name=DATABASE))


def extract(archive: ZipFile, name: str, to: Path) -> None:
    """Write a file of a checked archive."""
    with archive.open(name) as content, to.open("wb") as out:
        _copied(content, out.write)


def _copied(content: IO[bytes], write: Callable[[bytes], object]) -> str:
    """Pass all of `content` to `write`; returns its SHA-256."""
    sha = hashlib.sha256()
    while chunk := content.read(CHUNK):
        sha.update(chunk)
        write(chunk)
    return sha.hexdigest()
