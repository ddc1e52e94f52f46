"""`messages`: for developers, the catalogues of `locales/` brought to what the code says."""

from __future__ import annotations

import argparse

from bot import translations
from bot.cli.console import Console, Verb
from handlers.kit.words import _


def declare(verbs: Verb) -> None:
    """Add the verb."""
    verbs.add("messages", _("For developers: collect the texts into the catalogues"), collect)


async def collect(console: Console, given: argparse.Namespace) -> int:  # noqa: ARG001 - a verb takes both
    """Write the catalogues and list what is not translated yet; 1 while there is any."""
    missing = translations.update()
    for locale, phrases in missing.items():
        console.say(_("{locale}: {count} to translate", locale=locale, count=len(phrases)))
        for phrase in phrases:
            print(f"  {phrase!r}")
    return 1 if any(missing.values()) else 0
