"""What a phone shows to somebody who has just followed the account, or scanned a code on the way in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import update

from bot.app import App, running
from bot.config import Settings
from models import Person
from tests.fakes.wechat_api import FakeWeChat
from tests.test_wechat_cli import of_account

GREETING = """\
欢迎来到北山博物馆，请问要办理什么？
回复数字即可，想留言也可直接写。

1. 💬 我要留言
2. 📋 我的记录
3. 🌐 语言 Language"""
RATING = """\
今天参观感受如何？选一个表情或数字即可。

😡 1  🙁 2  😐 3  🙂 4  😍 5
[跳过 | 帮助 | 取消]"""


@asynccontextmanager
async def open_account(url: str, folder: Path) -> AsyncIterator[tuple[FakeWeChat, App]]:
    """An Official Account with the whole program behind it."""
    async with FakeWeChat() as wechat:
        settings = Settings(
            database_url=url,
            media_dir=folder / "media",
            listen="127.0.0.1:0",
            museum_name="北山博物馆",
            **of_account(wechat),
        )
        async with running(settings) as app:
            wechat.callbacks.url = f"{app.url}/wechat/callback"
            yield wechat, app


async def test_a_follower_is_greeted_with_what_there_is_to_do(database_url: str, tmp_path: Path) -> None:
    async with open_account(database_url, tmp_path) as (wechat, _app):
        ada = wechat.person("o-ada", following=False)
        assert (await ada.follows()).text == GREETING
        assert (await ada.says("1")).text == RATING
        assert (await ada.says("5")).text.startswith("谢谢您！留言已收到，编号 LY-")


async def test_who_follows_through_a_hall_s_code_is_asked_about_it(database_url: str, tmp_path: Path) -> None:
    async with open_account(database_url, tmp_path) as (wechat, _app):
        assert (await wechat.person("o-ada", following=False).scans("h_H1")).text == RATING


async def test_who_works_here_is_not_told_to_comment(database_url: str, tmp_path: Path) -> None:
    async with open_account(database_url, tmp_path) as (wechat, app):
        ada = wechat.person("o-ada")
        await ada.says("/language en")
        assert "Reply with a number, or simply write your comment." in (await ada.says("/start")).text
        async with app.database.transaction() as db:
            await db.execute(update(Person).values(roles=frozenset({"guard"})))
        assert "Reply with a number.\n\n1. " in (await ada.says("/start")).text
