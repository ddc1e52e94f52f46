"""Comments in figures: how many, how they rate, what they are, and how soon they were answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import case, extract, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.summary_spans import IS_NOW, Spans, apart, how_many
from models import Feedback


@dataclass(frozen=True, slots=True)
class Comments:
    """`ratings` counts comments by their 1 to 5, `kinds` by their code; `waiting` are those the desk owes
    an answer; `seconds` is the mean time to the first answer."""

    count: int = 0
    ratings: Mapping[int, int] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    answered: int = 0
    waiting: int = 0
    seconds: float | None = None
    samples: int = 0

    @property
    def rated(self) -> int:
        return sum(self.ratings.values())

    @property
    def mean(self) -> float | None:
        """The mean rating with one decimal."""
        total = sum(rating * count for rating, count in self.ratings.items())
        return round(total / self.rated, 1) if self.rated else None


async def comments(db: AsyncConnection, spans: Spans) -> tuple[Comments, Comments]:
    """The figures of the days asked for, and of those before."""
    taken = extract("epoch", Feedback.answered_at) - extract("epoch", Feedback.created_at)
    waits = Feedback.status.in_(("new", "reopened")) & Feedback.told_at.is_not(None)
    query = (
        select(
            spans.is_now(Feedback.day),
            Feedback.rating,
            Feedback.kind,
            func.count().label("written"),
            func.count(Feedback.answered_at).label("answered"),
            how_many(waits).label("waiting"),
            func.sum(case((Feedback.answered_at.is_not(None), taken), else_=0)).label("seconds"),
            how_many(Feedback.sample).label("samples"),
        )
        .where(spans.cover(Feedback.day))
        .group_by(IS_NOW, Feedback.rating, Feedback.kind)
    )
    current, before = apart(await db.execute(query))
    return _figures(current), _figures(before)


def _figures(rows: Sequence[Any]) -> Comments:
    ratings: Counter[int] = Counter()
    kinds: Counter[str] = Counter()
    for row in rows:
        if row.rating is not None:
            ratings[row.rating] += row.written
        if row.kind is not None:
            kinds[row.kind] += row.written
    answered = sum(row.answered for row in rows)
    return Comments(
        count=sum(row.written for row in rows),
        ratings=ratings,
        kinds=kinds,
        answered=answered,
        waiting=sum(row.waiting for row in rows),
        seconds=float(sum(row.seconds for row in rows)) / answered if answered else None,
        samples=sum(row.samples for row in rows),
    )
