"""Activities and volunteer hours in figures, for a period and the one before."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.outreach_totals import Totals, totals
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
    samples = await db.scalar(select(func.count()).where(Event.sample, spans.cover(Event.day)))
    return Outreach(now, int(samples or 0)), Outreach(then)


def hours(minutes: int) -> float:
    """Hours as they are shown, rounded down to half an hour; minutes are what is kept."""
    return minutes // 30 / 2
