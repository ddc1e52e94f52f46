"""Hazards in chat: the whole life, who may do what, what everybody is told, and kind refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from models import Hazard, HazardEvent, HazardSignature, Person, PlaceDuty, StandIn
from tests.house import House, Someone
from tests.records import id_of

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
NUMBER = "YH-2026-0001"


class Desk:
    """Everybody of a small museum, each at their device, with one hazard found and a clock."""

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house = house
        self.now = NOW
        monkeypatch.setattr("bot.engine.utc_now", lambda: self.now)

    async def opens(self, words: str = "4 exit sign is dark") -> None:
        house = self.house
        self.guard = await house.someone("guard", "guard")
        self.leader = await house.someone("leader", "leader")
        self.chief = await house.someone("chief", "chief")
        self.staff = await house.someone("Chen", "staff")
        self.deputy = await house.someone("deputy", "deputy")
        self.director = await house.someone("director", "director")
        self.visitor = await house.someone("visitor")
        await self.guard.follows("p_L1-P3")
        await self.guard.says(words, photos=(house.photo("a"),))
        await self.guard.says("rest normal")

    async def finds(self) -> None:
        await self.opens()
        assert NUMBER in await self.guard.taps("Submit")
        assert NUMBER in await self.chief.hears()

    async def hazard(self) -> object:
        [row] = await self.house.rows(select(Hazard.__table__))
        return row

    async def state(self) -> str:
        [row] = await self.house.rows(select(Hazard.status))
        return str(row.status)

    async def order(self, who: Someone, responsible: str = "Chen", until: str = "3 days") -> str:
        await who.says(NUMBER)
        await who.taps("Order")
        for said in ("Replace the lamp", responsible):
            await who.says(said)
        if "Is that meant?" in await who.says(until):
            await who.taps("Yes, until")
        for said in ("A guard lights the way", "skip"):
            await who.says(said)
        return await who.taps("Submit")

    async def accept(self, who: Someone) -> str:
        await who.hears()
        await who.taps("Accept the order")
        return await who.says("A guard with a torch")

    async def rectify(self, who: Someone, photo: str = "b") -> str:
        await who.hears()
        await who.taps("It is rectified")
        return await who.says("New lamp", photos=(self.house.photo(photo),))

    async def up_to_review(self) -> None:
        await self.finds()
        await self.order(self.chief)
        await self.accept(self.staff)
        await self.rectify(self.staff)
        assert await self.state() == "pending_review"

    async def up_to_signing(self) -> None:
        await self.up_to_review()
        await self.chief.hears()
        assert "to be signed" in await self.chief.taps("Review passed")

    async def forged(self, who: Someone, move: str, rest: str = "") -> str:
        """What somebody hears who taps a button that is not theirs."""
        [row] = await self.house.rows(select(Hazard.id, Hazard.seq))
        return await who.taps_data(f"a:hz_{move}:{row.id}.{row.seq}{rest}")


@pytest.fixture
async def desk(museum: House, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(museum, monkeypatch)


async def test_from_the_finding_to_the_closing(desk: Desk) -> None:
    await desk.up_to_signing()
    assert "it can be signed" in await desk.deputy.hears()
    await desk.director.hears()
    assert "person responsible for fire safety: director" in await desk.director.taps("Sign as")
    assert await desk.state() == "reviewed"
    assert "director signed" in await desk.deputy.hears()
    assert "closed" in await desk.deputy.taps("Sign as")
    assert await desk.state() == "closed"
    for who in (desk.guard, desk.staff, desk.chief, desk.director):
        assert f"{NUMBER} is closed" in await who.hears()
    rows = await desk.house.rows(select(HazardEvent.move, HazardEvent.photos).order_by(HazardEvent.seq))
    assert [row.move for row in rows] == ["report", "order", "accept", "rectify", "pass", "sign", "sign"]
    assert [one["name"] for one in rows[3].photos] == ["b.jpg"]
    card = await desk.guard.says(f"check {NUMBER}")
    for step in ("reported: guard", "rectification ordered: chief", "order accepted: Chen", "signed: deputy"):
        assert step in card
    assert len(desk.guard.told[-1]["photos"]) == 2
    assert desk.guard.told[-1]["rows"] == []


async def test_what_nobody_photographed_is_shown_before_anything_is_done(desk: Desk) -> None:
    await desk.finds()
    async with desk.house.database.transaction() as db:
        await db.execute(update(Hazard).values(photos=[]))
    await desk.order(desk.chief)
    assert "before anything is done" in await desk.accept(desk.staff)
    assert await desk.state() == "ordered"
    assert "Protected until then" in await desk.staff.says(photos=(desk.house.photo("c"),))
    await desk.rectify(desk.staff)
    [row] = await desk.house.rows(select(Hazard.status, Hazard.photos))
    assert (row.status, [one["name"] for one in row.photos]) == ("pending_review", ["c.jpg"])


async def test_protection_stays_on_the_card_while_it_is_open(desk: Desk) -> None:
    await desk.finds()
    await desk.order(desk.chief)
    asked = await desk.staff.hears()
    assert "protected until" not in asked
    await desk.staff.taps("Accept the order")
    assert "How are people and objects protected" in await desk.staff.says(
        "", photos=(desk.house.photo("x"),)
    )
    assert "Protected until then: a rope" in await desk.staff.says("a rope")
    assert "Protected until then: a rope" in await desk.leader.says(NUMBER)


async def test_the_buttons_are_those_of_the_person_and_the_moment(desk: Desk) -> None:
    await desk.finds()
    assert any("Order" in label for label in desk.chief.buttons)
    await desk.guard.says(NUMBER)
    assert not any("Order" in label for label in desk.guard.buttons)
    await desk.order(desk.chief)
    await desk.staff.hears()
    assert [label for label in desk.staff.buttons if "Accept" in label or "more time" in label] == [
        "✍ Accept the order",
        "⏳ Ask for more time",
    ]
    assert not any("rectified" in label or "Review" in label for label in desk.staff.buttons)


@pytest.mark.parametrize("move", ["order", "reject", "suspend", "external"])
async def test_a_guard_and_a_visitor_move_nothing(desk: Desk, move: str) -> None:
    await desk.finds()
    assert "head of security or above" in await desk.forged(desk.guard, move)
    assert "not open to you" in await desk.forged(desk.visitor, move)
    assert await desk.state() == "open"
    assert len(await desk.house.rows(select(HazardEvent.id))) == 1


async def test_a_stranger_who_forges_a_number_sees_nothing(desk: Desk) -> None:
    await desk.finds()
    heard = await desk.forged(desk.staff, "order")
    assert "no longer there" in heard
    assert "exit sign" not in heard
    for who in (desk.staff, desk.visitor):
        assert f"no hazard {NUMBER} that you may see" in await who.says(f"查 {NUMBER}")


async def test_the_fixer_neither_reviews_nor_signs(desk: Desk) -> None:
    await desk.finds()
    await desk.order(desk.director, "deputy")
    await desk.accept(desk.deputy)
    await desk.rectify(desk.deputy)
    assert "Whoever fixed it does not review it" in await desk.forged(desk.deputy, "pass")
    assert "Whoever fixed it does not review it" in await desk.forged(desk.deputy, "fail")
    await desk.forged(desk.chief, "pass")
    assert await desk.state() == "reviewed"
    assert "does not sign" in await desk.forged(desk.deputy, "sign", ".deputy")
    assert await desk.house.rows(select(HazardSignature.id)) == []


async def test_nobody_signs_for_both_or_for_a_post_they_do_not_hold(desk: Desk) -> None:
    await desk.up_to_signing()
    assert "director and the deputy" in await desk.forged(desk.chief, "sign", ".deputy")
    assert "do not hold that post" in await desk.forged(desk.director, "sign", ".deputy")
    await desk.forged(desk.director, "sign", ".director")
    assert "signed already" in await desk.forged(desk.director, "sign", ".director")
    assert "signed already" in await desk.forged(desk.director, "sign", ".deputy")
    assert await desk.state() == "reviewed"


async def test_a_stand_in_signs_in_the_name_of_the_absent(desk: Desk) -> None:
    await desk.up_to_signing()
    away, deputy = await id_of(desk.house, "deputy"), await id_of(desk.house, "chief")
    absence = {
        "person_id": away, "post": "deputy", "deputy_id": deputy, "first_day": NOW.date(),
        "last_day": NOW.date() + timedelta(days=3), "entered_by": away, "entered_at": NOW,
    }  # fmt: skip
    async with desk.house.database.transaction() as db:
        await db.execute(insert(StandIn).values(**absence))
        await db.execute(update(Person).where(Person.id == deputy).values(acting=frozenset({"deputy"})))
    assert "director and the deputy" in await desk.forged(desk.deputy, "sign", ".deputy")
    await desk.forged(desk.chief, "sign", ".deputy")
    await desk.forged(desk.director, "sign", ".director")
    assert "manager of fire safety: chief for deputy" in await desk.leader.says(NUMBER)
    assert await desk.state() == "closed"


async def test_a_signer_sends_it_back_and_both_sign_anew(desk: Desk) -> None:
    await desk.up_to_signing()
    await desk.forged(desk.director, "sign", ".director")
    await desk.deputy.hears()
    await desk.deputy.taps("Send it back")
    assert "Sent back 1 time" in await desk.deputy.says("The cable hangs loose")
    assert "The cable hangs loose" in await desk.staff.hears()
    await desk.rectify(desk.staff, "c")
    await desk.forged(desk.chief, "pass")
    await desk.forged(desk.deputy, "sign", ".deputy")
    assert await desk.state() == "reviewed"
    await desk.forged(desk.director, "sign", ".director")
    assert await desk.state() == "closed"


async def test_a_decision_holds_only_for_what_was_looked_at(desk: Desk) -> None:
    await desk.up_to_review()
    [row] = await desk.house.rows(select(Hazard.id, Hazard.seq))
    heard = await desk.chief.taps_data(f"a:hz_pass:{row.id}.{row.seq - 1}")
    assert "changed since" in heard
    assert await desk.state() == "pending_review"
    await desk.chief.taps("Review passed")
    assert await desk.state() == "reviewed"


async def test_the_second_signature_is_one_tap_on_the_card_from_before_the_first(desk: Desk) -> None:
    await desk.up_to_signing()
    await desk.deputy.hears()
    _message, data = desk.deputy.button("Sign as")
    await desk.forged(desk.director, "sign", ".director")
    await desk.deputy.taps_data(data)
    assert await desk.state() == "closed"


async def test_more_time_is_decided_by_the_level_that_ordered(desk: Desk) -> None:
    await desk.finds()
    await desk.order(desk.deputy)
    await desk.accept(desk.staff)
    await desk.staff.taps("Ask for more time")
    assert "over already" in await desk.staff.says("2020-01-01")
    await desk.staff.says("10 days")
    assert "Asked for: until" in await desk.staff.says("A part is missing")
    assert "waits for a decision" in await desk.forged(desk.staff, "ask")
    assert "level that gave the order" in await desk.forged(desk.staff, "grant")
    assert "level that gave the order" in await desk.forged(desk.chief, "grant")
    await desk.deputy.hears()
    await desk.deputy.taps("Grant more time")
    [row] = await desk.house.rows(select(Hazard.due_at, Hazard.asked_until))
    assert (row.due_at, row.asked_until) == (NOW + timedelta(days=10), None)
    assert "granted more time" in await desk.staff.hears()


async def test_more_time_refused_with_a_reason(desk: Desk) -> None:
    await desk.finds()
    await desk.order(desk.chief)
    await desk.accept(desk.staff)
    await desk.staff.taps("Ask for more time")
    await desk.staff.says("10 days")
    await desk.staff.says("A part is missing")
    await desk.chief.hears()
    await desk.chief.taps("Refuse more time")
    await desk.chief.says("Borrow one from the store")
    assert "Borrow one from the store" in await desk.staff.hears()
    [row] = await desk.house.rows(select(Hazard.due_at))
    assert row.due_at == NOW + timedelta(days=3)


async def test_overdue_is_told_by_the_clock(desk: Desk) -> None:
    await desk.finds()
    await desk.order(desk.chief)
    assert "overdue" not in await desk.leader.says(NUMBER)
    desk.now += timedelta(days=4)
    assert "⏰ overdue" in await desk.leader.says(NUMBER)


async def test_a_critical_one_goes_to_the_director_at_once(desk: Desk) -> None:
    await desk.opens("3 stairs blocked")
    await desk.guard.taps("Needs rectification")
    await desk.guard.taps("Submit")
    for who in (desk.director, desk.deputy, desk.chief):
        assert "Critical hazard, found by guard. First action by 22 Nov 12:00" in await who.hears()
    [row] = await desk.house.rows(select(Hazard.due_at))
    assert row.due_at == NOW + timedelta(hours=2)


async def test_an_area_stays_closed_until_it_is_opened(desk: Desk) -> None:
    await desk.finds()
    await desk.chief.taps("Close the area")
    assert "area is closed" in await desk.chief.says("The stairs, because of the dark")
    assert "The stairs, because of the dark" in await desk.guard.hears()
    assert "closed already" in await desk.forged(desk.chief, "suspend")
    await desk.order(desk.chief)
    await desk.accept(desk.staff)
    await desk.rectify(desk.staff)
    await desk.forged(desk.chief, "pass")
    assert "please open it again first" in await desk.forged(desk.director, "sign", ".director")
    await desk.director.says(NUMBER)
    await desk.director.taps("Open the area again")
    await desk.forged(desk.director, "sign", ".director")
    await desk.forged(desk.deputy, "sign", ".deputy")
    assert await desk.state() == "closed"


@pytest.mark.parametrize(("locale", "label"), [("en", "answers for it"), ("zh_CN", "该部位责任人")])
async def test_who_answers_for_the_place_is_offered_first(desk: Desk, locale: str, label: str) -> None:
    await desk.finds()
    await desk.house.someone("Zhou", "staff")
    zhou = await id_of(desk.house, "Zhou")
    duty = {"department": "", "person_id": zhou, "set_by": zhou, "set_at": NOW, "sample": False}
    await desk.house.add(PlaceDuty, {"place": "L1", **duty})
    head = await desk.house.someone("head", "chief", locale=locale)
    await head.says(NUMBER)
    await head.taps("Order" if locale == "en" else "下达整改")
    await head.says("Replace the lamp")
    assert "Zhou" in head.buttons[0]
    assert label in head.buttons[0]
    assert not any(label in other for other in head.buttons[1:])
    await head.taps(label)
    for said in ("5 hours", "skip", "skip"):
        await head.says(said)
    assert NUMBER in await head.taps("Submit" if locale == "en" else "提交")
    [row] = await desk.house.rows(select(Hazard.responsible_id, Hazard.status))
    assert (row.responsible_id, row.status) == (zhou, "ordered")


async def test_an_order_is_given_anew_to_somebody_else(desk: Desk) -> None:
    await desk.finds()
    await desk.order(desk.director)
    assert "level that gave the order" in await desk.forged(desk.chief, "order")
    await desk.order(desk.director, "leader")
    assert "ordered that" in await desk.staff.hears()
    [row] = await desk.house.rows(select(Hazard.responsible_id, Hazard.status))
    assert (row.responsible_id, row.status) == (await id_of(desk.house, "leader"), "ordered")


async def test_a_correction_withdraws_only_what_nobody_has_ordered(desk: Desk) -> None:
    await desk.finds()
    await desk.order(desk.chief)
    await desk.guard.taps("Correct")
    await desk.guard.says("4 normal")
    await desk.guard.says("mixed up")
    await desk.guard.taps("Submit")
    assert await desk.state() == "ordered"


async def test_what_is_fixed_on_the_spot_begins_its_history(desk: Desk) -> None:
    await desk.opens("3 stairs blocked")
    assert "take a photo of it as it is now" in await desk.guard.taps("Fixed on the spot")
    await desk.guard.says(photos=(desk.house.photo("after"),))
    await desk.guard.taps("Submit")
    rows = await desk.house.rows(select(HazardEvent.__table__).order_by(HazardEvent.seq))
    assert [(row.seq, row.move, row.before, row.after) for row in rows] == [
        (1, "report", None, "open"),
        (2, "fix", "open", "fixed_on_spot"),
    ]
    assert [[one["sha"] for one in row.photos] for row in rows][1] == [desk.house.photo("after").sha]
    assert rows[0].photos != rows[1].photos
    [row] = await desk.house.rows(select(Hazard.fixed_by, Hazard.due_at, Hazard.closed_at))
    assert (row.fixed_by, row.due_at, row.closed_at) == (await id_of(desk.house, "guard"), None, NOW)


async def test_a_correction_does_not_ask_again_for_the_photo_of_what_was_fixed(desk: Desk) -> None:
    await desk.opens("3 stairs blocked")
    await desk.guard.taps("Fixed on the spot")
    await desk.guard.says(photos=(desk.house.photo("after"),))
    await desk.guard.taps("Submit")
    await desk.guard.taps("Correct")
    assert "Why is it corrected" in await desk.guard.says(
        "5 extinguisher expired", photos=(desk.house.photo("x"),)
    )


async def test_the_finder_may_still_put_it_right_on_the_spot(desk: Desk) -> None:
    await desk.opens("3 stairs blocked")
    await desk.guard.taps("Needs rectification")
    await desk.guard.taps("Submit")
    await desk.guard.says(NUMBER)
    await desk.guard.taps("Fixed on the spot")
    assert "fixed on the spot" in await desk.guard.says("Cleared", photos=(desk.house.photo("z"),))
    assert await desk.state() == "fixed_on_spot"


async def test_what_the_rules_do_not_list_needs_an_order(desk: Desk) -> None:
    await desk.finds()
    await desk.guard.says(NUMBER)
    assert desk.guard.told[-1]["rows"] == []
    assert "needs an order" in await desk.forged(desk.guard, "fix")
    assert await desk.state() == "open"


async def test_an_order_beyond_the_museums_term_is_confirmed_or_shortened(desk: Desk) -> None:
    await desk.finds()
    [found] = await desk.house.rows(select(Hazard.due_at, Hazard.severity))
    assert (found.severity, found.due_at) == ("major", NOW + timedelta(hours=24))

    async def typed(until: str) -> str:
        await desk.chief.says(NUMBER)
        await desk.chief.taps("Order")
        for said in ("Replace the lamp", "Chen"):
            await desk.chief.says(said)
        return await desk.chief.says(until)

    async def given() -> Any:
        await desk.chief.says("skip")
        await desk.chief.says("skip")
        await desk.chief.taps("Submit")
        [*_earlier, event] = await desk.house.rows(
            select(HazardEvent.data).where(HazardEvent.move == "order").order_by(HazardEvent.id)
        )
        return event

    asked = await typed("30 days")
    assert "(major) is to be rectified by 23 Nov 10:00; 22 Dec 10:00 is later" in asked
    await desk.chief.taps("No, by 23 Nov")
    event = await given()
    assert event.data["due"].startswith("2026-11-23T10:00")
    assert "term" not in event.data

    assert "Is that meant?" not in await typed("24 hours")
    assert (await given()).data["due"].startswith("2026-11-23T10:00")
    assert "Is that meant?" in await typed("30 days")
    await desk.chief.says("yes")
    event = await given()
    assert event.data["due"].startswith("2026-12-22T10:00")
    assert event.data["term"].startswith("2026-11-23T10:00")


async def test_a_term_that_is_over_cannot_be_chosen(desk: Desk) -> None:
    await desk.finds()
    desk.now = NOW + timedelta(days=2)
    await desk.chief.says(NUMBER)
    await desk.chief.taps("Order")
    for said in ("Replace the lamp", "Chen", "2 hours"):
        await desk.chief.says(said)
    assert [label for label in desk.chief.buttons if "23 Nov" in label] == []
    assert any(label.startswith("Yes, until 24 Nov") for label in desk.chief.buttons)
