"""`doctor` on WeChat and WeCom: well where all is well, and for each thing that is not, what to do."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.app import running
from bot.cli import doctor
from bot.cli import wechat as verbs
from bot.cli.console import Console
from bot.config import Settings
from tests.fakes.wechat_api import FakeWeChat, FakeWeCom
from tests.test_wechat_cli import of_account, of_app
from tests.test_wechat_cli import wechat as wechat
from tests.test_wechat_cli import wecom as wecom


class Desk:
    """Both accounts set up for the database and the folder of this test, and the doctor's word on them."""

    def __init__(self, url: str, folder: Path, wechat: FakeWeChat, wecom: FakeWeCom) -> None:
        self.given: dict[str, Any] = {
            "database_url": url,
            "media_dir": folder / "media",
            "listen": "127.0.0.1:0",
            "locale": "en",
            **of_account(wechat),
            **of_app(wecom),
        }

    def settings(self, **more: Any) -> Settings:
        return Settings(**{**self.given, **more})

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Serves, on an address that PUBLIC_URL names from then on."""
        async with running(self.settings()) as app:
            self.given["public_url"] = app.url
            yield

    async def examined(self, capsys: pytest.CaptureFixture[str], **more: Any) -> dict[str, str]:
        """The lines about WeChat and WeCom by what stands before the colon, advice included."""
        capsys.readouterr()
        await doctor.examine(Console(self.settings(**more)), argparse.Namespace())
        found: dict[str, str] = {}
        word = ""
        for line in capsys.readouterr().out.splitlines():
            if not line.startswith(" "):
                word = line[2:].partition(":")[0]
            found[word] = found.get(word, "") + line
        return {word: said for word, said in found.items() if word.startswith("We")}


@pytest.fixture
def desk(database_url: str, tmp_path: Path, wechat: FakeWeChat, wecom: FakeWeCom) -> Desk:
    return Desk(database_url, tmp_path, wechat, wecom)


async def test_an_account_that_is_set_up_is_found_well(
    capsys: pytest.CaptureFixture[str], desk: Desk, wechat: FakeWeChat
) -> None:
    async with desk.open():
        await verbs.set_menu(Console(desk.settings()), argparse.Namespace(remove=False))
        found = await desk.examined(capsys)
        assert all(said.startswith("✓") for said in found.values()), found
        assert list(found) == [
            "WeChat",
            "WeChat's address",
            "WeChat's messages",
            "WeChat's messages of our own (客服消息)",
            "WeChat's menu",
            "WeChat's codes for places (带参数二维码)",
            "WeCom",
            "WeCom's address",
            "WeCom's menu",
        ]
        assert "none yet" in found["WeChat's messages"]
        assert all(ends < float("inf") for ends in wechat.codes.values())
        wechat.callbacks.url = f"{desk.given['public_url']}/wechat/callback"
        await wechat.person("o-ada").says("/start")
        assert "safe (安全模式), the last" in (await desk.examined(capsys))["WeChat's messages"]


async def test_a_missing_menu_or_right_is_said(
    capsys: pytest.CaptureFixture[str], desk: Desk, wechat: FakeWeChat
) -> None:
    wechat.withheld.add("message/custom/send")
    found = await desk.examined(capsys)
    assert "微信认证" in found["WeChat's messages of our own (客服消息)"]
    assert "Run `wechat menu`" in found["WeChat's menu"]
    assert "Run `wechat menu`" in found["WeCom's menu"]
    wechat.withheld.update({"menu/get", "qrcode/create"})
    found = await desk.examined(capsys)
    assert "no right" in found["WeChat's menu"]
    assert "may not make any" in found["WeChat's codes for places (带参数二维码)"]


async def test_an_address_that_is_not_let_in_is_named(
    capsys: pytest.CaptureFixture[str], desk: Desk, wechat: FakeWeChat, wecom: FakeWeCom
) -> None:
    wechat.whitelisted = False
    wecom.faults.refuse(60020, "menu/get")
    found = await desk.examined(capsys)
    assert "Add 203.0.113.9 to the account's IP whitelist" in found["WeChat"]
    assert "Add 127.0.0.1 to the app's trusted IP addresses" in found["WeCom's menu"]
    assert "WeChat's menu" not in found


@pytest.mark.parametrize(
    ("wrong", "line", "advice"),
    [
        ({"wechat_app_secret": SecretStr("x")}, "WeChat", "Check WECHAT_APP_SECRET"),
        ({"wechat_app_id": "wxother"}, "WeChat", "Check WECHAT_APP_ID"),
        ({"wecom_secret": SecretStr("x")}, "WeCom", "WECOM_SECRET"),
        ({"wecom_agent_id": 7}, "WeCom's menu", "Check WECOM_AGENT_ID"),
        ({"wechat_api_url": "http://127.0.0.1:9"}, "WeChat", "Check the network, WECHAT_API_URL"),
        ({"wechat_app_id": None}, "WeChat", "serves nothing without WECHAT_APP_ID"),
        ({"wecom_corp_id": None}, "WeCom", "serves nothing without WECOM_CORP_ID"),
    ],
)
async def test_what_is_set_wrongly_is_named(
    capsys: pytest.CaptureFixture[str], desk: Desk, wrong: dict[str, Any], line: str, advice: str
) -> None:
    found = await desk.examined(capsys, **wrong)
    assert found[line].startswith("✗")
    assert advice in found[line]


async def test_a_desk_with_another_token_or_none_is_found(
    capsys: pytest.CaptureFixture[str], desk: Desk
) -> None:
    async with desk.open():
        other = await desk.examined(
            capsys, wechat_token=SecretStr("Another1"), wecom_aes_key=SecretStr("A" * 43)
        )
        assert "answers wrongly (403)" in other["WeChat's address"]
        assert "answers wrongly (400)" in other["WeCom's address"]
        assert all("start it anew" in other[line] for line in ("WeChat's address", "WeCom's address"))
    closed = await desk.examined(capsys)
    assert "does not answer" in closed["WeChat's address"]
    assert "Start the desk" in closed["WeCom's address"]


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("http://127.0.0.1:8080", "Only this machine"),
        ("http://desk.invalid", "https address without a port"),
        ("https://desk.invalid:8443", "https address without a port"),
    ],
)
async def test_addresses_that_wechat_does_not_call_are_said(
    capsys: pytest.CaptureFixture[str], desk: Desk, monkeypatch: pytest.MonkeyPatch, url: str, advice: str
) -> None:
    for name in ("wechat_api_url", "wecom_api_url"):
        monkeypatch.setattr(Settings.model_fields[name], "default", desk.given[name])
    found = await desk.examined(capsys, public_url=url)
    assert advice in found["WeChat's address"]
    assert advice in found["WeCom's address"]


async def test_nobody_needs_wechat(capsys: pytest.CaptureFixture[str], desk: Desk) -> None:
    for name in list(desk.given):
        if name.startswith(("wechat_", "wecom_")):
            del desk.given[name]
    found = await desk.examined(capsys)
    assert {word: said[:1] for word, said in found.items()} == {"WeChat": "✓", "WeCom": "✓"}
