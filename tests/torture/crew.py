"""The program with two workers: at the awaited moment one of them falls, or their parent, or all at once."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.fixtures.killing import PATIENCE, Moment, Program

VICTIMS = ("worker", "worker", "parent", "all")


class Crew(Program):
    """Lives are counted by what falls: after a worker the next one begins at once, for the other goes on."""

    def __init__(self, folder: Path, chance: random.Random, **settings: str) -> None:
        super().__init__(folder, WORKERS="2", **settings)
        self._chance = chance
        self._fallen = asyncio.Event()
        self._goes_on = False

    def falls(self) -> None:
        workers = self._workers()
        victim = self._chance.choice(VICTIMS) if workers else "parent"
        self._goes_on = victim == "worker"
        if self._goes_on:
            _kill(self._chance.choice(workers))
            self.lives += 1
            self.fell()
        else:
            for process in (self.pid, *(workers if victim == "all" else ())):
                _kill(process)
        self._fallen.set()

    def kill(self) -> None:
        for process in (*self._workers(), self.pid):
            _kill(process)

    async def die_at(self, plan: Sequence[Moment]) -> None:
        await self.start()
        for moment in plan:
            self._fallen.clear()
            self.awaits(moment)
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._fallen.wait()
            except TimeoutError:
                raise AssertionError(f"{moment} never came:\n{self.last_words()}") from None
            if not self._goes_on:
                await self.dies()
                await self.start()

    @property
    def is_open(self) -> bool:
        """Who of them can work, works."""
        return True

    def _workers(self) -> list[int]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        try:
            return [int(number) for number in children.read_text("ascii").split()]
        except OSError:  # it has not begun, or is no more
            return []


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
