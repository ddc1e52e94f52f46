"""Rounds in figures: due, done, late and missed, by checklist and by who made them.

They are counted as they are, also of closed days: one row a round, and an index has all that is counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.kit.words import Both
from handlers.summary_spans import Spans
from handlers.tally import BUCKET, how_many, whose
from models import Checklist, Person, Round

MOST_PEOPLE = 5


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

    @property
    def count(self) -> int:
        return sum(self.states.values())

    @property
    def all(self) -> Made:
        """Those whose time has passed."""
        return _made(self.states)


async def rounds(db: AsyncConnection, spans: Spans, person_id: int | None) -> tuple[Rounds, Rounds]:
    """The figures of the days asked for and of those before; with `person_id` of that person's rounds."""
    cut = spans.cut
    query = (
        select(
            cut.bucket(Round),
            Round.checklist,
            Round.status,
            func.count().label("rounds"),
            how_many(Round.sample).label("samples"),
        )
        .where(cut.cover(Round), Round.status != "off", *whose(Round.person_id, person_id))
        .group_by(BUCKET, Round.checklist, Round.status)
    )
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in await db.execute(query):
        found[row.bucket].append(row)
    return _figures(found[1]), _figures(found[0])


async def by_person(db: AsyncConnection, spans: Spans) -> list[tuple[str, Made]]:
    """Those whose rounds most were, by name."""
    query = (
        select(Round.person_id, Person.name, Round.status, func.count().label("rounds"))
        .join(Person, Person.id == Round.person_id)
        .where(
            Round.day.between(spans.now.start, spans.now.end), Round.status.in_(("done", "late", "missed"))
        )
        .group_by(Round.person_id, Person.name, Round.status)
    )
    names: dict[int, str] = {}
    states: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for row in await db.execute(query):
        names[row.person_id] = row.name
        states[row.person_id][row.status] += row.rounds
    most = sorted(states, key=lambda person: (-_made(states[person]).ended, person))
    return [(names[person], _made(states[person])) for person in most if names[person]][:MOST_PEOPLE]


async def titles(db: AsyncConnection, codes: Sequence[str]) -> Mapping[str, Both]:
    """What checklists are called."""
    query = select(Checklist.code, Checklist.title_zh, Checklist.title_en).where(Checklist.code.in_(codes))
    rows = await db.execute(query.order_by(Checklist.version))
    return {row.code: Both(row.title_zh, row.title_en) for row in rows}


def _figures(rows: Sequence[Any]) -> Rounds:
    states: Counter[str] = Counter()
    lists: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        states[row.status] += row.rounds
        lists[row.checklist][row.status] += row.rounds
    made = {code: _made(counted) for code, counted in sorted(lists.items())}
    return Rounds(dict(states), made, sum(int(row.samples) for row in rows))


def _made(states: Mapping[str, int]) -> Made:
    made = states.get("done", 0) + states.get("late", 0)
    return Made(made + states.get("missed", 0), made)
