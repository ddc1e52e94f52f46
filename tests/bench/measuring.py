"""What is measured of one subject: its speed when nobody pauses, its calm at half of that, its memory."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from time import perf_counter, process_time
from typing import Final

from tests.bench import processes
from tests.bench.competitors import Broken, Running
from tests.bench.crowd import Crowd, Person
from tests.bench.figures import percentile

PATIENCE: Final = 60.0  # seconds of warming up after which a subject is measured as it is
TICK: Final = 0.001  # seconds between looks whether somebody's turn has come
OPEN_STEPS: Final = 2  # the command and the choice of the checklist: then a conversation is under way


@dataclass(frozen=True, slots=True)
class Load:
    """One stretch of time under load. Seconds, but for `cpu` and `cpu_database`: seconds per update."""

    updates: int
    seconds: float
    p50: float
    p99: float
    cpu: float
    cpu_database: float
    driver: float  # share of one core that the driver with its Bot API took

    @property
    def rate(self) -> float:
        """Updates a second."""
        return self.updates / self.seconds


class Meter:
    """Watches the processes of a subject, of the database and of this program."""

    def __init__(self, running: Running, crowd: Crowd, database: Sequence[int]) -> None:
        self._running = running
        self._crowd = crowd
        self._database = database

    async def over(self, seconds: float, warm: float) -> Load:
        """Wait `warm`, and until everybody was answered once, then measure for `seconds`. Raises Broken."""
        await asyncio.sleep(warm)
        latencies, everybody = self._crowd.latencies, len(self._crowd.people)
        patience = perf_counter() + PATIENCE
        while len(latencies) < everybody and perf_counter() < patience:  # noqa: ASYNC110 - an event costs more
            await asyncio.sleep(TICK)
        self._crowd.latencies.clear()
        begun, before = perf_counter(), self._used()
        await asyncio.sleep(seconds)
        latencies = self._crowd.latencies.copy()
        took, after = perf_counter() - begun, self._used()
        updates = len(latencies)
        if not updates:
            raise Broken(f"{self._running.subject.name} answered nothing:\n{self._running.said()}")
        bot, database, driver = (late - early for late, early in zip(after, before, strict=True))
        p50, p99 = percentile(latencies, 50), percentile(latencies, 99)
        return Load(updates, took, p50, p99, bot / updates, database / updates, driver / took)

    def _used(self) -> tuple[float, float, float]:
        database = sum(map(processes.cpu, self._database))
        return processes.cpu(self._running.pid), database, process_time()


async def saturated(crowd: Crowd, meter: Meter, people: int, seconds: float, warm: float) -> Load:
    """Everybody acts again as soon as answered."""
    crowd.ready = crowd.act
    for number in range(people):
        crowd.act(crowd.person(number))
    load = await meter.over(seconds, warm)
    await finish(crowd)
    return load


async def finish(crowd: Crowd) -> None:
    """Let everybody end the conversation they are in. Raises Broken if somebody is never answered."""
    begun = [person for person in crowd.people.values() if person.step and not person.waits]
    crowd.ready = crowd.go_on
    for person in begun:
        crowd.act(person)
    if left := await crowd.settle():
        raise Broken(f"{len(left)} people were never answered, the first at step {left[0].step}")


async def paced(crowd: Crowd, meter: Meter, people: int, rate: float, seconds: float, warm: float) -> Load:
    """Steps become due `rate` times a second, at random, whether or not anybody is free: who is late counts
    from when the step was due."""
    free: deque[Person] = deque(crowd.person(number) for number in range(people))
    crowd.ready = free.append
    pacing = asyncio.create_task(_pace(crowd, free, rate))
    load = await meter.over(seconds, warm)
    pacing.cancel()
    await asyncio.gather(pacing, return_exceptions=True)
    await finish(crowd)
    return load


async def _pace(crowd: Crowd, free: deque[Person], rate: float) -> None:
    chance = random.Random(1)
    due = perf_counter()
    while True:
        now = perf_counter()
        while due <= now and free:
            crowd.act(free.popleft(), due)
            due += chance.expovariate(rate)
        await asyncio.sleep(TICK)


async def opened(crowd: Crowd, conversations: int, at_once: int) -> bool:
    """Have so many people begin a conversation and leave it there; says whether all could."""
    numbers = count(1_000_000)  # nobody who has finished one before
    more = (crowd.person(next(numbers)) for _ in range(conversations))

    def on(person: Person) -> None:
        following = person if person.step < OPEN_STEPS else next(more, None)
        if following is not None:
            crowd.act(following)

    crowd.ready = on
    for person in [next(more) for _ in range(min(at_once, conversations))]:
        crowd.act(person)
    return not await crowd.settle()
