"""`wechat`: what is set up in WeChat itself: the menu, and codes to hang up."""

from __future__ import annotations

import argparse
from typing import Final

import aiohttp

from bot.channels.wechat import company_api, official_api
from bot.channels.wechat_api import CODES, WeChatApi
from bot.channels.wechat_errors import NoAnswer, WeChatError
from bot.channels.wechat_menu import Menu
from bot.cli import qr
from bot.cli.console import Console, Problem, Verb
from bot.cli.places import link_to, printed
from bot.cli.wechat_advice import advice
from bot.config import Settings
from bot.db import Database
from handlers import scanned
from handlers.kit.words import Text, _, lines
from handlers.members import CHANNELS

OFFICIAL: Final = CHANNELS["wechat"]
COMPANY: Final = CHANNELS["wecom"]
NOT_SET_UP: Final = _("WeChat is not set up: WECHAT_APP_ID and the settings beside it; see docs/wechat.md.")


def declare(verbs: Verb) -> None:
    """Add the verb."""
    wechat = verbs.add("wechat", _("The menu and the QR codes of the WeChat account"))
    menu = wechat.add("menu", _("Put the main actions into the menu below the chat"), set_menu)
    menu.takes("--remove", action="store_true", about=_("Take the menu away"))
    printed(wechat, _("A QR code that leads to a place in the WeChat account"), write_qr)


async def set_menu(console: Console, given: argparse.Namespace) -> None:
    """Install the menu in every account that is set up, or remove it; what one refuses, the others get."""
    done = _("the menu is gone") if given.remove else _("the menu is there")
    refused = []
    async with console.database() as database, aiohttp.ClientSession() as session:
        menus = menus_of(console.settings, session, database)
        if not menus:
            raise Problem(NOT_SET_UP)
        for channel, menu in menus:
            try:
                await (menu.remove() if given.remove else menu.install(console.tongue))
            except WeChatError as error:
                refused.append(_said(channel, error))
            else:
                console.say(_("{channel}: {what}", channel=channel, what=done))
    if refused:
        raise Problem(lines(*refused))
    if not given.remove:
        console.say(_("Open chats show it within a day; who follows anew sees it at once."))


def menus_of(
    settings: Settings, session: aiohttp.ClientSession, database: Database | None
) -> list[tuple[Text, Menu]]:
    """The menu of each account that is set up, with the name of its channel."""
    account, app = official_api(settings, session, database), company_api(settings, session, database)
    menus: list[tuple[Text, Menu]] = [(OFFICIAL, Menu(account))] if account else []
    if app is not None:
        menus.append((COMPANY, Menu(app, agentid=str(settings.wecom_agent_id))))
    return menus


async def write_qr(console: Console, given: argparse.Namespace) -> None:
    """Write the account's own permanent code for a place. Who scans it with WeChat is in the chat at once.

    https://developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode
    """
    qr.check_kind(given.output)
    async with console.transaction() as db:
        link = await link_to(db, given.code)
    async with console.database() as database, aiohttp.ClientSession() as session:
        api = official_api(console.settings, session, database)
        if api is None:
            raise Problem(NOT_SET_UP)
        try:
            address = await _coded(api, link)
        except WeChatError as error:
            raise Problem(_said(OFFICIAL, error)) from None
    async with console.transaction() as db:
        await scanned.remember(db, address, link, console.now)
    qr.draw(address, given.output)
    console.say(_("{file} leads to {address}", file=str(given.output), address=f"{address} ({link})"))


async def _coded(api: WeChatApi, link: str) -> str:
    """The address of the permanent code whose scene is `link`. Raises WeChatError, or Unavailable."""
    wanted = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": link}}}
    address = (await api.call(CODES, wanted)).get("url")
    if not isinstance(address, str):
        raise NoAnswer("no address in the answer")
    return address


def _said(channel: Text, error: WeChatError) -> Text:
    return lines(_("{channel}: {what}", channel=channel, what=str(error)), advice(error))
