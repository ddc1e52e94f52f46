"""Every kind of message and event that WeChat and WeCom send, through the whole program."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.app import App, running
from bot.channels.cutting import octets
from bot.channels.wechat_callback import WECOM_PATH
from bot.channels.wechat_draw import LONGEST, drawn
from models import Account, Conversation, Feedback, Inspection
from tests.dialogue.play import give_roles
from tests.dialogue.seats import picture
from tests.dialogue.wechat_seats import VOICE
from tests.fakes.wechat_api import FakeWeCom, Member
from tests.fixtures.telegram import payload
from tests.test_wechat_app import desk, settings_for

NOT_UNDERSTOOD = "Sorry, that was not understood"


@asynccontextmanager
async def company(url: str, folder: Path) -> AsyncIterator[tuple[Member, App]]:
    """A member of a company whose app this is."""
    async with FakeWeCom() as wecom, running(settings_for(url, folder, **wecom.settings)) as app:
        wecom.callbacks.url = app.url + WECOM_PATH
        yield wecom.person("ada"), app


@pytest.mark.parametrize("asked", [True, False])
async def test_a_voice_message_is_kept_and_what_was_recognised_shown(
    database_url: str, tmp_path: Path, asked: bool
) -> None:
    """Also where somebody simply speaks: what was recognised may be wrong."""
    async with desk(database_url, tmp_path) as here:
        ada = await here.comes("o-ada")
        if asked:
            await ada.taps_menu("/feedback")
            await ada.says("4")
        said = (await ada.sends_voice(VOICE, "The lamp on the third floor is broken")).text
        assert "🎤 Understood as: The lamp on the third floor is broken" in said
        [found] = await here.rows(select(Feedback.comment, Feedback.voice))
        assert found.comment == "The lamp on the third floor is broken"
        assert [(one["mime"], one["size"]) for one in found.voice] == [("audio/amr", len(VOICE))]


async def test_a_voice_message_that_was_not_recognised_is_kept(database_url: str, tmp_path: Path) -> None:
    async with desk(database_url, tmp_path) as here:
        ada = await here.comes("o-ada")
        await ada.taps_menu("/feedback")
        await ada.says("4")
        assert "Understood as" not in (await ada.sends_voice(VOICE)).text
        [found] = await here.rows(select(Feedback.comment, Feedback.voice))
        assert (found.comment, len(found.voice)) == (None, 1)


async def test_a_film_is_declined_and_a_link_is_words(database_url: str, tmp_path: Path) -> None:
    async with desk(database_url, tmp_path) as here:
        ada = await here.comes("o-ada")
        for short in (False, True):
            assert "Videos cannot be kept here" in (await ada.sends_video(b"film", short=short)).text
        await ada.sends_link("A page ]]>", "about", "https://museum.test/a?b&c")
        [found] = await here.rows(select(Feedback.comment))
        assert found.comment == "A page ]]> https://museum.test/a?b&c"


async def test_a_place_is_noted_however_it_is_told(database_url: str, tmp_path: Path) -> None:
    async with desk(database_url, tmp_path) as here:
        guard = await here.comes("o-guard", "guard")
        assert "(0/" in (await guard.scans("p_L1-P3")).text
        await guard.says("all normal")
        assert "Location noted" in (await guard.sends_location(31.2, 121.5, "东湖")).text
        [event, _sent] = await guard.picks_location_for_menu("where", 31.25, 121.5)
        assert "Location noted" in event.text
        await guard.says("submit")
        [found] = await here.rows(select(Inspection.location))
        assert (found.location["latitude"], found.location["longitude"]) == (31.25, 121.5)


async def test_photos_taken_from_the_menu_come_once(database_url: str, tmp_path: Path) -> None:
    """The event before them tells of them only."""
    async with desk(database_url, tmp_path) as here:
        ada = await here.comes("o-ada")
        await ada.says("The lamp on the third floor is broken")
        event, first, second = await ada.photographs_for_menu("photo", picture("a"), picture("b"))
        assert event.reply is None
        assert "added" in first.text
        assert "added" in second.text
        [found] = await here.rows(select(Feedback.photos))
        assert len(found.photos) == 2


async def test_what_the_menu_s_scanner_reads_starts_what_the_code_is_for(
    database_url: str, tmp_path: Path
) -> None:
    async with desk(database_url, tmp_path) as here:
        ada, guard = await here.comes("o-ada"), await here.comes("o-guard", "guard")
        assert "How was your visit" in (await ada.scans_for_menu("scan", "h_H1")).text
        assert "(0/14)" in (await guard.scans_for_menu("scan", f"{here.app.url}/chat?p=L1-P3")).text


async def test_what_nobody_did_on_purpose_is_not_answered(database_url: str, tmp_path: Path) -> None:
    """A position told on the way into the chat, a page opened from the menu; and nothing is begun by it."""
    async with desk(database_url, tmp_path) as here:
        ada = await here.comes("o-ada")
        for told in (await ada.reports_location(31.2, 121.5), await ada.opens_link("https://museum.test/")):
            assert (told.handled, told.reply) == (True, None)
        assert await here.count(Conversation.id) == 0


async def test_a_member_of_the_company_is_met_and_greeted_once(database_url: str, tmp_path: Path) -> None:
    """When the app becomes theirs; not each time that they open it."""
    async with company(database_url, tmp_path) as (ada, app):
        assert "What would you like to do?" in (await ada.follows()).text
        for _time in range(2):
            entered = await ada.enters()
            assert (entered.handled, entered.reply) == (True, None)
        async with app.database.reading() as db:
            assert await db.scalar(select(func.count(Account.id))) == 1


async def test_a_member_sends_what_a_follower_does(database_url: str, tmp_path: Path) -> None:
    async with company(database_url, tmp_path) as (ada, app):
        await ada.says("/help")
        assert "Videos cannot be kept here" in (await ada.sends_video(b"film")).text
        await ada.sends_link("A page", "about", "https://museum.test/")
        await ada.hears("How was your visit")
        await ada.sends_voice(VOICE)
        await give_roles(app.database, "ada", "Ada", ["guard"])
        await ada.scans_for_menu("scan", f"{app.url}/chat?p=L1-P3")
        await ada.hears("(0/14)")


def test_a_long_text_is_cut_near_six_hundred_characters_at_line_ends() -> None:
    lines = [f"第{number}行：{'长' * 40}" for number in range(60)]
    pieces = drawn(payload("\n".join(lines)))
    assert "\n".join(pieces).split("\n") == lines
    assert all(500 * 3 < octets(piece) <= LONGEST for piece in pieces[:-1])
    assert LONGEST == 600 * 3
