"""Hazards in figures: found, fixed on the spot, rectified, open and overdue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.kit.grammar import Period
from handlers.tally import Bag, Bags, Cut, bags, how_many, under, whose
from models import UNSOLVED, VOID, Hazard


@dataclass(frozen=True, slots=True)
class Hazards:
    """Hazards found in a period, withdrawn and rejected ones left out, and what has become of them by now."""

    count: int = 0
    fixed: int = 0
    closed: int = 0
    open: int = 0
    overdue: int = 0
    categories: Mapping[str, int] = field(default_factory=dict)
    severities: Mapping[str, int] = field(default_factory=dict)
    samples: int = 0

    @classmethod
    def of(cls, bag: Bag, overdue: int = 0) -> Hazards:
        states = under(bag, "status")
        return cls(
            count=sum(states.values()),
            fixed=bag["status.fixed_on_spot"],
            closed=bag["status.closed"],
            open=sum(states.get(state, 0) for state in UNSOLVED),
            overdue=overdue,
            categories=under(bag, "category"),
            severities=under(bag, "severity"),
            samples=bag["samples"],
        )


async def tally(db: AsyncConnection, cut: Cut, person_id: int | None = None) -> Bags:
    """The figures of the days of `cut`; with `person_id` of the hazards that person found."""
    apart = cut.apart(Hazard, Hazard.found_by)
    query = (
        select(
            *apart,
            Hazard.category,
            Hazard.severity,
            Hazard.status,
            func.count().label("found"),
            how_many(Hazard.sample).label("samples"),
        )
        .where(cut.cover(Hazard), Hazard.status.not_in(VOID), *whose(Hazard.found_by, person_id))
        .group_by(*(column.name for column in apart), Hazard.category, Hazard.severity, Hazard.status)
    )
    found = bags()
    for row in await db.execute(query):
        names = (f"category.{row.category}", f"severity.{row.severity}", f"status.{row.status}")
        found[cut.key(row)].update({**dict.fromkeys(names, row.found), "samples": row.samples})
    return found


def is_overdue(now: datetime) -> Any:
    """The condition that a hazard is open past its time; derived, never stored."""
    return and_(Hazard.status.in_(UNSOLVED), Hazard.due_at < now)


async def overdue(db: AsyncConnection, period: Period, person_id: int | None, now: datetime) -> int:
    """How many of the hazards found in a period are overdue: told by the clock, so never rolled up."""
    within = (Hazard.day.between(period.start, period.end), *whose(Hazard.found_by, person_id))
    return int(await db.scalar(select(func.count()).where(is_overdue(now), *within)) or 0)


async def standing(db: AsyncConnection, person_id: int | None, now: datetime) -> tuple[int, int]:
    """(open, overdue) among all hazards, whenever they were found."""
    query = select(func.count().label("open"), how_many(is_overdue(now)).label("overdue"))
    row = (
        await db.execute(query.where(Hazard.status.in_(UNSOLVED), *whose(Hazard.found_by, person_id)))
    ).one()
    return int(row.open), int(row.overdue)
