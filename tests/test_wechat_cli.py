"""`wechat` at the command line: the menu in both accounts, and codes that lead to places."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot.channels.wechat import official_api
from bot.channels.wechat_menu import Menu, buttons
from bot.channels.wechat_read import link_in
from bot.cli import wechat as verbs
from bot.cli.console import Console, Problem
from bot.config import Settings
from bot.engine import utc_now
from bot.i18n import Languages
from handlers.routes import gather
from models import Note
from tests.fakes.wechat_api import FakeWeChat, FakeWeCom
from tests.fakes.wechat_api.rules import leaves
from tests.house import ZONE, House, open_house


@pytest.fixture
async def wechat() -> AsyncIterator[FakeWeChat]:
    async with FakeWeChat() as wechat:
        yield wechat


@pytest.fixture
async def wecom() -> AsyncIterator[FakeWeCom]:
    async with FakeWeCom() as wecom:
        yield wecom


def of_account(wechat: FakeWeChat) -> dict[str, Any]:
    """The settings of an Official Account."""
    return {
        "wechat_app_id": wechat.app_id,
        "wechat_app_secret": SecretStr(wechat.secret),
        "wechat_token": SecretStr(wechat.token),
        "wechat_aes_key": SecretStr(wechat.aes_key),
        "wechat_api_url": wechat.url,
    }


def of_app(wecom: FakeWeCom) -> dict[str, Any]:
    """The settings of a WeCom app."""
    return {
        "wecom_corp_id": wecom.corp_id,
        "wecom_agent_id": wecom.agent_id,
        "wecom_secret": SecretStr(wecom.secret),
        "wecom_token": SecretStr(wecom.token),
        "wecom_aes_key": SecretStr(wecom.aes_key),
        "wecom_api_url": wecom.url,
    }


def console(url: str, folder: Path, **given: Any) -> Console:
    return Console(Settings(**{"database_url": url, "media_dir": folder / "media", "locale": "en", **given}))


def asked(**given: Any) -> argparse.Namespace:
    return argparse.Namespace(**{"remove": False, **given})


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
async def test_both_accounts_get_the_menu_and_lose_it(
    wechat: FakeWeChat,
    wecom: FakeWeCom,
    capsys: pytest.CaptureFixture[str],
    database_url: str,
    tmp_path: Path,
    locale: str,
) -> None:
    accounts = {**of_account(wechat), **of_app(wecom)}
    desk = console(database_url, tmp_path, locale=locale, **accounts)
    await verbs.set_menu(desk, asked())
    assert wechat.menu == wecom.menu == buttons(desk.tongue)
    assert {"zh_CN": "企业微信：菜单已装好", "en": "WeCom: the menu is there"}[
        locale
    ] in capsys.readouterr().out
    await verbs.set_menu(desk, asked(remove=True))
    assert wechat.menu == wecom.menu == []


def test_the_menu_calls_commands_there_are() -> None:
    commands = gather().commands
    for leaf in leaves(buttons(Languages("en", ZONE)(None))):
        assert leaf["type"] == "scancode_waitmsg" or leaf["key"].removeprefix("/") in commands


async def test_what_one_account_refuses_the_other_gets(
    wechat: FakeWeChat, wecom: FakeWeCom, database_url: str, tmp_path: Path
) -> None:
    wechat.withheld.add("menu/create")
    desk = console(database_url, tmp_path, **of_account(wechat), **of_app(wecom))
    with pytest.raises(Problem) as refused:
        await verbs.set_menu(desk, asked())
    said = desk.words(refused.value.text)
    assert "WeChat: 48001" in said
    assert "no right" in said
    assert wecom.menu


async def test_without_an_account_it_is_said_what_to_set(database_url: str, tmp_path: Path) -> None:
    desk = console(database_url, tmp_path)
    for run in (verbs.set_menu, verbs.write_qr):
        with pytest.raises(Problem) as problem:
            await run(desk, asked(code="H1-P1", output=tmp_path / "a.png"))
        assert "WECHAT_APP_ID" in desk.words(problem.value.text)


async def test_a_menu_is_known_again(wechat: FakeWeChat, museum: House) -> None:
    settings = Settings(**of_account(wechat))
    async with aiohttp.ClientSession() as session:
        api = official_api(settings, session, museum.database)
        assert api is not None
        menu = Menu(api)
        assert not await menu.installed()
        await menu.install(museum.languages("zh_CN"))
        assert await menu.installed()
        wechat.menu.pop()
        assert not await menu.installed()


@pytest.mark.parametrize(("code", "scene"), [("h1-p1", "p_H1-P1"), ("H1", "h_H1")])
async def test_a_code_leads_to_its_place(
    wechat: FakeWeChat,
    capsys: pytest.CaptureFixture[str],
    database_url: str,
    tmp_path: Path,
    code: str,
    scene: str,
) -> None:
    desk = console(database_url, tmp_path, **of_account(wechat))
    file = tmp_path / "code.svg"
    await verbs.write_qr(desk, asked(code=code, output=file))
    assert list(wechat.codes) == [scene]
    assert wechat.codes[scene] == float("inf")
    assert f"({scene})" in capsys.readouterr().out
    assert file.stat().st_size > 200
    with pytest.raises(Problem):
        await verbs.write_qr(desk, asked(code="X9", output=file))


async def test_a_printed_code_works_in_the_menu_s_scanner_too(museum: House) -> None:
    known = {"weixin.qq.com/q/02abc": "p_H1-P1"}
    await museum.add(Note, {"key": "wechat-codes", "value": known, "updated_at": utc_now()})
    guard, visitor = await museum.someone("g", "guard"), await museum.someone("v")
    assert "Relief wall" in await guard.says("http://weixin.qq.com/q/02abc")
    assert "not known here" in await visitor.says("https://weixin.qq.com/q/02other")
    assert "How was your visit" in await visitor.says("https://weixin.qq.com/q/02abc")


def test_the_web_chat_s_codes_work_in_the_menu_s_scanner() -> None:
    for address, link in (
        ("https://desk.example.org/chat?hall=H1", "h_H1"),
        ("https://desk.example.org/chat?i=4K7M", "i_4K7M"),
        ("https://t.me/museum_bot?start=p_H1-P1", "p_H1-P1"),
        ("p_H1-P1", "p_H1-P1"),
        ("https://desk.example.org/chat?lang=en", None),
        ("https://t.me/museum_bot?start=x", None),
        ("hall_of_fame", None),
        ("https://[", None),
    ):
        assert link_in(address) == link, address


async def test_an_invite_says_how_it_is_taken_in_wechat(database_url: str, tmp_path: Path) -> None:
    async with open_house(database_url, tmp_path, wechat=True) as house:
        boss = await house.someone("boss", "admin")
        await boss.says("/invite volunteer")
        await boss.says("20")
        assert "In WeChat: follow" in await boss.says("30")
