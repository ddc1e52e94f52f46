"""Inspections in figures: how many, what they found, and how they were made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.summary_spans import IS_NOW, Spans, apart, how_many, whose
from models import Inspection, InspectionItem, Person

MOST_PEOPLE = 3


@dataclass(frozen=True, slots=True)
class Inspections:
    """Current revisions only. `failed` counts items; the presences are inspections by how they were shown."""

    count: int = 0
    clean: int = 0
    too_fast: int = 0
    presence: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, int] = field(default_factory=dict)
    samples: int = 0


async def inspections(
    db: AsyncConnection, spans: Spans, person_id: int | None
) -> tuple[Inspections, Inspections]:
    """The figures of the days asked for, and of those before."""
    rounds = apart(await db.execute(_rounds(spans, person_id)))
    failed = apart(await db.execute(_failed(spans, person_id)))
    return _figures(rounds[0], failed[0]), _figures(rounds[1], failed[1])


async def inspectors(db: AsyncConnection, spans: Spans) -> list[tuple[str, int]]:
    """Who made the most inspections in the days asked for: (name, how many)."""
    count = func.count().label("done")
    query = (
        select(Person.name, count)
        .join(Inspection, Inspection.person_id == Person.id)
        .where(Inspection.current, Inspection.day.between(spans.now.start, spans.now.end), Person.name != "")
        .group_by(Person.id, Person.name)
        .order_by(count.desc(), Person.id)
        .limit(MOST_PEOPLE)
    )
    return [(row.name, int(row.done)) for row in await db.execute(query)]


def _rounds(spans: Spans, person_id: int | None) -> Any:
    return (
        select(
            spans.is_now(Inspection.day),
            Inspection.presence,
            func.count().label("done"),
            how_many(Inspection.failed == 0).label("clean"),
            how_many(Inspection.too_fast).label("too_fast"),
            how_many(Inspection.sample).label("samples"),
        )
        .where(Inspection.current, spans.cover(Inspection.day), *whose(Inspection.person_id, person_id))
        .group_by(IS_NOW, Inspection.presence)
    )


def _failed(spans: Spans, person_id: int | None) -> Any:
    return (
        select(spans.is_now(Inspection.day), InspectionItem.category, func.count().label("failed"))
        .join(InspectionItem, InspectionItem.inspection_id == Inspection.id)
        .where(Inspection.current, spans.cover(Inspection.day), *whose(Inspection.person_id, person_id))
        # The count of failures that every inspection keeps spares reading the items of the clean ones.
        .where(Inspection.failed > 0, InspectionItem.state == "bad")
        .group_by(IS_NOW, InspectionItem.category)
    )


def _figures(rounds: Sequence[Any], failed: Sequence[Any]) -> Inspections:
    return Inspections(
        count=sum(row.done for row in rounds),
        clean=sum(row.clean for row in rounds),
        too_fast=sum(row.too_fast for row in rounds),
        presence={row.presence: row.done for row in rounds},
        failed={row.category: row.failed for row in failed},
        samples=sum(row.samples for row in rounds),
    )
