"""What the codes of stored records are called where records are listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from handlers.kit.words import Text, p_

CATEGORIES: Final[Mapping[str, Text]] = {
    "people": p_("category", "People"),
    "physical": p_("category", "Barriers"),
    "technical": p_("category", "Technology"),
    "fire": p_("category", "Fire safety"),
    "facility": p_("category", "Facilities"),
}
COMMENT_STATES: Final[Mapping[str, Text]] = {
    "new": p_("comment state", "new"),
    "answered": p_("comment state", "answered"),
    "satisfied": p_("comment state", "satisfied"),
    "reopened": p_("comment state", "reopened"),
    "closed": p_("comment state", "closed"),
}
ITEM_HOW: Final[Mapping[str, Text]] = {
    "tap": p_("how", "one by one"),
    "text": p_("how", "in words"),
    "batch": p_("how", "all at once"),
}
YES_NO: Final[Mapping[bool, Text]] = {True: p_("table", "yes"), False: p_("table", "no")}
