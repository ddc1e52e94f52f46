"""Inspections in figures: how many, what they found, and how they were made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.tally import BUCKET, Bag, Bags, Cut, Shares, bags, foremost, how_many, shares, under, whose
from models import Checklist, Inspection, InspectionItem

MOST_PEOPLE = 3


@dataclass(frozen=True, slots=True)
class Inspections:
    """Current revisions only. `items` and `failed` count items by category, those not applicable left out;
    the presences are inspections by how they were shown."""

    count: int = 0
    clean: int = 0
    too_fast: int = 0
    presence: Mapping[str, int] = field(default_factory=dict)
    items: Mapping[str, int] = field(default_factory=dict)
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
            items=under(bag, "items"),
            failed=under(bag, "failed"),
            samples=bag["samples"],
        )


async def tally(db: AsyncConnection, cut: Cut, person_id: int | None = None) -> Bags:
    """The figures of the days of `cut`; with `person_id` of that person's inspections."""
    found = bags()
    made = (await db.execute(_rounds(cut, person_id))).all()
    listed = await _listed(db, {row.checklist_id for row in made})
    for row in made:
        counts = {f"presence.{row.presence}": row.done, "clean": row.clean, "too_fast": row.too_fast}
        bag = found[cut.key(row)]
        bag.update({**counts, "samples": row.samples})
        bag.update({f"items.{category}": row.done * n for category, n in listed[row.checklist_id].items()})
    for row in await db.execute(_items(cut, person_id).where(InspectionItem.state == "na")):
        found[cut.key(row)][f"items.{row.category}"] -= row.items
    # The count of failures that every inspection keeps spares reading the items of the clean ones.
    failed = _items(cut, person_id).where(Inspection.failed > 0, InspectionItem.state == "bad")
    for row in await db.execute(failed):
        found[cut.key(row)][f"failed.{row.category}"] += row.items
    return found


async def _listed(db: AsyncConnection, ids: set[int]) -> Mapping[int, Counter[str]]:
    """How many items of each category the checklists with these ids have."""
    lists = await db.execute(select(Checklist.id, Checklist.body).where(Checklist.id.in_(ids)))
    found = {row.id: Counter(str(item["category"]) for item in row.body["items"]) for row in lists}
    return {key: found.get(key, Counter()) for key in ids}


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
            Inspection.checklist_id,
            func.count().label("done"),
            how_many(Inspection.failed == 0).label("clean"),
            how_many(Inspection.too_fast).label("too_fast"),
            how_many(Inspection.sample).label("samples"),
        )
        .where(Inspection.current, cut.cover(Inspection), *whose(Inspection.person_id, person_id))
        .group_by(*(column.name for column in apart), Inspection.presence, Inspection.checklist_id)
    )


def _items(cut: Cut, person_id: int | None) -> Any:
    apart = cut.apart(Inspection, Inspection.person_id)
    return (
        select(*apart, InspectionItem.category, func.count().label("items"))
        .join(InspectionItem, InspectionItem.inspection_id == Inspection.id)
        .where(Inspection.current, cut.cover(Inspection), *whose(Inspection.person_id, person_id))
        .group_by(*(column.name for column in apart), InspectionItem.category)
    )
