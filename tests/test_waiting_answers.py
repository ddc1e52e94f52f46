"""An answer whose reader cannot be written to: the desk is told that it waits, its reader gets it first."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import time_machine
from sqlalchemy import select, update

from bot.clock import Clock
from bot.db import Database
from bot.engine import utc_now
from bot.rights import AGAIN, Rights
from models import Account, Feedback
from tests.house import House, open_house
from tests.test_wechat_app import desk as desk_in_wechat
from tests.test_wechat_greeting import open_account
from tests.test_windows import Chat

WAITS = "delivered when the visitor next comes here"


async def commented(house: House) -> tuple[Chat, str]:
    """A visitor through a channel with windows, and the number of their comment."""
    visitor = Chat(house)
    await visitor.says("The lamp on the third floor is broken")
    for _question in range(4):
        await visitor.says("skip")
    [found] = await house.rows(select(Feedback.number))
    return visitor, found.number


async def close(house: House) -> None:
    async with house.database.transaction() as db:
        await db.execute(update(Account).where(Account.external_id == "a").values(push_left=0))


async def test_the_desk_is_told_that_an_answer_waits(database_url: str, tmp_path: Path) -> None:
    async with open_house(database_url, tmp_path) as house:
        desk = await house.someone("desk", "staff")
        visitor, number = await commented(house)
        await close(house)
        await desk.taps("Answer")
        assert WAITS in await desk.says("It is mended")
        assert WAITS in await desk.says(number)
        assert "It is mended" in (await visitor.says("/language")).carried[0]
        assert WAITS not in await desk.says(number)


async def test_an_answer_that_can_be_pushed_is_sent(database_url: str, tmp_path: Path) -> None:
    async with open_house(database_url, tmp_path) as house:
        desk = await house.someone("desk", "staff")
        _visitor, number = await commented(house)
        await desk.taps("Answer")
        assert "Sent to the visitor" in await desk.says("It is mended")
        assert WAITS not in await desk.says(number)


async def test_who_was_told_that_an_answer_was_sent_hears_that_it_could_not_be(
    database_url: str, tmp_path: Path
) -> None:
    """WeChat knows better than we how much time is left, and says so when it is asked only."""
    async with desk_in_wechat(database_url, tmp_path) as here:
        ada, staff = await here.comes("o-ada"), await here.comes("o-staff", "staff")
        bob = await here.comes("o-bob")
        for visitor in (ada, bob):
            await visitor.says("/feedback The lamp on the third floor is broken")
            await visitor.says("done")
            await staff.hears("The lamp on the third floor")
            here.wechat.clock.advance(49 * 3600 if visitor is ada else 0)
            await staff.taps_choice("✍ Answer")
            assert "Sent to the visitor (LY-" in (await staff.says("It is mended")).text
        await bob.hears("It is mended")
        await here.learns("o-ada")
        clock = Clock(here.app.database, here.app.engine, lambda: utc_now() + timedelta(minutes=1))
        while await clock.tick():
            continue
        assert "0001" in (await staff.hears(WAITS)).text
        assert sum(WAITS in text for text in staff.texts) == 1


async def test_a_window_that_has_ended_is_closed(database_url: str, tmp_path: Path) -> None:
    async with open_house(database_url, tmp_path) as house:
        desk = await house.someone("desk", "staff")
        await commented(house)
        async with house.database.transaction() as db:
            mine = update(Account).where(Account.external_id == "a")
            await db.execute(mine.values(push_until=utc_now()))
        await desk.taps("Answer")
        assert WAITS in await desk.says("It is mended")


async def test_an_account_without_the_right_to_push_opens_no_window(
    database_url: str, tmp_path: Path
) -> None:
    async with open_account(database_url, tmp_path) as (wechat, app):
        ada = wechat.person("o-ada")
        await ada.says("/start")
        await app.wechat[0].rights.lacks("push")
        await wechat.person("o-bob").says("/start")
        async with app.database.reading() as db:
            found = list(await db.scalars(select(Account.push_left).order_by(Account.id)))
    assert found == [5, 0]


async def test_a_right_is_asked_for_again_after_a_day(database_url: str, tmp_path: Path) -> None:
    async with open_house(database_url, tmp_path) as house:
        database: Database = house.database
        with time_machine.travel(utc_now(), tick=False) as clock:
            rights, other = Rights(database, "wechat"), Rights(database, "wechat")
            await rights.lacks("menu")
            await other.recall()
            assert not rights.has("menu")
            assert not other.has("menu")
            assert other.has("push")
            clock.shift(AGAIN)
            assert rights.has("menu")
            assert other.has("menu")
            await rights.lacks("push")
            await other.recall()
            assert rights.has("menu")
            assert other.has("menu")
            assert not other.has("push")
