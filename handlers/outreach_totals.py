"""Totals of the outreach activities of a period; only what was approved counts, the rest stands beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from models import Outreach, OutreachMember, Person

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures of a period. People met in person and online views are never added up; what nobody counted
    at any activity is None.

    `top` are (name, approved minutes) of the most active volunteers, the first one first; empty for
    one person's totals, whose minutes are theirs alone.
    """

    activities: int = 0
    sessions: int = 0
    participants: int = 0
    minors: int | None = None
    elderly: int | None = None
    disabled: int | None = None
    online_views: int | None = None
    leaflets: int | None = None
    approved_minutes: int = 0
    pending_minutes: int = 0
    pending_activities: int = 0
    top: tuple[tuple[str, int], ...] = ()


_SUMMED = tuple(field.name for field in fields(Totals) if hasattr(Outreach, field.name))
_MAYBE_UNKNOWN = frozenset({"minors", "elderly", "disabled", "online_views", "leaflets"})
_COUNTS = (Outreach.status == "approved") & ~OutreachMember.waits
_WAITS = or_(Outreach.status == "pending", (Outreach.status == "approved") & OutreachMember.waits)


async def totals(db: AsyncConnection, start: date, end: date, person_id: int | None = None) -> Totals:
    """The figures from `start` to `end`, both days included; with `person_id` of the activities that
    person logged or took part in."""
    within = [Outreach.day.between(start, end)]
    own = [] if person_id is None else [OutreachMember.person_id == person_id]
    activities = (await db.execute(_activities(within, person_id))).one()
    minutes = (await db.execute(_minutes([*within, *own]))).one()
    found = {**activities._mapping, **minutes._mapping}
    top = () if person_id is not None else await _top(db, within)
    figures = {name: int(value or 0) for name, value in found.items() if not _unknown(name, value)}
    return Totals(**figures, top=top)


def of_person(person_id: int | None) -> list[ColumnElement[bool]]:
    """The condition that somebody logged an activity or took part in it; none for everybody's."""
    if person_id is None:
        return []
    took_part = select(OutreachMember.outreach_id).where(OutreachMember.person_id == person_id)
    return [or_(Outreach.person_id == person_id, Outreach.id.in_(took_part))]


def _activities(within: Sequence[ColumnElement[bool]], person_id: int | None) -> Any:
    approved = Outreach.status == "approved"
    query = select(
        _how_many(approved).label("activities"),
        _how_many(Outreach.status == "pending").label("pending_activities"),
        *(func.sum(case((approved, getattr(Outreach, name)))).label(name) for name in _SUMMED),
    )
    return query.where(*within, *of_person(person_id))


def _unknown(name: str, value: object) -> bool:
    return value is None and name in _MAYBE_UNKNOWN


def _minutes(conditions: Sequence[ColumnElement[bool]]) -> Any:
    query = select(
        func.sum(case((_COUNTS, OutreachMember.minutes), else_=0)).label("approved_minutes"),
        func.sum(case((_WAITS, OutreachMember.minutes), else_=0)).label("pending_minutes"),
    )
    return query.join(Outreach, Outreach.id == OutreachMember.outreach_id).where(*conditions)


async def _top(db: AsyncConnection, within: Sequence[ColumnElement[bool]]) -> tuple[tuple[str, int], ...]:
    minutes = func.sum(OutreachMember.minutes).label("minutes")
    query = (
        select(Person.id, Person.name, minutes)
        .join(OutreachMember, OutreachMember.person_id == Person.id)
        .join(Outreach, Outreach.id == OutreachMember.outreach_id)
        .where(*within, _COUNTS)
        .group_by(Person.id, Person.name)
        .order_by(minutes.desc(), Person.id)
        .limit(MOST_NAMED)
    )
    return tuple((row.name or f"#{row.id}", int(row.minutes)) for row in await db.execute(query))


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
