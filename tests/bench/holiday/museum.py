"""The program with two workers under its supervisor; each hour one of them is killed, all are weighed."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.bench.holiday.day import Day
from tests.bench.holiday.figures import Figures, Kill, Memory
from tests.bench.holiday.serving import FASTER
from tests.bench.holiday.telegram import SECRET
from tests.fakes.bot_api import TOKEN
from tests.fixtures.killing import Program

WORKERS: Final = 2
LOOK_SECONDS: Final = 0.05  # between looks whether a worker is back
WEIGH_SECONDS: Final = 0.5
ALL_PER_SECOND, CHAT_PER_SECOND = 2000, 100  # messages at Telegram: a day's in minutes
KILLED_AT: Final = 0.5  # of each hour
LISTENING: Final = "0A"  # https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html


class Museum(Program):
    """The whole program on `database_url`, its Telegram at `api_url`."""

    module = "tests.bench.holiday.serving"

    def __init__(self, folder: Path, database_url: str, api_url: str, day: Day) -> None:
        super().__init__(
            folder,
            DATABASE_URL=database_url,
            WORKERS=str(WORKERS),
            TELEGRAM_TOKEN=TOKEN,
            TELEGRAM_API_URL=api_url,
            TELEGRAM_MODE="webhook",
            TELEGRAM_SECRET=SECRET,
            TELEGRAM_PER_SECOND=str(ALL_PER_SECOND),
            TELEGRAM_CHAT_PER_SECOND=str(CHAT_PER_SECOND),
        )
        self.environment[FASTER] = str(3600 / day.hour_seconds)

    def workers(self) -> list[int]:
        """The process ids of the workers, the oldest first."""
        assert self._process is not None
        parent = self._process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
        return sorted((int(child) for child in children), key=_started)

    def open_workers(self) -> int:
        """How many workers listen."""
        port = f":{self.port:04X}"
        rows = [row.split() for row in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
        return sum(row[1].endswith(port) and row[3] == LISTENING for row in rows)

    async def all_open(self) -> None:
        """Wait until every worker listens."""
        while self.open_workers() < WORKERS:  # noqa: ASYNC110 - another process has no event of ours
            await asyncio.sleep(LOOK_SECONDS)

    async def kill_hourly(self, figures: Figures, kills: int) -> None:
        """In the middle of each of the first so many hours kill a worker.

        In the first half of the day that is each in turn; in the second half always the younger, so that the
        other lives through it and shows what becomes of memory.
        """
        day = figures.day
        for place in range(kills):
            await asyncio.sleep((place + KILLED_AT) * day.hour_seconds - figures.now())
            await self.all_open()
            victim = self.workers()[0 if place < day.hours // 2 else -1]
            os.kill(victim, signal.SIGKILL)
            kill = Kill(figures.now())
            figures.kills.append(kill)
            while victim in self.workers():  # noqa: ASYNC110 - as above
                await asyncio.sleep(LOOK_SECONDS)
            await self.all_open()
            kill.back_after = figures.now() - kill.at

    async def weigh(self, figures: Figures) -> None:
        """Note every worker's memory until cancelled."""
        born: dict[int, float] = {}
        while True:
            workers = self.workers()
            now = figures.now()
            for worker in workers:
                with suppress(OSError):  # it has just died
                    size = resident(worker)
                    age = now - born.setdefault(worker, now)
                    figures.memory.append(Memory(now, worker, age, size, worker == workers[0]))
            await asyncio.sleep(WEIGH_SECONDS)


def resident(process: int) -> int:
    """The resident memory of a process, in bytes. Raises OSError where it is no more."""
    pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _started(process: int) -> int:
    """When a process was started, in ticks; what has just died comes last."""
    try:
        return int(Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19])
    except OSError:
        return 2**63
