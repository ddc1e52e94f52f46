"""The end of a program in the middle of its work, and what of the people's work is still there afterwards."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import create_async_engine

from tests.bench.competitors import Broken, NotStarted, Running
from tests.bench.crowd import STEPS, Crowd
from tests.bench.subjects.records import Inspection, Item
from tests.bench.subjects.words import ITEMS

QUIET: Final = 3.0  # seconds without any answer after which none will come


@dataclass(frozen=True, slots=True)
class Killed:
    """What a kill did: confirmed steps that are `lost`, records `doubled`, seconds that it was `away`, None
    where it did not start again."""

    lost: int
    doubled: int
    away: float | None


async def killed(crowd: Crowd, running: Running, people: int, after: float) -> Killed:
    """Kill it after so many seconds under load, start it again, and have everybody go on where they were.

    What was not confirmed is posted again until it is. Who was confirmed but never answered does the step
    again: that one is lost. Whose next step is not understood then has lost the whole conversation, and so
    has everybody where a peer does not start with what the kill left. Raises Broken.
    """
    crowd.ready = crowd.act
    for number in range(people):
        crowd.act(crowd.person(number))
    await asyncio.sleep(after)
    crowd.ready = crowd.rest
    died = perf_counter()
    await running.kill()
    try:
        await running.start()
    except NotStarted:
        if not running.subject.peer:
            raise
        steps = sum(person.step for person in crowd.people.values())
        missing, doubled = await recorded(crowd, running)
        return Killed(steps + missing * STEPS, doubled, None)
    away = perf_counter() - died
    unanswered = await crowd.settle(QUIET)
    if any(not person.confirmed for person in unanswered):
        raise Broken(f"{running.subject.name} takes no updates after a kill:\n{running.said()}")
    begun = [crowd.person(number) for number in range(people) if crowd.person(number).step]
    for person in unanswered:
        crowd.forget(person)
    crowd.ready = crowd.go_on
    crowd.lenient = True  # a step done again may count for the next one: the conversation itself is not lost
    for person in {*begun, *unanswered}:
        crowd.act(person)
    lost = len(unanswered)
    for person in await crowd.settle(QUIET):
        lost += person.step
        crowd.forget(person)
    missing, doubled = await recorded(crowd, running)
    return Killed(lost + missing * STEPS, doubled, away)


async def recorded(crowd: Crowd, running: Running) -> tuple[int, int]:
    """How many finished conversations have no complete record, and how many have more than one."""
    found = Counter[str]()
    whole = set()
    items = func.count(Item.id)
    rows = select(Inspection.note, items).outerjoin(Item).group_by(Inspection.id, Inspection.note)
    engine = create_async_engine(running.database)
    async with engine.connect() as connection:
        for note, number in await connection.execute(rows):
            found[note] += 1
            if number == ITEMS:
                whole.add(note)
    await engine.dispose()
    return len(set(crowd.finished) - whole), sum(count > 1 for count in found.values())
