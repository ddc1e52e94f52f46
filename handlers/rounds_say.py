"""Rounds in words: what is due, its state, and the lists that people are sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import catalogue
from handlers.kit.buttons import for_action
from handlers.kit.kinds.place import Tree, name_of
from handlers.kit.messages import Button
from handlers.kit.words import Both, Text, _, joined, p_
from models import Checklist

STATES: Final[Mapping[str, Text]] = {
    "due": p_("round", "to come"),
    "started": p_("round", "under way"),
    "done": p_("round", "done"),
    "late": p_("round", "made up late"),
    "missed": p_("round", "missed"),
}
SIGNS: Final[Mapping[str, str]] = {"due": "⏳", "started": "▶", "done": "✅", "late": "🕘", "missed": "❗"}
REASONS: Final[Mapping[str, Text]] = {
    "incident": p_("reason", "Dealing with an incident"),
    "short": p_("reason", "Too few people on duty"),
    "closed": p_("reason", "The place was closed"),
    "system": p_("reason", "The device or network failed"),
    "forgot": p_("reason", "Forgotten"),
    "unasked": p_("reason", "The system was not running"),
}
ASKED: Final = ("incident", "short", "closed", "system", "forgot")
MOST_PLACES: Final = 20  # named in one message
MOST_BUTTONS: Final = 12  # places that a message offers to begin at


class Names:
    """What places and checklists are called, read once for a message."""

    def __init__(self, tree: Tree, titles: Mapping[str, Both]) -> None:
        self.tree = tree
        self.titles = titles

    @classmethod
    async def read(cls, db: AsyncConnection) -> Names:
        query = select(Checklist.code, Checklist.title_zh, Checklist.title_en).order_by(Checklist.version)
        titles = {row.code: Both(row.title_zh, row.title_en) for row in await db.execute(query)}
        return cls(await catalogue.place_tree(db), titles)

    def place(self, code: str) -> Text:
        return name_of(self.tree, code) if code in self.tree else code

    def places(self, rows: Sequence[Any]) -> Text:
        """Where some rounds are; of very many the first."""
        more = _("and {count} more", count=len(rows) - MOST_PLACES) if len(rows) > MOST_PLACES else None
        return joined(*(self.place(row.place) for row in rows[:MOST_PLACES]), more, between=", ")

    def checklist(self, code: str) -> Text:
        return self.titles.get(code, code)


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as the time of day at the museum."""
    return f"{moment.astimezone(zone):%H:%M}"


def reason(code: str) -> Text:
    """A reason by its code, or in somebody's own words."""
    return REASONS.get(code, code)


def begin_buttons(rows: Sequence[Any], names: Names) -> tuple[tuple[Button, ...], ...]:
    """A button for each round, to begin it; with its place where there are several."""
    if len(rows) == 1:
        return ((Button(_("▶ Start"), for_action("round", rows[0].id), "main"),),)
    buttons = [
        Button(_("▶ Start: {place}", place=names.place(row.place)), for_action("round", row.id), "main")
        for row in rows[:MOST_BUTTONS]
    ]
    return tuple(tuple(buttons[place : place + 2]) for place in range(0, len(buttons), 2))


def line(row: Any, names: Names, who: str | None, zone: ZoneInfo) -> Text:
    """A round on a line of its own."""
    why = _("reason: {reason}", reason=reason(row.reason)) if row.reason else None
    what = joined(
        names.checklist(row.checklist),
        names.place(row.place),
        STATES[row.status],
        who or None,
        why,
        _("(sample)") if row.sample else None,
    )
    return joined(f"{clock(row.due_at, zone)} {SIGNS[row.status]}", what, between=" ")


def counts(rows: Iterable[Any]) -> Text:
    """How many rounds are in each state, in the order of the table."""
    states = Counter(row.status for row in rows)
    told = [_("{what} {count}", what=STATES[state], count=states[state]) for state in STATES if states[state]]
    return joined(*told)
