"""What the bot tells Telegram about itself at the start: its commands, and where its updates go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from telegram.error import BadRequest

from bot.channels.telegram_api import Api
from bot.channels.telegram_read import ALLOWED_UPDATES
from bot.channels.telegram_webhook import PATH

log = structlog.get_logger(__name__)

MOST_CONNECTIONS: Final = 40
LONGEST_ABOUT: Final = 256
SCOPE: Final = {"type": "all_private_chats"}

# Per two-letter language, "" for all others: (name, what it does) of each command, in order.
Commands = Mapping[str, Sequence[tuple[str, str]]]


async def set_commands(api: Api, commands: Commands) -> None:
    """Make these the command lists of private chats, where they are not so already. Raises TelegramError."""
    for language, listed in commands.items():
        wanted = [{"command": name, "description": about[:LONGEST_ABOUT]} for name, about in listed]
        whose: dict[str, Any] = {"scope": SCOPE, "language_code": language or None}
        try:
            if await api.call("getMyCommands", **whose) != wanted:
                await api.call("setMyCommands", commands=wanted, **whose)
        except BadRequest as error:  # the list is only a help: without it the bot still serves
            log.warning("Telegram refuses the commands", language=language or "any", error=error.message)


async def set_webhook(api: Api, public_url: str, secret: str) -> None:
    """Have updates posted to us, each with `secret`. Raises TelegramError."""
    await api.call(
        "setWebhook",
        url=f"{public_url}{PATH}",
        secret_token=secret,
        allowed_updates=list(ALLOWED_UPDATES),
        max_connections=MOST_CONNECTIONS,
        drop_pending_updates=False,
    )
