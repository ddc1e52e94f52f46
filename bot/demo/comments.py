"""The sample's visitors' comments, and the front desk's answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.demo import words
from bot.demo.crew import FIRST_NUMBER, Crew, Span, is_open
from handlers import catalogue
from models import Feedback, FeedbackReply

_RATINGS: Final = (5, 5, 5, 5, 5, 5, 4, 4, 4, 3)  # of the comments without words
_WEEKDAY, _WEEKEND = (7, 13), (20, 27)  # comments a day, at least and at most
_SATURDAY: Final = 5
_AFTERWARDS: Final = (("satisfied", 62), ("answered", 32), ("reopened", 6))


async def make(conn: AsyncConnection, span: Span, crew: Crew, chance: Random) -> dict[str, int]:
    """Store the comments of the span's open days; returns how many, and how many answers."""
    places = list(await catalogue.place_tree(conn))
    rows = [row for day in span.dates() if is_open(day) for row in _of_day(day, span, places, chance)]
    for row in rows:
        _answer(row, span, chance)
    if not rows:
        return {"feedback": 0, "answers": 0}
    await conn.execute(insert(Feedback), list(_stored(rows)))
    found = await conn.execute(select(Feedback.number, Feedback.id).where(Feedback.sample))
    ids = {row.number: row.id for row in found}
    answers = [
        {
            "feedback_id": ids[row["number"]],
            "person_id": chance.choice(crew.desk),
            "body": row["answer"],
            "satisfied": {"satisfied": True, "reopened": False}.get(row["status"]),
            "created_at": row["answered_at"],
        }
        for row in rows
        if row["answered_at"]
    ]
    if answers:
        await conn.execute(insert(FeedbackReply), answers)
    return {"feedback": len(rows), "answers": len(answers)}


def _stored(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return ({key: value for key, value in row.items() if key != "answer"} for row in rows)


def _of_day(day: date, span: Span, places: list[str], chance: Random) -> Iterator[dict[str, Any]]:
    count = chance.randint(*(_WEEKEND if day.weekday() >= _SATURDAY else _WEEKDAY))
    moments = sorted(span.at(day, 9, 10) + timedelta(minutes=chance.randrange(460)) for _one in range(count))
    for position, moment in enumerate(moments):
        if moment > span.now:
            return
        said = chance.choice(words.COMMENTS) if chance.random() < 0.4 else None
        yield {
            "number": f"LY-{day:%Y%m%d}-{FIRST_NUMBER + position}",
            "day": day,
            "place": chance.choice(places) if places and chance.random() < 0.8 else None,
            "rating": said.rating if said else chance.choice(_RATINGS),
            "kind": said.kind if said else None,
            "topic": said.topic if said else None,
            "comment": said.text if said else None,
            "answer": said.answer if said else "",
            "photos": [],
            "voice": [],
            "status": "new",
            "created_at": moment,
            "told_at": moment + timedelta(minutes=2) if said else None,
            "answered_at": None,
            "sample": True,
        }


def _answer(row: dict[str, Any], span: Span, chance: Random) -> None:
    """Let the front desk answer what asks for it: most within a day, the newest not yet."""
    if not row["answer"] or chance.random() < 0.06:
        return
    answered: datetime = row["created_at"] + timedelta(minutes=chance.randint(12, 1800))
    if answered < span.now:
        row["answered_at"] = answered
        row["status"] = chance.choices([state for state, _w in _AFTERWARDS], [w for _s, w in _AFTERWARDS])[0]
