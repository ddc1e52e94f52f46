"""Several workers: child processes that share the port and the database, each started anew when it dies."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Final

import structlog

from bot.config import Settings
from bot.metrics import SHARED
from bot.sender import backoff

log = structlog.get_logger(__name__)

FAREWELL: Final = 20.0  # seconds a worker gets to end by itself
SETTLED: Final = 60.0  # seconds after which a worker counts as one that runs
LONGEST_PAUSE: Final = 60.0
COMMAND: Final = (sys.executable, "-m", "bot", "serve", "--worker")


async def supervise(settings: Settings, stop: asyncio.Event) -> None:
    """Keep `settings.workers` workers running until `stop`; the port must be bound by the caller."""
    with TemporaryDirectory(prefix="docent-metrics-", ignore_cleanup_errors=True) as figures:
        environment = {
            **os.environ,
            "LISTEN": settings.listen,
            "PUBLIC_URL": settings.public_url,
            SHARED: figures,
        }
        await asyncio.gather(*(_keep_one(environment, stop) for _ in range(settings.workers)))


async def _keep_one(environment: dict[str, str], stop: asyncio.Event) -> None:
    failures = 0
    while not stop.is_set():
        started = monotonic()
        # It ends when its standard input does: also when this process is killed.
        worker = await asyncio.create_subprocess_exec(
            *COMMAND, env=environment, stdin=asyncio.subprocess.PIPE, start_new_session=True
        )
        if await _ended_by_itself(worker, stop):
            failures = 0 if monotonic() - started > SETTLED else failures + 1
            pause = min(backoff(failures), LONGEST_PAUSE)
            log.error("a worker died", pid=worker.pid, code=worker.returncode, next_in=round(pause, 1))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)


async def _ended_by_itself(worker: asyncio.subprocess.Process, stop: asyncio.Event) -> bool:
    """Wait until the worker has ended, by itself or because all is to stop."""
    stopping = asyncio.create_task(stop.wait())
    ending = asyncio.create_task(worker.wait())
    try:
        await asyncio.wait({stopping, ending}, return_when=asyncio.FIRST_COMPLETED)
        if ending.done():
            return not stop.is_set()
        assert worker.stdin is not None
        worker.stdin.close()
        await asyncio.wait({ending}, timeout=FAREWELL)
        return False
    finally:
        stopping.cancel()
        if worker.returncode is None:
            worker.kill()
        await ending


def when_orphaned(do: Callable[[], object]) -> None:
    """Call `do` from the event loop when standard input ends: nobody supervises this worker any more."""
    loop = asyncio.get_running_loop()

    def watch() -> None:
        sys.stdin.buffer.read()
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(do)

    threading.Thread(target=watch, name="supervisor", daemon=True).start()
