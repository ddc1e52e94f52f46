"""What people and forgers may send: every one gets a clear answer, nothing is lost, no one is let in."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.errors import BadMedia
from models import Conversation, Feedback, Inbox
from tests.fixtures.media import HEIC, picture, said
from tests.fixtures.templates import Templates, with_places
from tests.house import House, open_house

TEXTS = {
    "nul": "be\x00fore",
    "right to left": "\u202egnp.exe\u202c abc",
    "zero width": "\u200b\u200b\u200b\u200b",
    "lone surrogate": "a\ud800b lone",
    "joiners": "👩‍👩‍👧‍👦 a family came",
    "formula": "=cmd|' /C calc'!A0",
    "markup": "<b>&amp;</b> *bold* _x_ `code` [a](http://x)",
    "braces": "{0} {museum} {number!r} %s %(x)s",
    "a megabyte": "x" * 2**20,
    "newlines": "\n" * 500 + "end of it",
    "sql": "'; DROP TABLE people; --",
}


@pytest.mark.parametrize("name", TEXTS)
async def test_any_text_is_answered_and_kept(museum: House, name: str) -> None:
    visitor = await museum.someone("v")
    await visitor.says("/feedback")
    await visitor.taps("😐")
    assert await visitor.says(TEXTS[name])
    dead = await museum.rows(select(Inbox).where(Inbox.status != "done"))
    assert dead == []
    (found,) = await museum.rows(select(Feedback))
    assert "\x00" not in (found.comment or "")
    assert "\u202e" not in (found.comment or "")


async def test_a_long_note_is_refused_with_what_fits_and_asked_again(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    await guard.follows("p_L1-P3")
    await guard.says("2异常其余正常")
    assert "500 characters" in await guard.says("x" * 501)
    (open_one,) = await museum.rows(select(Conversation).where(Conversation.status == "open"))
    assert len(open_one.answers["items"]) == 14


REFUSED = (b"%PDF-1.7", picture()[:200], b"GIF89a" + bytes(20), HEIC, b"")


async def test_what_is_no_photo_leaves_no_form_stuck(museum: House) -> None:
    """A clear message and the same question each time, and then the right photo goes through."""
    guard = await museum.someone("g", "guard")
    await guard.follows("p_L1-P3")
    await guard.says("1 smoking, the rest normal")
    question = guard.told[-1]["text"].splitlines()[-1]
    for data in REFUSED:
        with pytest.raises(BadMedia) as refused:
            await museum.media.keep_photo(data)
        told = await guard.says(refused=refused.value.reason)
        assert said(refused.value) in told
        assert question in told
    assert "🔧 Fixed on the spot" not in guard.buttons
    await guard.says(photos=(museum.photo("a"),))
    assert "🔧 Fixed on the spot" in guard.buttons
    assert await museum.rows(select(Inbox).where(Inbox.status != "done")) == []


FORGED = [
    "",
    "c:",
    "c:1",
    "c:1.0.-.submit",
    "c:zzzzzzzzzzzz.0.-.back",
    "c:1.0.rating.99",
    "c:1.0.~photos.x",
    "c:1.0.-.go/../../etc",
    "a:",
    "a::",
    "a:sign",
    "a:sign:",
    "a:sign:999999",
    "a:sign:-1",
    "a:sign:1e9",
    "a:sign:99999999999999999999999",
    "a:answer:1",
    "a:resume:1",
    "a:discard:1",
    "a:anew:99",
    "a:menu:inspect",
    "a:menu:nothing",
    "a:satisfied:1.yes",
    "a:satisfied:x",
    "a:language:xx",
    "a:correct:1",
    "a:nothing:1",
    "\ud800",
    "\x00",
    "x" * 5000,
    "a:summary:2026.x",
    "a:people:1",
    "a:approve:1",
    "a:confirm:1",
    "a:export:2026",
]


@pytest.mark.parametrize("data", FORGED)
async def test_forged_buttons_are_answered_and_do_nothing(museum: House, data: str) -> None:
    guard = await museum.someone("g", "guard")
    await guard.follows("p_L1-P3")
    (before,) = await museum.rows(select(Conversation).where(Conversation.form == "inspection"))
    visitor = await museum.someone("v")
    assert await visitor.taps_data(data), "silence"
    (after,) = await museum.rows(select(Conversation).where(Conversation.form == "inspection"))
    assert after == before
    assert await museum.rows(select(Inbox).where(Inbox.status != "done")) == []


LINKS = [
    "p_",
    "p_NOPE",
    "p_'--",
    "h_NOPE",
    "i_NOPE",
    "l_NOPE",
    "_",
    "x_y",
    "p_L1-P3_x",
    "\x00",
    "i_" + "A" * 500,
]


@pytest.mark.parametrize("link", LINKS)
async def test_unknown_links_are_answered(museum: House, link: str) -> None:
    visitor = await museum.someone("v")
    assert await visitor.follows(link)
    assert await museum.rows(select(Inbox).where(Inbox.status != "done")) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(st.text(max_size=60), min_size=1, max_size=8))
async def test_no_sequence_of_words_breaks_an_inspection(
    tmp_path_factory: pytest.TempPathFactory, templates: Templates, said: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("house")
    async with open_house(templates.file(with_places, folder / "t.db"), folder) as house:
        guard = await house.someone("g", "guard")
        await guard.follows("p_L1-P3")
        for words in said:
            assert await guard.says(words) or not words.strip(), "silence"
        assert await house.rows(select(Inbox).where(Inbox.status != "done")) == []
