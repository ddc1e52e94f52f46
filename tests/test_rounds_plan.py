"""Plans of rounds changed and carried on: what was begun stays, what is to come follows, nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot import housekeeping
from bot.app import prepare
from bot.clock import Clock
from bot.config import Settings
from handlers.calendar import Schedule
from models import Due, Round, RoundPlan
from tests.fixtures.passing import Passing, at, time_from
from tests.house import ZONE, House, Someone, open_house
from tests.test_rounds import NINE, START, inspects, staffed, states, with_plan


@pytest.fixture(autouse=True)
def clock() -> Iterator[Passing]:
    with time_from(START) as passing:
        yield passing


async def times(house: House) -> list[tuple[str, str]]:
    """Of the first day, when rounds are due and their state."""
    query = select(Round.due_at, Round.status).where(Round.day == START.date())
    rows = await house.rows(query.order_by(Round.due_at, Round.place))
    return [(f"{row.due_at.astimezone(ZONE):%H:%M}", row.status) for row in rows]


async def changes(leader: Someone, part: str, *answers: str) -> str:
    """Change a part of the first plan, and submit."""
    await leader.says("/plan")
    assert "Please check" in await leader.taps("Change 1")
    await leader.taps("Change")
    await leader.taps(part)
    for answer in answers:
        await leader.says(answer)
    return await leader.taps("Submit")


async def test_a_plan_is_changed_in_the_chat(museum: House, clock: Passing) -> None:
    leader, guard, _other = await staffed(museum)
    await with_plan(museum, Schedule("times", (time(9), time(11), time(14))))
    await clock.to(museum, at(24, 9))
    await inspects(guard)
    await leader.says("/plan")
    heard = await leader.taps("Change 1")
    assert "Times: 09:00 11:00 14:00" in heard
    assert "Made by: Guard" in heard
    await leader.taps("Cancel")
    heard = await changes(leader, "Times", "10:00, 14:00")
    assert "The plan is changed" in heard
    assert "every day 10:00, 14:00" in heard
    await guard.hears()
    await clock.to(museum, at(24, 10))
    assert await times(museum) == [("09:00", "done"), ("10:00", "due"), ("11:00", "off"), ("14:00", "due")]
    assert "Due now (10:00)" in await guard.hears()
    await clock.to(museum, at(24, 12))
    assert "11:00" not in await guard.hears()
    [plan] = await museum.rows(select(RoundPlan.created_by, RoundPlan.active))
    assert plan.active


async def test_tomorrows_rounds_made_ahead_follow_the_plan(museum: House, clock: Passing) -> None:
    leader, guard, other = await staffed(museum)
    await with_plan(museum, NINE)
    await clock.to(museum, at(24, 21))
    await changes(leader, "Made by", "other")
    await changes(leader, "Reminder", "0")
    await changes(leader, "Grace", "60")
    await clock.to(museum, at(24, 21, 1))
    await guard.hears()
    await other.hears()
    await clock.to(museum, at(25, 8, 59))
    assert await guard.hears() == await other.hears() == "", "nobody is reminded any more"
    await clock.to(museum, at(25, 9))
    assert await guard.hears() == ""
    assert "Until 10:00" in await other.hears()
    await clock.to(museum, at(25, 9, 59))
    assert await states(museum) == [("L1-P3", "missed"), ("L1-P3", "due")]
    await clock.to(museum, at(25, 10))
    assert await states(museum) == [("L1-P3", "missed"), ("L1-P3", "missed")]


async def test_a_round_that_was_begun_is_the_only_one_of_its_time(museum: House, clock: Passing) -> None:
    leader, guard, _other = await staffed(museum)
    await with_plan(museum, Schedule("times", (time(9), time(14))))
    await clock.to(museum, at(24, 8, 40))
    await guard.follows("p_L1-P3")
    await changes(leader, "Place", "L1-P1")
    await clock.to(museum, at(24, 8, 41))
    assert await states(museum) == [("L1-P3", "started"), ("L1-P1", "due"), ("L1-P3", "off")]
    await guard.says("all normal")
    await guard.taps("Submit")
    assert (await states(museum))[0] == ("L1-P3", "done")


async def test_a_grace_made_shorter_waits_for_the_round_under_way(museum: House, clock: Passing) -> None:
    leader, guard, _other = await staffed(museum)
    await with_plan(museum, NINE)
    await clock.to(museum, at(24, 8, 50))
    await guard.follows("p_L1-P3")
    await changes(leader, "Grace", "5")
    await clock.to(museum, at(24, 9, 20))
    assert await times(museum) == [("09:00", "started")]


async def test_a_paused_plan_is_changed_and_stays_paused(museum: House, clock: Passing) -> None:
    leader, _guard, _other = await staffed(museum)
    await with_plan(museum, NINE)
    await leader.says("/plan")
    await leader.taps("Pause 1")
    assert "still paused" in await changes(leader, "Times", "10:00")
    await clock.to(museum, at(24, 12))
    assert {state for _time, state in await times(museum)} <= {"off"}


async def test_who_may_not_plan_changes_nothing(museum: House) -> None:
    leader, guard, _other = await staffed(museum)
    await with_plan(museum, NINE)
    assert "not open to you" in await guard.taps_data("a:plan_edit:1")
    assert "no longer in use" in await leader.taps_data("a:plan_edit:99")


async def test_next_is_what_nobody_has_begun(museum: House, clock: Passing) -> None:
    leader, guard, _other = await staffed(museum)
    await with_plan(museum, NINE)
    await clock.to(museum, at(24, 8, 40))
    assert "next 24 Nov 09:00" in await leader.says("/plan")
    await inspects(guard)
    assert "next 25 Nov 09:00" in await leader.says("/plan")
    await clock.to(museum, at(25, 9, 10))
    assert "next 25 Nov 09:00" in await leader.says("/plan"), "within the grace it can be made"
    await clock.to(museum, at(25, 9, 31))
    assert "next 26 Nov 09:00" in await leader.says("/plan")


async def given_up(house: House) -> None:
    """Planning has failed for good, and calls for no next day."""
    async with house.database.transaction() as db:
        await db.execute(update(Due).where(Due.kind == "rounds.plan").values(status="dead", attempts=5))


async def test_planning_that_failed_for_good_goes_on_the_next_night(museum: House, clock: Passing) -> None:
    await staffed(museum)
    await with_plan(museum, NINE)
    await given_up(museum)
    clock.move(at(25, 3, 40))
    async with museum.database.transaction() as db:
        work = Clock(museum.database, museum.engine)._work(db)
        await housekeeping.nightly(work, housekeeping.KEY)
    assert work.dues["rounds.plan", "2026-11-25"]["due_at"] == at(25, 3, 40)


async def test_planning_that_failed_for_good_goes_on_at_the_start(program_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url=program_url, media_dir=tmp_path / "media")
    await prepare(settings)
    async with open_house(program_url, tmp_path) as house:
        assert await house.rows(select(Due).where(Due.kind == "rounds.plan")) == [], "there are no plans"
        await staffed(house)
        await with_plan(house, NINE)
        await given_up(house)
        await prepare(settings)
        await prepare(settings)
        [due] = await house.rows(select(Due).where(Due.kind == "rounds.plan"))
        assert (due.key, due.status, due.attempts) == ("2026-11-24", "waiting", 0)
