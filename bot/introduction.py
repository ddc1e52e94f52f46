"""What the bot says of itself in the chat apps: the commands that everybody may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.i18n import LANGUAGES, Languages
from handlers.kit.words import say
from handlers.roles import may
from handlers.routes import Routes


def commands(routes: Routes, languages: Languages) -> Mapping[str, Sequence[tuple[str, str]]]:
    """The command lists by two-letter language, "" for all others: what everybody may use.

    Telegram shows one list to all; members have their own actions as buttons of `/start`.
    """
    shown = [command for command in routes.commands.values() if may((), command.needs)]
    shown.sort(key=lambda command: command.order)
    tongues = {"": languages(None), **{code.split("_")[0]: languages(code) for code in LANGUAGES}}
    return {
        code: [(command.name, say(command.about, tongue)) for command in shown]
        for code, tongue in tongues.items()
    }
