"""The museum's places and the checklists in use, as conversations read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.kit.kinds.place import Tree
from handlers.kit.words import Both
from models import Checklist, Inspection, Note, Place

# Hours until a hazard must be rectified, where the museum's checklists file does not say otherwise;
# a practice, no law. The file's own are kept in the note of that name.
DEADLINE_HOURS: Mapping[str, int] = {"critical": 2, "major": 24, "minor": 168}
CHECKLIST_NOTE = "checklists"
SOONEST_HOURS: Final = 2  # in which something is done about a critical hazard, whatever the file says


async def deadline_hours(db: AsyncConnection) -> Mapping[str, int]:
    """By severity, the hours until a hazard must be rectified."""
    note = await db.scalar(select(Note.value).where(Note.key == CHECKLIST_NOTE))
    return {**DEADLINE_HOURS, **(note or {}).get("deadlines", {})}


async def first_action(db: AsyncConnection, severity: str) -> timedelta:
    """How soon after it is found something must be done about a hazard."""
    hours = (await deadline_hours(db))[severity]
    return timedelta(hours=min(hours, SOONEST_HOURS) if severity == "critical" else hours)


async def place_tree(db: AsyncConnection) -> Tree:
    """All places in use, in the museum's own order: code -> (parent, Chinese name, English name)."""
    query = select(Place).where(Place.active).order_by(Place.position)
    return {row.code: (row.parent, row.name_zh, row.name_en) for row in await db.execute(query)}


async def place_named(db: AsyncConnection, code: str) -> Row[Any] | None:
    """The place in use with that code."""
    return (await db.execute(select(Place).where(Place.code == code, Place.active))).first()


async def place_name(db: AsyncConnection, code: str) -> Both | str:
    """A place's name, also of one no longer in use; the code itself where it is unknown."""
    row = (await db.execute(select(Place.name_zh, Place.name_en).where(Place.code == code))).first()
    return Both(row.name_zh, row.name_en) if row else code


async def checklists_in_use(db: AsyncConnection) -> dict[str, Row[Any]]:
    """The newest version of every active checklist, by its code."""
    query = select(Checklist).where(Checklist.active).order_by(Checklist.position, Checklist.version)
    return {row.code: row for row in await db.execute(query)}


async def mended_on_spot(db: AsyncConnection) -> frozenset[str]:
    """The keys of the items whose faults may be put right on the spot (公安部令第61号 §31)."""
    lists = (await checklists_in_use(db)).values()
    return frozenset(item["key"] for row in lists for item in row.body["items"] if item.get("on_spot"))


async def item_of(db: AsyncConnection, inspection_id: int | None, key: str) -> Both | None:
    """What the checklist that an inspection filled in says under one of its items: how it should be."""
    filled_in = select(Inspection.checklist_id).where(Inspection.id == inspection_id).scalar_subquery()
    body = await db.scalar(select(Checklist.body).where(Checklist.id == filled_in))
    items = (body or {}).get("items", [])
    return next((Both(item["zh"], item["en"]) for item in items if item["key"] == key), None)


async def checklists_at(db: AsyncConnection) -> Mapping[str, list[str]]:
    """For every place the codes of its checklists: its own, else those of the place above, else all."""
    everything = list(await checklists_in_use(db))
    rows = {row.code: row for row in await db.execute(select(Place).where(Place.active))}

    def used_at(code: str) -> list[str]:
        row = rows.get(code)
        while row is not None and not row.checklists:
            row = rows.get(row.parent)
        return [name for name in everything if row is None or name in row.checklists]

    return {code: used_at(code) for code in rows}
