"""Keeps photos, recordings and files we made: content-addressed, photos rewritten in a worker process."""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import os
import re
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

from bot import pixels
from bot.errors import BadMedia
from handlers.kit.messages import Attached, Media
from handlers.kit.words import Phrase, _
from handlers.work import Files

MOST_BYTES: Final = 20 * 1024 * 1024
LEFTOVER_SECONDS: Final = 3600  # a half-written file this old has no writer any more

_SHA: Final = re.compile("[0-9a-f]{64}")
_HEIC: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}
)


class MediaStore(Files):
    """Files below `folder`, each at `ab/abcdef…` by the SHA-256 of its content; never changed once there.

    Safe for several processes on one folder. A file is complete and on the disk before its address is given
    out. Photos are decoded one at a time in a worker process, started with the first.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._half_written = folder / "tmp"
        self._pool: ProcessPoolExecutor | None = None
        self._decoding = asyncio.Lock()
        self.remove_leftovers()

    async def keep_photo(self, data: bytes) -> Media:
        """Keep a received photo, rewritten as JPEG without EXIF, upright, at most 2560 pixels a side.

        At most 20 MiB and 40 megapixels of JPEG, PNG or WEBP. Raises BadMedia with a sentence for the sender.
        """
        _check_size(data)
        if (wrong := _no_photo(data)) is not None:
            raise BadMedia(wrong)
        plain = await self._rewritten(data)
        sha = await asyncio.to_thread(self._store, plain)
        return Media(sha, "image/jpeg", len(plain), original_sha=_sha(data))

    async def keep_voice(self, data: bytes, mime: str) -> Media:
        """Keep a recording as it is. Its content says what it is; `mime`, the sender's word, can only refuse.

        At most 20 MiB of Ogg, MP3, M4A, AMR, WEBM or WAV. Raises BadMedia, with a sentence for the sender.
        """
        _check_size(data)
        found = _sound(data)
        if found is None or mime.startswith(("image/", "video/")):
            raise BadMedia(_("This recording cannot be kept; please send a voice message, or write."))
        sha = await asyncio.to_thread(self._store, data)
        return Media(sha, found, len(data), original_sha=sha)

    def keep(self, content: bytes, name: str, mime: str) -> Attached:
        """Keep a file made by the program itself, such as a QR picture."""
        return Attached(self._store(content), name, mime)

    @contextmanager
    def room(self) -> Iterator[Path]:
        """An empty folder for a file in the making, gone with all in it at the end of the block.

        What a killed process left there goes as half-written files do.
        """
        self._half_written.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._half_written, ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    def take_over(self, file: Path, name: str, mime: str) -> Attached:
        """Keep a finished file that was made in a `room`. It is moved, so its size costs no memory."""
        with file.open("rb+") as content:
            sha = hashlib.file_digest(content, "sha256").hexdigest()
            os.fsync(content.fileno())
        if not self._has(sha):
            self._settle(file, sha)
        return Attached(sha, name, mime)

    def kept_between(self, first: datetime, last: datetime) -> Iterator[str]:
        """The addresses of what was last kept in that time; nothing about when it was first."""
        earliest, latest = first.timestamp(), last.timestamp()
        for file in self._folder.glob("??/*"):
            if _SHA.fullmatch(file.name) and earliest <= file.stat().st_mtime < latest:
                yield file.name

    def discard(self, sha: str, before: datetime) -> bool:
        """Delete a file that nothing mentions, unless it was kept again at `before` or later; says whether.

        It is first put aside: whoever keeps the same content in this moment finds it gone, and writes it
        anew, or has made it new enough to be put back.
        """
        self._half_written.mkdir(parents=True, exist_ok=True)
        aside = self._half_written / uuid4().hex
        try:
            self.path(sha).replace(aside)
        except OSError:  # gone already; or on Windows, somebody is reading it
            return False
        if aside.stat().st_mtime >= before.timestamp():
            aside.replace(self.path(sha))
            return False
        aside.unlink()
        return True

    def remove_leftovers(self) -> None:
        """Remove what killed processes left half-written; what may have a writer stays."""
        oldest = time.time() - LEFTOVER_SECONDS
        for part in self._half_written.glob("*"):
            try:
                if max(one.stat().st_mtime for one in (part, *part.rglob("*"))) < oldest:
                    _remove(part)
            except OSError:  # another process removed or finished it
                continue

    def forget(self, sha: str) -> None:
        """Delete the content with this SHA-256; it may be gone already. Raises ValueError as `path`."""
        self.path(sha).unlink(missing_ok=True)

    def path(self, sha: str) -> Path:
        """Where the content with this SHA-256 in hexadecimal is or would be. Raises ValueError for others."""
        if not _SHA.fullmatch(sha):
            raise ValueError("not the address of a kept file")
        return self._folder / sha[:2] / sha

    async def read(self, sha: str) -> bytes:
        """The content. Raises FileNotFoundError if it is not kept, ValueError as `path`."""
        return await asyncio.to_thread(self.path(sha).read_bytes)

    async def close(self) -> None:
        """Let the worker process end."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)

    async def _rewritten(self, data: bytes) -> bytes:
        # One photo at a time: if the worker dies, it was over this one, and no other is refused for it.
        async with self._decoding:
            try:
                return await self._in_worker(data)
            except BrokenProcessPool:
                await self.close()  # it may have died long ago, of something else: once more in a new one
            try:
                return await self._in_worker(data)
            except BrokenProcessPool:
                await self.close()
                raise BadMedia(_("This photo could not be opened; please send another.")) from None

    async def _in_worker(self, data: bytes) -> bytes:
        if self._pool is None:
            # Spawned, not forked: the program has threads, and Windows knows nothing else.
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(max_workers=1, mp_context=spawn, initializer=pixels.begin)
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, pixels.rewritten, data)
        except pixels.Unfit as unfit:
            raise BadMedia(_unfit(str(unfit))) from None

    def _store(self, content: bytes) -> str:
        sha = _sha(content)
        if self._has(sha):
            return sha
        self._half_written.mkdir(parents=True, exist_ok=True)
        part = self._half_written / uuid4().hex
        try:
            with part.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            self._settle(part, sha)
        finally:
            part.unlink(missing_ok=True)
        return sha

    def _has(self, sha: str) -> bool:
        """Whether it is kept; if so, it counts as kept now, since somebody is about to mention it."""
        try:
            os.utime(self.path(sha))
        except FileNotFoundError:
            return False
        return True

    def _settle(self, part: Path, sha: str) -> None:
        final = self.path(sha)
        final.parent.mkdir(exist_ok=True)
        _into_place(part, final)
        _sync_folder(final.parent)


def _sound(data: bytes) -> str | None:
    """The MIME type of a recording by its first bytes; None if it is none that is kept."""
    if data[4:8] == b"ftyp":
        return None if data[8:12] in _HEIC else "audio/mp4"
    if data[:4] == b"RIFF":
        return "audio/wav" if data[8:12] == b"WAVE" else None
    starts = {
        b"OggS": "audio/ogg",
        b"ID3": "audio/mpeg",
        b"#!AMR": "audio/amr",
        b"\x1a\x45\xdf\xa3": "audio/webm",
    }
    for start, mime in starts.items():
        if data.startswith(start):
            return mime
    # An MPEG audio frame: eleven set bits, and a layer that is not the reserved one (ISO/IEC 11172-3).
    is_frame = len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0 and data[1] & 0x06
    return "audio/mpeg" if is_frame else None


def _check_size(data: bytes) -> None:
    if not data:
        raise BadMedia(_("The file arrived empty; please send it again."))
    if len(data) > MOST_BYTES:
        raise BadMedia(
            _("The file is larger than {most} MB; please send a smaller one.", most=MOST_BYTES >> 20)
        )


def _no_photo(data: bytes) -> Phrase | None:
    """Why this cannot be a photo we keep, by its first bytes; None if it may be one."""
    if data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (
        data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    ):
        return None
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC:
        return _(
            "This photo is in a format (HEIC or AVIF) that cannot be opened here; please send it as JPEG. "
            "On an iPhone: Settings, Camera, Formats, Most Compatible."
        )
    if data.startswith((b"GIF87a", b"GIF89a")):
        return _("A GIF cannot be kept as a photo; please send a JPEG, PNG or WEBP picture.")
    return _("This file is not a photo; please send a JPEG, PNG or WEBP picture.")


def _unfit(why: str) -> Phrase:
    if why == "pixels":
        return _(
            "This picture has more than {most} million pixels; please send a smaller one.",
            most=pixels.MOST_PIXELS // 1_000_000,
        )
    return _("This photo is damaged or did not arrive whole; please send it again.")


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _remove(part: Path) -> None:
    if part.is_dir():
        shutil.rmtree(part)
    else:
        part.unlink()


def _into_place(part: Path, final: Path) -> None:
    try:
        part.replace(final)
    except PermissionError:  # Windows: the same content was kept a moment ago, and somebody is reading it
        if not final.is_file():
            raise


def _sync_folder(folder: Path) -> None:
    """Have the folder's new entry on the disk too; Windows does that by itself and cannot be asked."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
