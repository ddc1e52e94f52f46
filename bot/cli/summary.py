"""`summary`: a manager's figures of a period, as text; and what they are added up from, made anew."""

from __future__ import annotations

import argparse

from bot import rolling
from bot.cli.console import Console, Verb
from handlers.kit.words import _, n_
from handlers.summary import report


def declare(verbs: Verb) -> None:
    """Add the verb."""
    verb = verbs.add("summary", _("The figures of a period"), show)
    verb.takes("words", nargs="*", about=_("A period and a topic, such as: last month outreach"))
    verb.takes("--rebuild", action="store_true", about=_("Add up all days anew, while the desk stays open"))


async def show(console: Console, given: argparse.Namespace) -> None:
    """Print the summary; with `--rebuild` add all days up anew first, and show one only if asked for."""
    if given.rebuild:
        await _rebuild(console)
        if not given.words:
            return
    async with console.transaction() as db:
        console.say(await report(db, " ".join(given.words), console.local))


async def _rebuild(console: Console) -> None:
    async with console.database() as database:
        days = await rolling.rebuild(database, console.local.date())
    console.say(n_("Added up: {count} day", "Added up: {count} days", days))
