"""What a move changes of a hazard's row, besides its state and the number of its last event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from handlers import chain
from handlers.hazard_table import Actor
from handlers.hazard_words import category_of, title_of


@dataclass(frozen=True, slots=True)
class Making:
    """A move being made: the hazard's row before it, by whom, with what, when."""

    hazard: Any
    who: Actor
    given: Mapping[str, Any]
    now: datetime


def changed(name: str, making: Making) -> dict[str, Any]:
    """The columns that change with a move, and their values."""
    effect = _EFFECTS.get(name)
    return effect(making) if effect is not None else {}


def _ordered(making: Making) -> dict[str, Any]:
    given = making.given
    posts = [post for post in chain.POSTS if post in making.who.posts]
    return {
        "ordered_by": making.who.id,
        "issued_post": posts[-1],
        "responsible_id": given["responsible"],
        "measures": given["measures"],
        "funds": given.get("funds"),
        "due_at": given["due"],
        "asked_until": None,
    }


def _rectified(making: Making) -> dict[str, Any]:
    """A contractor's fix is answered for by whoever is responsible."""
    fixer = making.who.id if making.who.id is not None else making.hazard.responsible_id
    return {
        "fixed_by": fixer,
        "fixed_at": making.now,
        "reviewed_by": None,
        "asked_until": None,
        **_shown(making),
    }


def _shown(making: Making) -> dict[str, Any]:
    """The photos from before, where nobody had taken any."""
    before = making.given.get("before")
    return {"photos": before} if before and not making.hazard.photos else {}


def _sent_back(making: Making) -> dict[str, Any]:
    again = making.hazard.reopened + 1
    return {"reopened": again, "fixed_by": None, "fixed_at": None, "reviewed_by": None}


def _amended(making: Making) -> dict[str, Any]:
    """What its finder says now; the first words stay in its first event."""
    words, photos = making.given["note"], making.given.get("photos") or making.hazard.photos
    title = title_of(words)
    called = {"title_zh": title.zh, "title_en": title.en, "category": category_of(words)}
    return {**called, "note": words, "place": making.given["place"], "photos": photos}


_EFFECTS: Final[Mapping[str, Callable[[Making], dict[str, Any]]]] = {
    "accept": lambda m: {"interim": m.given["interim"], **_shown(m)},
    "rectify": _rectified,
    "pass": lambda m: {"reviewed_by": m.who.id},
    "fail": _sent_back,
    "back": _sent_back,
    "order": _ordered,
    "amend": _amended,
    "fix": lambda m: {"fixed_by": m.who.id, "fixed_at": m.now, "closed_at": m.now, "due_at": None},
    "reject": lambda m: {"closed_at": m.now},
    "withdraw": lambda m: {"closed_at": m.now},
    "ask": lambda m: {"asked_until": m.given["due"]},
    "grant": lambda m: {"due_at": m.hazard.asked_until, "asked_until": None},
    "deny": lambda _m: {"asked_until": None},
    "suspend": lambda _m: {"suspended": True},
    "lift": lambda _m: {"suspended": False},
    "external": lambda m: {"external_ref": m.given["reference"]},
    "recur": lambda m: {"recurred": m.hazard.recurred + 1},
}
