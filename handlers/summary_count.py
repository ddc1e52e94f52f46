"""Everything a summary tells, counted in a few queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import catalogue, rollup, summary_rounds
from handlers.kit.words import Both, Text
from handlers.letter_records import Signing, signing
from handlers.outreach_totals import top
from handlers.rollup import Rolled
from handlers.summary_comments import Comments
from handlers.summary_hazards import Hazards, overdue, standing
from handlers.summary_inspections import Inspections, most_active
from handlers.summary_outreach import Outreach
from handlers.summary_rounds import Made, Rounds
from handlers.summary_scope import ALL, Scope, narrowed
from handlers.summary_spans import Spans, compared
from handlers.summary_words import Asked
from handlers.tally import Bag, Bags, bags

Figure = TypeVar("Figure")
Pair = tuple[Figure, Figure]  # of the days asked for, and of those before
MOST_PLACES: Final = 3
_LONG: Final = ("half", "year")  # letters of responsibility, which are for a year, belong to these


@dataclass(slots=True)
class Figures:
    """What was asked, by whom, and the answer. A topic that is not in `scope` stays at nothing."""

    asked: Asked
    scope: Scope
    spans: Spans
    inspections: Pair[Inspections] = (Inspections(), Inspections())
    inspectors: Sequence[tuple[str, int]] = ()
    rounds: Pair[Rounds] = (Rounds(), Rounds())
    guards: Sequence[tuple[str, Made]] = ()
    titles: Mapping[str, Both] = field(default_factory=dict)  # of the checklists that rounds were made by
    hazards: Pair[Hazards] = (Hazards(), Hazards())
    places: Mapping[str, Text] = field(default_factory=dict)  # where hazards recur most, by their code
    standing: tuple[int, int] = (0, 0)  # hazards open and overdue today, whenever found
    outreach: Pair[Outreach] = (Outreach(), Outreach())
    comments: Pair[Comments] = (Comments(), Comments())
    signing: Sequence[Signing] = ()  # a half-year's or year's letters of responsibility, as of today

    @property
    def compares(self) -> bool:
        """Whether there is anything to compare with."""
        return any(then.count for _now, then in self._pairs())

    @property
    def has_samples(self) -> bool:
        return any(figures.samples for pair in self._pairs() for figures in pair)

    def _pairs(self) -> tuple[Pair[Any], ...]:
        return self.inspections, self.rounds, self.hazards, self.outreach, self.comments


async def count(db: AsyncConnection, asked: Asked, open_to: Scope, now: datetime) -> Figures:
    """Count what was asked, as far as it is open; `now` is in the museum's time zone."""
    scope = narrowed(open_to, asked.topic)
    spans = compared(asked.period, now.date())
    rolled = await rollup.state(db)
    found = await _figures(db, rolled, scope, spans)
    alone = asked.topic if scope.get(asked.topic, 0) is None else None  # everybody's, with room for names
    did = await rollup.shared(db, rolled, alone, asked.period) if alone else Counter()
    activities = found["outreach"]
    given = await top(db, did) if alone == "outreach" else ()
    figures = Figures(
        asked,
        scope,
        spans,
        inspections=_pair(found["inspections"], Inspections.of),
        inspectors=await most_active(db, did) if alone == "inspections" else (),
        rounds=_pair(found["rounds"], Rounds.of),
        guards=await summary_rounds.most(db, did) if alone == "rounds" else (),
        hazards=_pair(found["hazards"], Hazards.of),
        outreach=(Outreach.of(activities[1], given), Outreach.before(activities[0])),
        comments=_pair(found["comments"], Comments.of),
    )
    if asked.topic == ALL and asked.period.kind in _LONG and scope.get("inspections", 0) is None:
        figures.signing = await signing(db, asked.period.end.year)
    if asked.topic == "rounds":
        figures.titles = await summary_rounds.titles(db, [*figures.rounds[0].lists])
    if "hazards" in scope:
        await _by_the_clock(db, figures, now)
    return figures


async def _figures(db: AsyncConnection, rolled: Rolled, scope: Scope, spans: Spans) -> Mapping[str, Bags]:
    """The figures of every topic; nothing of one that is not in `scope`."""
    found: defaultdict[str, Bags] = defaultdict(bags)
    for person_id in set(scope.values()):
        topics = [topic for topic, whose in scope.items() if whose == person_id]
        found.update(await rollup.figures(db, rolled, topics, spans, person_id))
    return found


async def _by_the_clock(db: AsyncConnection, figures: Figures, now: datetime) -> None:
    """What changes by itself as time passes, and so is never rolled up; and what places are called."""
    person_id = figures.scope["hazards"]
    current, before = figures.hazards
    late = await overdue(db, figures.asked.period, person_id, now)
    figures.hazards = replace(current, overdue=late), before
    if figures.asked.topic != ALL:
        figures.standing = await standing(db, person_id, now)
        worst = current.recurring[:MOST_PLACES]
        figures.places = {place: await catalogue.place_name(db, place) for place in worst}


def _pair(found: Bags, of: Callable[[Bag], Figure]) -> Pair[Figure]:
    return of(found[1]), of(found[0])
