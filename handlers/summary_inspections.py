"""Inspections in figures: how many, what they found, and how they were made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.tally import BUCKET, Bag, Bags, Cut, Shares, bags, foremost, how_many, shares, under, whose
from models import Inspection, InspectionItem

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

    @classmethod
    def of(cls, bag: Bag) -> Inspections:
        presence = under(bag, "presence")
        return cls(
            count=sum(presence.values()),
            clean=bag["clean"],
            too_fast=bag["too_fast"],
            presence=presence,
            failed=under(bag, "failed"),
            samples=bag["samples"],
        )


async def tally(db: AsyncConnection, cut: Cut, person_id: int | None = None) -> Bags:
    """The figures of the days of `cut`; with `person_id` of that person's inspections."""
    found = bags()
    for row in await db.execute(_rounds(cut, person_id)):
        counts = {f"presence.{row.presence}": row.done, "clean": row.clean, "too_fast": row.too_fast}
        found[cut.key(row)].update({**counts, "samples": row.samples})
    for row in await db.execute(_failed(cut, person_id)):
        found[cut.key(row)][f"failed.{row.category}"] += row.failed
    return found


async def made_by(db: AsyncConnection, cut: Cut) -> Shares:
    """How many inspections each person made."""
    query = (
        select(cut.bucket(Inspection), Inspection.person_id, func.count().label("value"))
        .where(Inspection.current, cut.cover(Inspection))
        .group_by(BUCKET, Inspection.person_id)
    )
    return shares(await db.execute(query))


async def most_active(db: AsyncConnection, made: Counter[int]) -> list[tuple[str, int]]:
    """(name, inspections) of those who made most."""
    return [(name, count) for _id, name, count in await foremost(db, made) if name][:MOST_PEOPLE]


def _rounds(cut: Cut, person_id: int | None) -> Any:
    apart = cut.apart(Inspection, Inspection.person_id)
    return (
        select(
            *apart,
            Inspection.presence,
            func.count().label("done"),
            how_many(Inspection.failed == 0).label("clean"),
            how_many(Inspection.too_fast).label("too_fast"),
            how_many(Inspection.sample).label("samples"),
        )
        .where(Inspection.current, cut.cover(Inspection), *whose(Inspection.person_id, person_id))
        .group_by(*(column.name for column in apart), Inspection.presence)
    )


def _failed(cut: Cut, person_id: int | None) -> Any:
    apart = cut.apart(Inspection, Inspection.person_id)
    return (
        select(*apart, InspectionItem.category, func.count().label("failed"))
        .join(InspectionItem, InspectionItem.inspection_id == Inspection.id)
        .where(Inspection.current, cut.cover(Inspection), *whose(Inspection.person_id, person_id))
        # The count of failures that every inspection keeps spares reading the items of the clean ones.
        .where(Inspection.failed > 0, InspectionItem.state == "bad")
        .group_by(*(column.name for column in apart), InspectionItem.category)
    )
