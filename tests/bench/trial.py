"""One subject's turn in a round: everything that is measured of it, one after the other."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

from tests.bench import processes
from tests.bench.competitors import DOCENT, TWICE, Broken, Running, Subject, competing
from tests.bench.crowd import Crowd
from tests.bench.holding import held
from tests.bench.killing import Killed, killed, recorded
from tests.bench.measuring import OPEN_STEPS, Load, Meter, opened, paced, saturated
from tests.fixtures.postgres import Postgres

WARM: Final = 1.5  # seconds before each measurement
KILLED_AFTER: Final = 2.0  # seconds under load
LAST_ANSWERS: Final = 5.0  # seconds that answers to taps may take behind the last question
OPENING: Final = 120.0  # seconds to open all conversations; who would take longer is not asked to
HELD: Final = (DOCENT, TWICE)  # also measured with each worker held to a share of a core


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: seconds of each load, seconds to the Bot API and back, whether also at half the
    rate, whether also held and killed, and with how many conversations open at once (0 leaves that out)."""

    people: int
    seconds: float
    delay: float
    calm: bool
    killed: bool
    conversations: int


@dataclass(frozen=True, slots=True)
class Trial:
    """What was measured; None where it was left out. Memory in MiB."""

    load: Load
    rest: float
    calm: Load | None = None
    held: Load | None = None
    full: float | None = None
    killed: Killed | None = None


async def trial(subject: Subject, plan: Plan, postgres: Postgres, database: Sequence[int]) -> Trial:
    """Start the subject, measure and end it; `database` are its processes. Raises Broken."""
    crowd = Crowd(plan.delay)
    async with crowd.api.serving(), competing(subject, postgres, crowd.api.port) as running:
        crowd.port = running.port
        print(f"{subject.name} is process {running.pid}", file=sys.stderr, flush=True)  # for a profiler
        meter = Meter(running, crowd, () if subject.sqlite else (*database, *running.beside))
        try:
            return await _measured(crowd, running, meter, plan)
        finally:
            await crowd.leave()


async def _measured(crowd: Crowd, running: Running, meter: Meter, plan: Plan) -> Trial:
    load = await saturated(crowd, meter, plan.people, plan.seconds, WARM)
    calm = held_load = full = end = None
    if plan.calm:
        calm = await paced(crowd, meter, plan.people, load.rate / 2, plan.seconds, WARM)
    await _check(crowd, running)
    if plan.killed and running.subject.name in HELD:
        async with held(running.workers()):
            held_load = await saturated(crowd, meter, plan.people, plan.seconds, WARM)
    rest = processes.memory(running.pid)
    is_quick = 0 < plan.conversations * OPEN_STEPS <= load.rate * OPENING
    if is_quick and await opened(crowd, plan.conversations, plan.people):
        full = processes.memory(running.pid)
    if plan.killed:
        end = await killed(crowd, running, plan.people, KILLED_AFTER)
    return Trial(load, rest, calm, held_load, full, end)


async def _check(crowd: Crowd, running: Running) -> None:
    """See that everything was done that a person sees, and recorded. Raises Broken if not."""
    deadline = monotonic() + LAST_ANSWERS
    while crowd.api.answers < crowd.taps and monotonic() < deadline:  # noqa: ASYNC110 - an event would cost more
        await asyncio.sleep(0.05)
    missing, doubled = await recorded(crowd, running)
    name = running.subject.name
    if crowd.api.answers < crowd.taps:
        raise Broken(f"{name} left {crowd.taps - crowd.api.answers} of {crowd.taps} taps without an answer")
    if crowd.odd:
        raise Broken(f"{name} sent {crowd.odd} messages that were no answer to a step")
    if missing or doubled:
        raise Broken(f"{name}: of {len(crowd.finished)} records {missing} are missing, {doubled} doubled")
