"""Hazards in figures: found, fixed on the spot, rectified, open and overdue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.summary_spans import IS_NOW, Spans, apart, how_many, whose
from models import Hazard


@dataclass(frozen=True, slots=True)
class Hazards:
    """Hazards found in a period, withdrawn ones left out, and what has become of them by now."""

    count: int = 0
    fixed: int = 0
    closed: int = 0
    open: int = 0
    overdue: int = 0
    categories: Mapping[str, int] = field(default_factory=dict)
    severities: Mapping[str, int] = field(default_factory=dict)
    samples: int = 0


def is_overdue(now: datetime) -> Any:
    """The condition that a hazard is open past its time; derived, never stored."""
    return and_(Hazard.status == "open", Hazard.due_at < now)


async def hazards(
    db: AsyncConnection, spans: Spans, person_id: int | None, now: datetime
) -> tuple[Hazards, Hazards]:
    """The figures of the days asked for, and of those before."""
    query = (
        select(
            spans.is_now(Hazard.day),
            Hazard.category,
            Hazard.severity,
            Hazard.status,
            func.count().label("found"),
            how_many(is_overdue(now)).label("overdue"),
            how_many(Hazard.sample).label("samples"),
        )
        .where(spans.cover(Hazard.day), Hazard.status != "withdrawn", *whose(Hazard.found_by, person_id))
        .group_by(IS_NOW, Hazard.category, Hazard.severity, Hazard.status)
    )
    current, before = apart(await db.execute(query))
    return _figures(current), _figures(before)


async def standing(db: AsyncConnection, person_id: int | None, now: datetime) -> tuple[int, int]:
    """(open, overdue) among all hazards, whenever they were found."""
    query = select(func.count().label("open"), how_many(is_overdue(now)).label("overdue"))
    row = (await db.execute(query.where(Hazard.status == "open", *whose(Hazard.found_by, person_id)))).one()
    return int(row.open), int(row.overdue)


def _figures(rows: Sequence[Any]) -> Hazards:
    states, categories, severities = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        states[row.status] += row.found
        categories[row.category] += row.found
        severities[row.severity] += row.found
    return Hazards(
        count=states.total(),
        fixed=states["fixed_on_spot"],
        closed=states["closed"],
        open=states["open"],
        overdue=sum(row.overdue for row in rows),
        categories=categories,
        severities=severities,
        samples=sum(row.samples for row in rows),
    )
