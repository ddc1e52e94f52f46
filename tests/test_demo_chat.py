"""The sample in the chat: shown and marked, and nothing of the real work is done with it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from bot import demo
from models import Round
from tests.fixtures.passing import at, time_from
from tests.house import ZONE, House
from tests.test_rounds import NINE, with_plan

AFTERNOON = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)


async def sampled(house: House) -> None:
    async with house.database.transaction() as db:
        await demo.make(db, AFTERNOON, ZONE)


async def test_sample_rounds_are_shown_and_nobody_is_told_of_them(museum: House) -> None:
    with time_from(AFTERNOON) as clock:
        leader, guard = await museum.someone("leader", "leader"), await museum.someone("guard", "guard")
        await sampled(museum)
        heard = await leader.says("/rounds")
        assert "(sample)" in heard
        assert "✅" in heard
        assert not any("Start" in label for label in leader.buttons)
        assert "(sample)" in await leader.says("/plan")
        assert "sample" not in await guard.says("/rounds")
        due = await museum.rows(select(Round.id).where(Round.status == "due").limit(1))
        assert "not yours" in await leader.taps_data(f"a:round:{due[0].id}")
        await with_plan(museum, NINE)
        before = await museum.rows(select(Round.id, Round.status).where(Round.sample).order_by(Round.id))
        await leader.taps("Pause")
        await clock.to(museum, at(23, 12))
        after = await museum.rows(select(Round.id, Round.status).where(Round.sample).order_by(Round.id))
        assert after == before
        assert await guard.hears() == ""


async def test_a_hand_over_lists_no_sample_hazards(museum: House) -> None:
    with time_from(AFTERNOON):
        guard = await museum.someone("guard", "guard")
        await museum.someone("other", "guard")
        await sampled(museum)
        heard = await guard.says("/handover")
        assert "No open hazards" in heard
        async with museum.database.transaction() as db:
            await demo.remove(db)
        assert "hazards:" not in await guard.taps("other")
