"""Who does the work in the sample data, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

FIRST_NUMBER: Final = (
    90001  # of every sample series: no museum has as many records of a kind in a day or year
)
_MONDAY: Final = 0


@dataclass(frozen=True, slots=True)
class Crew:
    """The ids of the sample people, by what they do."""

    guards: list[int]
    leaders: list[int]
    educators: list[int]
    desk: list[int]
    volunteers: list[int]

    @property
    def everybody(self) -> list[int]:
        return [*self.guards, *self.leaders, *self.educators, *self.desk, *self.volunteers]


@dataclass(frozen=True, slots=True)
class Span:
    """The time that the sample covers: `days` local days of `zone`, the last one until `now` (UTC)."""

    now: datetime
    zone: ZoneInfo
    days: int

    def dates(self) -> Iterator[date]:
        today = self.now.astimezone(self.zone).date()
        return (today - timedelta(back) for back in range(self.days - 1, -1, -1))

    def at(self, day: date, hour: int, minute: int, second: int = 0) -> datetime:
        """A local time of a day, in UTC."""
        return datetime.combine(day, time(hour, minute, second), self.zone).astimezone(UTC)

    def days_ago(self, day: date) -> int:
        return (self.now.astimezone(self.zone).date() - day).days


def is_open(day: date) -> bool:
    """Whether the museum is open: every day but Monday, as most are."""
    return day.weekday() != _MONDAY
