"""Holds processes to a share of a core each, by stopping and continuing them in turn.

Two workers on a machine with two cores compete with the driver and the database; held, they do not.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from time import monotonic, sleep
from typing import Final

SHARE: Final = 0.25  # of a core
PERIOD: Final = 0.01  # seconds


@asynccontextmanager
async def held(pids: Sequence[int]) -> AsyncIterator[None]:
    """Hold each of `pids` to its share until the end of the block, from a process of its own."""
    command = (sys.executable, "-m", "tests.bench.holding", *map(str, pids))
    holder = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    assert holder.stdin is not None
    try:
        yield
    finally:
        holder.stdin.close()
        await holder.wait()


def hold(pids: Sequence[int], ended: threading.Event) -> None:
    """Let each run for its share of every period, one after the other, until `ended`."""
    turns = []
    for place, pid in enumerate(pids):
        start = PERIOD * place / len(pids)
        turns += [(start, pid, signal.SIGCONT), (start + PERIOD * SHARE, pid, signal.SIGSTOP)]
    turns.sort(key=lambda turn: turn[0])
    begun = monotonic()
    try:
        while not ended.is_set():
            for at, pid, number in turns:
                sleep(max(0.0, begun + at - monotonic()))
                os.kill(pid, number)
            begun = max(begun + PERIOD, monotonic() - PERIOD)
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def main(pids: Sequence[int]) -> None:
    """Hold until standard input ends."""
    ended = threading.Event()

    def watch() -> None:
        sys.stdin.buffer.read()
        ended.set()

    threading.Thread(target=watch, daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())  # never leave anybody stopped
    with suppress(ProcessLookupError):  # killed meanwhile: nobody to be held
        hold(pids, ended)


if __name__ == "__main__":
    main([int(pid) for pid in sys.argv[1:]])
