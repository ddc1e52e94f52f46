"""Activities and volunteer hours in figures."""

from __future__ import annotations

from dataclasses import dataclass, field

from handlers.outreach_totals import Totals
from handlers.tally import Bag


@dataclass(frozen=True, slots=True)
class Outreach:
    """The totals of a period, and how many of its activities are sample data."""

    totals: Totals = field(default_factory=Totals)
    samples: int = 0

    @classmethod
    def of(cls, bag: Bag, top: tuple[tuple[str, int], ...] = ()) -> Outreach:
        """The figures of the days asked for: what waits is shown too."""
        return cls(Totals.of(bag, top), bag["samples"] + bag["pending_samples"])

    @classmethod
    def before(cls, bag: Bag) -> Outreach:
        """Those of the days before: what waits is never compared with."""
        return cls(Totals.of(bag), bag["samples"])

    @property
    def count(self) -> int:
        return self.totals.activities


def hours(minutes: int) -> float:
    """Hours as they are shown, rounded down to half an hour; minutes are what is kept."""
    return minutes // 30 / 2
