"""`demo`: a month of sample data, to look at; and its removal."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Final

from bot import demo
from bot.cli.console import Console, Problem, Verb
from handlers.kit.words import Text, _, joined, p_

KINDS: Final[Mapping[str, Text]] = {
    "people": p_("sample", "people"),
    "inspections": p_("sample", "inspections"),
    "rounds": p_("sample", "rounds"),
    "hazards": p_("sample", "hazards"),
    "outreach": p_("sample", "events"),
    "feedback": p_("sample", "comments"),
}


def declare(verbs: Verb) -> None:
    """Add the verb."""
    verb = verbs.add("demo", _("Fill in a month of sample data, marked as such"), fill_in)
    verb.takes("--remove", action="store_true", about=_("Remove all of it"))
    verb.takes("--seed", type=int, default=0, about=_("Another number makes other data"))


async def fill_in(console: Console, given: argparse.Namespace) -> None:
    """Make or remove the sample data, and print how much."""
    try:
        async with console.transaction() as db:
            if given.remove:
                counts = await demo.remove(db)
            else:
                counts = await demo.make(db, console.now, console.settings.timezone, given.seed)
    except demo.SampleThere:
        raise Problem(_("There is sample data already; demo --remove takes it away.")) from None
    listed = joined(*(joined(name, str(counts.get(kind, 0)), between=" ") for kind, name in KINDS.items()))
    console.say(_("Removed: {what}", what=listed) if given.remove else _("Made: {what}", what=listed))
