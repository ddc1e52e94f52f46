"""Hazards in figures: found, fixed on the spot, ordered, closed and how soon, open and overdue; and where.

How long closing took is kept as how many took how many hours, for a median does not add up over days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.kit.grammar import Period
from handlers.tally import Bag, Bags, Cut, bags, how_many, second, under, whose
from models import UNSOLVED, VOID, Hazard

HOUR: Final = 3600  # seconds
BY_THE_HOUR: Final = 48  # hours; whatever takes longer is told in whole days


@dataclass(frozen=True, slots=True)
class Hazards:
    """Hazards found in a period, withdrawn and rejected ones left out, and what has become of them by now.

    `took` says how many were closed within so many hours, begun ones counted whole, and above `BY_THE_HOUR`
    begun days; `places` how many were found at a place, and `again` how often one of them was found again.
    """

    count: int = 0
    fixed: int = 0
    ordered: int = 0
    closed: int = 0
    open: int = 0
    overdue: int = 0
    categories: Mapping[str, int] = field(default_factory=dict)
    severities: Mapping[str, int] = field(default_factory=dict)
    took: Mapping[int, int] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    again: Mapping[str, int] = field(default_factory=dict)
    samples: int = 0

    @classmethod
    def of(cls, bag: Bag, overdue: int = 0) -> Hazards:
        states = under(bag, "status")
        return cls(
            count=sum(states.values()),
            fixed=bag["status.fixed_on_spot"],
            ordered=bag["ordered"],
            closed=bag["status.closed"],
            open=sum(states.get(state, 0) for state in UNSOLVED),
            overdue=overdue,
            categories=under(bag, "category"),
            severities=under(bag, "severity"),
            took={int(hours): value for hours, value in under(bag, "took").items()},
            places=under(bag, "place"),
            again=under(bag, "again"),
            samples=bag["samples"],
        )

    @property
    def done(self) -> int:
        """Those that are no more: put right on the spot, or closed."""
        return self.fixed + self.closed

    @property
    def rate(self) -> int:
        """整改率: how many of a hundred found are no more; rounded down, so that 100 means all."""
        return 100 * self.done // self.count if self.count else 0

    @property
    def median(self) -> timedelta | None:
        """Within what time half of the closed ones were closed; None where none was."""
        before, half = 0, sum(self.took.values()) / 2
        for hours in sorted(self.took):
            before += self.took[hours]
            if before >= half:
                return timedelta(hours=hours)
        return None

    @property
    def recurring(self) -> list[str]:
        """The places where hazards were found more than once, most first."""
        times = Counter(self.places) + Counter(self.again)
        return sorted((place for place in times if times[place] > 1), key=lambda one: (-times[one], one))


async def tally(db: AsyncConnection, cut: Cut, person_id: int | None = None) -> Bags:
    """The figures of the days of `cut`; with `person_id` of the hazards that person found."""
    apart = cut.apart(Hazard, Hazard.found_by)
    which = (cut.cover(Hazard), Hazard.status.not_in(VOID), *whose(Hazard.found_by, person_id))
    query = (
        select(
            *apart,
            Hazard.category,
            Hazard.severity,
            Hazard.status,
            Hazard.place,
            func.count().label("found"),
            func.sum(Hazard.recurred).label("again"),
            how_many(Hazard.ordered_by.is_not(None)).label("ordered"),
            how_many(Hazard.sample).label("samples"),
        )
        .where(*which)
        .group_by(
            *(column.name for column in apart), Hazard.category, Hazard.severity, Hazard.status, Hazard.place
        )
    )
    found = bags()
    for row in await db.execute(query):
        names = (f"category.{row.category}", f"severity.{row.severity}", f"status.{row.status}")
        counted = dict.fromkeys((*names, f"place.{row.place}"), row.found)
        counted |= {"ordered": row.ordered, "samples": row.samples}
        found[cut.key(row)].update(counted | ({f"again.{row.place}": int(row.again)} if row.again else {}))
    hours = (second(Hazard.closed_at) - second(Hazard.found_at)) // HOUR
    closed = (Hazard.status == "closed", Hazard.closed_at.is_not(None))
    times = select(*apart, hours.label("hours"), func.count().label("closed")).where(*which, *closed)
    for row in await db.execute(times.group_by(*(column.name for column in apart), "hours")):
        found[cut.key(row)][f"took.{within(row.hours)}"] += row.closed
    return found


def within(hours: int) -> int:
    """Full hours as those begun, above `BY_THE_HOUR` as those of the days begun."""
    begun = max(hours, 0) + 1
    return begun if begun <= BY_THE_HOUR else -(-begun // 24) * 24


def is_overdue(now: datetime) -> Any:
    """The condition that a hazard is open past its time; derived, never stored."""
    return and_(Hazard.status.in_(UNSOLVED), Hazard.due_at < now)


async def overdue(db: AsyncConnection, period: Period, person_id: int | None, now: datetime) -> int:
    """How many of the hazards found in a period are overdue: told by the clock, so never rolled up."""
    within = (Hazard.day.between(period.start, period.end), *whose(Hazard.found_by, person_id))
    return int(await db.scalar(select(func.count()).where(is_overdue(now), *within)) or 0)


async def standing(db: AsyncConnection, person_id: int | None, now: datetime) -> tuple[int, int]:
    """(open, overdue) among all hazards, whenever they were found."""
    query = select(func.count().label("open"), how_many(is_overdue(now)).label("overdue"))
    row = (
        await db.execute(query.where(Hazard.status.in_(UNSOLVED), *whose(Hazard.found_by, person_id)))
    ).one()
    return int(row.open), int(row.overdue)
