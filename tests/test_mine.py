"""One's own records and drafts."""

from __future__ import annotations

from datetime import timedelta

from models import Feedback, Inspection, Outreach, OutreachMember
from tests.house import House
from tests.records import NOW, TODAY, comment, event, id_of, inspection, member


async def test_the_last_records_of_each_kind_with_their_state(museum: House) -> None:
    guard = await museum.someone("g", "guard", "volunteer")
    me, other = (
        await id_of(museum, "g"),
        await id_of(museum, (await museum.someone("o", "guard")).external_id),
    )
    await museum.add(
        Inspection,
        *(
            inspection(f"XJ-{n}", me, submitted_at=NOW + timedelta(hours=n), failed=n % 2)
            for n in range(1, 6)
        ),
        inspection("XJ-6", me, submitted_at=NOW + timedelta(hours=9), current=False),
        inspection("XJ-7", other),
    )
    await museum.add(
        Outreach,
        event("HD-1", me, theme="museum_day", status="returned", returned_because="人数不对"),
        event("HD-2", other, status="pending"),
        event("HD-3", other),
    )
    await museum.add(OutreachMember, member(2, me, 60))
    await museum.add(
        Feedback,
        comment("LY-1", person_id=me, rating=5, status="answered"),
        comment("LY-2", person_id=other, rating=1),
    )
    heard = await guard.says("/mine")
    assert [line.split(" · ")[0] for line in heard.splitlines() if line.startswith("XJ")] == [
        "XJ-5",
        "XJ-4",
        "XJ-3",
    ]
    assert "XJ-5 · East escape stairs" in heard
    assert "1 item failed" in heard
    assert "all normal" in heard
    assert "returned to be mended · 人数不对" in heard
    assert "HD-2 · 实验小学" in heard
    assert "waiting for approval" in heard
    assert "LY-1 · 😍 5 · answered" in heard
    for theirs in ("XJ-7", "HD-3", "LY-2"):
        assert theirs not in heard


async def test_drafts_wait_with_a_button_each_and_are_offered_once(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    await guard.follows("p_L1-P3")
    await guard.says("3异常")
    await guard.says("/feedback")
    await guard.says("/mine")
    (told,) = [message for message in guard.told if "Drafts" in message["text"]]
    assert guard.told[-1] == told  # no second offer behind it
    assert [label.split(":")[0] for label in guard.buttons] == ["Go on", "Go on"]
    assert "(1/14)" in await guard.taps("Go on: Inspection")


async def test_nothing_yet_and_nothing_of_strangers(museum: House) -> None:
    await museum.add(
        Inspection,
        inspection("XJ-1", await id_of(museum, (await museum.someone("o", "guard")).external_id), TODAY),
    )
    visitor = await museum.someone("v")
    assert "no records yet" in await visitor.says("我的")
    await visitor.says("/feedback")
    await visitor.taps("5")
    heard = await visitor.says("/mine")
    assert "LY-" in heard
    assert "XJ-" not in heard
