"""A month of rounds and hazards with two workers of which one is killed again and again: every round is one
row, and nobody hears twice or not at all of a round, or that a hazard is late.

A killed worker is its task cancelled at a random moment, in the middle of whatever statement, and its
connections thrown away: to PostgreSQL the same as a process that is no more, at a hundredth of the time.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.clock import Clock
from bot.db import Database
from bot.limits import Limits
from handlers.calendar import Opening, Schedule
from models import Account, Due, Outbox, Round, RoundPlan
from tests.fixtures.hazard_lives import PEOPLE, Act, Life, begin, heard_late
from tests.fixtures.passing import Passing, at, planned, planning, time_from
from tests.fixtures.postgres import Postgres
from tests.fixtures.templates import Templates, with_places
from tests.house import ZONE, House, Someone, open_house
from tests.records import id_of

START, END = at(1, 6), at(1, 3, month=12)
LAST_DAY = date(2026, 11, 30)
KILLED = 0.3  # of the moments at which something is due
MOST_STEPS = 60  # of the event loop that a worker lives on after it began
MADE = 0.6  # of the rounds
REMIND, GRACE = timedelta(minutes=15), timedelta(minutes=30)

PLANS: dict[str, Schedule] = {
    "L1-P3": Schedule("times", (time(9), time(15))),
    "C1-P1": Schedule("hours", every=4),
    "H1-P2": Schedule("weekly", (time(10),), weekday=2),
    "H2-P3": Schedule("monthly", (time(16),), monthday=31),
}


# Told to everybody, to nobody, and to some before they are closed; two at a time, and one of them twice.
LIVES = (
    Life(at(3, 10)),
    Life(at(3, 10), closed=at(3, 8)),
    Life(at(5, 12), closed=at(5, 22)),
    Life(at(5, 12), closed=at(6, 20)),
    Life(at(8, 9), closed=at(13, 7)),
    Life(at(8, 9), closed=at(16, 11)),
    Life(at(10, 10), later=at(16, 10)),
    Life(at(25, 17)),
)


class Worker:
    """A clock with connections of its own."""

    def __init__(self, house: House, url: str) -> None:
        self.house, self.url = house, url
        self._begin()

    def _begin(self) -> None:
        self.database = Database(self.url)
        self.clock = Clock(self.database, self.house.engine)

    async def works(self) -> None:
        while await self.clock.tick():
            continue

    async def dies(self) -> None:
        """Its connections go; another takes its place."""
        await self.database.close()
        self._begin()


async def one_moment(workers: list[Worker], chance: random.Random) -> int:
    """All workers do what is due now, one of them perhaps not to its end; returns how many were killed."""
    tasks = [asyncio.create_task(worker.works()) for worker in workers]
    if chance.random() > KILLED:
        await asyncio.gather(*tasks)
        return 0
    victim = chance.randrange(len(workers))
    for _step in range(chance.randint(1, MOST_STEPS)):
        await asyncio.sleep(0.0005)  # so that it gets somewhere: it waits for the server most of the time
    tasks[victim].cancel()
    killed = tasks.pop(victim)
    await asyncio.wait([killed])
    await asyncio.gather(*tasks)
    await workers[victim].dies()
    return int(killed.cancelled())


async def makes(house: House, guard: Someone, round_id: int) -> None:
    """The guard taps and finds everything normal."""
    house.engine.limits = Limits()
    await guard.taps_data(f"a:round:{round_id}")
    await guard.says("all normal")
    assert "Submitted" in await guard.taps("Submit")


async def month(
    house: House,
    guard: Someone,
    url: str,
    clock: Passing,
    chance: random.Random,
    acts: list[tuple[datetime, Act]],
) -> int:
    """Everything that is due in the month, with kills, and what people do meanwhile; returns how many kills
    there were."""
    workers, kills = [Worker(house, url), Worker(house, url)], 0
    answered: set[int] = set()
    while (moment := await clock.following(house, END)) is not None:
        if acts and acts[0][0] < moment:
            meanwhile, act = acts.pop(0)
            clock.move(meanwhile)
            await act()
            continue
        clock.move(moment)
        kills += await one_moment(workers, chance)
        begun = select(Round.id).where(Round.due_at == clock.now, Round.status == "due")
        for row in await house.rows(begun.order_by(Round.id)):
            told = select(Due.id).where(Due.kind == "rounds.begin", Due.due_at == clock.now)
            all_told = not await house.rows(told.where(Due.status == "waiting"))
            if all_told and row.id not in answered:
                answered.add(row.id)
                if chance.random() < MADE:
                    await makes(house, guard, row.id)
    for worker in workers:
        await worker.database.close()
    return kills


def expected() -> set[tuple[str, datetime]]:
    """Every place with the moments at which its plan says that a round is due."""
    days = [START.date() + timedelta(days=number) for number in range((LAST_DAY - START.date()).days + 1)]
    return {
        (place, datetime.combine(day, moment, ZONE).astimezone(UTC))
        for place, schedule in PLANS.items()
        for day in days
        for moment in schedule.due(day, Opening())
    }


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_month_with_two_workers_of_which_one_is_killed(
    postgres: Postgres, templates: Templates, tmp_path: Path, chance: random.Random
) -> None:
    with templates.database(with_places, postgres) as url, time_from(START) as clock:
        async with open_house(url, tmp_path) as house:
            for name, post in PEOPLE.items():
                await house.someone(name, post)
            guard = await house.someone("guard", "guard")
            people = {name: await id_of(house, name) for name in PEOPLE}
            lives, acts = await begin(house, people, LIVES)
            plans = [
                planned(people["leader"], schedule, START, place=place) for place, schedule in PLANS.items()
            ]
            await house.add(RoundPlan, *plans)
            await house.add(Due, planning(START))
            kills = await month(house, guard, url, clock, chance, acts)
            rows = await house.rows(
                select(Round.place, Round.due_at, Round.status).where(Round.day <= LAST_DAY)
            )
            heard = await told(house, "guard")
            led = await told(house, "leader")
            late = await heard_late(house, END)
    print(f"{len(rows)} rounds, {kills} kills")
    assert kills > 10
    assert Counter((row.place, row.due_at) for row in rows) == Counter(expected())
    assert {row.status for row in rows} == {"done", "missed"}
    groups = {(row.place, row.due_at): row.status for row in rows}
    # Two places may be due at once: there is a message for each plan.
    assert heard["⏰"] == Counter(due_at - REMIND for _place, due_at in groups)
    assert heard["🔔"] == Counter(due_at for _place, due_at in groups)
    missed = Counter(due_at + GRACE for (_place, due_at), status in groups.items() if status == "missed")
    assert heard["❗"] == missed
    assert led["❗"] == missed
    assert acts == []
    assert late == Counter(
        {(number, *one): count for number, life in lives.items() for one, count in life.heard(END).items()}
    )


async def told(house: House, name: str) -> dict[str, Counter[datetime]]:
    """When somebody was told of what, by the sign it begins with, until the end of the month."""

    query = (
        select(Outbox.payload, Outbox.created_at)
        .join(Account, Account.id == Outbox.account_id)
        .where(Account.external_id == name)
    )
    found: dict[str, Counter[datetime]] = {sign: Counter() for sign in "⏰🔔❗"}
    for row in await house.rows(query):
        sign = row.payload["text"][:1]
        if sign in found and row.created_at.astimezone(ZONE).date() <= LAST_DAY:
            found[sign][row.created_at] += 1
    return found
