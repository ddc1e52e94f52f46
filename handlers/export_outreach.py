"""The sheets of activities and of the people who gave their time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from handlers.export_table import LONG, Column, Table, files, label
from handlers.kit.grammar import Period
from handlers.kit.words import Text, p_
from handlers.labels import YES_NO
from handlers.outreach_card import STATES, reason
from handlers.outreach_codes import PLACE_KINDS, TYPES
from handlers.outreach_totals import of_person
from handlers.summary_outreach import hours
from handlers.themes import theme
from models import Outreach, OutreachMember, Person

_Approver = aliased(Person)


def outreach(period: Period, person_id: int | None) -> list[Table]:
    """Activities in every state, one row each; and everybody's time at them, one row each."""
    within = (Outreach.day.between(period.start, period.end), *of_person(person_id))
    return [
        Table(p_("sheet", "Activities"), _activities(within), _ACTIVITY),
        Table(p_("sheet", "Members"), _members(within), _MEMBER),
    ]


def _activities(within: tuple[Any, ...]) -> Any:
    return (
        select(*Outreach.__table__.columns, Person.name.label("logger"), _Approver.name.label("approver"))
        .join(Person, Person.id == Outreach.person_id)
        .join(_Approver, _Approver.id == Outreach.approved_by, isouter=True)
        .where(*within)
        .order_by(Outreach.day, Outreach.id)
    )


def _members(within: tuple[Any, ...]) -> Any:
    return (
        select(
            Outreach.number,
            Outreach.day,
            Outreach.status,
            Outreach.sample,
            OutreachMember.name.label("written"),
            OutreachMember.minutes,
            OutreachMember.waits,
            Person.name,
        )
        .join(Outreach, Outreach.id == OutreachMember.outreach_id)
        .join(Person, Person.id == OutreachMember.person_id, isouter=True)
        .where(*within)
        .order_by(Outreach.day, Outreach.id, OutreachMember.id)
    )


def _theme(row: Any) -> Text | None:
    known = theme(row.theme)
    return known.name if known else row.theme


def _member_state(row: Any) -> Text | None:
    """Who joined after the approval waits for one of their own."""
    return label(STATES, "pending" if row.waits else row.status)


_ACTIVITY = [
    Column(p_("column", "Number"), lambda row: row.number, 18),
    Column(p_("column", "Day"), lambda row: row.day),
    Column(p_("column", "Theme day"), _theme, 20),
    Column(p_("column", "Type"), lambda row: label(TYPES, row.kind)),
    Column(p_("column", "Kind of place"), lambda row: label(PLACE_KINDS, row.place_kind)),
    Column(p_("column", "Place"), lambda row: row.place, 20),
    Column(p_("column", "Start"), lambda row: row.starts, 8),
    Column(p_("column", "End"), lambda row: row.ends, 8),
    Column(p_("column", "Sessions"), lambda row: row.sessions, 8),
    Column(p_("column", "Participants"), lambda row: row.participants, 10),
    Column(p_("column", "Minors"), lambda row: row.minors, 8),
    Column(p_("column", "Elderly"), lambda row: row.elderly, 8),
    Column(p_("column", "Disabled"), lambda row: row.disabled, 8),
    Column(p_("column", "Online views"), lambda row: row.online_views, 10),
    Column(p_("column", "Leaflets"), lambda row: row.leaflets, 8),
    Column(p_("column", "Partners"), lambda row: row.partners, 24, long=Outreach.partners),
    Column(p_("column", "Note"), lambda row: row.note, LONG, long=Outreach.note),
    Column(p_("column", "State"), lambda row: label(STATES, row.status), 14),
    Column(
        p_("column", "Returned because"),
        lambda row: reason(row.returned_because),
        24,
        long=Outreach.returned_because,
    ),
    Column(p_("column", "Logged by"), lambda row: row.logger),
    Column(p_("column", "Submitted"), lambda row: row.submitted_at, 16),
    Column(p_("column", "Approved by"), lambda row: row.approver),
    Column(p_("column", "Approved"), lambda row: row.approved_at, 16),
    Column(p_("column", "Photos"), lambda row: len(row.photos), 8),
    Column(p_("column", "Photo files"), lambda row: files(row.photos), 20),
    Column(p_("column", "Sample data"), lambda row: YES_NO[row.sample], 8),
]

_MEMBER = [
    Column(p_("column", "Activity"), lambda row: row.number, 18),
    Column(p_("column", "Day"), lambda row: row.day),
    Column(p_("column", "Name"), lambda row: row.name or row.written, 16),
    Column(p_("column", "Minutes"), lambda row: row.minutes, 8),
    Column(p_("column", "Hours"), lambda row: hours(row.minutes), 8),
    Column(p_("column", "State"), _member_state, 14),
    Column(p_("column", "Sample data"), lambda row: YES_NO[row.sample], 8),
]
