"""`doctor`: what works and what does not, a line each, with what to do about it."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable
from typing import Final

from bot.cli import check_callbacks, check_database, check_machine, check_network, check_wechat
from bot.cli.console import Console, Found, Verb
from handlers.kit.words import _, joined

Check = Callable[[Console], Awaitable[Found | None]]

CHECKS: Final[tuple[Check, ...]] = (
    check_machine.settings,
    check_database.database,
    check_database.tables,
    check_database.clock,
    check_machine.disk,
    check_machine.media,
    check_machine.languages,
    check_network.public_address,
    check_network.telegram,
    check_network.delivery,
    check_wechat.account,
    check_callbacks.account,
    check_wechat.messages,
    check_wechat.pushing,
    check_wechat.account_menu,
    check_wechat.codes,
    check_wechat.company_app,
    check_callbacks.app,
    check_wechat.app_menu,
)


def declare(verbs: Verb) -> None:
    """Add the verb."""
    verbs.add("doctor", _("Check everything the desk needs"), examine)


async def examine(console: Console, _given: argparse.Namespace) -> int:
    """Print a line for each check that applies; 1 if any failed."""
    well = True
    for check in CHECKS:
        found = await check(console)
        if found is None:
            continue
        console.say(joined("✓" if found.good else "✗", found.what, between=" "))
        if found.advice is not None:
            console.say(joined("  ", found.advice, between=""))
        well = well and found.good
    return 0 if well else 1
