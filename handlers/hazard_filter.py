"""What narrows the list of hazards, as buttons: how severe, of what sort, and the places that have any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sqlalchemy import func, select

from handlers import catalogue
from handlers.hazard_list import conditions, narrowed_to
from handlers.hazard_table import SEVERITY
from handlers.hazard_words import KINDS, SEVERITIES, Wanted
from handlers.kit.buttons import for_action
from handlers.kit.kinds.place import Tree, name_of
from handlers.kit.messages import Button, Message
from handlers.kit.words import Text, _, joined, lines
from handlers.labels import CATEGORIES
from handlers.routes import Routes
from handlers.work import Work
from models import Hazard

routes = Routes()

MOST_PLACES: Final = 6
A_ROW: Final = 3  # buttons

Row = tuple[Button, ...]


@routes.action("hazard_filter", needs="hazards")
async def choose(work: Work, argument: str) -> None:
    """What the list that `Wanted.packed` stands for may be narrowed to; a tap leads back to it."""
    wanted, _offset = Wanted.unpacked(argument)
    tree = await catalogue.place_tree(work.db)
    severities = {code: SEVERITY[name] for code, name in SEVERITIES.items()}
    kinds = {code: CATEGORIES[name] for code, name in KINDS.items()}
    places = await _places(work, wanted, tree)
    rows = (
        *_rows(wanted, "severity", severities),
        *_rows(wanted, "kind", kinds),
        *_rows(wanted, "place", places),
        (_leads(_("Show all"), Wanted(wanted.scope)), _leads(_("‹ Back"), wanted)),
    )
    head = joined(_("📋 Hazards"), *narrowed_to(wanted, tree))
    work.reply(Message(lines(head, _("Show only which ones?")), rows, replace=True))


async def _places(work: Work, wanted: Wanted, tree: Tree) -> Mapping[str, Text]:
    """Where most of the hazards are that the list would show of all places; the chosen place besides."""
    where = conditions(work, replace(wanted, place=""), tree)
    most = (
        select(Hazard.place).where(*where).group_by(Hazard.place).order_by(func.count().desc(), Hazard.place)
    )
    found = list(await work.db.scalars(most.limit(MOST_PLACES)))
    chosen = [wanted.place] if wanted.place and wanted.place not in found else []
    return {code: name_of(tree, code) for code in [*chosen, *found] if code in tree}


def _rows(wanted: Wanted, what: str, choices: Mapping[str, Text]) -> list[Row]:
    """A button for each choice; that of the one chosen takes it back."""
    chosen = getattr(wanted, what)
    buttons = [
        _leads(
            joined("✓", label, between=" ") if code == chosen else label,
            replace(wanted, **{what: "" if code == chosen else code}),
        )
        for code, label in choices.items()
    ]
    return [tuple(buttons[place : place + A_ROW]) for place in range(0, len(buttons), A_ROW)]


def _leads(label: Text, wanted: Wanted) -> Button:
    return Button(label, for_action("hazards", wanted.packed()))
