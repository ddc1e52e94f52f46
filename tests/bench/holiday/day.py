"""The day that is played: how many people there are, and when each of them takes up their phone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

HOURS: Final = 24
OPENS: Final = 9
# Of a hundred comments, how many are left in which hour: the museum is open from nine to five, busiest at
# ten and at two, and some write in the evening at home.
COMMENTS: Final = {
    9: 6, 10: 12, 11: 11, 12: 9, 13: 10, 14: 12, 15: 11, 16: 10, 17: 7, 18: 4, 19: 4, 20: 3, 21: 1,
}  # fmt: skip
LOGGING: Final = range(9, 21)  # when volunteers log what they did
MANAGING: Final = range(7, 23)  # when managers look at their figures
SHIFTS: Final = 3  # of guards, by turns around the clock

Role = Literal["visitor", "guard", "volunteer", "manager", "desk"]


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody does something, so many seconds of real time after the start: the `who`-th of a role."""

    at: float
    role: Role
    who: int


@dataclass(frozen=True)
class Day:
    """How long an hour is in seconds of real time, from which hour on and how many; and how many people."""

    hour_seconds: float
    first: int = 0
    hours: int = HOURS
    visitors: int = 20_000
    guards: int = 60
    volunteers: int = 200
    managers: int = 6

    @classmethod
    def of(cls, hour_seconds: float, hours: int, scale: float) -> Day:
        """A whole day from midnight, or a few hours from when the doors open; with a part of the people."""
        first = 0 if hours == HOURS else OPENS
        visitors, guards, volunteers, managers = (
            max(1, round(scale * count)) for count in (cls.visitors, cls.guards, cls.volunteers, cls.managers)
        )
        return cls(hour_seconds, first, hours, visitors, guards, volunteers, managers)

    @property
    def is_whole(self) -> bool:
        """Whether it is the day of the target, so that its figures may be judged."""
        return (self.hours, self.visitors) == (HOURS, Day.visitors)

    @property
    def seconds(self) -> float:
        return self.hours * self.hour_seconds

    @property
    def clock(self) -> range:
        """The hours of the day that are played."""
        return range(self.first, self.first + self.hours)

    def hour_at(self, seconds: float) -> int:
        """Which hour of the day it is so long after the start; what comes after the end is of the last."""
        return min(self.first + int(seconds / self.hour_seconds), self.clock[-1])

    def turns(self, chance: random.Random) -> list[Turn]:
        """All that is done, in order."""
        return sorted(
            (*self._visits(chance), *self._rounds(chance), *self._logs(chance), *self._looks(chance)),
            key=lambda turn: turn.at,
        )

    def _visits(self, chance: random.Random) -> Iterator[Turn]:
        hours = [hour for hour in self.clock if hour in COMMENTS]
        chosen = chance.choices(hours, [COMMENTS[hour] for hour in hours], k=self.visitors)
        return (Turn(self._within(hour, chance), "visitor", who) for who, hour in enumerate(chosen))

    def _rounds(self, chance: random.Random) -> Iterator[Turn]:
        """One an hour, of each guard on duty; the first works by day."""
        for hour in self.clock:
            for who in range(self.guards):
                if (who + 1) % SHIFTS == hour * SHIFTS // HOURS:
                    yield Turn(self._within(hour, chance), "guard", who)

    def _logs(self, chance: random.Random) -> Iterator[Turn]:
        hours = [hour for hour in self.clock if hour in LOGGING]
        return (
            Turn(self._within(chance.choice(hours), chance), "volunteer", who)
            for who in range(self.volunteers)
        )

    def _looks(self, chance: random.Random) -> Iterator[Turn]:
        hours = [hour for hour in self.clock if hour in MANAGING]
        return (
            Turn(self._within(hour, chance), "manager", who) for hour in hours for who in range(self.managers)
        )

    def _within(self, hour: int, chance: random.Random) -> float:
        return (hour - self.first + chance.random()) * self.hour_seconds
