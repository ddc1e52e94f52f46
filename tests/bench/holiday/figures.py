"""What is measured: every reply's time, every kill, the memory of the workers; by hour and in all."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from tests.bench.holiday.day import Day

RESTART_SECONDS: Final = 5.0  # after a kill; what is waited for meanwhile is reported apart
PROMPT: Final = 0.3  # seconds: the target for a reply
FLAT: Final = 0.10  # growth of memory in the second half


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: on which channel, when its question was asked, and how long it took, in seconds."""

    channel: str
    begun: float
    took: float

    @property
    def ended(self) -> float:
        return self.begun + self.took


@dataclass(frozen=True, slots=True)
class Memory:
    """A worker's resident memory in bytes at a moment, and its age in seconds; `old` says that it is the
    worker that has lived longest."""

    at: float
    worker: int
    age: float
    size: int
    old: bool


@dataclass
class Kill:
    """A worker killed: when, and after how long all were there again (None: never seen)."""

    at: float
    back_after: float | None = None


@dataclass
class Figures:
    """Seconds are counted from `begin`."""

    day: Day
    replies: list[Reply] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)  # what should not have happened, in words
    deliveries: int = 0  # of updates and messages, each time one was handed over
    redelivered: int = 0  # of them, those that had to be handed over again
    _start: float = field(default_factory=monotonic)

    def begin(self) -> None:
        self._start = monotonic()

    def now(self) -> float:
        return monotonic() - self._start

    def answered(self, channel: str, begun: float) -> None:
        self.replies.append(Reply(channel, begun, self.now() - begun))

    def disturbed(self, reply: Reply) -> bool:
        """Whether a worker had just been killed while this reply was waited for."""
        return any(
            kill.at < reply.ended and reply.begun < kill.at + self.restart_seconds for kill in self.kills
        )

    @property
    def restart_seconds(self) -> float:
        return min(RESTART_SECONDS, self.day.hour_seconds / 3)

    def recovery(self, kill: Kill) -> float:
        """Seconds until nobody waited any longer than is prompt for what was asked after that kill or just
        before it; 0 if nobody did."""
        late = (
            reply.ended - kill.at
            for reply in self.replies
            if reply.took > PROMPT and kill.at < reply.ended and reply.begun < kill.at + self.restart_seconds
        )
        return max(late, default=0.0)

    def of_hour(self, hour: int) -> list[Reply]:
        return [reply for reply in self.replies if self.day.hour_at(reply.begun) == hour]

    def size(self, hour: int, *, old: bool) -> float | None:
        """The median of a worker's memory in an hour, in bytes."""
        found = [one.size for one in self.memory if self.day.hour_at(one.at) == hour and one.old == old]
        return statistics.median(found) if found else None

    def growth(self) -> float | None:
        """By which part memory grew from the first hour of the second half to the last hour, at most, in a
        worker that lived through it; None if none did."""
        hours = self.day.clock
        first = self._sizes(hours[len(hours) // 2])
        last = self._sizes(hours[-1])
        grown = [last[worker] / first[worker] - 1 for worker in first.keys() & last.keys()]
        return max(grown, default=None)

    def growth_at_equal_age(self) -> float | None:
        """The same for workers that were killed: those of the last quarter beside those of the third, in the
        second half of an hour of life."""
        hours, half = self.day.clock, self.day.hour_seconds / 2
        quarter = len(hours) // 4
        young = [one for one in self.memory if not one.old and half <= one.age]
        sizes = [
            [one.size for one in young if self.day.hour_at(one.at) in part]
            for part in (hours[2 * quarter : 3 * quarter], hours[3 * quarter :])
        ]
        return statistics.mean(sizes[1]) / statistics.mean(sizes[0]) - 1 if all(sizes) else None

    def _sizes(self, hour: int) -> dict[int, float]:
        found: dict[int, list[int]] = {}
        for one in self.memory:
            if self.day.hour_at(one.at) == hour:
                found.setdefault(one.worker, []).append(one.size)
        return {worker: statistics.median(sizes) for worker, sizes in found.items()}


def percentile(values: Iterable[float], part: float) -> float:
    """The value that `part` of all do not exceed; 0 of none."""
    ordered: Sequence[float] = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0
