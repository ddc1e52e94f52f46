"""The sample's outreach events with the minutes that volunteers gave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.demo import words
from bot.demo.crew import FIRST_NUMBER, Crew, Span
from handlers import themes
from handlers.outreach_records import same_key
from models import Outreach, OutreachMember

_RETURNED = 5  # the event that was sent back, counted from the newest; the newest three wait for approval
_PENDING = 3


async def make(conn: AsyncConnection, span: Span, crew: Crew, chance: Random) -> dict[str, int]:
    """Store the events of the span, one every few days; returns how many, and how many members' minutes."""
    days = list(span.dates())[: -1 or None]
    chosen = sorted(chance.sample(days, min(len(days), len(words.EVENTS))))
    events = list(zip(chosen, words.EVENTS, strict=False))
    given: Counter[Any] = Counter()
    rows = []
    for left, (day, event) in zip(range(len(events), 0, -1), events, strict=True):
        number = f"HD-{day:%Y%m%d}-{FIRST_NUMBER + given[day]}"
        given[day] += 1
        fitting = themes.near(day)
        theme = fitting[0].code if fitting and chance.random() < 0.7 else None
        rows.append(
            {
                **_counts(event, chance),
                **_approval(left, span, day, crew),
                "number": number,
                "day": day,
                "theme": theme,
                "kind": event.kind,
                "place_kind": event.place_kind,
                "place": event.place,
                "same": same_key(day, event.place, event.place_kind, theme),
                "starts": event.starts,
                "ends": event.ends,
                "partners": event.partners,
                "photos": [],
                "note": event.note,
                "person_id": chance.choice(crew.volunteers),
                "submitted_at": span.at(day, 18, chance.randrange(60)),
                "sample": True,
            }
        )
    if not rows:
        return {"outreach": 0, "members": 0}
    await conn.execute(insert(Outreach), rows)
    found = (await conn.execute(select(Outreach.id, Outreach.person_id).where(Outreach.sample))).all()
    members = [row for event_id, leader in found for row in _members(event_id, leader, crew, chance)]
    await conn.execute(insert(OutreachMember), members)
    return {"outreach": len(rows), "members": len(members)}


def _counts(event: words.Event, chance: Random) -> dict[str, int]:
    if event.place_kind == "online":
        people = dict.fromkeys(("participants", "minors", "elderly", "disabled", "leaflets"), 0)
        return {**people, "online_views": chance.randint(600, 2400), "sessions": 1}
    participants = chance.randint(event.least, event.most)
    minors = participants * event.minors // 100
    return {
        "sessions": chance.choice((1, 1, 2)),
        "participants": participants,
        "minors": minors,
        "elderly": (participants - minors) * chance.randint(5, 40) // 100,
        "disabled": chance.choice((0, 0, 0, 2, 5)),
        "online_views": 0,
        "leaflets": participants * chance.randint(0, 2),
    }


def _approval(left: int, span: Span, day: Any, crew: Crew) -> dict[str, Any]:
    """The state of the event with `left` events from it to the newest."""
    approved = left > _PENDING and left != _RETURNED
    status = "approved" if approved else "returned" if left == _RETURNED else "pending"
    return {
        "status": status,
        "returned_because": "请补充到场观众人数和现场照片" if status == "returned" else None,
        "approved_by": crew.educators[left % len(crew.educators)] if approved else None,
        "approved_at": min(span.at(day, 9, 30) + timedelta(days=1), span.now) if approved else None,
    }


def _members(event_id: int, leader: int, crew: Crew, chance: Random) -> Iterator[dict[str, Any]]:
    """Whoever logged it, some other volunteers, and at times one who has no account."""
    minutes = chance.choice((90, 120, 150, 180, 240))
    others = [person for person in crew.volunteers if person != leader]
    for person in (leader, *chance.sample(others, chance.randint(2, 5))):
        yield {"outreach_id": event_id, "person_id": person, "name": "", "minutes": minutes}
    if chance.random() < 0.3:
        yield {"outreach_id": event_id, "person_id": None, "name": "示例·大学生志愿者", "minutes": minutes}
