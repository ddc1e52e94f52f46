"""Counting records into figures that add up: over periods, or day by day, by the same queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, ColumnElement, case, cast, extract, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from models import Person
from models.rollup import PART

# What figures are kept apart by: 1 for the period asked for and 0 for the one before, or the day itself, or
# either with the id of the person whose they are. What parts hold besides what was asked for has None.
Bucket: TypeAlias = int | date | tuple[int | date | None, int] | None
# Figures by name. What nobody counted is not in it; what was counted as nothing is, with 0.
Bag: TypeAlias = Counter[str]
Bags: TypeAlias = defaultdict[Bucket, Bag]
Shares: TypeAlias = defaultdict[Bucket, Counter[int]]  # by the person's id

BUCKET, OWNER = "bucket", "owner"


@dataclass(frozen=True, slots=True)
class Cut:
    """What is counted: records of the days in `ranges` (first and last included) and of `days`; with
    `parts` those of them that are in one of these parts.

    Their figures are kept apart by whether the day is from `since` on; by each day where that is None; and
    with `by_owner` by whose they are.
    """

    ranges: tuple[tuple[date, date], ...] = ()
    days: tuple[date, ...] = ()
    since: date | None = None
    parts: tuple[int, ...] = ()
    by_owner: bool = False

    def cover(self, records: Any) -> ColumnElement[bool]:
        """The condition that a row of the table `records` is counted, or its bucket is NULL."""
        if not self.parts:
            return self._within(records.day)
        # By their ids alone, and not by the day: its index would lead to all of the day's records.
        return or_(*(records.id.between((part - 1) * PART, part * PART - 1) for part in self.parts))

    def bucket(self, records: Any) -> ColumnElement[Any]:
        """The column, called BUCKET, to group by."""
        day = records.day
        column = day if self.since is None else case((day >= self.since, 1), else_=0)
        kept = case((self._within(day), column)) if self.parts else column
        return kept.label(BUCKET)

    def apart(self, records: Any, owner: Any) -> tuple[ColumnElement[Any], ...]:
        """The columns to group by: that of `bucket` and, `by_owner`, the one of whose a record is."""
        return (self.bucket(records), *((owner.label(OWNER),) if self.by_owner else ()))

    def key(self, row: Any) -> Bucket:
        """What a row of a query grouped so is kept apart by."""
        bucket: Bucket = (row.bucket, row.owner) if self.by_owner else row.bucket
        return bucket

    def _within(self, day: Any) -> ColumnElement[bool]:
        ranges = [day.between(first, last) for first, last in self.ranges]
        return or_(*ranges, *([day.in_(self.days)] if self.days else []))


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


def second(moment: Any) -> Any:
    """A moment in whole seconds: parts of them would not add up to the same in every order."""
    return cast(func.floor(extract("epoch", moment)), BigInteger)
