"""Comments in figures: how many, how they rate, what they are, and how soon they were answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.tally import BUCKET, Bag, Bags, Cut, bags, how_many, second, under
from models import Feedback


@dataclass(frozen=True, slots=True)
class Comments:
    """`ratings` counts comments by their 1 to 5, `kinds` by their code; `waiting` are those the desk owes
    an answer, reopened ones among them; `seconds` is the mean time to the first answer of those answered."""

    count: int = 0
    ratings: Mapping[int, int] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    answered: int = 0
    waiting: int = 0
    seconds: float | None = None
    samples: int = 0

    @classmethod
    def of(cls, bag: Bag) -> Comments:
        answered = bag["answered"]
        return cls(
            count=bag["written"],
            ratings={int(rating): count for rating, count in under(bag, "rating").items()},
            kinds=under(bag, "kind"),
            answered=answered,
            waiting=bag["waiting"],
            seconds=bag["seconds"] / answered if answered else None,
            samples=bag["samples"],
        )

    @property
    def rated(self) -> int:
        return sum(self.ratings.values())

    @property
    def mean(self) -> float | None:
        """The mean rating with one decimal."""
        total = sum(rating * count for rating, count in self.ratings.items())
        return round(total / self.rated, 1) if self.rated else None


async def tally(db: AsyncConnection, cut: Cut, _person_id: int | None = None) -> Bags:
    """The figures of the days of `cut`; comments are nobody's own."""
    taken = second(Feedback.answered_at) - second(Feedback.created_at)
    waits = Feedback.status.in_(("new", "reopened")) & Feedback.told_at.is_not(None)
    answered = Feedback.answered_at.is_not(None) & (Feedback.status != "reopened")
    query = (
        select(
            cut.bucket(Feedback),
            Feedback.rating,
            Feedback.kind,
            func.count().label("written"),
            how_many(answered).label("answered"),
            how_many(waits).label("waiting"),
            func.sum(case((answered, taken), else_=0)).label("seconds"),
            how_many(Feedback.sample).label("samples"),
        )
        .where(cut.cover(Feedback))
        .group_by(BUCKET, Feedback.rating, Feedback.kind)
    )
    found = bags()
    for row in await db.execute(query):
        bag = found[row.bucket]
        for name in ("written", "answered", "waiting", "seconds", "samples"):
            bag[name] += int(getattr(row, name))
        if row.rating is not None:
            bag[f"rating.{row.rating}"] += row.written
        if row.kind is not None:
            bag[f"kind.{row.kind}"] += row.written
    return found
