"""Those who manage people: lists, cards, posts given and taken, access ended and opened again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from handlers.joining import make_invite
from models import Audit, Conversation, Inspection, Person, Signature
from tests.house import House, Someone, open_house, with_defaults


@pytest.fixture
async def house(tables_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tables_url, tmp_path) as opened:
        yield opened


async def person(house: House, name: str) -> Any:
    [row] = await house.rows(select(*Person.__table__.columns).where(Person.name == name))
    return row


async def audited(house: House) -> list[tuple[str, int | None, int | None]]:
    query = select(Audit.action, Audit.actor_id, Audit.subject_id).order_by(Audit.id)
    return [(row.action, row.actor_id, row.subject_id) for row in await house.rows(query)]


async def invite_to(house: House, role: str) -> str:
    async with house.database.transaction() as db:
        return await make_invite(db, role, 1, 1, None, datetime.now(UTC))


async def draft(house: House) -> Any:
    """The inspection that is being filled in, or was last."""
    query = select(Conversation.id, Conversation.status).where(Conversation.form == "inspection")
    return (await house.rows(query.order_by(Conversation.id)))[-1]


async def card_of(manager: Someone, house: House, name: str) -> str:
    return await manager.taps_data(f"a:person:{(await person(house, name)).id}")


class TestList:
    async def test_it_shows_members_only_and_turns_pages(self, house: House) -> None:
        boss = await house.someone("boss", "admin")
        await house.someone("visitor")
        for place in range(10):
            await house.someone(f"guard{place}", "guard")
        first = await boss.says("/people")
        assert "11 people" in first
        assert "guard6 · Guard" in first
        assert "guard7" not in first
        assert "visitor" not in first
        second = await boss.taps("More")
        assert "guard9 · Guard" in second
        assert "boss" not in second
        assert "boss · Administrator" in await boss.taps("Before")

    async def test_filters_by_role_and_by_state(self, house: House) -> None:
        boss = await house.someone("boss", "admin")
        await house.someone("g", "guard")
        await house.someone("old", "volunteer")
        async with house.database.transaction() as db:
            await db.execute(update(Person).where(Person.name == "old").values(active=False))
        await boss.says("/people")
        await boss.taps("Filter")
        assert boss.buttons == ["Everybody (2)", "Left (1)", "Guard (1)", "Administrator (1)"]
        assert "g · Guard" in await boss.taps("Guard (1)")
        await boss.taps("Filter")
        assert "old · Volunteer · left" in await boss.taps("Left (1)")

    async def test_a_typed_post_or_part_of_a_name_narrows_it(self, house: House) -> None:
        boss = await house.someone("boss", "admin", locale="zh_CN")
        await house.someone("王小明", "guard", "volunteer")
        await house.someone("李雷", "volunteer")
        assert "王小明" in await boss.says("人员 保安")
        assert "李雷" not in await boss.says("人员 保安")
        assert "李雷" in await boss.says("/people 李")
        assert "王小明" not in await boss.says("/people 李")
        assert "王小明" not in await boss.says("/people %")

    async def test_those_who_wait_come_first(self, house: House) -> None:
        boss = await house.someone("boss", "admin")
        waiting = await house.someone("newcomer")
        await waiting.says(await invite_to(house, "staff"))
        heard = await boss.says("/people")
        assert "To be confirmed" in heard
        assert "newcomer · ⏳ Staff" in heard
        assert "Waits to be confirmed as Staff" in await boss.taps("newcomer")
        assert "confirmed as Staff" in await boss.taps("Confirm")

    async def test_a_page_that_is_not_there_is_the_last(self, house: House) -> None:
        boss = await house.someone("boss", "admin")
        assert "boss" in await boss.taps_data("a:people:all.999")
        assert "boss" in await boss.taps_data("a:people:all.９")


class TestPosts:
    async def test_a_card_says_who_it_is(self, house: House) -> None:
        boss = await house.someone("boss", "admin")
        await house.someone("g", "guard", "volunteer")
        heard = await card_of(boss, house, "g")
        for expected in ("👤 g", "Post: Volunteer · Guard", "Chats: Web chat", "Here since", "Last seen"):
            assert expected in heard
        assert boss.buttons == ["Change posts", "End access", "‹ All people"]

    async def test_visitors_have_no_card(self, house: House) -> None:
        boss = await house.someone("boss", "admin")
        await house.someone("visitor")
        heard = await card_of(boss, house, "visitor")
        assert "not among the people who work here" in heard
        assert "visitor" not in heard

    async def test_giving_and_taking_a_post_tells_the_person_and_is_recorded(self, house: House) -> None:
        boss, someone = await house.someone("boss", "deputy"), await house.someone("v", "volunteer")
        await card_of(boss, house, "v")
        await boss.taps("Change posts")
        assert boss.buttons == [
            "✓ Volunteer",
            "+ Guard",
            "+ Shift leader",
            "+ Head of security",
            "+ Staff",
            "‹ Back",
        ]
        assert "Now: Volunteer · Staff" in await boss.taps("Staff")
        assert "You are now Staff" in await someone.hears()
        assert "Now: Staff" in await boss.taps("✓ Volunteer")
        assert "no longer Volunteer" in await someone.hears()
        assert "Now: no post" in await boss.taps("✓ Staff")
        assert "Now: Volunteer" in await boss.taps("+ Volunteer"), "a slip can be undone from the same card"
        boss_id, their_id = (await person(house, "boss")).id, (await person(house, "v")).id
        assert await audited(house) == [
            (action, boss_id, their_id) for action in ("given", "taken", "taken", "given")
        ]

    async def test_nobody_gives_takes_or_confirms_above_themselves(self, house: House) -> None:
        leader = await house.someone("leader", "leader")
        await house.someone("chief", "chief")
        someone = await house.someone("someone")
        await someone.says(await invite_to(house, "chief"))
        chief_id, their_id = (await person(house, "chief")).id, (await person(house, "someone")).id
        before = await audited(house)
        for data in (
            f"a:give:{chief_id}.admin",
            f"a:take:{chief_id}.chief",
            f"a:confirm:{their_id}.chief",
            f"a:refuse:{their_id}.chief",
            f"a:deactivate:{chief_id}.sure",
            f"a:reactivate:{chief_id}",
            f"a:give:{their_id}.visitor",
            f"a:give:{their_id}.",
        ):
            assert "not yours" in await leader.taps_data(data), data
        assert "decided already" in await leader.taps_data(f"a:confirm:{their_id}.guard")
        assert (await person(house, "chief")).roles == {"chief"}
        assert (await person(house, "someone")).pending_role == "chief"
        assert await audited(house) == before
        assert "chief" in await leader.says("/people chief")
        await card_of(leader, house, "chief")
        assert "End access" not in leader.buttons

    async def test_a_lost_post_pauses_what_only_it_allowed(self, house: House) -> None:
        await with_defaults(house)
        boss = await house.someone("boss", "admin")
        guard = await house.someone("g", "guard", "volunteer")
        await guard.follows("p_L1-P3")
        their_id = (await person(house, "g")).id
        await boss.taps_data(f"a:take:{their_id}.volunteer")
        assert (await draft(house)).status == "open"
        await boss.taps_data(f"a:take:{their_id}.guard")
        assert (await draft(house)).status == "paused"
        assert "no longer there" in await guard.taps_data(f"a:resume:{(await draft(house)).id}")

    async def test_giving_what_was_asked_for_confirms_it(self, house: House) -> None:
        boss = await house.someone("boss", "admin")
        someone = await house.someone("someone")
        await someone.says(await invite_to(house, "staff"))
        await boss.taps_data(f"a:give:{(await person(house, 'someone')).id}.staff")
        found = await person(house, "someone")
        assert (found.roles, found.pending_role) == ({"staff"}, None)


class TestLeaving:
    async def test_it_cuts_everything_off_at_once(self, house: House) -> None:
        await with_defaults(house)
        boss = await house.someone("boss", "admin")
        guard, leader = await house.someone("g", "guard"), await house.someone("l", "leader")
        await guard.follows("p_L1-P3")
        await guard.says("all normal")
        await guard.says("yes")
        assert "Sign" in " ".join([await leader.hears(), *leader.buttons])
        await guard.follows("p_L1-P3")
        for name in ("g", "l"):
            await card_of(boss, house, name)
            assert "It takes effect at once" in await boss.taps("End access")
            assert "Has left" in await boss.taps("End access")
        assert "Your access as Guard has ended" in await guard.hears()
        await leader.taps("Sign")
        assert [row.post for row in await house.rows(select(Signature.post))] == ["inspector"]
        assert "You are here as" not in await guard.says("/start")
        assert "That is not open to you" in await guard.says("/inspect")
        assert "no longer there" in await guard.taps_data(f"a:resume:{(await draft(house)).id}")
        await guard.follows("p_L1-P3")
        await guard.says("all normal")
        await guard.says("yes")
        assert len(await house.rows(select(Inspection.id))) == 1
        assert (await draft(house)).status == "paused"

    async def test_who_is_let_back_in_goes_on_where_they_were(self, house: House) -> None:
        await with_defaults(house)
        boss, guard = await house.someone("boss", "admin"), await house.someone("g", "guard")
        await guard.follows("p_L1-P3")
        await guard.says("1 normal")
        await card_of(boss, house, "g")
        await boss.taps("End access")
        await boss.taps("End access")
        assert "Has left" not in await boss.taps("Let back in")
        assert "Welcome back! You are Guard" in await guard.hears()
        assert "unfinished draft" in await guard.says("/start")
        assert "Going on" in await guard.taps("Go on")

    async def test_their_invites_die_and_they_are_no_longer_told_anything(self, house: House) -> None:
        boss, chief = await house.someone("boss", "admin"), await house.someone("chief", "chief")
        await chief.says("/invite guard")
        await chief.says("1")
        code = (await chief.says("1")).split("chat?i=")[1].split()[0]
        await boss.taps_data(f"a:deactivate:{(await person(house, 'chief')).id}.sure")
        await chief.hears()
        assert "does not work" in await Someone(house, "g").says(code)
        await (await house.someone("other")).says(await invite_to(house, "leader"))
        assert await chief.hears() == ""
        assert "would like to join as Shift leader" in await boss.hears()

    async def test_a_wait_for_confirmation_ends_too(self, house: House) -> None:
        boss, someone = await house.someone("boss", "admin"), await house.someone("v", "volunteer")
        await someone.says(await invite_to(house, "staff"))
        their_id = (await person(house, "v")).id
        await boss.taps_data(f"a:deactivate:{their_id}.sure")
        assert "decided already" in await boss.taps_data(f"a:confirm:{their_id}.staff")
        assert (await person(house, "v")).roles == {"volunteer"}

    async def test_tapping_twice_is_harmless(self, house: House) -> None:
        boss = await house.someone("boss", "admin")
        await house.someone("g", "guard")
        data = f"a:deactivate:{(await person(house, 'g')).id}.sure"
        await boss.taps_data(data)
        assert "decided already" in await boss.taps_data(data)
        assert [action for action, _actor, _subject in await audited(house)] == ["deactivated"]


class TestLastAdministrator:
    async def test_stays(self, house: House) -> None:
        boss = await house.someone("boss", "admin")
        own = (await person(house, "boss")).id
        assert "last administrator" in await boss.taps_data(f"a:take:{own}.admin")
        assert "last administrator" in await boss.taps_data(f"a:deactivate:{own}.sure")
        found = await person(house, "boss")
        assert (found.roles, found.active) == ({"admin"}, True)

    async def test_goes_where_there_is_another(self, house: House) -> None:
        boss = await house.someone("boss", "admin")
        await house.someone("other", "admin")
        await boss.taps_data(f"a:take:{(await person(house, 'boss')).id}.admin")
        assert (await person(house, "boss")).roles == frozenset()
        assert "not open to you" in await boss.says("/people")

    async def test_of_two_who_remove_each_other_at_once_one_stays(self, house: House) -> None:
        one, two = await house.someone("one", "admin"), await house.someone("two", "admin")
        one_id, two_id = (await person(house, "one")).id, (await person(house, "two")).id
        await asyncio.gather(one.taps_data(f"a:take:{two_id}.admin"), two.taps_data(f"a:take:{one_id}.admin"))
        left = await house.rows(select(Person.id).where(Person.active, Person.roles.holds("admin")))
        assert len(left) == 1
