"""Approval of outreach: only what was approved counts, and nobody approves their own."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select, update

from handlers.kit.buttons import for_action
from models import Outreach, Person
from tests.fixtures.outreach import logged, only, total
from tests.house import House


async def test_what_nobody_counted_stays_unknown_and_nought_stays_nought(museum: House) -> None:
    wang, chen = await museum.someone("Wang", "volunteer"), await museum.someone("Chen", "staff")
    await logged(wang, "博物馆日 社区 观众120 传单0 2小时")
    await chen.hears()
    await chen.taps("Approve")
    found = await only(museum)
    assert (found.leaflets, found.minors, found.elderly, found.disabled, found.online_views) == (
        0, None, None, None, None,
    )  # fmt: skip
    counted = await total(museum)
    assert (counted.leaflets, counted.minors, counted.online_views) == (0, None, None)
    heard = await chen.says("/summary outreach")
    assert "0 leaflets" in heard
    assert not any(word in heard for word in ("minor", "elderly", "disabled", "of them"))
    await logged(wang, "昨天 博物馆日 社区 观众30 未成年人10 2小时")
    await chen.hears()
    await chen.taps("Approve")
    assert (await total(museum)).minors == 10, "the known ones are added up"


async def test_sample_activities_say_so_where_they_are_approved(museum: House) -> None:
    wang, chen = await museum.someone("Wang", "volunteer"), await museum.someone("Chen", "staff")
    await logged(wang)
    assert "(sample)" not in await chen.says("/approvals")
    async with museum.database.transaction() as db:
        await db.execute(update(Outreach).values(sample=True))
    assert "(sample)" in (await chen.says("/approvals")).splitlines()[0]


async def test_only_what_was_approved_counts(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    staff = await museum.someone("Chen", "staff")
    number = await logged(wang)
    waiting = await total(museum)
    assert (waiting.activities, waiting.participants, waiting.approved_minutes) == (0, 0, 0)
    assert "0 h · 3 h waiting for approval" in await wang.says("/hours")
    assert number in await staff.hears()
    heard = await staff.taps("Approve")
    assert heard.startswith("[Approved.]")
    assert not staff.buttons
    news = await wang.hears()
    assert f"Chen approved {number}" in news
    assert "Your time that counts: 3 h" in news
    counted = await total(museum)
    assert (counted.activities, counted.participants, counted.approved_minutes) == (1, 120, 6 * 180)
    said = await wang.says("时长")
    assert "This month: 3 h · 1 activity" in said
    assert "waiting" not in said
    found = await only(museum)
    chen = (await museum.rows(select(Person.id).where(Person.name == "Chen")))[0].id
    assert (found.status, found.approved_by, found.approved_at is not None) == ("approved", chen, True)


async def test_two_staff_at_once_have_one_effect(museum: House) -> None:
    wang, chen, zhou = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Chen", "staff"), ("Zhou", "staff"))
    ]
    number = await logged(wang)
    await asyncio.gather(chen.hears(), zhou.hears())
    heard = await asyncio.gather(chen.taps("Approve"), zhou.taps("Approve"))
    late = [said for said in heard if "has approved it already" in said]
    assert len(late) == 1
    assert (await wang.hears()).count(f"approved {number}") == 1


async def test_nobody_approves_their_own(museum: House) -> None:
    chen = await museum.someone("Chen", "staff")
    admin = await museum.someone("Adam", "admin")
    await logged(chen)
    assert "HD-" in await admin.hears(), "the only one of the staff logged it, so the administrators are told"
    for action in ("outreach_ok", "outreach_amend", "outreach_return"):
        heard = await chen.taps_data(for_action(action, "1.1"))
        assert "Nobody approves their own time" in heard
        assert not chen.buttons
    assert "wait for a colleague" in (await chen.says("/approvals")).replace("waits", "wait")
    assert (await only(museum)).status == "pending"


@pytest.mark.parametrize("action", ["outreach_ok", "outreach_amend", "outreach_return"])
@pytest.mark.parametrize("role", ["volunteer", "guard", "leader", "director"])
async def test_others_cannot_decide(museum: House, action: str, role: str) -> None:
    wang = await museum.someone("Wang", "volunteer")
    other = await museum.someone("Other", role)
    await logged(wang)
    assert "not open to you" in await other.taps_data(for_action(action, "1.1"))
    assert (await only(museum)).status == "pending"


@pytest.mark.parametrize("at", ["", "2.1", "x.1", "-1.1", "²", "9" * 30, "1"])
async def test_forged_buttons_do_nothing(museum: House, at: str) -> None:
    wang = await museum.someone("Wang", "volunteer")
    staff = await museum.someone("Chen", "staff")
    await logged(wang)
    await staff.taps_data(for_action("outreach_ok", at))
    await wang.taps_data(for_action("outreach_mend", at))
    assert (await only(museum)).status == "pending"


async def test_the_list_of_what_waits(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    chen = await museum.someone("Chen", "staff")
    assert "No activity is waiting" in await chen.says("/approvals")
    for theme in ("博物馆日", "重阳节", "端午节", "消防日", "宪法日", "春节"):
        await logged(wang, f"{theme} 社区 观众20 2小时")
    await chen.hears()
    listed = await chen.says("待审核")
    assert listed.count("waiting for approval") == 5
    assert "1 more is waiting" in listed
    assert "not open to you" in await wang.says("/approvals")


async def test_a_number_is_looked_up_by_those_it_concerns(museum: House) -> None:
    wang, li, chen = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Li", "volunteer"), ("Chen", "staff"))
    ]
    number = await logged(wang)
    assert "120 participants" in await wang.says(f"查 {number}")
    assert not wang.buttons
    assert "no activity" in await li.says(number)
    await chen.says(number.lower())
    assert any("Approve" in label for label in chen.buttons)


async def test_ones_own_totals_are_ones_own_minutes(museum: House) -> None:
    wang, li, chen = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Li", "volunteer"), ("Chen", "staff"))
    ]
    await logged(wang)
    await logged(li, "重阳节 社区 观众40 1小时")
    await chen.says("/approvals")
    await chen.taps("Approve")
    ids = {row.name: row.id for row in await museum.rows(select(Person.id, Person.name))}
    own = [await total(museum, ids[name]) for name in ("Wang", "Li", "Chen")]
    assert [(one.approved_minutes, one.pending_minutes) for one in own] == [(0, 180), (60, 0), (0, 0)]
    assert [(one.activities, one.pending_activities) for one in own] == [(0, 1), (1, 0), (0, 0)]
    assert all(not one.top for one in own)
