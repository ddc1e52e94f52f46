"""Checks of what WeChat and WeCom let the desk do: each line that fails says what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import aiohttp
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from bot import app
from bot.channels.wechat import company_api, official_api
from bot.channels.wechat_api import CODES
from bot.channels.wechat_client import Client
from bot.channels.wechat_errors import ApiError, WeChatError
from bot.channels.wechat_menu import Menu
from bot.channels.wechat_post import PATH as SEND
from bot.cli.check_database import is_still_to_come
from bot.cli.check_network import session
from bot.cli.console import Console, Found, well, wrong
from bot.cli.wechat_advice import NO_RIGHT, advice
from bot.config import Settings
from bot.errors import Unavailable
from handlers.kit.words import Text, _
from models import Account

# One that ends after a minute: of those that stay there are only so many.
A_CODE: Final = {
    "expire_seconds": 60,
    "action_name": "QR_STR_SCENE",
    "action_info": {"scene": {"scene_str": "doctor"}},
}
NOBODY: Final = {"touser": "nobody", "msgtype": "text", "text": {"content": "."}}
MODES: Final = {"safe": "安全模式", "compat": "兼容模式", "plain": "明文模式"}  # as the console calls them
_OWN: Final = _("WeChat's messages of our own (客服消息)")

Make = Callable[[Settings, aiohttp.ClientSession], Client | None]


async def account(console: Console) -> Found:
    """The settings are complete, or there would be no console; WeChat gives a token for them."""
    shown = console.settings.wechat_app_id
    if shown is None:
        return _not_set_up(console, "WECHAT_APP_ID", _("WeChat: not set up (WECHAT_APP_ID)"))
    return await _let_in(console, official_api, _("WeChat: {id}", id=shown))


async def messages(console: Console) -> Found | None:
    """In which mode they are awaited, and whether any came: what the console is set to, it tells nobody."""
    if console.settings.wechat_app_id is None:
        return None
    mode, latest = console.settings.wechat_mode, await _latest_message(console)
    shown = f"{mode} ({MODES[mode]})"
    if latest is not None:
        return well(_("WeChat's messages: {mode}, the last {when}", mode=shown, when=latest))
    note = _(
        "Write to the account. If nothing comes back, compare URL, Token, EncodingAESKey and mode in the "
        "account's server settings (服务器配置) with yours, and see that they are switched on (启用)."
    )
    return well(_("WeChat's messages: {mode}, none yet", mode=shown), note)


async def pushing(console: Console) -> Found | None:
    """It may write by itself: asked with a message to nobody."""
    async with _inside(console, official_api) as api:
        if api is None:
            return None
        try:
            await api.call(SEND, NOBODY)
        except WeChatError as error:
            if not isinstance(error, ApiError):
                return wrong(_("{what}: {why}", what=_OWN, why=str(error)), advice(error))
            if error.code == NO_RIGHT:
                what = _("{what}: this account may not send any", what=_OWN)
                return wrong(
                    what, _("All else waits for the person's next message; 微信认证 gives the right.")
                )
    return well(_("{what}: allowed", what=_OWN))


async def account_menu(console: Console) -> Found | None:
    """It is the one that `wechat menu` installs."""
    async with _inside(console, official_api) as api:
        return await _found(Menu(api), _("WeChat's menu")) if api else None


async def codes(console: Console) -> Found | None:
    """It may make codes that lead to a place in the chat: asked for one that does not stay."""
    what = _("WeChat's codes for places (带参数二维码)")
    async with _inside(console, official_api) as api:
        if api is None:
            return None
        try:
            await api.call(CODES, A_CODE)
        except WeChatError as error:
            if not isinstance(error, ApiError) or error.code != NO_RIGHT:
                return wrong(_("{what}: {why}", what=what, why=str(error)), advice(error))
            said = _("{what}: this account may not make any", what=what)
            return wrong(said, _("Print those of the web chat: `places qr`."))
    return well(_("{what}: allowed", what=what))


async def company_app(console: Console) -> Found:
    """The settings are complete, or there would be no console; WeCom gives a token for them."""
    shown = console.settings.wecom_corp_id
    if shown is None:
        return _not_set_up(console, "WECOM_CORP_ID", _("WeCom: not set up (WECOM_CORP_ID)"))
    return await _let_in(console, company_api, _("WeCom: {id}", id=shown))


async def app_menu(console: Console) -> Found | None:
    """It is the one that `wechat menu` installs. This is where WeCom looks at the address that asks."""
    async with _inside(console, company_api) as api:
        agent = str(console.settings.wecom_agent_id)
        return await _found(Menu(api, agentid=agent), _("WeCom's menu")) if api else None


def _not_set_up(console: Console, name: str, what: Text) -> Found:
    """Well, unless somebody began to."""
    family = name.partition("_")[0].lower()
    begun = [one.upper() for one in console.settings.model_fields_set if one.startswith(f"{family}_")]
    if begun:
        names = ", ".join(sorted(begun))
        return wrong(what, _("{names} serves nothing without {name}.", names=names, name=name))
    return well(what, _("docs/wechat.md says how."))


async def _let_in(console: Console, make: Make, what: Text) -> Found:
    async with session() as asking:
        api = make(console.settings, asking)
        assert api is not None  # the callers have looked
        try:
            await api.tokens.get()
        except (WeChatError, Unavailable) as error:
            return wrong(_("{what}: {why}", what=what, why=str(error)), advice(error))
    return well(what)


@asynccontextmanager
async def _inside(console: Console, make: Make) -> AsyncIterator[Client | None]:
    """The API, where it is set up and lets us in: what is wrong with that was said already."""
    async with session() as asking:
        api = make(console.settings, asking)
        try:
            if api is not None:
                await api.tokens.get()
        except (WeChatError, Unavailable):
            api = None
        yield api


async def _found(menu: Menu, what: Text) -> Found:
    try:
        there = await menu.installed()
    except WeChatError as error:
        return wrong(_("{what}: {why}", what=what, why=str(error)), advice(error))
    if there:
        return well(_("{what}: installed", what=what))
    return wrong(_("{what}: not the desk's", what=what), _("Run `wechat menu`."))


async def _latest_message(console: Console) -> datetime | None:
    if is_still_to_come(console):
        return None
    query = select(func.max(Account.seen_at)).where(Account.channel == "wechat")
    try:
        async with app.opened(console.settings.database_url) as base, base.reading() as db:
            return await db.scalar(query)
    except (Unavailable, DBAPIError):  # without a database, or without tables yet
        return None
