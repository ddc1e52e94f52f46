"""The sheet of rounds: what fell due, and what became of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from handlers.export_table import Column, Table, label, place_of
from handlers.kit.grammar import Period
from handlers.kit.words import p_
from handlers.labels import YES_NO
from handlers.rounds_say import STATES, reason
from handlers.tally import whose
from models import Inspection, Person, Place, Round


def rounds(period: Period, person_id: int | None) -> list[Table]:
    """Rounds, one row each; with `person_id` only those that are theirs."""
    return [Table(p_("sheet", "Rounds"), planned(period, person_id), _COLUMNS)]


def planned(period: Period, person_id: int | None) -> Any:
    """The query for rounds that fell due, each with what it is called by, and who gave a reason."""
    within = (Round.day.between(period.start, period.end), Round.status != "off")
    by = aliased(Person)
    return (
        select(
            *Round.__table__.columns,
            Place.name_zh.label("place_zh"),
            Place.name_en.label("place_en"),
            Person.name,
            by.name.label("reason_name"),
            Inspection.number,
        )
        .join(Place, Place.code == Round.place, isouter=True)
        .join(Person, Person.id == Round.person_id, isouter=True)
        .join(by, by.id == Round.reason_by, isouter=True)
        .join(Inspection, Inspection.id == Round.inspection_id, isouter=True)
        .where(*within, *whose(Round.person_id, person_id))
        .order_by(Round.due_at, Round.id)
    )


def _reason(row: Any) -> Any:
    return reason(row.reason) if row.reason else None


_COLUMNS = [
    Column(p_("column", "Day"), lambda row: row.day),
    Column(p_("column", "Due"), lambda row: row.due_at, 16),
    Column(p_("column", "Place"), place_of, 20),
    Column(p_("column", "Checklist"), lambda row: row.checklist, 16),
    Column(p_("column", "State"), lambda row: label(STATES, row.status)),
    Column(p_("column", "Made by"), lambda row: row.name),
    Column(p_("column", "Started"), lambda row: row.started_at, 16),
    Column(p_("column", "Submitted"), lambda row: row.done_at, 16),
    Column(p_("column", "Inspection number"), lambda row: row.number, 18),
    Column(p_("column", "Reason"), _reason, 30, long=Round.reason),
    Column(p_("column", "Reason given by"), lambda row: row.reason_name),
    Column(p_("column", "Sample data"), lambda row: YES_NO[row.sample], 8),
]
