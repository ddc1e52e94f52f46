"""A lock that processes on one machine share: a file of which one at a time is the holder."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import IO

_PAUSE = 0.01  # seconds between tries; holders keep it for some milliseconds


class FileLock:
    """Held from `acquire` to `release`; the system frees it when its holder dies. Not re-entrant."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    async def acquire(self) -> None:
        """Wait for the lock, however long. Raises OSError where the file cannot be made."""
        self._file = self._file or self._path.open("ab")
        while not _try_lock(self._file.fileno()):  # noqa: ASYNC110 - no event tells of other processes
            await asyncio.sleep(_PAUSE)

    def release(self) -> None:
        """Let the next one have it."""
        assert self._file is not None
        _unlock(self._file.fileno())

    def close(self) -> None:
        """Forget the file. It stays: another process may be about to lock it."""
        if self._file is not None:
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
