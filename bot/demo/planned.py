"""The sample's plans of rounds, and their rounds: done, late, missed with a reason, and still to come.

They are by sample people and have no timers: nobody is ever reminded of them, or asked about them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.demo.crew import Crew, Span, is_open
from bot.demo.rounds import WHEN_CLOSED, times_of
from handlers import catalogue
from handlers.calendar import Schedule
from models import Checklist, Inspection, Round, RoundPlan

_MOST_PLANS: Final = 3
_JITTER: Final = timedelta(minutes=15)  # an inspection of the sample begins so soon after its time
_GRACE: Final = 15  # minutes: some inspections end later, and count as late
_REMIND: Final = 10
_ONE_MISSED_IN: Final = 12
_WHY: Final = ("incident", "short", "closed", "forgot")


@dataclass(frozen=True, slots=True)
class _Plan:
    """A plan as it is stored, and the inspections there are by its checklist, by their day."""

    row: Row[Any]
    times: Sequence[tuple[int, int]]
    places: Sequence[str]
    made: Mapping[date, Sequence[Any]]


async def make(conn: AsyncConnection, span: Span, crew: Crew, chance: Random) -> dict[str, int]:
    """Store plans for the checklists that the sample goes through each day, and their rounds of the span and
    of tomorrow; returns how many of each."""
    plans = await _plans(conn, span, crew)
    rows = [row for plan in plans for row in _rounds(plan, span, chance)]
    if rows:
        await conn.execute(insert(Round), rows)
    return {"plans": len(plans), "rounds": len(rows)}


async def _plans(conn: AsyncConnection, span: Span, crew: Crew) -> list[_Plan]:
    tree = await catalogue.place_tree(conn)
    query = (
        select(Checklist.code, Inspection)
        .join(Checklist, Checklist.id == Inspection.checklist_id)
        .where(Inspection.sample)
        .order_by(Inspection.started_at)
    )
    made: dict[str, dict[date, list[Any]]] = {}
    for row in await conn.execute(query):
        made.setdefault(row.code, {}).setdefault(row.day, []).append(row)
    daily = [code for code in sorted(made) if times_of(code)][:_MOST_PLANS]
    plans = []
    for place, code in enumerate(daily):
        guard, times = crew.guards[place % len(crew.guards)], times_of(code)
        schedule = Schedule("times", tuple(time(*at) for at in times), code not in WHEN_CLOSED)
        values = {
            "checklist": code, "place": next(iter(tree)), "schedule": schedule.dump(), "person_id": guard,
            "remind": _REMIND, "grace": _GRACE, "since": span.at(next(span.dates()), 0, 0),
            "created_by": crew.leaders[0], "created_at": span.now, "sample": True,
        }  # fmt: skip
        stored = insert(RoundPlan).values(**values).returning(*RoundPlan.__table__.columns)
        places = sorted({row.place for rows in made[code].values() for row in rows})
        plans.append(_Plan((await conn.execute(stored)).one(), times, places, made[code]))
    return plans


def _rounds(plan: _Plan, span: Span, chance: Random) -> Iterator[dict[str, Any]]:
    schedule = Schedule.load(plan.row.schedule)
    days = list(span.dates())
    for day in (*days, days[-1] + timedelta(days=1)):
        if schedule.open_days and not is_open(day):
            continue
        for at in plan.times:
            due_at = span.at(day, *at)
            begun = (one for one in plan.made.get(day, ()) if due_at <= one.started_at < due_at + _JITTER)
            yield _round(plan, day, due_at) | _outcome(plan, next(begun, None), due_at, span, chance)


def _round(plan: _Plan, day: date, due_at: datetime) -> dict[str, Any]:
    return {
        "plan_id": plan.row.id, "checklist": plan.row.checklist, "place": plan.places[0], "day": day,
        "due_at": due_at, "opens_at": due_at - timedelta(minutes=_GRACE),
        "ends_at": due_at + timedelta(minutes=_GRACE), "person_id": plan.row.person_id, "status": "due",
        "started_at": None, "done_at": None, "inspection_id": None, "reason": None, "reason_by": None,
        "reason_at": None, "sample": True,
    }  # fmt: skip


def _outcome(plan: _Plan, made: Any | None, due_at: datetime, span: Span, chance: Random) -> dict[str, Any]:
    """What became of a round: its inspection made it good, unless that was elsewhere and it was missed."""
    ends_at = due_at + timedelta(minutes=_GRACE)
    if made is None and ends_at > span.now:
        return {}
    elsewhere = [place for place in plan.places if made is None or place != made.place]
    if made is None or (elsewhere and chance.randrange(_ONE_MISSED_IN) == 0):
        return {
            "status": "missed", "place": (elsewhere or plan.places)[0], "reason": chance.choice(_WHY),
            "reason_by": plan.row.person_id, "reason_at": min(ends_at + timedelta(minutes=5), span.now),
        }  # fmt: skip
    return {
        "status": "done" if made.submitted_at <= ends_at else "late", "place": made.place,
        "started_at": made.started_at, "done_at": made.submitted_at, "inspection_id": made.id,
        "person_id": made.person_id,
    }  # fmt: skip
