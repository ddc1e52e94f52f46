"""One message that logs an outreach activity: 博物馆日 社区 传单300 观众120 6人3小时."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any

from handlers.kit.grammar.aliases import Aliases, Named, find_aliases
from handlers.kit.grammar.canvas import Canvas
from handlers.kit.grammar.clock import time_in_text
from handlers.kit.grammar.day_in_text import day_in_text
from handlers.kit.grammar.minutes import DURATION, minutes_of
from handlers.kit.grammar.names import looks_like_a_name
from handlers.kit.grammar.normalise import flatten, visible
from handlers.kit.grammar.outreach_counts import Count, find_counts
from handlers.kit.grammar.outreach_place import explicit_place, leftovers, place_around
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


_COUNTS = ("sessions", "participants", "minors", "elderly", "disabled", "online_views", "leaflets")


def outreach(
    text: str, today: date, themes: Aliases, place_kinds: Aliases, types: Aliases
) -> OutreachLine | None:
    """The log that a message holds, or None when fewer than two things of one were recognised.

    The mappings give the aliases of each code; the longest alias found wins. A question is never a log.
    """
    shown = visible(text)
    if not shown.strip() or len(shown) > _LONGEST or _ASKS.search(shown[-20:]):
        return None
    canvas = Canvas(shown)
    named = find_aliases(canvas.flat, {"theme": themes, "place_kind": place_kinds, "type": types})
    kinds = frozenset(flatten(alias) for aliases in place_kinds.values() for alias in aliases)
    line = _with_place(OutreachLine(), canvas, kinds)
    line = _with_time(line, canvas, today)
    line = _with_people(line, canvas)
    counts = list(find_counts(canvas.flat))
    named = _without_online(named, counts)
    codes: dict[str, Any] = {slot: found.code for slot, found in named.items()}
    line = _with_counts(replace(line, **codes), canvas, counts)
    return _with_leftovers(line, canvas, named) if _is_log(line) else None


def _with_place(line: OutreachLine, canvas: Canvas, kinds: frozenset[str]) -> OutreachLine:
    found = explicit_place(canvas, kinds)
    if not found:
        return line
    start, end, place = found
    canvas.take(start, end)
    return replace(line, place=place)


def _with_time(line: OutreachLine, canvas: Canvas, today: date) -> OutreachLine:
    if dated := day_in_text(canvas.flat, today):
        canvas.take(dated[0], dated[1])
        line = replace(line, day=dated[2])
    if timed := time_in_text(canvas.flat):
        canvas.take(timed[0], timed[1])
        line = replace(line, start=timed[2], end=timed[3])
    return line


def _with_people(line: OutreachLine, canvas: Canvas) -> OutreachLine:
    """Members with their minutes and the first head count; a time by itself is everybody's."""
    for found in list(find_shares(canvas.flat, canvas.shown, looks_like_a_name)):
        share = found.shares[0]
        writer = share.people == 1 and not canvas.flat[found.start].isdecimal()
        if share.name or writer:
            members = tuple((one.name, one.minutes) for one in found.shares)
            line = replace(line, members=(*line.members, *members))
        elif line.headcount is None:
            line = replace(line, headcount=share.people, minutes_each=share.minutes)
        else:
            continue
        canvas.take(found.start, found.end)
    alone = _DURATION.search(canvas.flat) if line.minutes_each is None else None
    if alone and (length := minutes_of(alone)) is not None:
        canvas.take(alone.start(), alone.end())
        line = replace(line, minutes_each=length)
    return line


def _without_online(named: Mapping[str, Named], counts: Sequence[Count]) -> dict[str, Named]:
    """The words 线上观看500 count views; by themselves they do not say that the activity was online."""
    views = [count for count in counts if count.field == "online_views"]
    return {
        slot: found
        for slot, found in named.items()
        if not any(view.start <= found.start and found.end <= view.end for view in views)
    }


def _with_counts(line: OutreachLine, canvas: Canvas, counts: Sequence[Count]) -> OutreachLine:
    """Each count once; a second 120人 without a name, beside the team's own, is the participants."""
    for count in counts:
        name = count.field
        if name == "headcount" and line.headcount is not None and line.participants is None:
            name = "participants"
        if getattr(line, name) is None:
            found: dict[str, Any] = {name: count.value}
            line = replace(line, **found)
            canvas.take(count.start, count.end)
    return line


def _with_leftovers(line: OutreachLine, canvas: Canvas, named: Mapping[str, Named]) -> OutreachLine:
    kind = named.get("place_kind")
    for found in named.values():
        if found is not kind:
            canvas.take(found.start, found.end)
    around = place_around(canvas, kind) if kind and line.place is None else None
    if around:
        line = replace(line, place=canvas.shown[slice(*around)])
        canvas.take(*around)
    elif kind:
        canvas.take(kind.start, kind.end)
    place, note = leftovers(canvas, wanted=line.place is None)
    return replace(line, place=line.place or place, note=note)


def _is_log(line: OutreachLine) -> bool:
    """Whether two separate things are said, and not just a day and a place; a team with its time is one."""
    team = line.headcount or line.minutes_each or line.members
    what = (line.theme, line.type, line.start, team, *(getattr(line, name) for name in _COUNTS))
    where_and_when = (line.day, line.place_kind, line.place)
    told = sum(thing not in (None, ()) for thing in what)
    return told > 0 and told + sum(thing is not None for thing in where_and_when) > 1
