"""Summaries from days rolled up: closed days are added up, what is not rolled up is counted.

What is stored of a day is what counting it gave, by the same queries, so there is one truth. Whatever changes
a record marks its day in the same transaction (`models/rollup.py`); a marked day is counted until it has been
rolled up again (`bot/rolling.py`). So figures are right at any time, also where the rolling up is behind.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import outreach_totals, summary_comments, summary_hazards, summary_inspections
from handlers.kit.grammar import Period
from handlers.summary_spans import Spans
from handlers.tally import BUCKET, Bags, Cut, Shares, bags
from models import Feedback, Hazard, Inspection, Note, Outreach, RolledFigure, RolledShare
from models.rollup import ROLLED_UP, stale_days

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Topic:
    """How the records of a topic are counted, and who did how much of them; `day` is their column."""

    day: Any
    tally: Callable[[AsyncConnection, Cut, int | None], Awaitable[Bags]]
    shares: Callable[[AsyncConnection, Cut], Awaitable[Shares]] | None = None


TOPICS: Final[Mapping[str, Topic]] = {
    "inspections": Topic(Inspection.day, summary_inspections.tally, summary_inspections.made_by),
    "hazards": Topic(Hazard.day, summary_hazards.tally),
    "outreach": Topic(Outreach.day, outreach_totals.tally, outreach_totals.given_by),
    "comments": Topic(Feedback.day, summary_comments.tally),
}


@dataclass(frozen=True, slots=True)
class Rolled:
    """What is rolled up: every day until and with `through`, but for a topic's stale ones."""

    through: date = date.min
    stale: Mapping[str, frozenset[date]] = field(default_factory=dict)

    def live(self, topic: str, *periods: Period, since: date) -> Cut:
        """The days of `periods` that have to be counted."""
        starts = [(max(period.start, self.through + DAY), period.end) for period in periods]
        stale = {day for day in self.stale.get(topic, ()) for one in periods if one.start <= day <= one.end}
        ranges = tuple((first, last) for first, last in starts if first <= last)
        return Cut(ranges, tuple(sorted(stale)), since)

    def kept(self, topic: str, period: Period) -> list[str]:
        """What is stored of a period and holds: whole months, and days where the month is not or is stale."""
        codes: list[str] = []
        day, last, stale = period.start, min(period.end, self.through), self.stale.get(topic, frozenset())
        while day <= last:
            end = end_of_month(day)
            changed = any(day <= one <= end for one in stale)
            # A month that is not all rolled up yet may be rolled on before its sum is read.
            if day.day == 1 and end <= last and not changed:
                codes.append(month_code(day))
            else:
                codes += [one.isoformat() for one in days(day, min(end, last)) if one not in stale]
            day = end + DAY
        return codes


def end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def month_code(day: date) -> str:
    return f"{day.year:04}-{day.month:02}"


def days(first: date, last: date) -> list[date]:
    """The days from `first` to `last`, both included."""
    return [first + number * DAY for number in range((last - first).days + 1)]


async def state(db: AsyncConnection) -> Rolled:
    """What is rolled up now."""
    note = await db.scalar(select(Note.value).where(Note.key == ROLLED_UP))
    if note is None:
        return Rolled()
    through = date.fromisoformat(note["through"])
    marks = select(stale_days).where(stale_days.c.day <= through).distinct()
    stale: dict[str, set[date]] = {}
    for row in await db.execute(marks):
        stale.setdefault(row.topic, set()).add(row.day)
    return Rolled(through, {topic: frozenset(days) for topic, days in stale.items()})


async def figures(
    db: AsyncConnection, rolled: Rolled, topics: Collection[str], spans: Spans
) -> Mapping[str, Bags]:
    """Everybody's figures of `topics`, of the days asked for (bucket 1) and of those before (bucket 0)."""
    found = {topic: bags() for topic in topics}
    stored = [
        _sums(RolledFigure.figure, bucket, topic, rolled.kept(topic, period))
        for topic in topics
        for bucket, period in enumerate((spans.then, spans.now))
    ]
    for row in await db.execute(union_all(*stored)) if stored else ():
        found[row.topic][row.bucket][row.figure] = int(row.value)
    for topic in topics:
        live = rolled.live(topic, spans.then, spans.now, since=spans.now.start)
        counted = await TOPICS[topic].tally(db, live, None) if live else bags()
        for bucket, bag in counted.items():
            found[topic][bucket].update(bag)
    return found


async def shared(db: AsyncConnection, rolled: Rolled, topic: str, period: Period) -> Counter[int]:
    """How much each person did in a period, by their id; of a topic that has shares."""
    stored = _sums(RolledShare.person_id, 1, topic, rolled.kept(topic, period))
    found = Counter({row.person_id: int(row.value) for row in await db.execute(stored)})
    count = TOPICS[topic].shares
    live = rolled.live(topic, period, since=period.start)
    if count is not None and live:
        found.update((await count(db, live))[1])
    return found


def _sums(key: Any, bucket: int, topic: str, codes: Sequence[str]) -> Select[Any]:
    """The sums of what is stored of a topic under `codes`, by the column `key` of its table."""
    table = key.class_
    told = (literal(topic).label("topic"), literal(bucket).label(BUCKET), key)
    query = select(*told, func.sum(table.value).label("value"))
    return query.where(table.topic == topic, table.period.in_(codes)).group_by(key)
