"""`summary`: a manager's figures of a period, as text."""

from __future__ import annotations

import argparse

from bot.cli.console import Console, Verb
from handlers.kit.words import _
from handlers.summary import report


def declare(verbs: Verb) -> None:
    """Add the verb."""
    verb = verbs.add("summary", _("The figures of a period"), show)
    verb.takes("words", nargs="*", about=_("A period and a topic, such as: last month outreach"))


async def show(console: Console, given: argparse.Namespace) -> None:
    """Print the summary."""
    async with console.transaction() as db:
        console.say(await report(db, " ".join(given.words), console.local))
