"""Days and hours: when the museum is open, which days are worked, and when a round falls due. All pure.

Public holidays and the working weekends that pay for them (调休) are those the State Council announced, from
the library `holidays`; of years that are not announced yet it knows the statutory days only
(全国年节及纪念日放假办法, State Council order 795).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, Final, Literal

Hours = tuple[time, time]  # from opening to closing, on the same day
Kind = Literal["times", "hours", "weekly", "monthly", "holidays"]

DAY: Final = timedelta(days=1)
NINE_TO_FIVE: Final[Hours] = (time(9), time(17))
# Closed on Mondays, as most museums of China are, except on public holidays.
USUAL_WEEK: Final[tuple[Hours | None, ...]] = (None, *(NINE_TO_FIVE,) * 6)


@dataclass(frozen=True, slots=True)
class Opening:
    """When the museum is open: its `week` from Monday on, and the `days` that differ (None: closed). With
    `on_holidays` a weekday that is closed else is open on public holidays."""

    week: Sequence[Hours | None] = USUAL_WEEK
    on_holidays: bool = True
    days: Mapping[date, Hours | None] = field(default_factory=dict)

    def hours(self, day: date) -> Hours | None:
        """From when to when it is open on a day; None if it is closed."""
        if day in self.days:
            return self.days[day]
        usual = self.week[day.weekday()]
        if usual is None and self.on_holidays and is_holiday(day):
            return next((hours for hours in self.week if hours is not None), None)
        return usual


@dataclass(frozen=True, slots=True)
class Schedule:
    """When rounds fall due, by `kind`: at `times` of each day (or each day it is `open_days`), every `every`
    hours from opening until closing, on one `weekday` (Monday is 0), on one `monthday` (or the month's last,
    where it has fewer), or on the last working day before public holidays."""

    kind: Kind
    times: tuple[time, ...] = ()
    open_days: bool = False
    every: int = 1
    weekday: int = 0
    monthday: int = 1

    @classmethod
    def load(cls, raw: Mapping[str, Any]) -> Schedule:
        """The schedule that `dump` made. Raises ValueError or KeyError if it is none."""
        times = tuple(time.fromisoformat(one) for one in raw["times"])
        return cls(
            raw["kind"], times, raw["open_days"], int(raw["every"]), int(raw["weekday"]), int(raw["monthday"])
        )

    def dump(self) -> dict[str, Any]:
        """It as JSON."""
        return {
            "kind": self.kind,
            "times": [f"{one:%H:%M}" for one in self.times],
            "open_days": self.open_days,
            "every": self.every,
            "weekday": self.weekday,
            "monthday": self.monthday,
        }

    def due(self, day: date, opening: Opening) -> list[time]:
        """The times of a day at which a round is due, in order."""
        if self.kind == "hours":
            return list(_every(self.every, opening.hours(day)))
        return sorted(set(self.times)) if self._is_on(day, opening) else []

    def _is_on(self, day: date, opening: Opening) -> bool:
        if self.kind == "weekly":
            return day.weekday() == self.weekday
        if self.kind == "monthly":
            return day.day == min(self.monthday, monthrange(day.year, day.month)[1])
        if self.kind == "holidays":
            return is_before_holidays(day)
        return not self.open_days or opening.hours(day) is not None


def is_holiday(day: date) -> bool:
    """Whether it is a public holiday, or a day off that a working weekend pays for."""
    return day in _china()


def is_working_day(day: date) -> bool:
    """Whether offices work: a weekday that is no holiday, or a weekend worked for one."""
    return bool(_china().is_working_day(day))


def working_days_after(day: date, count: int) -> date:
    """The day on which `count` working days after `day` have begun."""
    while count > 0:
        day += DAY
        count -= is_working_day(day)
    return day


def is_before_holidays(day: date) -> bool:
    """Whether it is the last working day before days off with a public holiday among them."""
    if not is_working_day(day):
        return False
    found, following = False, day + DAY
    while not is_working_day(following):
        found = found or is_holiday(following)
        following += DAY
    return found


def _every(hours: int, opening: Hours | None) -> Iterator[time]:
    if opening is None:
        return
    # Any day serves: a time of day alone cannot be added to.
    now, end = (datetime.combine(date.min, one) for one in opening)
    while now < end:
        yield now.time()
        now += timedelta(hours=max(1, hours))


@cache
def _china() -> Any:
    from holidays.countries.china import China  # here, because reading all of its years takes a while

    return China()  # type: ignore[no-untyped-call]  # the library is typed but for its constructors
