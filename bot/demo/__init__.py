"""A month of plausible sample data, marked as such everywhere, and its complete removal.

The people in it are inactive and hold no role, so that nothing of the real work ever waits for them. The
numbers begin at 90001 in each series: they read and are looked up like real ones and never clash with them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.demo import comments, events, planned, rounds
from bot.demo.crew import Crew, Span
from bot.imports import load_defaults
from models import (
    Audit,
    Feedback,
    FeedbackReply,
    Hazard,
    HazardEvent,
    HazardLink,
    HazardSignature,
    Inspection,
    InspectionItem,
    Outreach,
    OutreachMember,
    Person,
    Round,
    RoundPlan,
    Signature,
)

DAYS: Final = 30  # up to and with today

# Who there is: guards, shift leaders, the education staff, the front desk, volunteers.
_NAMES: Final = {
    "guards": "张伟 王强 李军 赵刚 陈勇",
    "leaders": "刘建国 孙志明",
    "educators": "周敏 林静",
    "desk": "吴婷 郑洁",
    "volunteers": "何晓雨 马骏 徐丽 胡杨 高远 梁晨 宋佳",
}


class SampleThere(Exception):
    """Sample data is in the database already; it must be removed before it is made anew."""


async def make(conn: AsyncConnection, now: datetime, zone: ZoneInfo, seed: int = 0) -> dict[str, int]:
    """Make a month of sample data that ends at `now`; returns how many records of each kind.

    The same seed makes the same data. `zone` is the museum's, whose days are meant. Raises SampleThere.
    """
    if await conn.scalar(select(Person.id).where(Person.sample).limit(1)) is not None:
        raise SampleThere("there is sample data already; remove it first")
    await load_defaults(conn)
    chance = Random(seed)  # noqa: S311 - sample data, no secret
    crew = await _crew(conn, now)
    span = Span(now.astimezone(UTC), zone, DAYS)
    made = {"people": len(crew.everybody)}
    for make_some in (rounds.make, planned.make, events.make, comments.make):
        made |= await make_some(conn, span, crew, chance)
    return made


async def remove(conn: AsyncConnection) -> dict[str, int]:
    """Remove all sample data; returns how many records of each kind.

    What was done to sample records, such as an answer or a correction, goes with them. Real records stay.
    """
    numbers = select(Inspection.number).where(Inspection.sample)
    inspections = select(Inspection.id).where(Inspection.number.in_(numbers))
    events_there = select(Outreach.id).where(Outreach.sample)
    people = select(Person.id).where(Person.sample)
    await conn.execute(delete(Signature).where(Signature.inspection_id.in_(inspections)))
    hazards = or_(Hazard.sample, Hazard.inspection_id.in_(inspections))
    theirs = select(Hazard.id).where(hazards)
    for history in (HazardEvent, HazardSignature, HazardLink):
        await conn.execute(delete(history).where(history.hazard_id.in_(theirs)))
    await conn.execute(delete(InspectionItem).where(InspectionItem.inspection_id.in_(inspections)))
    await conn.execute(delete(OutreachMember).where(OutreachMember.outreach_id.in_(events_there)))
    await conn.execute(delete(FeedbackReply).where(FeedbackReply.feedback_id.in_(_ids(Feedback))))
    await conn.execute(delete(Audit).where(or_(Audit.subject_id.in_(people), Audit.actor_id.in_(people))))
    its_name = select(Person.name).where(Person.id == OutreachMember.person_id).scalar_subquery()
    at_real_ones = update(OutreachMember).where(OutreachMember.person_id.in_(people))
    await conn.execute(at_real_ones.values(name=its_name, person_id=None))
    from_comments = update(Hazard).where(~Hazard.sample, Hazard.feedback_id.in_(_ids(Feedback)))
    await conn.execute(from_comments.values(feedback_id=None))
    gone = {}
    for name, statement in {
        "rounds": delete(Round).where(Round.sample),
        "plans": delete(RoundPlan).where(RoundPlan.sample),
        "hazards": delete(Hazard).where(hazards),
        "inspections": delete(Inspection).where(Inspection.number.in_(numbers)),
        "outreach": delete(Outreach).where(Outreach.sample),
        "feedback": delete(Feedback).where(Feedback.sample),
        "people": delete(Person).where(Person.sample),
    }.items():
        gone[name] = (await conn.execute(statement)).rowcount
    return gone


def _ids(table: Any) -> Any:
    return select(table.id).where(table.sample)


async def _crew(conn: AsyncConnection, now: datetime) -> Crew:
    """Store the people of the sample, and give their ids by what they do."""
    names = {job: [f"示例·{name}" for name in listed.split()] for job, listed in _NAMES.items()}
    rows = [
        {"name": name, "roles": frozenset(), "active": False, "created_at": now, "sample": True}
        for listed in names.values()
        for name in listed
    ]
    await conn.execute(insert(Person), rows)
    found = await conn.execute(select(Person.name, Person.id).where(Person.sample))
    ids = {row.name: row.id for row in found}
    return Crew(**{job: [ids[name] for name in listed] for job, listed in names.items()})
