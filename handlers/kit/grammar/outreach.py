"""One message that logs an outreach activity: 博物馆日 社区 传单300 观众120 6人3小时."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time

from handlers.kit.grammar.aliases import Aliases, find_aliases
from handlers.kit.grammar.canvas import Canvas
from handlers.kit.grammar.clock import time_in_text
from handlers.kit.grammar.day_in_text import day_in_text
from handlers.kit.grammar.minutes import DURATION, minutes_of
from handlers.kit.grammar.names import looks_like_a_name
from handlers.kit.grammar.normalise import visible
from handlers.kit.grammar.outreach_counts import find_counts
from handlers.kit.grammar.outreach_place import explicit_place, leftovers
from handlers.kit.grammar.team import find_shares

_LONGEST = 4_000
_ASKS = re.compile(r"(?:[?？]|吗|呢|么)[\s。.!！?？]*$")
_DURATION = re.compile(
    rf"(?:每人|人均|各|平均|历时|时长|用时|持续|共|each)?\s?(?<![0-9.])(?:{DURATION.pattern})(?:\s?each)?"
    r"(?!\s?(?:之?后|以后|之?内|later|ago))"
)


@dataclass(frozen=True)
class OutreachLine:
    """What a message says of one activity; None or empty where it says nothing.

    `minutes_each` belongs to everybody in `headcount`; `members` are (name, minutes), the name empty for
    whoever writes. Online views are never part of `participants`.
    """

    day: date | None = None
    theme: str | None = None
    place_kind: str | None = None
    type: str | None = None
    place: str | None = None
    start: time | None = None
    end: time | None = None
    sessions: int | None = None
    participants: int | None = None
    minors: int | None = None
    elderly: int | None = None
    disabled: int | None = None
    online_views: int | None = None
    leaflets: int | None = None
    headcount: int | None = None
    minutes_each: int | None = None
    members: tuple[tuple[str, int], ...] = ()
    note: str = ""


@dataclass
class _Draft:
    """Fields found so far, and how many separate things that was."""

    fields: dict[str, object] = field(default_factory=dict)
    things: int = 0

    def put(self, **found: object) -> None:
        self.fields |= found
        self.things += 1


def outreach(
    text: str, today: date, themes: Aliases, place_kinds: Aliases, types: Aliases
) -> OutreachLine | None:
    """The log that a message holds, or None when fewer than two things of one were recognised.

    The mappings give the aliases of each code; the longest alias found wins. A question is never a log.
    """
    shown = visible(text)
    if not shown.strip() or len(shown) > _LONGEST or _ASKS.search(shown[-20:]):
        return None
    canvas, draft = Canvas(shown), _Draft()
    _place(canvas, draft)
    _codes(canvas, draft, {"theme": themes, "place_kind": place_kinds, "type": types})
    _when(canvas, draft, today)
    _people(canvas, draft)
    _counts(canvas, draft)
    if draft.things < 2:
        return None
    place, note = leftovers(canvas)
    return _line({"place": place, "note": note} | draft.fields)
