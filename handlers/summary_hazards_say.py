"""How well hazards are put right, in words: the share of them, how soon, and where they come again."""

from __future__ import annotations

from collections.abc import Mapping

from handlers.kit.words import Text, _, joined
from handlers.summary_hazards import Hazards
from handlers.summary_words import lasting


def rectified(now: Hazards) -> list[Text]:
    """整改率 with the numbers it comes from, and how long closing took."""
    rate = _("{percent}% put right ({done} of {count})", percent=now.rate, done=now.done, count=now.count)
    soon = now.median
    took = None if soon is None else _("closed in {time} (median)", time=lasting(soon.total_seconds()))
    return [joined(rate, took)]


def recurring(now: Hazards, names: Mapping[str, Text]) -> list[Text]:
    """The places of `names`, with how many hazards they had and how often one was found again."""
    places = [_place(name, now.places.get(code, 0), now.again.get(code, 0)) for code, name in names.items()]
    return [_("Recurring: {places}", places=joined(*places))] if places else []


def _place(name: Text, count: int, again: int) -> Text:
    if not again:
        return _("{what} {count}", what=name, count=count)
    return _("{what} {count} (again {again})", what=name, count=count, again=again)
