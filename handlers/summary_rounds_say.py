"""The figures of rounds in words: how many were made, by which checklist and by whom."""

from __future__ import annotations

from handlers.kit.words import Text, _, joined
from handlers.rounds_say import STATES
from handlers.summary_count import Figures
from handlers.summary_rounds import Made
from handlers.summary_scope import ALL


def rounds_told(figures: Figures, head: Text, due: Text) -> list[Text]:
    """Behind `head`, and `due` with how many there were; at a glance only where any were planned."""
    now, glance = figures.rounds[0], figures.asked.topic == ALL
    if not now.count:
        return [] if glance else [joined(head, _("no rounds planned"), between=" ")]
    states = [
        _("{what} {count}", what=STATES[state], count=now.states.get(state, 0))
        for state in ("done", "late", "missed")
    ]
    rate = _("completed {percent}%", percent=now.all.percent) if now.all.ended else None
    first = joined(head, joined(due, *states, rate), between=" ")
    if glance:
        return [first]
    lists = [_rate(figures.titles.get(code, code), made) for code, made in now.lists.items() if made.ended]
    guards = joined(*(_rate(name, made) for name, made in figures.guards))
    return [first, *lists, *([_("By guard: {rates}", rates=guards)] if figures.guards else [])]


def _rate(what: Text, made: Made) -> Text:
    rates = {"made": made.made, "ended": made.ended, "percent": made.percent}
    return _("{what} {made}/{ended} ({percent}%)", what=what, **rates)
