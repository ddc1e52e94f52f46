"""The sheets of inspections, their items, and hazards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from handlers.export_table import LONG, Column, Table, files, label, place_of
from handlers.hazard_table import SEVERITY
from handlers.hazard_table import STATES as HAZARD_STATES
from handlers.inspection_card import PRESENCE
from handlers.kit.grammar import Period
from handlers.kit.kinds.checklist import STATES
from handlers.kit.words import Both, p_
from handlers.labels import CATEGORIES, ITEM_HOW, YES_NO
from handlers.summary_hazards import is_overdue
from handlers.tally import whose
from models import Checklist, Hazard, Inspection, InspectionItem, Person, Place, Signature

_Signer = aliased(Person)
_Responsible = aliased(Person)
_PLACE = (Place.name_zh.label("place_zh"), Place.name_en.label("place_en"))


async def inspections(db: AsyncConnection, period: Period, person_id: int | None) -> list[Table]:
    """Inspections in their current revision, one row each; and their items, one row each."""
    mine = (Inspection.current, Inspection.day.between(period.start, period.end))
    mine += whose(Inspection.person_id, person_id)
    return [
        Table(p_("sheet", "Inspections"), rounds(mine), _ROUND),
        Table(p_("sheet", "Items"), _items(mine), _item_columns(await item_names(db))),
    ]


async def hazards(db: AsyncConnection, period: Period, person_id: int | None, now: datetime) -> list[Table]:
    """Hazards found in the period, one row each; what a correction withdrew is there too."""
    query = (
        select(
            *Hazard.__table__.columns,
            *_PLACE,
            Inspection.number.label("inspection"),
            Inspection.checklist_id,
            Person.name.label("finder"),
            _Responsible.name.label("responsible"),
            is_overdue(now).label("overdue"),
        )
        .join(Person, Person.id == Hazard.found_by)
        .join(_Responsible, _Responsible.id == Hazard.responsible_id, isouter=True)
        .join(Place, Place.code == Hazard.place, isouter=True)
        .join(Inspection, Inspection.id == Hazard.inspection_id, isouter=True)
        .where(Hazard.day.between(period.start, period.end), *whose(Hazard.found_by, person_id))
        .order_by(Hazard.day, Hazard.id)
    )
    return [Table(p_("sheet", "Hazards"), query, _hazard_columns(await item_names(db)))]


def rounds(mine: tuple[Any, ...]) -> Any:
    """The query for inspections, each with what it is called by and its second signature."""
    second = and_(Signature.inspection_id == Inspection.id, Signature.post == "second")
    return (
        select(
            *Inspection.__table__.columns,
            *_PLACE,
            Checklist.title_zh,
            Checklist.title_en,
            Checklist.version,
            Person.name.label("inspector"),
            _Signer.name.label("signer"),
            Signature.signed_at,
        )
        .join(Person, Person.id == Inspection.person_id)
        .join(Checklist, Checklist.id == Inspection.checklist_id)
        .join(Place, Place.code == Inspection.place, isouter=True)
        .join(Signature, second, isouter=True)
        .join(_Signer, _Signer.id == Signature.person_id, isouter=True)
        .where(*mine)
        .order_by(Inspection.day, Inspection.id)
    )


def _items(mine: tuple[Any, ...]) -> Any:
    return (
        select(
            *InspectionItem.__table__.columns,
            Inspection.number.label("inspection"),
            Inspection.day,
            Inspection.checklist_id,
        )
        .join(Inspection, Inspection.id == InspectionItem.inspection_id)
        .where(*mine)
        .order_by(Inspection.day, Inspection.id, InspectionItem.number)
    )


async def item_names(db: AsyncConnection) -> dict[tuple[int, str], Both]:
    """What the items of every version of every checklist say."""
    rows = await db.execute(select(Checklist.id, Checklist.body))
    return {
        (row.id, item["key"]): Both(item["zh"], item["en"])
        for row in rows
        for item in row.body.get("items", [])
    }


def _item_columns(names: dict[tuple[int, str], Both]) -> list[Column]:
    return [
        Column(p_("column", "Inspection"), lambda row: row.inspection, 18),
        Column(p_("column", "Day"), lambda row: row.day),
        Column(p_("column", "Item"), lambda row: row.number, 6),
        Column(
            p_("column", "What to look at"), lambda row: names.get((row.checklist_id, row.key), row.key), LONG
        ),
        Column(p_("column", "Category"), lambda row: label(CATEGORIES, row.category)),
        Column(p_("column", "State"), lambda row: STATES[row.state][1]),
        Column(p_("column", "Filled in"), lambda row: label(ITEM_HOW, row.how)),
        Column(p_("column", "Seconds"), lambda row: row.seconds, 8),
        Column(p_("column", "Note"), lambda row: row.note, LONG, long=InspectionItem.note),
        Column(
            p_("column", "Fixed on the spot"), lambda row: YES_NO[row.fixed] if row.state == "bad" else None
        ),
        Column(p_("column", "Photos"), lambda row: len(row.photos), 8),
        Column(p_("column", "Photo files"), lambda row: files(row.photos), 20),
    ]


def _hazard_columns(names: dict[tuple[int, str], Both]) -> list[Column]:
    item = Column(
        p_("column", "What to look at"), lambda row: names.get((row.checklist_id, row.item_key)), LONG
    )
    return [*_HAZARD_FOUND, item, *_HAZARD_SINCE]


def _spot(row: Any) -> str | None:
    return f"{row.location['latitude']:.6f}, {row.location['longitude']:.6f}" if row.location else None


_ROUND = [
    Column(p_("column", "Number"), lambda row: row.number, 18),
    Column(p_("column", "Revision"), lambda row: row.revision, 8),
    Column(p_("column", "Day"), lambda row: row.day),
    Column(p_("column", "Started"), lambda row: row.started_at, 16),
    Column(p_("column", "Submitted"), lambda row: row.submitted_at, 16),
    Column(p_("column", "Place"), place_of, 20),
    Column(p_("column", "Checklist"), lambda row: Both(row.title_zh, row.title_en), 20),
    Column(p_("column", "Version"), lambda row: row.version, 8),
    Column(p_("column", "Inspector"), lambda row: row.inspector),
    Column(p_("column", "Presence"), lambda row: label(PRESENCE, row.presence), 18),
    Column(p_("column", "Position"), _spot, 22),
    Column(p_("column", "Seconds"), lambda row: row.seconds, 8),
    Column(p_("column", "Items failed"), lambda row: row.failed, 8),
    Column(p_("column", "Some answered at once"), lambda row: YES_NO[row.batch]),
    Column(p_("column", "Very fast"), lambda row: YES_NO[row.too_fast], 8),
    Column(p_("column", "Signed by"), lambda row: row.signer),
    Column(p_("column", "Signed"), lambda row: row.signed_at, 16),
    Column(p_("column", "Note"), lambda row: row.note, LONG, long=Inspection.note),
    Column(p_("column", "Photo files"), lambda row: files(row.spot_photos), 20),
    Column(p_("column", "Sample data"), lambda row: YES_NO[row.sample], 8),
]

_HAZARD_FOUND = [
    Column(p_("column", "Number"), lambda row: row.number, 18),
    Column(p_("column", "Day"), lambda row: row.day),
    Column(p_("column", "Found"), lambda row: row.found_at, 16),
    Column(p_("column", "Found by"), lambda row: row.finder),
    Column(p_("column", "Place"), place_of, 20),
    Column(p_("column", "Category"), lambda row: label(CATEGORIES, row.category)),
    Column(p_("column", "Severity"), lambda row: label(SEVERITY, row.severity), 8),
    Column(p_("column", "What"), lambda row: Both(row.title_zh, row.title_en), LONG),
    Column(p_("column", "Note"), lambda row: row.note, LONG, long=Hazard.note),
]

_HAZARD_SINCE = [
    Column(p_("column", "State"), lambda row: label(HAZARD_STATES, row.status), 14),
    Column(p_("column", "Due"), lambda row: row.due_at, 16),
    Column(p_("column", "Overdue"), lambda row: YES_NO[bool(row.overdue)], 8),
    Column(p_("column", "Responsible"), lambda row: row.responsible),
    Column(p_("column", "Measures"), lambda row: row.measures, LONG, long=Hazard.measures),
    Column(p_("column", "Interim protection"), lambda row: row.interim, LONG, long=Hazard.interim),
    Column(p_("column", "Sent back"), lambda row: row.reopened, 8),
    Column(p_("column", "Found again"), lambda row: row.recurred, 8),
    Column(p_("column", "Area closed"), lambda row: YES_NO[row.suspended], 8),
    Column(p_("column", "Reported outside as"), lambda row: row.external_ref, 18),
    Column(p_("column", "Closed"), lambda row: row.closed_at, 16),
    Column(p_("column", "Inspection"), lambda row: row.inspection, 18),
    Column(p_("column", "Photos"), lambda row: len(row.photos), 8),
    Column(p_("column", "Photo files"), lambda row: files(row.photos), 20),
    Column(p_("column", "Sample data"), lambda row: YES_NO[row.sample], 8),
]
