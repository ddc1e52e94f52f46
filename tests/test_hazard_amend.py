"""A slip in a hazard report: seen before it is filed, corrected after, with what was said first kept."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from models import Hazard, HazardEvent
from tests.fixtures.hazard_flow import events, ordered
from tests.house import House, Someone
from tests.records import id_of


async def only(house: House) -> Any:
    [row] = await house.rows(select(Hazard.__table__))
    return row


async def reports(person: Someone, words: str, place: str = "H1-P2") -> Any:
    """A report with one photo, of words and a place."""
    await person.says(f"/hazard {words}", photos=(person.house.photo("a"),))
    await person.says(place)
    return (await person.house.rows(select(Hazard.__table__).order_by(Hazard.id)))[-1]


@pytest.mark.parametrize("word", ["喂", "快点", "在吗", "？？", "！", "喂喂，有人吗？", "Hello?", "hurry up"])
async def test_an_impatient_word_is_no_description(museum: House, word: str) -> None:
    guard = await museum.someone("g", "guard")
    await guard.says("/hazard")
    assert "I am here" in await guard.says(word)
    assert "in a few words" in await guard.says(word, photos=(museum.photo("a"),)), "its photo is kept"
    assert "Where is it?" in await guard.says("Hydrant leaks")
    await guard.says("H1-P2")
    hazard = await only(museum)
    assert (hazard.note, len(hazard.photos)) == ("Hydrant leaks", 1)


async def test_an_impatient_word_behind_the_command_is_none_either(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    assert "Send a photo of the hazard" in await guard.says("/hazard 快点！")


async def test_every_answer_can_be_changed_before_it_is_filed(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    heard = await guard.says("/hazard Hydrant leeks", photos=(museum.photo("a"),))
    assert "⚠️ Hydrant leeks · minor · 1 photo" in heard
    await guard.taps("Change")
    await guard.taps("What is wrong")
    await guard.says("Hydrant leaks")
    await guard.taps("Change")
    await guard.taps("Severity")
    assert "Hydrant leaks · major" in await guard.taps("major")
    await guard.taps("Change")
    await guard.taps("Photos")
    assert "Where is it?" in await guard.says(photos=(museum.photo("b"),))
    await guard.says("H1-P2")
    hazard = await only(museum)
    assert (hazard.note, hazard.severity) == ("Hydrant leaks", "major")
    assert [one["sha"] for one in hazard.photos] == [museum.photo("b").sha]


async def test_a_report_is_corrected_by_whoever_made_it_and_its_first_words_stay(museum: House) -> None:
    guard, chief = await museum.someone("g", "guard"), await museum.someone("c", "chief")
    hazard = await reports(guard, "Lamp out")
    await chief.hears()
    assert "Keep it as it is" in [await guard.taps("Correct"), *guard.buttons]
    heard = await guard.says("Loose socket")
    assert "What is wrong: Loose socket" in heard
    await guard.taps("Change")
    await guard.taps("Place")
    await guard.says("H1-P1")
    await guard.taps("Submit")
    now = await only(museum)
    assert (now.number, now.note, now.title_zh) == (hazard.number, "Loose socket", "Loose socket")
    assert (now.place, now.status, now.severity, now.category) == ("H1-P1", "open", "minor", "fire")
    stored = await museum.rows(select(HazardEvent.__table__).order_by(HazardEvent.seq))
    assert [(one.move, one.note, one.place) for one in stored] == [
        ("report", "Lamp out", "H1-P2"),
        ("amend", "Loose socket", "H1-P1"),
    ]
    heard = await chief.hears()
    assert "corrected the report" in heard
    assert "Loose socket" in heard


async def test_words_of_danger_make_it_critical_and_no_words_make_it_less(museum: House) -> None:
    guard, director = await museum.someone("g", "guard"), await museum.someone("d", "director")
    await reports(guard, "Lamp out")
    await guard.taps("Correct")
    await guard.says("Smoke from the lamp")
    await guard.taps("Submit")
    assert (await only(museum)).severity == "critical"
    assert "Smoke from the lamp" in await director.hears()
    await guard.taps("Correct")
    await guard.says("A lamp")
    await guard.taps("Submit")
    assert (await only(museum)).severity == "critical"


async def test_whoever_has_no_name_is_shown_by_their_post(museum: House) -> None:
    boss = await museum.someone("", "admin")
    hazard = await reports(boss, "Lamp out")
    assert f"Administrator #{hazard.found_by}" in await boss.taps("Look at it")


async def test_nobody_else_corrects_it_and_nobody_once_it_is_ordered(museum: House) -> None:
    guard, other = await museum.someone("g", "guard"), await museum.someone("o", "leader")
    await museum.someone("c", "chief")
    hazard = await reports(guard, "Lamp out")
    await other.taps_data(f"a:hz_amend:{hazard.id}.1")
    assert "whoever reported it" in other.told[-1]["text"]
    await guard.taps("Correct")
    await guard.says("Hydrant leaks")
    await ordered(museum.engine, hazard.id, await id_of(museum, "c"), await id_of(museum, "o"))
    assert "cannot be done now" in await guard.taps("Submit")
    assert await events(museum, "amend") == []
