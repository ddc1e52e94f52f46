"""Checks of the network: the public address, and Telegram."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
from telegram.error import InvalidToken, TelegramError

from bot.channels.telegram_api import Api
from bot.channels.telegram_webhook import PATH
from bot.cli.console import ONLY_HERE, Console, Found, well, wrong
from handlers.kit.words import Text, _
from handlers.members import is_local

SECONDS: Final = 10.0


async def public_address(console: Console) -> Found:
    """PUBLIC_URL leads to a desk."""
    url = console.settings.public_url
    if is_local(url):
        return well(_("Address: {url}", url=url), ONLY_HERE)
    try:
        async with _session() as session, session.get(f"{url}/healthz") as answer:
            answer.raise_for_status()
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        what = _("Address: {url} does not answer ({why})", url=url, why=type(error).__name__)
        return wrong(what, _("Start the desk; check PUBLIC_URL, the proxy and the firewall."))
    return well(_("Address: {url}", url=url))


async def telegram(console: Console) -> Found:
    """The token is one that Telegram knows."""
    if console.settings.telegram_token is None:
        return well(_("Telegram: not set up (TELEGRAM_TOKEN); the web chat works without"))
    try:
        me = await _ask(console, "getMe")
    except TelegramError as error:
        return wrong(_("Telegram: {why}", why=error.message), _advice(error))
    return well(_("Telegram: @{name}", name=str(me["username"])))


async def delivery(console: Console) -> Found | None:
    """Updates come the way TELEGRAM_MODE says, and Telegram has no complaint."""
    if console.settings.telegram_token is None:
        return None
    try:
        hook = await _ask(console, "getWebhookInfo")
    except TelegramError:
        return None  # said already
    mode = console.settings.telegram_mode
    wanted = f"{console.settings.public_url}{PATH}" if mode == "webhook" else ""
    count = int(hook.get("pending_update_count", 0))
    waiting = _("Updates: by {mode}, {count} waiting", mode=mode, count=count)
    if hook.get("url", "") != wanted:
        return wrong(waiting, _("Telegram was told otherwise; starting the desk puts that right."))
    if complaint := hook.get("last_error_message"):
        return wrong(waiting, _("Telegram says: {what}", what=str(complaint)))
    return well(waiting)


def _advice(error: TelegramError) -> Text:
    if isinstance(error, InvalidToken):
        return _("Check TELEGRAM_TOKEN, or ask @BotFather for a new one.")
    return _("Check the network and TELEGRAM_API_URL; the desk goes on trying.")


async def _ask(console: Console, method: str) -> dict[str, Any]:
    token = console.settings.telegram_token
    assert token is not None  # the callers have looked
    async with _session() as session:
        api = Api(session, console.settings.telegram_api_url, token.get_secret_value())
        return dict(await api.call(method, seconds=SECONDS))


@asynccontextmanager
async def _session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as session:
        yield session
