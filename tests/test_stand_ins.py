"""What is somebody's by name falls, while they are away, to who stands in: places, hazards and rounds."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import update

from handlers.place_duty import answering
from models import Hazard, StandIn
from tests.fixtures.passing import at, time_from
from tests.house import House
from tests.records import id_of
from tests.test_hazard_life import NOW, NUMBER, Desk
from tests.test_place_duty import assigns
from tests.test_rounds import NINE, START, one_round, staffed, with_plan


async def absent(house: House, person: str, post: str, deputy: str | None, first: date) -> None:
    """Somebody is away for three days."""
    absence = {
        "person_id": await id_of(house, person), "post": post, "first_day": first,
        "last_day": first + timedelta(days=2), "entered_by": await id_of(house, person), "entered_at": NOW,
        "deputy_id": await id_of(house, deputy) if deputy else None,
    }  # fmt: skip
    await house.add(StandIn, absence)


async def answers(house: House, day: date) -> tuple[str, int | None]:
    async with house.database.reading() as db:
        return await answering(db, "L1-P3", day)


async def test_a_place_is_answered_for_by_who_stands_in(museum: House) -> None:
    with time_from(START):
        chief = await museum.someone("c", "chief")
        for name in ("g", "h"):
            await museum.someone(name, "guard")
        await assigns(chief, "L1", "Security", "g")
        await absent(museum, "g", "guard", "h", START.date())
        assert await answers(museum, START.date()) == ("Security", await id_of(museum, "h"))
        assert await answers(museum, START.date() + timedelta(days=3)) == (
            "Security",
            await id_of(museum, "g"),
        )
        card = await chief.says("/duty L1-P3")
        assert "Person: g" in card
        assert "Away today; h stands in." in card
        await absent(museum, "h", "guard", "g", START.date())
        assert await answers(museum, START.date()) == ("Security", await id_of(museum, "g")), "both are away"


async def test_an_order_is_the_stand_ins_to_accept(museum: House, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(museum, monkeypatch)
    await desk.finds()
    away, other = await museum.someone("Zhao", "guard"), await museum.someone("other", "guard")
    await absent(museum, "Zhao", "guard", "other", NOW.date())
    await desk.order(desk.chief, "Zhao")
    assert await away.hears() == ""
    assert "ordered that" in await other.hears()
    assert NUMBER in await other.says("/hazards mine")
    await desk.accept(other)
    await desk.rectify(other)
    assert await desk.state() == "pending_review"
    assert "Review passed" in str((await desk.leader.says(NUMBER), desk.leader.buttons))


async def test_who_asked_for_more_time_standing_in_never_decides_on_it(
    museum: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(museum, monkeypatch)
    await desk.finds()
    await museum.someone("Zhao", "deputy")
    await absent(museum, "Zhao", "deputy", "deputy", NOW.date())
    await desk.order(desk.director, "Zhao", "20 days")
    await desk.accept(desk.deputy)
    await desk.deputy.taps("Ask for more time")
    await desk.deputy.says("30 days")
    assert "Done" in await desk.deputy.says("The part is on its way")
    desk.now += timedelta(days=3)  # Zhao is back
    async with museum.database.transaction() as db:
        await db.execute(update(Hazard).values(issued_post="deputy"))  # as if the deputy could decide on it
    await desk.deputy.says(NUMBER)
    assert not any("more time" in label for label in desk.deputy.buttons)
    for move in ("grant", "deny"):
        assert "Nobody decides on their own request" in await desk.forged(desk.deputy, move)
    await desk.director.says(NUMBER)
    assert "Done" in await desk.director.taps("Grant more time")


async def test_a_round_is_the_stand_ins_to_make(museum: House) -> None:
    with time_from(START) as clock:
        _leader, guard, other = await staffed(museum)
        await with_plan(museum, NINE, post=None, person_id=await id_of(museum, "other"))
        await absent(museum, "other", "guard", "guard", START.date())
        await clock.to(museum, at(24, 9))
        assert await other.hears() == ""
        assert "Due now" in await guard.hears()
        assert "09:00" in await guard.says("/rounds")
        assert "(0/14)" in await guard.taps("Start")
        assert (await one_round(museum)).person_id == await id_of(museum, "guard")


async def test_a_round_of_somebody_away_for_whom_nobody_stands_in_is_the_posts(museum: House) -> None:
    with time_from(START) as clock:
        _leader, guard, other = await staffed(museum)
        await with_plan(museum, NINE, post=None, person_id=await id_of(museum, "other"))
        await absent(museum, "other", "guard", None, START.date())
        await clock.to(museum, at(24, 9))
        assert await other.hears() == ""
        assert "Due now" in await guard.hears()
