"""`migrate`: the tables brought to what this version needs."""

from __future__ import annotations

import argparse

from bot import app, migrate
from bot.cli.console import Console, Verb
from handlers.kit.words import _


def declare(verbs: Verb) -> None:
    """Add the verb."""
    verb = verbs.add("migrate", _("Bring the database's tables to what this version needs"), bring_up_to_date)
    verb.takes("--new", metavar="TEXT", about=_("For developers: write the step for changed models"))


async def bring_up_to_date(console: Console, given: argparse.Namespace) -> None:
    """Do what is to be done, and say so."""
    app.make_folders(console.settings)
    if given.new:
        await migrate.new_step(console.settings.database_url, given.new)
        return
    changed = await migrate.upgrade(console.settings.database_url)
    console.say(_("The tables are up to date now.") if changed else _("The tables were up to date already."))
