"""Reporting a hazard: at most three actions, and what is known already is joined instead of found twice."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from bot import demo
from handlers.hazard_words import title_of
from handlers.kit.words import Both
from models import Feedback, Hazard
from tests.fixtures.hazard_flow import events, found
from tests.house import House, Someone
from tests.records import id_of


async def only(house: House) -> Any:
    [row] = await house.rows(select(Hazard.__table__))
    return row


async def inspects(guard: Someone, words: str) -> str:
    """A round at one point with one item bad; returns what the guard is told of it."""
    await guard.follows("p_L1-P3")
    await guard.says(words, photos=(guard.house.photo(words),))
    await guard.says("rest normal")
    return await guard.says("yes")


async def test_the_command_a_captioned_photo_and_the_place_are_a_report(museum: House) -> None:
    guard, chief = await museum.someone("g", "guard"), await museum.someone("c", "chief")
    assert "photo of the hazard" in await guard.says("/hazard")
    assert "Where is it?" in await guard.says("Loose socket", photos=(museum.photo("a"),))
    assert "Reported: YH-" in await guard.taps("Prologue Hall")
    hazard = await only(museum)
    assert (hazard.source, hazard.status, hazard.place) == ("report", "open", "H1")
    assert (hazard.title_en, hazard.note) == ("Loose socket", "Loose socket")
    assert (hazard.category, hazard.severity) == ("fire", "minor")
    assert [one["sha"] for one in hazard.photos] == [museum.photo("a").sha]
    heard = await chief.hears()
    assert hazard.number in heard
    assert "Loose socket" in heard


async def test_a_photo_with_everything_in_its_caption_only_has_its_place_confirmed(museum: House) -> None:
    guard = await museum.someone("g", "guard", locale="zh_CN")
    heard = await guard.says("报隐患 序厅浮雕墙旁插座松动", photos=(museum.photo("a"),))
    assert "在哪里" in heard
    assert guard.buttons[:2] == ["📍 浮雕墙", "📍 序厅（一层）"]
    await guard.taps("📍 浮雕墙")
    hazard = await only(museum)
    assert (hazard.place, hazard.title_zh) == ("H1-P1", "序厅浮雕墙旁插座松动")


async def test_every_member_of_staff_may_report_and_no_visitor(museum: House) -> None:
    places = {"volunteer": "H1", "staff": "H2", "leader": "L1-P1", "director": "L1-P2", "admin": "C1"}
    for role, place in places.items():
        person = await museum.someone(role, role)
        await person.says("/hazard Broken lamp")
        await person.taps("Skip")
        assert "Reported: YH-" in await person.says(place)
    visitor = await museum.someone("v")
    assert "not open to you" in await visitor.says("/hazard")


async def test_photos_of_an_album_and_late_ones_come_along(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    await guard.says("/hazard")
    await guard.says("Door forced", photos=(museum.photo("a"),), album="1")
    await guard.says(photos=(museum.photo("b"),), album="1")
    await guard.says(photos=(museum.photo("c"),))
    await guard.says("H1-P2")
    hazard = await only(museum)
    assert [one["sha"] for one in hazard.photos] == [museum.photo(name).sha for name in "abc"]
    assert hazard.category == "physical"


async def test_a_photo_alone_is_asked_for_words_and_words_alone_for_a_photo(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    await guard.says("/hazard")
    assert "in a few words" in await guard.says(photos=(museum.photo("a"),))
    assert "Where is it?" in await guard.says("Smoke from a box")
    await guard.says("cancel")
    await guard.taps("Discard")
    assert "Send a photo of it" in await guard.says("/hazard Smoke from a box")
    assert "Where is it?" in await guard.says("skip")
    await guard.says("H1-P2")
    assert (await only(museum)).severity == "critical", "smoke cannot wait for the order"


async def test_in_a_round_its_place_is_offered_first_and_the_round_goes_on(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    await guard.follows("p_L1-P3")
    await guard.says("/hazard Lamp broken", photos=(museum.photo("a"),))
    assert guard.buttons[0] == "📍 East escape stairs"
    assert "unfinished draft: Inspection" in await guard.taps("📍 East escape stairs")
    assert (await only(museum)).place == "L1-P3"


@pytest.mark.parametrize("caption", ["报隐患 消火栓漏水", "/hazard 消火栓漏水"])
async def test_a_photo_captioned_as_a_report_is_one_whatever_is_open(museum: House, caption: str) -> None:
    guard = await museum.someone("g", "guard")
    await guard.follows("p_L1-P3")
    await guard.says("4 sign dark")
    await guard.says("rest normal")
    assert "Where is it?" in await guard.says(caption, photos=(museum.photo("a"),))
    assert "unfinished draft: Inspection" in await guard.taps("📍 East escape stairs")
    hazard = await only(museum)
    assert (hazard.note, hazard.source) == ("消火栓漏水", "report")
    assert [one["sha"] for one in hazard.photos] == [museum.photo("a").sha]
    assert "photo" in await guard.taps("Go on"), "the round has none of the photos"


async def test_a_caption_is_a_report_only_for_those_who_may_make_one(museum: House) -> None:
    visitor, desk = await museum.someone("v"), await museum.someone("s", "staff")
    await visitor.says("/feedback")
    await visitor.says("报隐患 灯坏了", photos=(museum.photo("a"),))
    assert await museum.rows(select(Hazard.id)) == []
    await desk.says("/hazard")
    assert "Where is it?" in await desk.says("报隐患 灯坏了", photos=(museum.photo("a"),))
    assert "unfinished" not in await desk.says("H1"), "the empty report made room for it"


async def test_a_point_s_code_begins_a_report_for_who_makes_no_rounds(museum: House) -> None:
    desk = await museum.someone("s", "staff")
    assert "photo of the hazard" in await desk.follows("p_L1-P3")
    await desk.says("Lamp broken", photos=(museum.photo("a"),))
    assert "Reported" in await desk.taps("📍 East escape stairs")


@pytest.mark.parametrize("same", [True, False])
async def test_what_is_open_at_the_place_is_offered_to_be_joined(museum: House, same: bool) -> None:
    await museum.someone("a", "guard")
    second = await museum.someone("b", "guard")
    chief = await museum.someone("c", "chief")
    known = await found(museum.engine, await id_of(museum, "a"), place="H1-P1")
    await second.says("/hazard Socket sparks", photos=(museum.photo("b"),))
    assert "Is it the same?" in await second.says("H1-P1")
    heard = await second.taps(f"Same: {known.number}" if same else "No, another one")
    stored = await museum.rows(select(Hazard.__table__).order_by(Hazard.id))
    again = await events(museum, "recur")
    assert [row.recurred for row in stored] == ([1] if same else [0, 0])
    assert (known.number in heard) == same
    assert [event.note for event in again] == (["Socket sparks"] if same else [])
    if same:
        assert [one["sha"] for one in again[0].photos] == [museum.photo("b").sha]
        assert "found" in await chief.hears()
        assert known.number in await second.says(known.number), "whoever found it again may follow it"


async def test_what_was_closed_meanwhile_cannot_be_joined(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    known = await found(museum.engine, await id_of(museum, "g"), place="H1-P1")
    await guard.says("/hazard Socket sparks", photos=(museum.photo("b"),))
    await guard.says("H1-P1")
    async with museum.database.transaction() as db:
        await db.execute(update(Hazard).where(Hazard.id == known.id).values(status="rejected"))
    assert "report it anew" in await guard.taps("Same:")
    assert await events(museum, "recur") == []


async def test_a_round_that_finds_the_same_again_counts_it_without_a_question(museum: House) -> None:
    guard, leader = await museum.someone("g", "guard"), await museum.someone("l", "leader")
    await inspects(guard, "4 sign dark")
    heard = await inspects(guard, "4 still dark")
    hazard = await only(museum)
    assert (hazard.recurred, hazard.number in heard) == (1, True)
    assert hazard.number in await leader.hears()
    await guard.taps("Correct")
    await guard.says("submit")
    assert (await only(museum)).recurred == 1, "a correction finds nothing again"


async def test_a_comment_about_safety_becomes_a_hazard(museum: House) -> None:
    visitor, desk = await museum.someone("v"), await museum.someone("s", "staff")
    await visitor.follows("h_H1")
    await visitor.taps("🙁")
    await visitor.says("The socket by the wall sparks", photos=(museum.photo("v"),))
    await visitor.taps("Complaint")
    await visitor.taps("Safety and order")
    await visitor.taps("Skip")
    assert "Where is it?" in await desk.taps("Make it a hazard")
    assert desk.buttons[0] == "📍 Prologue Hall (ground floor)"
    await desk.taps("📍 Prologue Hall")
    hazard = await only(museum)
    [comment] = await museum.rows(select(Feedback.id, Feedback.number))
    assert (hazard.source, hazard.feedback_id) == ("visitor", comment.id)
    assert hazard.note == "The socket by the wall sparks"
    assert [one["sha"] for one in hazard.photos] == [museum.photo("v").sha]
    assert f"Hazard: {hazard.number}" in await desk.says(comment.number)
    assert "already" in await desk.taps_data(f"a:comment_hazard:{comment.id}")
    assert len(await museum.rows(select(Hazard.id))) == 1


async def test_what_a_sample_comment_became_goes_with_it_and_a_real_hazard_stays(museum: House) -> None:
    visitor, desk = await museum.someone("v"), await museum.someone("s", "staff")
    await visitor.says("/feedback The socket by the wall sparks")
    await visitor.says("H1-P1")
    async with museum.database.transaction() as db:
        await db.execute(update(Feedback).values(sample=True))
    [comment] = await museum.rows(select(Feedback.id))
    await desk.taps_data(f"a:comment_hazard:{comment.id}")
    await desk.says("H1-P2")
    guard = await id_of(museum, "s")
    real = await found(museum.engine, guard, feedback_id=comment.id, source="visitor", place="L1-P3")
    rows = await museum.rows(select(Hazard.__table__).order_by(Hazard.id))
    assert [row.sample for row in rows] == [True, False]
    async with museum.database.transaction() as db:
        await demo.remove(db)
    assert (await only(museum)).number == real.number
    assert await museum.rows(select(Feedback.id)) == []


@pytest.mark.parametrize(
    ("note", "zh", "en"),
    [
        ("压力指针在红区", "压力指针在红区", "压力指针在红区"),
        ("dark\nand the cover is cracked", "dark", "dark"),
        ("异常", "异常：展厅灭火器、消火栓在位可见，压…", "Not in order: Extinguishers and hydrants in the…"),
        (
            "Broken!",
            "异常：展厅灭火器、消火栓在位可见，压…",
            "Not in order: Extinguishers and hydrants in the…",
        ),
    ],
)
def test_a_hazard_is_called_by_what_was_found(note: str, zh: str, en: str) -> None:
    item = Both(
        "展厅灭火器、消火栓在位可见，压力指示正常",
        "Extinguishers and hydrants in the halls in place, visible",
    )
    assert title_of(note, item) == Both(zh, en)
