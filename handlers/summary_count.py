"""Everything a summary tells, counted in a few queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.summary_comments import Comments, comments
from handlers.summary_hazards import Hazards, hazards, standing
from handlers.summary_inspections import Inspections, inspections, inspectors
from handlers.summary_outreach import Outreach, outreach
from handlers.summary_scope import ALL, Scope, narrowed
from handlers.summary_spans import Spans, compared
from handlers.summary_words import Asked

Figure = TypeVar("Figure")
Pair = tuple[Figure, Figure]  # of the days asked for, and of those before


@dataclass(slots=True)
class Figures:
    """What was asked, by whom, and the answer. A topic that is not in `scope` stays at nothing."""

    asked: Asked
    scope: Scope
    spans: Spans
    inspections: Pair[Inspections] = (Inspections(), Inspections())
    inspectors: Sequence[tuple[str, int]] = ()
    hazards: Pair[Hazards] = (Hazards(), Hazards())
    standing: tuple[int, int] = (0, 0)  # hazards open and overdue today, whenever found
    outreach: Pair[Outreach] = (Outreach(), Outreach())
    comments: Pair[Comments] = (Comments(), Comments())

    @property
    def compares(self) -> bool:
        """Whether there is anything to compare with."""
        return any(then.count for _now, then in self._pairs())

    @property
    def has_samples(self) -> bool:
        return any(figures.samples for pair in self._pairs() for figures in pair)

    def _pairs(self) -> tuple[Pair[Inspections] | Pair[Hazards] | Pair[Outreach] | Pair[Comments], ...]:
        return self.inspections, self.hazards, self.outreach, self.comments


async def count(db: AsyncConnection, asked: Asked, open_to: Scope, now: datetime) -> Figures:
    """Count what was asked, as far as it is open; `now` is in the museum's time zone."""
    scope = narrowed(open_to, asked.topic)
    spans = compared(asked.period, now.date())
    figures = Figures(asked, scope, spans)
    alone = asked.topic != ALL
    if "inspections" in scope:
        figures.inspections = await inspections(db, spans, scope["inspections"])
        if alone and scope["inspections"] is None:
            figures.inspectors = await inspectors(db, spans)
    if "hazards" in scope:
        figures.hazards = await hazards(db, spans, scope["hazards"], now)
        figures.standing = await standing(db, scope["hazards"], now) if alone else (0, 0)
    if "outreach" in scope:
        figures.outreach = await outreach(db, spans, scope["outreach"])
    if "comments" in scope:
        figures.comments = await comments(db, spans)
    return figures
