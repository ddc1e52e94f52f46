"""Activities and volunteer hours in figures, for a period and the one before."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.kit.grammar import Period
from handlers.outreach_totals import Totals, of_person, totals
from handlers.summary_spans import Spans
from models import Outreach as Event


@dataclass(frozen=True, slots=True)
class Outreach:
    """The totals of a period, and how many of its activities are sample data."""

    totals: Totals = field(default_factory=Totals)
    samples: int = 0

    @property
    def count(self) -> int:
        return self.totals.activities


async def outreach(db: AsyncConnection, spans: Spans, person_id: int | None) -> tuple[Outreach, Outreach]:
    """The figures of the days asked for, and of those before."""
    now = await totals(db, spans.now.start, spans.now.end, person_id)
    then = await totals(db, spans.then.start, spans.then.end, person_id)
    # What waits is shown too, but never compared with.
    shown = await _samples(db, spans.now, person_id, "approved", "pending")
    return Outreach(now, shown), Outreach(then, await _samples(db, spans.then, person_id, "approved"))


async def _samples(db: AsyncConnection, period: Period, person_id: int | None, *states: str) -> int:
    """How many of the activities that such figures are made of are sample data."""
    within = (Event.day.between(period.start, period.end), Event.status.in_(states))
    query = select(func.count()).where(Event.sample, *within, *of_person(person_id))
    return int(await db.scalar(query) or 0)


def hours(minutes: int) -> float:
    """Hours as they are shown, rounded down to half an hour; minutes are what is kept."""
    return minutes // 30 / 2
