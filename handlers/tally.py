"""Counting records into figures that add up: over periods, or day by day, by the same queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from models import Person

# What figures are kept apart by: 1 for the period asked for and 0 for the one before, or the day itself.
Bucket: TypeAlias = int | date
# Figures by name. What nobody counted is not in it; what was counted as nothing is, with 0.
Bag: TypeAlias = Counter[str]
Bags: TypeAlias = defaultdict[Bucket, Bag]
Shares: TypeAlias = defaultdict[Bucket, Counter[int]]  # by the person's id

BUCKET = "bucket"


@dataclass(frozen=True, slots=True)
class Cut:
    """The days to count: those of `ranges` (first and last included) and of `days`.

    Their figures are kept apart by whether the day is from `since` on; by each day where that is None.
    """

    ranges: tuple[tuple[date, date], ...] = ()
    days: tuple[date, ...] = ()
    since: date | None = None

    def __bool__(self) -> bool:
        return bool(self.ranges or self.days)

    def cover(self, day: Any) -> ColumnElement[bool]:
        """The condition that `day` is to be counted."""
        parts = [day.between(first, last) for first, last in self.ranges]
        return or_(*parts, *([day.in_(self.days)] if self.days else []))

    def bucket(self, day: Any) -> ColumnElement[Any]:
        """The column, called BUCKET, to group by."""
        column = day if self.since is None else case((day >= self.since, 1), else_=0)
        return column.label(BUCKET)


def bags() -> Bags:
    """No figures yet."""
    return defaultdict(Counter)


def shares(rows: Iterable[Any]) -> Shares:
    """Rows of (bucket, person_id, value) by bucket and person."""
    found: Shares = defaultdict(Counter)
    for row in rows:
        found[row.bucket][row.person_id] += int(row.value)
    return found


async def foremost(db: AsyncConnection, shared: Counter[int]) -> list[tuple[int, str, int]]:
    """(id, name, value) of the people who did something, who did most first."""
    found = await db.execute(select(Person.id, Person.name).where(Person.id.in_(shared)))
    named = [(row.id, row.name, shared[row.id]) for row in found]
    return sorted(named, key=lambda one: (-one[2], one[0]))


def under(bag: Bag, name: str) -> dict[str, int]:
    """The figures called `name.<code>`, by their code."""
    head = f"{name}."
    return {figure.removeprefix(head): value for figure, value in bag.items() if figure.startswith(head)}


def how_many(condition: Any) -> ColumnElement[int]:
    """The number of rows that meet a condition."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def whose(column: Any, person_id: int | None) -> tuple[Any, ...]:
    """The condition that a record is this person's; none for everybody's."""
    return () if person_id is None else (column == person_id,)
