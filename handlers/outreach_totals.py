"""Totals of the outreach activities of a period; only what was approved counts, the rest stands beside."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from handlers.tally import BUCKET, Bag, Bags, Cut, Shares, bags, foremost, how_many, shares, whose
from models import Outreach, OutreachMember

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

    @classmethod
    def of(cls, bag: Bag, top: tuple[tuple[str, int], ...] = ()) -> Totals:
        return cls(**{name: bag[name] for name in _FIGURES if name in bag}, top=top)


_FIGURES = tuple(field.name for field in fields(Totals) if field.name != "top")
_SUMMED = tuple(name for name in _FIGURES if hasattr(Outreach, name))
_COUNTS = (Outreach.status == "approved") & ~OutreachMember.waits
_WAITS = or_(Outreach.status == "pending", (Outreach.status == "approved") & OutreachMember.waits)


async def totals(db: AsyncConnection, start: date, end: date, person_id: int | None = None) -> Totals:
    """The figures from `start` to `end`, both days included; with `person_id` of the activities that
    person logged or took part in."""
    cut = Cut(((start, end),), since=start)
    bag = (await tally(db, cut, person_id))[1]
    if person_id is not None:
        return Totals.of(bag)
    return Totals.of(bag, await top(db, (await given_by(db, cut))[1]))


async def tally(db: AsyncConnection, cut: Cut, person_id: int | None = None) -> Bags:
    """The figures of the days of `cut`: those of `Totals`, and how many activities are sample data."""
    found = bags()
    for query in (_activities(cut, person_id), _minutes(cut, person_id)):
        for row in (await db.execute(query)).mappings():
            known = {name: value for name, value in row.items() if name != BUCKET and value is not None}
            found[row[BUCKET]].update({name: int(value) for name, value in known.items()})
    return found


async def given_by(db: AsyncConnection, cut: Cut) -> Shares:
    """The approved minutes that each person gave."""
    minutes = func.sum(OutreachMember.minutes).label("value")
    query = (
        select(cut.bucket(Outreach), OutreachMember.person_id, minutes)
        .join(Outreach, Outreach.id == OutreachMember.outreach_id)
        .where(cut.cover(Outreach), _COUNTS, OutreachMember.person_id.is_not(None))
        .group_by(BUCKET, OutreachMember.person_id)
    )
    return shares(await db.execute(query))


async def top(db: AsyncConnection, given: Counter[int]) -> tuple[tuple[str, int], ...]:
    """(name, minutes) of those who gave most, the first one first."""
    most = await foremost(db, given)
    return tuple((name or f"#{person_id}", minutes) for person_id, name, minutes in most[:MOST_NAMED])


def of_person(person_id: int | None) -> list[ColumnElement[bool]]:
    """The condition that somebody logged an activity or took part in it; none for everybody's."""
    if person_id is None:
        return []
    logged = aliased(Outreach)
    # One set of ids, each half found by an index; with OR, databases look at every activity.
    theirs = union(
        select(logged.id).where(logged.person_id == person_id),
        select(OutreachMember.outreach_id).where(OutreachMember.person_id == person_id),
    )
    return [Outreach.id.in_(theirs)]


def _activities(cut: Cut, person_id: int | None) -> Any:
    approved, pending = Outreach.status == "approved", Outreach.status == "pending"
    query = select(
        cut.bucket(Outreach),
        how_many(approved).label("activities"),
        how_many(pending).label("pending_activities"),
        how_many(approved & Outreach.sample).label("samples"),
        how_many(pending & Outreach.sample).label("pending_samples"),
        *(func.sum(case((approved, getattr(Outreach, name)))).label(name) for name in _SUMMED),
    )
    return query.where(cut.cover(Outreach), *of_person(person_id)).group_by(BUCKET)


def _minutes(cut: Cut, person_id: int | None) -> Any:
    query = select(
        cut.bucket(Outreach),
        func.sum(case((_COUNTS, OutreachMember.minutes), else_=0)).label("approved_minutes"),
        func.sum(case((_WAITS, OutreachMember.minutes), else_=0)).label("pending_minutes"),
    )
    own = whose(OutreachMember.person_id, person_id)
    joined = query.join(Outreach, Outreach.id == OutreachMember.outreach_id)
    return joined.where(cut.cover(Outreach), *own).group_by(BUCKET)
