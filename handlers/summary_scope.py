"""Whose figures a person may see, topic by topic: everybody's, their own, or none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from handlers.kit.words import Text, p_
from handlers.roles import may

ALL = "all"  # every topic a person may see, at a glance
TOPICS: Final[Mapping[str, Text]] = {
    "inspections": p_("summary", "Inspections"),
    "rounds": p_("summary", "Rounds"),
    "hazards": p_("summary", "Hazards"),
    "outreach": p_("summary", "Activities"),
    "comments": p_("summary", "Comments"),
}

# topic -> the permission to see everybody's, and the one that makes own records (None: nobody's own).
_GRANTS: Final[Mapping[str, tuple[str, str | None]]] = {
    "inspections": ("see inspections", "inspect"),
    "rounds": ("see inspections", "inspect"),
    "hazards": ("see inspections", "inspect"),
    "outreach": ("see outreach", "log outreach"),
    "comments": ("see feedback", None),
}

Scope = Mapping[str, int | None]


def scope(roles: Collection[str], person_id: int) -> Scope:
    """The topics open to somebody: each with the id of the person whose records count, None for all.

    A topic that is not in it is closed to them.
    """
    if not may(roles, "see own work"):
        return {}
    seen: dict[str, int | None] = {}
    for topic, (everybody, own) in _GRANTS.items():
        if may(roles, everybody):
            seen[topic] = None
        elif own is not None and may(roles, own):
            seen[topic] = person_id
    return seen


def narrowed(open_to: Scope, topic: str) -> Scope:
    """What is left of a scope when one topic is asked for; nothing where that topic is closed."""
    if topic == ALL:
        return open_to
    return {topic: open_to[topic]} if topic in open_to else {}
