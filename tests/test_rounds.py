"""Rounds: planned, reminded of, begun, marked by the inspection, missed with a reason; and never twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot import endings
from bot.clock import Clock
from handlers import rounds_planning
from handlers.calendar import Schedule
from models import Due, OpeningDay, Place, Round, RoundPlan
from tests.fixtures.passing import DAY, Passing, at, planned, planning, time_from
from tests.house import House, Someone
from tests.records import id_of

NINE = Schedule("times", (time(9),))
START = at(24, 8)  # a Tuesday


@pytest.fixture(autouse=True)
def clock() -> Iterator[Passing]:
    with time_from(START) as passing:
        yield passing


async def staffed(house: House) -> tuple[Someone, Someone, Someone]:
    """A leader and two guards."""
    return (
        await house.someone("leader", "leader"),
        await house.someone("guard", "guard"),
        await house.someone("other", "guard"),
    )


async def with_plan(house: House, *schedules: Schedule, **more: Any) -> None:
    """Plans made by the leader, in force from now on."""
    leader = await id_of(house, "leader")
    await house.add(RoundPlan, *(planned(leader, schedule, START, **more) for schedule in schedules))
    await house.add(Due, planning(START))


async def states(house: House) -> list[tuple[str, str]]:
    rows = await house.rows(
        select(Round.place, Round.status, Round.due_at).order_by(Round.due_at, Round.place)
    )
    return [(row.place, row.status) for row in rows]


async def one_round(house: House) -> Any:
    [row] = await house.rows(select(*Round.__table__.columns).order_by(Round.due_at).limit(1))
    return row


async def inspects(guard: Someone, link: str = "p_L1-P3") -> None:
    await guard.follows(link)
    await guard.says("all normal")
    assert "Submitted" in await guard.taps("Submit")


async def test_a_round_is_reminded_of_begun_and_done(museum: House, clock: Passing) -> None:
    leader, guard, _other = await staffed(museum)
    await with_plan(museum, NINE)
    await clock.to(museum, at(24, 8, 44))
    assert await guard.hears() == ""
    await clock.to(museum, at(24, 8, 45))
    assert "⏰ In 15 minutes" in await guard.hears()
    await clock.to(museum, at(24, 9))
    heard = await guard.hears()
    assert "🔔 Due now (09:00)" in heard
    assert "Until 09:30" in heard
    assert "(0/14)" in await guard.taps("Start")
    assert (await one_round(museum)).status == "started"
    await guard.taps("All normal")
    await guard.taps("Submit")
    done = await one_round(museum)
    assert (done.status, done.person_id) == ("done", await id_of(museum, "guard"))
    assert done.inspection_id is not None
    await leader.hears()
    await clock.to(museum, at(24, 10))
    assert await leader.hears() == ""
    assert "✅" in await leader.says("/rounds")


async def test_a_scan_marks_it_as_well(museum: House, clock: Passing) -> None:
    _leader, guard, _other = await staffed(museum)
    await with_plan(museum, NINE)
    await clock.to(museum, at(24, 8, 40))
    await inspects(guard)
    assert await states(museum) == [("L1-P3", "done")]
    await guard.hears()
    await clock.to(museum, at(24, 12))
    assert await guard.hears() == "", "nobody is reminded of what is done"


async def test_too_early_is_no_round(museum: House, clock: Passing) -> None:
    _leader, guard, _other = await staffed(museum)
    await with_plan(museum, NINE)
    await clock.to(museum, at(24, 8, 20))
    await inspects(guard)
    assert await states(museum) == [("L1-P3", "due")]
    row = await one_round(museum)
    assert "08:30" in await guard.taps_data(f"a:round:{row.id}")


async def test_only_those_on_duty_are_told_if_anybody_is(museum: House, clock: Passing) -> None:
    _leader, guard, other = await staffed(museum)
    await with_plan(museum, NINE)
    assert "On duty since 08:00" in await other.says("/on")
    await clock.to(museum, at(24, 9))
    assert "Due now" in await other.hears()
    assert await guard.hears() == ""


async def test_a_missed_one_asks_for_its_reason_and_the_leader_is_told(museum: House, clock: Passing) -> None:
    leader, guard, other = await staffed(museum)
    await with_plan(museum, NINE)
    await clock.to(museum, at(24, 9, 30))
    assert (await one_round(museum)).status == "missed"
    assert "What was the reason?" in await guard.hears()
    assert "❗ Missed (09:00)" in await leader.hears()
    assert "Noted: Forgotten" in await guard.taps("Forgotten")
    assert "guard on the missed round of 09:00: Forgotten" in await leader.hears()
    row = await one_round(museum)
    assert (row.reason, row.reason_by) == ("forgot", await id_of(museum, "guard"))
    await other.hears()
    assert "given already" in await other.taps("Too few people")
    assert (await one_round(museum)).reason == "forgot"


async def test_a_reason_in_ones_own_words(museum: House, clock: Passing) -> None:
    leader, guard, _other = await staffed(museum)
    await with_plan(museum, NINE)
    await clock.to(museum, at(24, 9, 31))
    await guard.hears()
    assert "in a few words" in await guard.taps("In my own words")
    assert "Noted: A visitor had fainted" in await guard.says("A visitor had fainted")
    assert "A visitor had fainted" in await leader.hears()
    assert (await one_round(museum)).reason == "A visitor had fainted"


async def test_what_was_missed_may_be_made_up_late(museum: House, clock: Passing) -> None:
    _leader, guard, _other = await staffed(museum)
    await with_plan(museum, NINE)
    await clock.to(museum, at(24, 11))
    await inspects(guard)
    assert await states(museum) == [("L1-P3", "late")]
    assert "done already" in await guard.taps_data(f"a:round:{(await one_round(museum)).id}")


async def test_the_round_whose_time_it_is_goes_before_one_that_was_missed(
    museum: House, clock: Passing
) -> None:
    _leader, guard, _other = await staffed(museum)
    await with_plan(museum, Schedule("times", (time(9), time(11))))
    await clock.to(museum, at(24, 11))
    await inspects(guard)
    assert [state for _place, state in await states(museum)] == ["missed", "done"]
    await inspects(guard)
    assert [state for _place, state in await states(museum)] == ["late", "done"]


async def test_a_correction_is_no_second_round(museum: House, clock: Passing) -> None:
    _leader, guard, _other = await staffed(museum)
    await with_plan(museum, Schedule("times", (time(9), time(9, 20))))
    await clock.to(museum, at(24, 9))
    await inspects(guard)
    await guard.taps("Correct")
    await guard.taps("Submit")
    assert [state for _place, state in await states(museum)] == ["done", "due"]


async def test_all_points_of_a_hall_are_told_of_together(museum: House, clock: Passing) -> None:
    leader, guard, _other = await staffed(museum)
    await with_plan(museum, NINE, place="M", spread=True)
    await clock.to(museum, at(24, 9))
    heard = await guard.hears()
    rows = await states(museum)
    assert len(rows) > 3
    assert heard.count("Due now") == 1
    assert f"{len(rows)} places" in heard
    assert "(0/14)" in await guard.taps("Start: East escape stairs")
    await clock.to(museum, at(24, 9, 30))
    assert (await leader.hears()).count("❗ Missed") == 1
    assert {state for _place, state in await states(museum)} == {"missed"}


async def test_a_named_person_is_told_and_nobody_else(museum: House, clock: Passing) -> None:
    _leader, guard, other = await staffed(museum)
    await with_plan(museum, NINE, post=None, person_id=await id_of(museum, "other"))
    await clock.to(museum, at(24, 9))
    assert "Due now" in await other.hears()
    assert await guard.hears() == ""
    assert "No rounds are planned" in await guard.says("/rounds")
    assert "not yours" in await guard.taps_data(f"a:round:{(await one_round(museum)).id}")


async def test_days_are_planned_one_after_the_other(museum: House, clock: Passing) -> None:
    await staffed(museum)
    await with_plan(museum, NINE)
    await clock.to(museum, at(27, 12))
    assert [state for _place, state in await states(museum)] == ["missed"] * 4


async def test_planning_a_day_again_changes_nothing(museum: House, clock: Passing) -> None:
    _leader, guard, _other = await staffed(museum)
    await with_plan(museum, NINE)
    await clock.to(museum, at(24, 9))
    await guard.hears()
    for _time in range(3):
        async with museum.database.transaction() as db:
            await db.execute(
                update(Due).where(Due.kind == "rounds.plan").values(status="waiting", due_at=clock.now)
            )
        await clock.to(museum, clock.now)
    assert await guard.hears() == ""
    assert len(await museum.rows(select(Round.id).where(Round.day == clock.now.date()))) == 1


async def test_two_who_plan_the_same_day_at_once_make_each_round_once(museum: House) -> None:
    await staffed(museum)
    await with_plan(museum, NINE, place="M", spread=True)
    both_look = asyncio.Barrier(1 if museum.database.sqlite else 2)  # on SQLite one writes after the other
    look = rounds_planning._of_day

    async def looks(db: Any, day: Any) -> Any:
        found = await look(db, day)
        await both_look.wait()
        return found

    async def plans() -> None:
        async with museum.database.transaction() as db:
            work = Clock(museum.database, museum.engine)._work(db)
            await rounds_planning.plan_day(work, START.date())
            await endings.write(db, [work])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rounds_planning, "_of_day", looks)
        await asyncio.gather(plans(), plans())
    places = [place for place, _state in await states(museum)]
    assert len(places) == len(set(places)) > 3
    kinds = [row.kind for row in await museum.rows(select(Due.kind).where(Due.kind != "rounds.plan"))]
    assert sorted(kind for kind in kinds if kind.startswith("rounds.")) == [
        "rounds.begin", "rounds.end", "rounds.remind",
    ]  # fmt: skip


async def test_a_place_that_comes_later_has_nobody_told_twice(museum: House, clock: Passing) -> None:
    _leader, guard, _other = await staffed(museum)
    async with museum.database.transaction() as db:
        await db.execute(update(Place).where(Place.code == "L1-P3").values(active=False))
    await with_plan(museum, NINE, place="M", spread=True)
    await clock.to(museum, at(24, 9, 1))
    assert "Due now" in await guard.hears()
    async with museum.database.transaction() as db:
        await db.execute(update(Place).values(active=True))
        again = {"status": "waiting", "due_at": clock.now}
        await db.execute(update(Due).where(Due.key == "2026-11-24").values(**again))
    await clock.to(museum, at(24, 9, 2))
    assert "L1-P3" in [place for place, _state in await states(museum)]
    assert await guard.hears() == ""


async def test_a_pause_cancels_what_is_still_to_come(museum: House, clock: Passing) -> None:
    leader, guard, _other = await staffed(museum)
    await with_plan(museum, Schedule("times", (time(9), time(11), time(14))))
    await clock.to(museum, at(24, 10))
    assert "1 plan of rounds" in await leader.says("/plan")
    assert "paused" in await leader.taps("Pause 1")
    await clock.to(museum, at(24, 12))
    assert [state for _place, state in await states(museum)] == ["missed", "off", "off"]
    await guard.hears()
    assert "in force again" in await leader.taps("Resume 1")
    await clock.to(museum, at(24, 14))
    assert [state for _place, state in await states(museum)][:3] == ["missed", "off", "due"]
    assert "Due now (14:00)" in await guard.hears()


async def test_a_closing_day_takes_the_rounds_of_opening_hours_away(museum: House, clock: Passing) -> None:
    leader = (await staffed(museum))[0]
    await museum.someone("chief", "chief")
    await with_plan(museum, Schedule("hours", every=4))
    await clock.to(museum, at(24, 10))
    values = {"entered_by": await id_of(museum, "chief"), "entered_at": clock.now, "note": "power cut"}
    await museum.add(OpeningDay, {"day": clock.now.date(), "opens": None, "closes": None, **values})
    async with museum.database.transaction() as db:
        again = {"status": "waiting", "due_at": clock.now}
        await db.execute(update(Due).where(Due.key == "2026-11-24").values(**again))
    await clock.to(museum, clock.now + timedelta(minutes=1))
    today = [state for _place, state in await states(museum)][:2]
    assert today == ["missed", "off"]
    await leader.hears()


@pytest.mark.parametrize(
    ("locale", "told", "why"),
    [
        (
            "en",
            "❗ 2 rounds fell due while the system was not running, and nobody was reminded.",
            "The system was not running",
        ),
        ("zh_CN", "❗ 系统停机期间有2次巡查到期，未能提醒。", "系统停机"),
    ],
)
async def test_after_an_outage_the_leader_is_told_once_and_nobody_is_asked_why(
    museum: House, clock: Passing, locale: str, told: str, why: str
) -> None:
    leader = await museum.someone("leader", "leader", locale=locale)
    guard = await museum.someone("guard", "guard", locale=locale)
    await with_plan(museum, Schedule("times", (time(9), time(10, 30))))
    await clock.to(museum, at(24, 8, 30))
    clock.move(at(24, 15))  # nothing ran meanwhile
    await clock.to(museum, at(24, 15))
    rows = await museum.rows(select(Round.status, Round.reason).where(Round.day == date(2026, 11, 24)))
    assert [tuple(row) for row in rows] == [("missed", "unasked")] * 2
    await leader.hears()
    await clock.to(museum, at(24, 15, 2))
    heard = await leader.hears()
    assert heard.count("❗") == 1
    assert told in heard
    assert "09:00" in heard
    assert "10:30" in heard
    assert "❗" not in await guard.hears()
    await clock.to(museum, at(24, 20))
    assert "❗" not in await leader.hears()
    assert why in await leader.says("/rounds")


async def test_a_plan_is_made_in_the_chat(museum: House, clock: Passing) -> None:
    leader, guard, _other = await staffed(museum)
    assert "no plans of rounds yet" in await leader.says("/plan")
    assert "Where are the rounds made?" in await leader.taps("New plan")
    assert "By which checklist?" in await leader.says("L1-P3")
    assert "When?" in await leader.says("fire_daily")
    assert "At what time?" in await leader.taps("At times of the day")
    assert "such as 9:00" in await leader.says("soon")
    assert "On which days?" in await leader.says("9:00、13:30")
    assert "Who makes them?" in await leader.taps("Every day")
    assert "reminded" in await leader.taps("Guard")
    assert "Within how many minutes" in await leader.says("15")
    assert "Please check" in await leader.says("30")
    counted = [line.split()[0] for one in leader.told for line in one["text"].split("\n") if line[:1] == "("]
    assert counted[:4] == ["(1)", "(2)", "(3)", "(4)"], "no total is told that an answer may change"
    assert counted[-3:] == ["(6/8)", "(7/8)", "(8/8)"]
    assert "every day 09:00, 13:30" in await leader.taps("Submit")
    await clock.to(museum, at(24, 9))
    assert "Due now (09:00)" in await guard.hears()
    assert "every day 09:00, 13:30" in await leader.says("/plan")
    [plan] = await museum.rows(select(RoundPlan.remind, RoundPlan.grace, RoundPlan.post))
    assert tuple(plan) == (15, 30, "guard")


async def test_rounds_of_a_plan_made_at_noon_begin_in_the_afternoon(museum: House, clock: Passing) -> None:
    await staffed(museum)
    clock.move(at(24, 12))
    leader = await id_of(museum, "leader")
    await museum.add(RoundPlan, planned(leader, Schedule("times", (time(9), time(15))), at(24, 12)))
    await museum.add(Due, planning(at(24, 12)))
    await clock.to(museum, at(24, 12, 1))
    assert len(await states(museum)) == 1


async def test_a_guard_plans_nothing(museum: House) -> None:
    guard = (await staffed(museum))[1]
    assert "not open to you" in await guard.says("/plan")


async def test_opening_hours_are_told_and_changed(museum: House, clock: Passing) -> None:
    chief = await museum.someone("chief", "chief")
    heard = await chief.says("/opening")
    assert "Monday closed" in heard
    assert "Tuesday 09:00–17:00" in heard
    await chief.taps("The week")
    await chief.taps("Tuesday")
    await chief.says("8:30-18:00")
    await chief.taps("No")
    heard = await chief.taps("Submit")
    assert "Tuesday closed" in heard
    assert "Monday 08:30–18:00" in heard
    await chief.taps("A single day")
    await chief.says("2026-12-01")
    await chief.taps("Open at other hours")
    await chief.says("9:00-21:00")
    await chief.says("Night at the museum")
    heard = await chief.taps("Submit")
    assert "1 Dec 2026 · 09:00–21:00 · Night at the museum" in heard
    await chief.taps("A single day")
    await chief.says("2026-12-01")
    await chief.taps("As usual")
    assert "Night" not in await chief.taps("Submit")


async def test_figures_by_checklist_and_by_guard(museum: House, clock: Passing) -> None:
    leader, guard, other = await staffed(museum)
    await with_plan(museum, Schedule("times", (time(9), time(10), time(11), time(14))))
    await clock.to(museum, at(24, 9))
    await inspects(guard)
    await clock.to(museum, at(24, 10))
    await inspects(other)
    await clock.to(museum, at(24, 11, 40))
    await inspects(guard)  # late
    await clock.to(museum, at(24, 14, 40))
    await leader.hears()
    heard = await leader.says("/summary today rounds")
    assert "📅 4 rounds due · done 2 · made up late 1 · missed 1 · completed 75%" in heard
    assert "3/4 (75%)" in heard
    assert "By guard: guard 2/2 (100%) · other 1/1 (100%)" in heard
    assert "📅 4 rounds due" in await leader.says("/summary today")
    assert "📅 yours: 2 rounds due" in await guard.says("/summary today rounds")


async def test_a_month_ends_where_it_should(museum: House, clock: Passing) -> None:
    """Every local day has its own, also those that are another day in UTC."""
    await staffed(museum)
    await with_plan(museum, Schedule("times", (time(0, 30), time(23, 45))))
    await clock.to(museum, at(24, 8) + 3 * DAY)
    rows = await museum.rows(select(Round.day, Round.due_at).order_by(Round.due_at))
    local = [(row.day, row.due_at.astimezone(START.tzinfo)) for row in rows]
    assert all(day == moment.date() for day, moment in local)
    assert [f"{moment:%d %H:%M}" for _day, moment in local][:5] == [
        "24 23:45", "25 00:30", "25 23:45", "26 00:30", "26 23:45",
    ]  # fmt: skip
