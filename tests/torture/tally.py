"""What a case cost: lost, doubled and reordered, by comparing what people did with what is on record."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from bot.app import opened
from bot.db import Database
from bot.sender import OPEN
from models import Outbox
from tests.fixtures.duty import Duty
from tests.fixtures.killing import PATIENCE
from tests.fixtures.truth import comments_of, in_order, messages_of, rounds_of, rows, updates_of


@dataclass
class Tally:
    """Counts of one case over all its tries; `again` are messages that came a second time, which is allowed
    after a kill or a lost answer, and `recoveries` the seconds until the program worked again."""

    tries: int = 0
    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    again: int = 0
    recoveries: list[float] = field(default_factory=list)
    seeds: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.reordered or self.failures)

    def row(self, name: str) -> str:
        """One row of the table."""
        spans = self.recoveries
        middle = f"{statistics.median(spans):.1f} s" if spans else "–"
        longest = f"{max(spans):.1f} s" if spans else "–"
        verdict = "" if self.is_clean else " **failed**"
        counts = (self.tries, self.lost, self.doubled, self.reordered, self.again, middle, longest)
        return f"| {name}{verdict} | {' | '.join(map(str, counts))} |"


HEAD = """\
| Case | Tries | Lost | Doubled | Reordered | Sent again | Recovery, median | longest |
|---|---:|---:|---:|---:|---:|---:|---:|"""


def compared(told: Sequence[object], found: Sequence[object]) -> Tally:
    """What was told but not found, found more often than told, or found in another order."""
    left, lost = list(found), 0
    for one in told:
        if one in left:
            left.remove(one)
        else:
            lost += 1
    same = not lost and not left
    moved = sum(one != other for one, other in zip(told, found, strict=True)) if same else 0
    return Tally(lost=lost, doubled=len(left), reordered=moved)


async def settled(url: str) -> None:
    """Wait until the outbox is empty: after a lost answer a message that has arrived goes out once more."""
    waiting = select(Outbox.id).where(Outbox.status.in_(OPEN)).limit(1)
    async with asyncio.timeout(PATIENCE), opened(url) as database:
        while await rows(database, waiting):  # noqa: ASYNC110 - nobody tells another process
            await asyncio.sleep(0.2)


async def tallied(database: Database, duty: Duty, *, lossy: bool) -> Tally:
    """Everything that everybody on duty did and was told."""
    sent = sorted(str(number) for number in duty.api.updates.sent)
    total = compared(sent, sorted(await updates_of(database)))
    for phone, guard in zip(duty.phones, duty.guards, strict=False):
        told = [(one.number, one.marks) for one in guard.rounds]
        total.add(compared(told, await rounds_of(database, str(phone.user.id), guard)))
    for phone, visitor in zip(duty.phones[len(duty.guards) :], duty.visitors, strict=False):
        total.add(compared(visitor.comments, await comments_of(database, str(phone.user.id))))
    for chat, payloads in (await messages_of(database)).items():
        try:
            total.again += in_order(duty.api.effects.get(chat, []), payloads, lossy=lossy)
        except AssertionError as error:
            missing = str(error).startswith("missing")
            total.add(Tally(lost=missing, reordered=not missing, failures=[str(error)]))
    return total
