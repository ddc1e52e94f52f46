"""On duty and off, handing over with both signatures, and supervisors' spot checks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta

import pytest
from sqlalchemy import select

from handlers.calendar import Schedule
from models import Due, Handover, Hazard, HazardEvent, RoundPlan, Shift, SpotCheck
from tests.fixtures.passing import Passing, at, planned, planning, time_from
from tests.house import House
from tests.records import hazard, id_of

START = at(24, 8)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Passing]:
    with time_from(START) as passing:
        yield passing


class TestDuty:
    async def test_on_and_off(self, museum: House, clock: Passing) -> None:
        guard = await museum.someone("guard", "guard")
        assert "🟢 On duty since 08:00." in await guard.says("/on")
        clock.move(at(24, 9))
        assert "You are on duty since 08:00" in await guard.says("上岗")
        clock.move(at(24, 16, 30))
        heard = await guard.says("/off")
        assert "Off duty after 8 h 30 min" in heard
        assert "Nothing was handed over" in heard
        assert "You are not on duty" in await guard.says("/off")
        [shift] = await museum.rows(select(Shift.on_at, Shift.off_at))
        assert shift.off_at - shift.on_at == timedelta(hours=8.5)

    async def test_who_comes_hears_who_is_there_and_what_is_to_come(
        self, museum: House, clock: Passing
    ) -> None:
        guard, other = await museum.someone("guard", "guard"), await museum.someone("other", "guard")
        times = Schedule("times", (time(9), time(13)))
        await museum.add(RoundPlan, planned(await id_of(museum, "guard"), times, START))
        await museum.add(Due, planning(START))
        await clock.to(museum, at(24, 8, 1))
        await guard.says("/on")
        heard = await other.says("/on")
        assert "With you: guard" in heard
        assert "2 rounds are to come today · the next at 09:00" in heard

    async def test_a_shift_that_nobody_ended_ends_by_itself(self, museum: House, clock: Passing) -> None:
        guard = await museum.someone("guard", "guard")
        await guard.says("/on")
        clock.move(at(25, 8))
        assert "🟢 On duty since 08:00." in await guard.says("/on")
        shifts = await museum.rows(select(Shift.forgotten, Shift.off_at).order_by(Shift.id))
        assert [(row.forgotten, row.off_at is None) for row in shifts] == [(True, False), (False, True)]

    async def test_a_visitor_has_no_duty(self, museum: House) -> None:
        assert "not open to you" in await (await museum.someone("v")).says("/on")


class TestHandingOver:
    async def test_both_sign_and_the_shift_changes(self, museum: House, clock: Passing) -> None:
        giver, taker = await museum.someone("giver", "guard"), await museum.someone("taker", "guard")
        finder = await id_of(museum, "giver")
        closed = hazard("YH-2", finder, status="closed", closed_at=START)
        await museum.add(Hazard, hazard("YH-1", finder), closed)
        await giver.says("/on")
        clock.move(at(24, 16))
        heard = await giver.says("/handover")
        assert "1 open hazard:" in heard
        assert "YH-1" in heard
        assert "YH-2" not in heard
        assert "Keys" in await giver.taps("taker")
        assert "next shift" in await giver.taps("complete")
        await giver.says("The lift is out of order")
        assert "JJ-20261124-0001 is signed by you and waits for taker" in await giver.taps("Submit")
        heard = await taker.hears()
        assert "Hand-over JJ-20261124-0001 from giver" in heard
        assert "YH-1" in heard
        assert "Remarks: The lift is out of order" in heard
        assert "[Signed.]" in await taker.taps("Sign and take over")
        assert "taker has taken over" in await giver.hears()
        [made] = await museum.rows(select(Handover.status, Handover.signed_at, Handover.hazards))
        assert (made.status, made.signed_at, made.hazards) == ("signed", at(24, 16), ["YH-1"])
        shifts = await museum.rows(select(Shift.person_id, Shift.off_at).order_by(Shift.id))
        assert [(row.person_id, row.off_at is None) for row in shifts] == [
            (finder, False), (await id_of(museum, "taker"), True),
        ]  # fmt: skip
        assert "answered that hand-over already" in await taker.taps("Sign and take over")

    async def test_what_is_not_so_is_told_to_giver_and_leader(self, museum: House) -> None:
        giver, taker = await museum.someone("giver", "guard"), await museum.someone("taker", "guard")
        leader = await museum.someone("leader", "leader")
        await giver.says("交接班")
        await giver.taps("taker")
        await giver.says("radio 3 is missing")
        await giver.says("skip")
        await giver.taps("Submit")
        assert "Keys and equipment: radio 3 is missing" in await taker.hears()
        await taker.taps("not so")
        await taker.says("two keys are missing, too")
        assert "taker does not take over JJ-20261124-0001: two keys are missing" in await giver.hears()
        assert "two keys are missing" in await leader.hears()
        [made] = await museum.rows(select(Handover.status))
        assert made.status == "disputed"

    async def test_only_the_one_named_signs(self, museum: House) -> None:
        giver = await museum.someone("giver", "guard")
        await museum.someone("taker", "guard")
        other = await museum.someone("other", "guard")
        await giver.says("/handover")
        await giver.taps("taker")
        await giver.taps("complete")
        await giver.says("skip")
        await giver.taps("Submit")
        for who in (giver, other):
            assert "not for you to sign" in await who.taps_data("a:take_over:1")
            assert "not for you to sign" in await who.taps_data("a:not_taken:1")


class TestSpotChecks:
    async def test_one_is_kept_and_its_subject_told(self, museum: House) -> None:
        leader = await museum.someone("leader", "leader")
        guard = await museum.someone("guard", "guard")
        await guard.says("/on")
        await leader.says("/spotcheck")
        assert "Whose work" in await leader.says("L1-P3")
        await leader.taps("guard")
        await leader.says("At his post, uniform in order", photos=(museum.photo(),))
        await leader.taps("Praised")
        heard = await leader.taps("Submit")
        assert "Kept: DC-20261124-0001" in heard
        heard = await guard.hears()
        assert "Spot check DC-20261124-0001 by leader" in heard
        assert "Praised" in heard
        assert "uniform in order" in heard
        assert len(guard.told[-1]["photos"]) == 1
        [made] = await museum.rows(select(SpotCheck.subject_id, SpotCheck.outcome, SpotCheck.place))
        assert tuple(made) == (await id_of(museum, "guard"), "praise", "L1-P3")

    async def test_of_nobody_in_particular(self, museum: House) -> None:
        leader = await museum.someone("leader", "leader")
        await leader.says("督查")
        await leader.says("L1-P3")
        await leader.taps("Nobody")
        await leader.says("The door stood open")
        await leader.taps("Put right")
        assert "told" not in await leader.taps("Submit")

    async def test_what_has_to_be_put_right_is_a_hazard_from_then_on(self, museum: House) -> None:
        leader = await museum.someone("leader", "leader")
        guard, chief = await museum.someone("guard", "guard"), await museum.someone("chief", "chief")
        await guard.says("/on")
        await leader.says("/spotcheck")
        await leader.says("L1-P3")
        await leader.taps("guard")
        await leader.says("灭火器压力不足\n两具都在红区", photos=(museum.photo(),))
        assert "Until when" in await leader.taps("To be put right")
        await leader.says("3 days")
        heard = await leader.taps("Submit")
        assert "Kept: DC-20261124-0001" in heard
        assert "Hazard YH-2026-0001, to be put right by 27 Nov" in heard
        card = await leader.taps("Look at it")
        assert "灭火器压力不足" in card
        assert "leader · DC-20261124-0001" in card
        assert "Hazard YH-2026-0001" in await guard.hears()
        assert "New hazard, found by leader" in await chief.hears()
        [made] = await museum.rows(select(Hazard.__table__))
        assert (made.source, made.category, made.severity, made.status, made.title_zh) == (
            "spot_check", "fire", "minor", "open", "灭火器压力不足",
        )  # fmt: skip
        assert made.due_at == made.found_at + timedelta(days=3)
        assert len(made.photos) == 1
        [event] = await museum.rows(select(HazardEvent.data))
        assert event.data["came_of"] == "DC-20261124-0001"

    async def test_a_critical_one_keeps_to_the_hours_for_the_first_action(self, museum: House) -> None:
        leader = await museum.someone("leader", "leader")
        for said in ("督查", "L1-P3", "nobody", "配电箱冒烟", "限期整改", "3 days"):
            await leader.says(said)
        assert "YH-2026-0001" in await leader.taps("Submit")
        [made] = await museum.rows(select(Hazard.severity, Hazard.due_at, Hazard.found_at))
        assert (made.severity, made.due_at - made.found_at) == ("critical", timedelta(hours=2))

    async def test_guards_check_nobody(self, museum: House) -> None:
        assert "not open to you" in await (await museum.someone("guard", "guard")).says("/spotcheck")
