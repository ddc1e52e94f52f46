"""Outreach amended, returned and mended, and what happens to it after its approval."""

from __future__ import annotations

from sqlalchemy import select

from handlers.kit.buttons import for_action
from models import OutreachMember
from tests.fixtures.outreach import logged, members, only, total
from tests.house import House


async def test_amending_approves_what_was_set_right(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    li = await museum.someone("Li", "volunteer")
    chen = await museum.someone("Chen", "staff")
    number = await logged(wang, "博物馆日 社区 观众120 未成年60 Wang3小时 Li2小时")
    await chen.hears()
    card = await chen.taps("Amend")
    assert f"{number}: submitting approves it" in card
    assert "Participants: 120" in card
    await chen.taps("Change")
    await chen.taps("Participants")
    assert "minors" in await chen.says("50")
    await chen.says("10")
    await chen.taps("Change")
    await chen.taps("Team")
    await chen.says("Wang 2h")
    assert "Approved" in await chen.taps("Submit")
    found = await only(museum)
    assert (found.participants, found.minors, found.status) == (50, 10, "approved")
    assert await members(museum) == [("Wang", 120)]
    assert "Your time that counts: 2 h" in await wang.hears()
    assert "no longer counts" in await li.hears()
    assert (await total(museum)).approved_minutes == 120


async def test_amending_only_numbers_leaves_the_team_alone(museum: House) -> None:
    wang, li, chen = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Li", "volunteer"), ("Chen", "staff"))
    ]
    await logged(wang)
    await li.says("博物馆日 社区 观众50 2小时")
    await li.taps("Join")
    await li.taps("Submit")
    before = await museum.rows(select(OutreachMember).order_by(OutreachMember.id))
    await chen.says("/approvals")
    await chen.taps("Amend")
    await chen.taps("Change")
    await chen.taps("Leaflets")
    await chen.says("250")
    await chen.taps("Submit")
    assert (await only(museum)).leaflets == 250
    assert await museum.rows(select(OutreachMember).order_by(OutreachMember.id)) == before


async def test_a_returned_activity_is_mended_and_keeps_its_number(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    chen = await museum.someone("Chen", "staff")
    number = await logged(wang)
    await chen.hears()
    assert f"Why is {number} returned" in await chen.taps("Return")
    await chen.says("传单只领了200份")
    news = await wang.hears()
    assert f"Chen returned {number}: 传单只领了200份" in news
    nothing = await total(museum)
    assert (nothing.pending_activities, nothing.pending_minutes, nothing.approved_minutes) == (0, 0, 0)
    card = await wang.taps("Mend")
    assert "传单只领了200份" in card
    assert "Leaflets: 300" in card
    assert "6 people × 3 h" in card
    await wang.taps("Change")
    await wang.taps("Leaflets")
    await wang.says("200")
    await wang.taps("Submit")
    found = await only(museum)
    assert (found.number, found.status, found.leaflets, found.returned_because) == (
        number,
        "pending",
        200,
        None,
    )
    assert len(await members(museum)) == 6
    again = await chen.hears()
    assert again.startswith("🔁 Resubmitted\nChanged: Leaflets\n")
    assert number in again
    await chen.taps("Approve")
    assert (await only(museum)).status == "approved"
    assert "submitted again already" in await wang.taps_data(for_action("outreach_mend", "1"))


async def test_a_usual_reason_is_one_tap_and_read_in_ones_own_language(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    chen = await museum.someone("Chen", "staff")
    await logged(wang)
    await chen.hears()
    await chen.taps("Return")
    await chen.taps("Photos are missing")
    assert "Photos are missing" in await wang.hears()
    assert (await only(museum)).returned_because == "photo"


async def test_only_who_logged_it_mends_it(museum: House) -> None:
    wang, li, chen = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Li", "volunteer"), ("Chen", "staff"))
    ]
    await logged(wang)
    await chen.hears()
    await chen.taps("Return")
    await chen.says("no")
    assert "not yours to mend" in await li.taps_data(for_action("outreach_mend", "1"))


async def test_a_decision_begun_late_says_who_was_first(museum: House) -> None:
    wang, chen, zhou = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Chen", "staff"), ("Zhou", "staff"))
    ]
    await logged(wang)
    await chen.hears()
    await zhou.hears()
    await zhou.taps("Return")
    await chen.taps("Amend")
    await chen.taps("Submit")
    assert "Chen has approved it already" in await zhou.says("too late")
    assert (await only(museum)).status == "approved"


async def test_who_joins_after_the_approval_waits_for_one_of_their_own(museum: House) -> None:
    wang, li, chen = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Li", "volunteer"), ("Chen", "staff"))
    ]
    number = await logged(wang)
    await chen.hears()
    await chen.taps("Approve")
    await li.says("博物馆日 社区 观众50 2小时")
    await li.taps("Join")
    await li.taps("Submit")
    halfway = await total(museum)
    assert (halfway.approved_minutes, halfway.pending_minutes) == (5 * 180, 120)
    assert (await chen.hears()).endswith("Joined after the approval, not yet approved: Li 2 h")
    await wang.hears()
    await chen.taps("Approve")
    assert f"approved {number}" in await li.hears()
    assert not await wang.hears(), "whose time counted before is not told again"
    assert (await total(museum)).approved_minutes == 5 * 180 + 120


async def test_a_refused_join_leaves_the_approved_figures_as_they_were(museum: House) -> None:
    wang, li, chen = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Li", "volunteer"), ("Chen", "staff"))
    ]
    await logged(wang)
    await chen.hears()
    await chen.taps("Approve")
    before = await total(museum)
    await li.says("博物馆日 社区 观众50 2小时")
    await li.taps("Join")
    await li.taps("Submit")
    await chen.hears()
    await chen.taps("Return")
    await chen.says("not on the list")
    assert "not on the list" in await li.hears()
    assert await total(museum) == before
    assert await members(museum) == [("Wang", 180)] + [(None, 180)] * 5


async def test_staff_who_joined_late_cannot_approve_themselves(museum: House) -> None:
    wang, chen, zhou = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Chen", "staff"), ("Zhou", "staff"))
    ]
    await logged(wang)
    await zhou.hears()
    await zhou.taps("Approve")
    await chen.hears()
    await chen.says("博物馆日 社区 观众50 2小时")
    await chen.taps("Join")
    await chen.taps("Submit")
    assert "Nobody approves their own time" in await chen.taps_data(for_action("outreach_ok", "1.2"))
