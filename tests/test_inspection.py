"""Inspections: what is stored, who signs, what a correction keeps, and what nobody may do."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from models import Hazard, Inspection, InspectionItem, Outbox, Signature
from tests.house import House, Someone, open_house

POINT = "p_L1-P3"  # the east escape stairs: the daily fire patrol of 14 items


async def submitted(guard: Someone, *words: str) -> str:
    """The record number of a patrol answered with `words`."""
    await guard.follows(POINT)
    for said in words:
        await guard.says(said)
    heard = await guard.taps("Submit")
    return next(word for word in heard.split() if word.startswith("XJ-"))


async def rows(house: House, model: Any, *where: Any) -> list[Any]:
    return await house.rows(select(model).where(*where).order_by(model.id))


async def test_a_batch_stays_visible_on_the_record(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    await submitted(guard, "all normal")
    (record,) = await rows(museum, Inspection)
    assert (record.batch, record.presence, record.failed, record.too_fast) == (True, "qr", 0, True)
    items = await rows(museum, InspectionItem)
    assert len(items) == 14
    assert {item.how for item in items} == {"batch"}


async def test_item_by_item_is_no_batch(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    await guard.follows(POINT)
    for _item in range(14):
        await guard.taps("Normal")
    await guard.taps("Submit")
    (record,) = await rows(museum, Inspection)
    assert not record.batch


async def test_a_round_slow_enough_is_not_flagged(museum_url: str, tmp_path: Path) -> None:
    async with open_house(museum_url, tmp_path, seconds_per_item=0) as house:
        guard = await house.someone("g", "guard")
        leader = await house.someone("l", "leader")
        await submitted(guard, "all normal")
        assert "fast" not in await leader.hears()
        (record,) = await rows(house, Inspection)
        assert not record.too_fast


async def test_a_spot_photo_is_asked_on_an_all_normal_round_only(museum_url: str, tmp_path: Path) -> None:
    async with open_house(museum_url, tmp_path, spot_photo_one_in=1) as house:
        guard = await house.someone("g", "guard")
        await guard.follows(POINT)
        assert "spot check" in await guard.says("all normal")
        assert "Send a photo" in await guard.says("no")
        assert "check" in await guard.says(photos=(house.photo("spot"),))
        await guard.taps("Submit")
        (record,) = await rows(house, Inspection)
        assert len(record.spot_photos) == 1
        await guard.follows(POINT)
        assert "spot check" not in await guard.says("4 dark, rest normal")


async def test_hazards_carry_severity_and_first_deadline(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    await guard.follows(POINT)
    await guard.says("1 smoking", photos=(museum.photo("a"),))
    await guard.says("4 sign dark", photos=(museum.photo("b"),))
    await guard.says("14 poster torn", photos=(museum.photo("c"),))
    await guard.says("rest normal")
    await guard.taps("Needs rectification")
    await guard.taps("Submit")
    found = await rows(museum, Hazard)
    hours = {hazard.severity: (hazard.due_at - hazard.found_at).total_seconds() / 3600 for hazard in found}
    assert hours == {"critical": 2, "major": 24, "minor": 168}
    assert [hazard.number[-4:] for hazard in found] == ["0001", "0002", "0003"]


async def test_the_inspector_never_signs_second_and_nobody_twice(museum: House) -> None:
    leader = await museum.someone("l", "leader")
    chief = await museum.someone("c", "chief")
    number = await submitted(leader, "all normal")
    assert number in await chief.hears()
    (record,) = await rows(museum, Inspection)
    assert "cannot give" in await leader.taps_data(f"a:sign:{record.id}")
    assert "Signed" in await chief.taps("Sign")
    assert "already" in await chief.taps_data(f"a:sign:{record.id}")
    assert len(await rows(museum, Signature)) == 2


async def test_two_leaders_at_once_make_one_signature(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    leaders = [await museum.someone(f"l{n}", "leader") for n in range(4)]
    await submitted(guard, "all normal")
    (record,) = await rows(museum, Inspection)
    await asyncio.gather(*(leader.taps_data(f"a:sign:{record.id}") for leader in leaders))
    assert len(await rows(museum, Signature, Signature.post == "second")) == 1


async def test_guards_volunteers_and_visitors_cannot_sign(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    await submitted(guard, "all normal")
    (record,) = await rows(museum, Inspection)
    for name, roles in (("g2", ["guard"]), ("v", ["volunteer"]), ("x", []), ("s", ["staff"])):
        other = await museum.someone(name, *roles)
        await other.taps_data(f"a:sign:{record.id}")
    assert await rows(museum, Signature, Signature.post == "second") == []


async def test_the_monthly_checklist_is_signed_by_the_inspected_department(museum: House) -> None:
    chief = await museum.someone("c", "chief")
    staff = await museum.someone("s", "staff")
    leader = await museum.someone("l", "leader")
    await chief.says("/inspect M")
    if "which checklist" in chief.told[-1]["text"]:
        await chief.says("monthly")
    await chief.says("all normal")
    await chief.taps("Submit")
    (record,) = await rows(museum, Inspection)
    assert "is signed by" in await leader.taps_data(f"a:sign:{record.id}")
    assert "Signed" in await staff.taps("Sign")


async def test_a_correction_keeps_the_old_and_mends_the_hazards(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    leader = await museum.someone("l", "leader")
    number = await _one_fault(museum, guard)
    await leader.taps("Sign")
    await guard.taps("Correct")
    assert "Why is it corrected" in await guard.says("4 normal, 5 expired", photos=(museum.photo("e"),))
    await guard.says("mixed up two items")
    await guard.taps("Submit")
    told = await leader.hears()
    assert "mixed up two items" in told
    assert "Withdrawn: YH-" in told
    first, second = await rows(museum, Inspection)
    assert (first.number, first.revision, first.current) == (number, 1, False)
    assert (second.number, second.revision, second.current) == (number, 2, True)
    old = await rows(
        museum, InspectionItem, InspectionItem.inspection_id == first.id, InspectionItem.number == 4
    )
    assert old[0].state == "bad"
    assert {h.item_key: h.status for h in await rows(museum, Hazard)} == {
        "fire.signs_lights": "withdrawn",
        "fire.equipment": "open",
    }
    assert "newest" in await leader.taps_data(f"a:sign:{first.id}")
    assert "Signed" in await leader.taps_data(f"a:sign:{second.id}")
    assert "corrected since" in await guard.taps_data(f"a:correct:{first.id}")


async def test_nobody_corrects_another_guards_record(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    other = await museum.someone("g2", "guard")
    await submitted(guard, "all normal")
    (record,) = await rows(museum, Inspection)
    assert "not yours" in await other.taps_data(f"a:correct:{record.id}")
    number = f"check {record.number}"
    assert "that you may see" in await other.says(number)
    assert record.number in await guard.says(number)


async def test_fifty_taps_at_once_are_one_answer(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    await guard.follows(POINT)
    message, data = guard.button("Normal")
    answers = await asyncio.gather(*(guard.taps_data(data, message["seq"]) for _tap in range(20)))
    assert len(answers) == 20
    assert "(1/14) Item 2" in guard.told[-1]["text"]
    replies = await museum.rows(select(func.count()).select_from(Outbox))
    assert replies[0][0] >= 20


async def test_somebody_elses_conversation_is_closed_to_others(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    other = await museum.someone("g2", "guard")
    await guard.follows(POINT)
    message, data = guard.button("All normal")
    assert "no longer in use" in await other.taps_data(data, message["seq"])
    assert "(0/14)" in await guard.says("what")


async def test_losing_the_post_closes_the_open_form(museum: House) -> None:
    from models import Person

    guard = await museum.someone("g", "guard")
    await guard.follows(POINT)
    async with museum.database.transaction() as db:
        await db.execute(update(Person).where(Person.name == "g").values(active=False))
    _message, data = guard.button("All normal")
    await guard.taps_data(data)
    assert await rows(museum, Inspection) == []
    assert "not open to you" in await guard.says("/inspect")


async def test_an_old_version_stays_with_its_inspection(museum: House) -> None:
    """A checklist changed in mid-patrol does not change the patrol."""
    from bot.imports import export_checklists, import_checklists

    guard = await museum.someone("g", "guard")
    await guard.follows(POINT)
    async with museum.database.transaction() as db:
        text = await export_checklists(db)
        await import_checklists(db, text.replace("Fire lane and outdoor hydrants", "Fire lanes and hydrants"))
    await guard.says("13 blocked", photos=(museum.photo("a"),))
    await guard.says("rest normal")
    assert "Submitted" in await guard.taps("Submit")
    (hazard,) = await rows(museum, Hazard)
    assert hazard.title_en == "blocked"
    card = await guard.says(f"check {hazard.number}")
    assert "Item: Fire lane and" in card


async def _one_fault(house: House, guard: Someone) -> str:
    await guard.follows(POINT)
    await guard.says("4 dark", photos=(house.photo("d"),))
    await guard.says("rest normal")
    heard = await guard.taps("Submit")
    return next(word for word in heard.split() if word.startswith("XJ-"))


@pytest.mark.parametrize(
    "said", ["0 normal", "99 bad", "3 3 3", "-1", "15", "第0项异常", "3-99正常", "a" * 4000, "3" * 500]
)
async def test_nonsense_on_the_card_changes_nothing(museum: House, said: str) -> None:
    guard = await museum.someone("g", "guard")
    await guard.follows(POINT)
    await guard.says(said)
    assert "(0/14)" in guard.told[-1]["text"]
