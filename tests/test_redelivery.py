"""Updates delivered again and again, out of order, to two workers on one database: one effect each."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.messages import Sender, Update
from handlers.kit.messages import Input
from models import Account, Conversation, Feedback, Inbox, Inspection, InspectionItem, Outbox
from tests.fixtures.postgres import Postgres
from tests.fixtures.truth import check_numbers
from tests.house import House, Someone, open_house, with_defaults

MOST_DELIVERIES = 5
ITEMS = 14  # of the patrol that starts from POINT
POINT, HALL = "p_L1-P3", "h_H1"
STEPS = ITEMS + 2  # the scan, the items, the end
WAIT = 90  # seconds for one window, on a machine with much else to do


class Walker:
    """Somebody who does one thing in each window, on what they were shown in the one before."""

    def __init__(self, someone: Someone, chance: random.Random) -> None:
        self.someone = someone
        self.chance = chance
        self.told: list[Any] = []

    def does(self, step: int, given: Input, **more: Any) -> Update:
        name = self.someone.external_id
        return Update("web", f"{name}:at-{step}", Sender(name, locale="en"), given, **more)

    def taps(self, step: int, button: str) -> Update:
        """Tap the button with this in its data, of the newest message."""
        message = self.someone.told[-1]
        [data] = [one["data"] for row in message["rows"] for one in row if button in one["data"]]
        return self.does(step, Input(data=data), tapped=str(message["seq"]))

    def next(self, step: int) -> Update:
        raise NotImplementedError


class Guard(Walker):
    """Tells the state of one item after the other."""

    def next(self, step: int) -> Update:
        if step == 0:
            return self.does(step, Input(), link=POINT)
        if step > ITEMS:
            return self.taps(step, ".-.submit")
        self.told.append(self.chance.choice(("ok", "na")))
        return self.taps(step, f".items.{step}{self.told[-1]}")


class Visitor(Walker):
    """Leaves comments of a rating and some words; the last one is left unfinished."""

    def next(self, step: int) -> Update:
        match step % 6:
            case 0:
                return self.does(step, Input(), link=HALL)
            case 1:
                self.told.append((self.chance.randint(1, 5), None))
                return self.taps(step, f".rating.{self.told[-1][0]}")
            case 2:
                self.told[-1] = (self.told[-1][0], f"words {self.chance.random()}")
                return self.does(step, Input(self.told[-1][1]))
            case _:
                return self.taps(step, ".-.skip")


@asynccontextmanager
async def two_workers(postgres: Postgres, folder: Path) -> AsyncIterator[tuple[House, House]]:
    with postgres.database() as url:
        async with open_house(url, folder) as one, open_house(url, folder) as other:
            await with_defaults(one)
            yield one, other


@pytest.mark.timeout(600)
async def test_one_effect(postgres: Postgres, tmp_path: Path, chance: random.Random) -> None:
    async with two_workers(postgres, tmp_path) as houses:
        guards = [Guard(await houses[0].someone(f"g{n}", "guard"), chance) for n in range(5)]
        visitors = [Visitor(await houses[0].someone(f"v{n}"), chance) for n in range(5)]
        late: list[Update] = []
        for step in range(STEPS):
            window = [walker.next(step) for walker in (*guards, *visitors)]
            again = [update for update in window for _time in range(chance.randrange(MOST_DELIVERIES))]
            # Half of the further deliveries come with the window after.
            await deliver(houses, [*window, *again[::2], *late], len(window), chance)
            late = again[1::2]
            for walker in (*guards, *visitors):
                await walker.someone.hears()
        await deliver(houses, late, 0, chance)
        await check_records(houses[0], guards, visitors)
        await check_traces(houses[0], len(guards) + len(visitors))


async def deliver(
    houses: Sequence[House], deliveries: list[Update], fresh: int, chance: random.Random
) -> None:
    """All at once and in any order, each to either worker; `fresh` of them are new."""
    chance.shuffle(deliveries)
    async with asyncio.timeout(WAIT):
        accepted = await asyncio.gather(*(chance.choice(houses).engine.accept(one) for one in deliveries))
    assert sum(receipt.fresh for receipt in accepted) == fresh


async def check_records(house: House, guards: list[Guard], visitors: list[Visitor]) -> None:
    """Everything told is on record once, and numbered without a gap."""
    states = (
        select(InspectionItem.state)
        .join(Inspection)
        .join(Account, Account.person_id == Inspection.person_id)
        .order_by(InspectionItem.number)
    )
    for guard in guards:
        mine = Account.external_id == guard.someone.external_id
        assert [row.state for row in await house.rows(states.where(mine))] == guard.told
    comments = select(Feedback.rating, Feedback.comment).join(Account, Account.id == Feedback.account_id)
    for visitor in visitors:
        mine = Account.external_id == visitor.someone.external_id
        stored = await house.rows(comments.where(mine).order_by(Feedback.id))
        assert [tuple(row) for row in stored] == visitor.told
    for column, count in ((Inspection.number, len(guards)), (Feedback.number, 3 * len(visitors))):
        numbers = [row.number for row in await house.rows(select(column))]
        assert len(numbers) == count
        check_numbers(numbers)


async def check_traces(house: House, people: int) -> None:
    """No conversation too many, no update twice, no gap or double in what anybody was told."""
    talks = [row.form for row in await house.rows(select(Conversation.form))]
    counts = {form: talks.count(form) for form in set(talks)}
    assert counts == {"inspection_start": 5, "inspection": 5, "feedback": 15}
    inbox = await house.rows(select(Inbox.status).where(Inbox.external_id.like("%:at-%")))
    assert [row.status for row in inbox] == ["done"] * (people * STEPS)
    accounts = await house.rows(select(Account.id, Account.seq))
    assert len(accounts) == people
    for account in accounts:
        told = select(Outbox.seq).where(Outbox.account_id == account.id).order_by(Outbox.seq)
        assert [row.seq for row in await house.rows(told)] == list(range(1, account.seq + 1))
