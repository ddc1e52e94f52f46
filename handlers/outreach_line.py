"""One message as an activity: what it says, and sensible answers for what it leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, time
from typing import Any

from handlers import outreach_team as teams
from handlers import themes
from handlers.kit import grammar
from handlers.kit.kinds.people import MOST_PEOPLE, counted
from handlers.outreach_codes import (
    NO_THEME,
    PLACE_WORDS,
    TYPE_WORDS,
    UNNAMED,
    kind_of_place,
    likely_place_kind,
    likely_type,
)

LONGEST = 1000
_DAY = 24 * 60
_COUNTS = ("participants", "minors", "elderly", "disabled", "online_views", "leaflets")
# A place is guessed at and a note is what is left over; the team is one thing, however it is said.
_NOT_COUNTED = frozenset({"place", "note", "end", "headcount", "minutes_each", "members"})


@dataclass(frozen=True, slots=True)
class Line:
    """A message that was understood. `answers` are those of the form, `guessed` the ones nobody gave,
    `things` how many were said, `people` how many took part as far as known, `future` a day still to come."""

    answers: Mapping[str, object]
    guessed: Mapping[str, str]
    things: int
    people: int
    future: date | None


def read_line(text: str, today: date, name: str) -> Line | None:
    """The activity that `text`, written by the person called `name`, tells of; None if it is none."""
    said = grammar.outreach(text[:LONGEST], today, _theme_words(), PLACE_WORDS, TYPE_WORDS)
    if said is None:
        return None
    future = said.day if said.day and said.day > today else None
    place_kind = said.place_kind or kind_of_place(said.place or "") or likely_place_kind(said.type)
    kind = said.type or likely_type(place_kind)
    team = _team(said)
    answers: dict[str, Any] = {
        "day": (said.day or today).isoformat(),
        "theme": said.theme or NO_THEME,
        "place_kind": place_kind,
        "place": grammar.clean(said.place or "", 60) or UNNAMED,
        "kind": kind,
        "start": _hhmm(said.start),
        "end": _hhmm(said.end),
        "sessions": said.sessions or 1,
        **{field: getattr(said, field) for field in _COUNTS},
        "own": teams.longest(team) if team and not teams.has(team, name) else None,
        "partners": None,
        "note": grammar.clean(said.note, LONGEST) or None,
    }
    if said.participants is None:
        answers["participants"] = _at_least(said)
    if future:
        del answers["day"]
    if team:
        answers |= {"team": team, "minutes": teams.own_minutes(team, answers["own"], name)}
    unsaid = {"day": said.day is None, "place_kind": said.place_kind is None, "kind": said.type is None}
    guessed = {field: answers[field] for field, missing in unsaid.items() if missing}
    people = said.headcount if said.headcount and said.headcount <= MOST_PEOPLE else 1
    return Line(answers, guessed, _things(said), people, future)


def _team(said: grammar.OutreachLine) -> list[dict[str, Any]]:
    """Everybody with a time; empty where that, or a sensible one, was not said and so must be asked."""
    named = [{"name": name, "count": 1, "minutes": minutes} for name, minutes in said.members]
    minutes = said.minutes_each or (0 if named else _length(said.start, said.end))
    team = (counted(said.headcount or 1, minutes) if minutes else []) + named
    if said.headcount and not minutes:
        return []
    fits = all(0 < entry["minutes"] <= _DAY for entry in team)
    return team if fits and sum(entry["count"] for entry in team) <= MOST_PEOPLE else []


def _at_least(said: grammar.OutreachLine) -> int | None:
    """How many took part where only groups of them were counted; nobody is both a minor and elderly."""
    return max((said.minors or 0) + (said.elderly or 0), said.disabled or 0) or None


def _things(said: grammar.OutreachLine) -> int:
    single = (field.name for field in fields(said) if field.name not in _NOT_COUNTED)
    team = bool(said.headcount or said.minutes_each or said.members)
    return sum(getattr(said, name) is not None for name in single) + team


def _theme_words() -> dict[str, list[str]]:
    """What theme days are called: also without what stands in brackets (重阳节（老年节）), and no mere
    figures (518), which in a message count something."""
    every = {code: (words[0].partition("（")[0], *words) for code, words in themes.aliases().items()}
    return {code: [word for word in words if any(map(str.isalpha, word))] for code, words in every.items()}


def _length(start: time | None, end: time | None) -> int:
    if start is None or end is None:
        return 0
    return (end.hour * 60 + end.minute - start.hour * 60 - start.minute) % _DAY


def _hhmm(moment: time | None) -> str | None:
    return f"{moment:%H:%M}" if moment else None
