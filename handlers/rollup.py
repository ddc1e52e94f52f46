"""Summaries from days rolled up: closed days are added up, what is not rolled up is counted.

What is stored of a day is what counting it gave, by the same queries, so there is one truth. Whatever changes
a record marks its day in the same transaction (`models/rollup.py`); a marked day is counted until it has been
rolled up again (`bot/rolling.py`). So figures are right at any time, also where the rolling up is behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import outreach_totals, summary_comments, summary_hazards, summary_inspections
from handlers.kit.grammar import Period
from handlers.summary_spans import Spans
from handlers.tally import BUCKET, Bags, Cut, Shares, bags
from models import DayFigure, DayShare, Feedback, Hazard, Inspection, Note, Outreach
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
        days = {day for day in self.stale.get(topic, ()) for one in periods if one.start <= day <= one.end}
        ranges = tuple((first, last) for first, last in starts if first <= last)
        return Cut(ranges, tuple(sorted(days)), since)

    def covers(self, stored: type[DayFigure | DayShare], topics: Collection[str]) -> ColumnElement[bool]:
        """The condition that a stored figure or share is of one of `topics`, and holds."""
        stale = [
            and_(stored.topic == topic, stored.day.in_(sorted(self.stale[topic])))
            for topic in topics
            if self.stale.get(topic)
        ]
        held = and_(stored.topic.in_(sorted(topics)), stored.day <= self.through)
        return and_(held, ~or_(*stale)) if stale else held


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
    for row in await db.execute(_stored(rolled, topics, spans.cut)):
        found[row.topic][row.bucket][row.figure] += int(row.value)
    for topic in topics:
        live = rolled.live(topic, spans.then, spans.now, since=spans.now.start)
        counted = await TOPICS[topic].tally(db, live, None) if live else bags()
        for bucket, bag in counted.items():
            found[topic][bucket].update(bag)
    return found


async def shared(db: AsyncConnection, rolled: Rolled, topic: str, period: Period) -> Counter[int]:
    """How much each person did in a period, by their id; of a topic that has shares."""
    within = (rolled.covers(DayShare, [topic]), DayShare.day.between(period.start, period.end))
    stored = select(DayShare.person_id, func.sum(DayShare.value).label("value"))
    grouped = stored.where(*within).group_by(DayShare.person_id)
    found = Counter({row.person_id: int(row.value) for row in await db.execute(grouped)})
    count = TOPICS[topic].shares
    live = rolled.live(topic, period, since=period.start)
    if count is not None and live:
        found.update((await count(db, live))[1])
    return found


def _stored(rolled: Rolled, topics: Collection[str], cut: Cut) -> Any:
    return (
        select(
            DayFigure.topic,
            cut.bucket(DayFigure.day),
            DayFigure.figure,
            func.sum(DayFigure.value).label("value"),
        )
        .where(rolled.covers(DayFigure, topics), cut.cover(DayFigure.day))
        .group_by(DayFigure.topic, BUCKET, DayFigure.figure)
    )
