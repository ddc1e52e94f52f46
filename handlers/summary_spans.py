"""A period beside the one before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from handlers.kit.grammar import Period
from handlers.kit.grammar.period import span
from handlers.tally import Cut


@dataclass(frozen=True, slots=True)
class Spans:
    """The days asked for, and the earlier days they are compared with."""

    now: Period
    then: Period

    @property
    def cut(self) -> Cut:
        """All of both, kept apart."""
        ranges = tuple((period.start, period.end) for period in (self.then, self.now))
        return Cut(ranges, since=self.now.start)


def compared(period: Period, today: date) -> Spans:
    """A period beside the one before it; one that still runs beside as many days of the one before,
    for half a month never compares with a whole one."""
    before = period.previous()
    if period.start <= today < period.end:
        before = span(before.start, min(before.end, before.start + (today - period.start)))
    return Spans(period, before)
