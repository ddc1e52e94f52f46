"""Summaries from days rolled up: closed days are added up, what is not rolled up is counted.

What is stored of a day is what counting it gave, by the same queries, so there is one truth. Whatever changes
a record marks its day in the same transaction (`models/rollup.py`); a marked day is counted until it has been
rolled up again (`bot/rolling.py`). So figures are right at any time, also where the rolling up is behind.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import outreach_totals, summary_comments, summary_hazards, summary_inspections, summary_rounds
from handlers.kit.grammar import Period
from handlers.summary_spans import Spans
from handlers.tally import Bags, Cut, Shares, bags, whose
from models import Feedback, Hazard, Inspection, Note, Outreach, RolledFigure, RolledOwn, RolledShare, Round
from models.rollup import ROLLED_UP, stale

DAY: Final = timedelta(days=1)
MOST_PARTS: Final = 100  # in one query: SQLite takes no condition of more than a thousand


@dataclass(frozen=True, slots=True)
class Topic:
    """How the records of a topic are counted, and who did how much of them. Where it `has_own`, a person's
    own figures are rolled up too; elsewhere what one person can do is soon counted."""

    records: Any  # their table
    tally: Callable[[AsyncConnection, Cut, int | None], Awaitable[Bags]]
    shares: Callable[[AsyncConnection, Cut], Awaitable[Shares]] | None = None
    has_own: bool = False


TOPICS: Final[Mapping[str, Topic]] = {
    "inspections": Topic(Inspection, summary_inspections.tally, summary_inspections.made_by, has_own=True),
    "rounds": Topic(Round, summary_rounds.tally, summary_rounds.made_by, has_own=True),
    "hazards": Topic(Hazard, summary_hazards.tally, has_own=True),
    "outreach": Topic(Outreach, outreach_totals.tally, outreach_totals.given_by),
    "comments": Topic(Feedback, summary_comments.tally),
}


@dataclass(frozen=True, slots=True)
class Rolled:
    """What is rolled up: every day until and with `through`, and from `opened` on the parts of those that
    still run; but for the `days` and `parts` of a topic that are stale.
    """

    through: date = date.min
    opened: date = date.max
    days: Mapping[str, frozenset[date]] = field(default_factory=dict)
    parts: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @property
    def running(self) -> date:
        """The first day that is rolled up by parts."""
        return max(self.opened, self.through + DAY)

    def live(self, topic: str, *periods: Period, since: date) -> list[Cut]:
        """What has to be counted of `periods`."""
        gap = _overlaps(periods, self.through + DAY, self.running - DAY)
        stale = tuple(sorted(day for day in self.days.get(topic, ()) if _overlaps(periods, day, day)))
        running = _overlaps(periods, self.running, date.max)
        parts = sorted(self.parts.get(topic, ())) if running else []
        cuts = [Cut(gap, stale, since)] if gap or stale else []
        some = (tuple(parts[start : start + MOST_PARTS]) for start in range(0, len(parts), MOST_PARTS))
        return [*cuts, *(Cut(running, (), since, few) for few in some)]

    def kept(self, topic: str, period: Period) -> list[str]:
        """What is stored of a period's closed days and holds: months, and days where the month does not."""
        codes: list[str] = []
        day, last, stale = period.start, min(period.end, self.through), self.days.get(topic, frozenset())
        while day <= last:
            end = end_of_month(day)
            changed = any(day <= one <= end for one in stale)
            # A month that is not all rolled up yet may be rolled on before its sum is read.
            if day.day == 1 and end <= last and not changed:
                codes.append(month_code(day))
            else:
                codes += [one.isoformat() for one in days(day, min(end, last)) if one not in stale]
            day = end + DAY
        return codes


def end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def month_code(day: date) -> str:
    return f"{day.year:04}-{day.month:02}"


def days(first: date, last: date) -> list[date]:
    """The days from `first` to `last`, both included."""
    return [first + number * DAY for number in range((last - first).days + 1)]


async def state(db: AsyncConnection) -> Rolled:
    """What is rolled up now."""
    note = await db.scalar(select(Note.value).where(Note.key == ROLLED_UP))
    if note is None:
        return Rolled()
    rolled = Rolled(date.fromisoformat(note["through"]), date.fromisoformat(note["opened"]))
    days: defaultdict[str, set[date]] = defaultdict(set)
    parts: defaultdict[str, set[int]] = defaultdict(set)
    for row in await db.execute(select(stale).distinct()):
        if row.day <= rolled.through:
            days[row.topic].add(row.day)
        elif row.day >= rolled.running:
            parts[row.topic].add(row.part)
    return replace(rolled, days=_frozen(days), parts=_frozen(parts))


async def figures(
    db: AsyncConnection, rolled: Rolled, topics: Collection[str], spans: Spans, person_id: int | None = None
) -> Mapping[str, Bags]:
    """Everybody's figures of `topics`, or one person's own, of the days asked for (bucket 1) and of those
    before (bucket 0)."""
    found = {topic: bags() for topic in topics}
    periods = (spans.then, spans.now)
    stored = [topic for topic in topics if person_id is None or TOPICS[topic].has_own]
    key = RolledFigure.figure if person_id is None else RolledOwn.figure
    for slot, period in enumerate(periods if stored else ()):
        for sums in _sums(key, rolled, stored, period):
            for row in await db.execute(sums.where(*whose(RolledOwn.person_id, person_id))):
                found[row.topic][slot][row.key] += int(row.value)
    for topic in topics:
        for cut in rolled.live(topic, *periods, since=spans.now.start) if topic in stored else [spans.cut]:
            for bucket, bag in (await TOPICS[topic].tally(db, cut, person_id)).items():
                found[topic][bucket].update(bag)
    return found


async def shared(db: AsyncConnection, rolled: Rolled, topic: str, period: Period) -> Counter[int]:
    """How much each person did in a period, by their id; of a topic that has shares."""
    found: Counter[int] = Counter()
    for sums in _sums(RolledShare.person_id, rolled, [topic], period):
        found.update({row.key: int(row.value) for row in await db.execute(sums)})
    count = TOPICS[topic].shares
    if count is None:
        return found
    for cut in rolled.live(topic, period, since=period.start):
        found.update((await count(db, cut))[1])
    return found


def _sums(
    key: Any, rolled: Rolled, topics: Collection[str], period: Period
) -> Iterator[Select[tuple[str, Any, int]]]:
    """The sums of what is stored of a period, by topic and by the column `key` of its table.

    Not in one statement: PostgreSQL would start other processes for its parts, which takes longer.
    """
    table = key.class_
    query = select(table.topic, key.label("key"), func.sum(table.value).label("value"))
    grouped = query.group_by(table.topic, key)
    alike: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for topic in topics:
        alike[tuple(rolled.kept(topic, period))].append(topic)
    for codes, same in alike.items():
        if codes:
            yield grouped.where(table.topic.in_(same), table.period.in_(codes), table.part == 0)
    for first, last in _overlaps([period], rolled.running, date.max):
        running = table.period.between(first.isoformat(), last.isoformat())
        changed = [and_(table.topic == topic, table.part.in_(parts)) for topic, parts in rolled.parts.items()]
        yield grouped.where(table.topic.in_(topics), running, table.part > 0, *(~one for one in changed))


def _overlaps(periods: Iterable[Period], first: date, last: date) -> tuple[tuple[date, date], ...]:
    """What `periods` have of the days from `first` to `last`."""
    cut = [(max(period.start, first), min(period.end, last)) for period in periods]
    return tuple((start, end) for start, end in cut if start <= end)


def _frozen(sets: Mapping[str, set[Any]]) -> dict[str, frozenset[Any]]:
    return {topic: frozenset(found) for topic, found in sets.items()}
