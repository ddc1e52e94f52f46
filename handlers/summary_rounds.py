"""Rounds in figures: due, done, late and missed, by checklist and by who made them.

What a person did is two counts in one number, so that shares add up like all others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.kit.words import Both
from handlers.tally import BUCKET, Bag, Bags, Cut, Shares, bags, foremost, how_many, shares, under, whose
from models import Checklist, Round

MOST_PEOPLE: Final = 5
PAIR: Final = 1_000_000  # more than anybody has rounds in a period


@dataclass(frozen=True, slots=True)
class Made:
    """Rounds whose time has passed: how many, and how many of them were made, in time or late."""

    ended: int = 0
    made: int = 0

    @property
    def percent(self) -> int:
        """How many of a hundred were made; rounded down, so that 100 means all."""
        return 100 * self.made // self.ended if self.ended else 0


@dataclass(frozen=True, slots=True)
class Rounds:
    """How many rounds are in each state, those switched off left out; `lists` are by the checklist's code."""

    states: Mapping[str, int] = field(default_factory=dict)
    lists: Mapping[str, Made] = field(default_factory=dict)
    samples: int = 0

    @classmethod
    def of(cls, bag: Bag) -> Rounds:
        states: Counter[str] = Counter()
        lists: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for figure, value in under(bag, "list").items():
            code, _sep, state = figure.rpartition(".")
            states[state] += value
            lists[code][state] += value
        return cls(dict(states), {code: _made(lists[code]) for code in sorted(lists)}, bag["samples"])

    @property
    def count(self) -> int:
        return sum(self.states.values())

    @property
    def all(self) -> Made:
        """Those whose time has passed."""
        return _made(self.states)


async def tally(db: AsyncConnection, cut: Cut, person_id: int | None = None) -> Bags:
    """The figures of the days of `cut`; with `person_id` of that person's rounds."""
    apart = cut.apart(Round, Round.person_id)
    query = (
        select(
            *apart,
            Round.checklist,
            Round.status,
            func.count().label("rounds"),
            how_many(Round.sample).label("samples"),
        )
        .where(cut.cover(Round), Round.status != "off", *whose(Round.person_id, person_id))
        .group_by(*(column.name for column in apart), Round.checklist, Round.status)
    )
    found = bags()
    for row in await db.execute(query.where(Round.person_id.is_not(None)) if cut.by_owner else query):
        figure = f"list.{row.checklist}.{row.status}"
        found[cut.key(row)].update({figure: row.rounds, "samples": row.samples})
    return found


async def made_by(db: AsyncConnection, cut: Cut) -> Shares:
    """How many rounds of each person's have ended, and how many of them were made: `ended * PAIR + made`."""
    value = case((Round.status == "missed", PAIR), else_=PAIR + 1)
    query = (
        select(cut.bucket(Round), Round.person_id, func.sum(value).label("value"))
        .where(cut.cover(Round), Round.person_id.is_not(None), Round.status.in_(("done", "late", "missed")))
        .group_by(BUCKET, Round.person_id)
    )
    return shares(await db.execute(query))


async def most(db: AsyncConnection, did: Counter[int]) -> list[tuple[str, Made]]:
    """Those whose rounds most were, by name."""
    people = await foremost(db, did)
    return [(name, Made(*divmod(value, PAIR))) for _id, name, value in people if name][:MOST_PEOPLE]


async def titles(db: AsyncConnection, codes: Sequence[str]) -> Mapping[str, Both]:
    """What checklists are called."""
    query = select(Checklist.code, Checklist.title_zh, Checklist.title_en).where(Checklist.code.in_(codes))
    rows = await db.execute(query.order_by(Checklist.version))
    return {row.code: Both(row.title_zh, row.title_en) for row in rows}


def _made(states: Mapping[str, int]) -> Made:
    made = states.get("done", 0) + states.get("late", 0)
    return Made(made + states.get("missed", 0), made)
