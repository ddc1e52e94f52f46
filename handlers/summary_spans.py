"""A period beside the one before it, as conditions and columns of the counting queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, func, or_

from handlers.kit.grammar import Period
from handlers.kit.grammar.period import span

# What queries are grouped by to tell a period from the one before it.
IS_NOW = "is_now"


@dataclass(frozen=True, slots=True)
class Spans:
    """The days asked for, and the earlier days they are compared with."""

    now: Period
    then: Period

    def cover(self, day: Any) -> Any:
        """The condition that `day` is in one of the two."""
        return or_(*(day.between(period.start, period.end) for period in (self.then, self.now)))

    def is_now(self, day: Any) -> Any:
        """The column that is 1 in the days asked for and 0 in those before."""
        return case((day >= self.now.start, 1), else_=0).label(IS_NOW)


def compared(period: Period, today: date) -> Spans:
    """A period beside the one before it; one that still runs beside as many days of the one before,
    for half a month never compares with a whole one."""
    before = period.previous()
    if period.start <= today < period.end:
        before = span(before.start, min(before.end, before.start + (today - period.start)))
    return Spans(period, before)


def apart(rows: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """The rows of the days asked for, and those of the days before."""
    found: tuple[list[Any], list[Any]] = ([], [])
    for row in rows:
        found[0 if row.is_now else 1].append(row)
    return found


def how_many(condition: Any) -> Any:
    """The number of rows that meet a condition."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def whose(column: Any, person_id: int | None) -> tuple[Any, ...]:
    """The condition that a record is this person's; none for everybody's."""
    return () if person_id is None else (column == person_id,)
