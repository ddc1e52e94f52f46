"""Taking an invite: a post at once, after confirmation, or not at all."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select, update

from handlers import codes
from models import Feedback, Person
from tests.fixtures.invites import GENERIC, actions, invite_to, row_of, uses_left
from tests.fixtures.invites import house as house
from tests.house import House, Someone


class TestTaking:
    async def test_a_volunteer_joins_at_once_after_telling_the_name(self, house: House) -> None:
        boss = await house.someone("boss", "admin")
        code = await invite_to(house, "volunteer", by="boss")
        newcomer = Someone(house, "v")
        assert "What is your name" in await newcomer.follows(f"i_{code}")
        assert await uses_left(house) == [1], "asking for the name uses nothing up"
        assert "Welcome, 李 雷! You are now Volunteer" in await newcomer.says("  李   雷 ")
        assert await uses_left(house) == [0]
        joined = await row_of(house, "李 雷")
        assert joined.roles == {"volunteer"}
        assert joined.invited_by == (await row_of(house, "boss")).id
        assert "李 雷 has joined as Volunteer" in await boss.hears()
        assert (await actions(house))[-1] == "joined"

    async def test_the_welcome_names_the_post_and_the_museum(self, house: House) -> None:
        code = await invite_to(house, "volunteer")
        asked = await Someone(house, "v").follows(f"i_{code}")
        assert "invited as Volunteer" in asked
        assert "Welcome to 示例博物馆!" in asked

    @pytest.mark.parametrize(
        ("said", "name"),
        [
            ("我叫李强", "李强"), ("我是李强。", "李强"), ("你好，我叫 李强", "李强"),
            ("我的名字是：李强", "李强"),
            ("My name is Li Qiang.", "Li Qiang"), ("I'm Li Qiang", "Li Qiang"), ("i’m Li", "Li"),
            ("Hello, I am Ann", "Ann"), ("李 强", "李 强"), ("Imre Nagy Jr.", "Imre Nagy Jr."),
            ("我叫", "我叫"),
            ("Hildegard", "Hildegard"), ("Iamblichus", "Iamblichus"),
        ],
    )  # fmt: skip
    async def test_the_name_is_taken_out_of_the_sentence(self, house: House, said: str, name: str) -> None:
        code = await invite_to(house, "volunteer")
        newcomer = Someone(house, "v")
        await newcomer.follows(f"i_{code}")
        assert f"Welcome, {name}!" in await newcomer.says(said)
        assert (await row_of(house, name)).roles == {"volunteer"}

    async def test_a_member_changes_their_own_name(self, house: House) -> None:
        member = await house.someone("Li", "volunteer")
        assert "Thank you, 李强." in await member.says("改名 我叫李强")
        assert "What should your colleagues call you" in await member.says("/name")
        await member.says("x" * 41)
        assert (await row_of(house, "李强")).roles == {"volunteer"}
        assert "Thank you, Li Qiang." in await member.says("My name is Li Qiang")
        assert "up to 40 characters" in await member.says("/name " + "x" * 41)
        assert (await row_of(house, "Li Qiang")).roles == {"volunteer"}
        assert (await actions(house)).count("renamed") == 2

    @pytest.mark.parametrize("word", ["汇总", "巡查", "Help", "summary"])
    async def test_a_word_that_calls_for_something_is_no_name(self, house: House, word: str) -> None:
        code = await invite_to(house, "volunteer")
        newcomer = Someone(house, "v")
        await newcomer.follows(f"i_{code}")
        await newcomer.says(word)
        assert not await house.rows(select(Person.id).where(Person.name.contains(word[-2:])))
        if "Go on" in newcomer.buttons:
            assert "What is your name?" in await newcomer.taps("Go on")
        assert "Welcome, 李强!" in await newcomer.says("李强")
        member = await house.someone("Li", "volunteer")
        if word != "Help":
            assert "is something to do here, no name" in await member.says(f"/name {word}")

    async def test_an_album_is_asked_for_a_name_once(self, house: House) -> None:
        code = await invite_to(house, "volunteer")
        newcomer = Someone(house, "v")
        await newcomer.follows(f"i_{code}")
        assert "What is your name?" in await newcomer.says(photos=(house.photo("a"),), album="1")
        assert await newcomer.says(photos=(house.photo("b"),), album="1") == ""
        assert "What is your name?" in await newcomer.says(photos=(house.photo("c"),), album="2")
        assert "Welcome, 李强!" in await newcomer.says("李强")

    async def test_a_visitor_has_no_name_to_change(self, house: House) -> None:
        visitor = await house.someone("v")
        await visitor.says("/name Director")
        assert not await house.rows(select(Person.id).where(Person.name == "Director"))

    async def test_an_abandoned_join_uses_nothing_up(self, house: House) -> None:
        code = await invite_to(house, "volunteer")
        newcomer = Someone(house, "v")
        await newcomer.follows(f"i_{code}")
        await newcomer.taps("Cancel")
        assert await uses_left(house) == [1]
        other = Someone(house, "w")
        await other.says(code)
        assert "Welcome" in await other.says("Wang Wu")

    async def test_the_last_use_goes_to_whoever_tells_the_name_first(self, house: House) -> None:
        code = await invite_to(house, "volunteer")
        one, two = Someone(house, "one"), Someone(house, "two")
        for someone in (one, two):
            await someone.says(code)
        heard = await asyncio.gather(one.says("Anna Alpha"), two.says("Berta Beta"))
        assert sorted("Welcome" in said for said in heard) == [False, True]
        assert sum(GENERIC in said for said in heard) == 1
        assert await uses_left(house) == [0]
        assert len(await house.rows(select(Person.id).where(Person.roles.holds("volunteer")))) == 1

    async def test_a_code_typed_into_an_open_comment_is_not_its_text(self, house: House) -> None:
        code = await invite_to(house, "volunteer")
        newcomer = Someone(house, "v")
        await newcomer.says("Hello, I am the new volunteer")
        await newcomer.says(f"code: {codes.grouped(code)}")
        assert "Welcome" in await newcomer.says("Li Lei")
        [comment] = await house.rows(select(Feedback.comment, Feedback.contact))
        assert (comment.comment, comment.contact) == ("Hello, I am the new volunteer", None)

    async def test_a_guard_waits_for_a_leader(self, house: House) -> None:
        chief, leader = await house.someone("chief", "chief"), await house.someone("leader", "leader")
        code = await invite_to(house, "guard", by="chief")
        guard = Someone(house, "g")
        await guard.says(code)
        assert "has been asked to confirm you as Guard" in await guard.says("Zhao Qian")
        assert "Zhao Qian would like to join as Guard, with an invite by chief" in await leader.hears()
        assert "a supervisor still has to confirm" in await chief.hears()
        assert "still has to confirm your post" in await guard.says("/inspect")
        assert "is confirmed as Guard" in await leader.taps("Confirm")
        assert "You are confirmed: Guard" in await guard.hears()
        assert "Zhao Qian is confirmed" in await chief.hears()
        assert "That is not open to you" not in await guard.says("/inspect")
        assert (await row_of(house, "Zhao Qian")).pending_role is None

    async def test_a_second_supervisor_hears_that_it_is_decided(self, house: House) -> None:
        one, two = await house.someone("one", "leader"), await house.someone("two", "leader")
        guard = await house.someone("g")
        await guard.says(await invite_to(house, "guard"))
        for leader in (one, two):
            assert "would like to join" in await leader.hears()
        await one.taps("Confirm")
        assert "decided already" in await two.taps("Refuse")
        assert (await row_of(house, "g")).roles == {"guard"}
        assert (await actions(house)).count("confirmed") == 1

    async def test_a_refusal_gives_the_use_back(self, house: House) -> None:
        leader = await house.someone("leader", "leader")
        guard = await house.someone("g")
        await guard.says(await invite_to(house, "guard"))
        assert await uses_left(house) == [0]
        await leader.hears()
        assert "was not confirmed" in await leader.taps("Refuse")
        assert "not confirmed as Guard" in await guard.hears()
        assert await uses_left(house) == [1]
        refused = await row_of(house, "g")
        assert (refused.roles, refused.pending_role) == (frozenset(), None)

    async def test_roles_add_up(self, house: House) -> None:
        await house.someone("boss", "admin")
        both = await house.someone("both", "volunteer")
        await both.says(await invite_to(house, "staff"))
        boss = Someone(house, "boss")
        await boss.hears()
        await boss.taps("Confirm")
        assert (await row_of(house, "both")).roles == {"volunteer", "staff"}

    async def test_a_held_or_asked_post_uses_nothing_up(self, house: House) -> None:
        code = await invite_to(house, "volunteer", uses=2)
        volunteer = await house.someone("v", "volunteer")
        assert "already" in await volunteer.says(code)
        guards = await invite_to(house, "guard", uses=2)
        await volunteer.says(guards)
        assert "asked for that already" in await volunteer.says(guards)
        assert await uses_left(house) == [2, 1]

    async def test_asking_for_another_post_frees_the_use_of_the_first(self, house: House) -> None:
        someone = await house.someone("someone")
        await someone.says(await invite_to(house, "guard"))
        await someone.says(await invite_to(house, "leader"))
        assert await uses_left(house) == [1, 0]
        assert (await row_of(house, "someone")).pending_role == "leader"

    async def test_who_may_give_a_post_need_not_wait_for_it(self, house: House) -> None:
        boss = await house.someone("boss", "admin")
        assert "You are now Guard" in await boss.says(await invite_to(house, "guard"))

    async def test_nobody_asks_themselves(self, house: House) -> None:
        leader = await house.someone("leader", "leader")
        chief = await house.someone("chief", "chief")
        await leader.says(await invite_to(house, "chief"))
        assert "would like to join as Head of security" not in await chief.hears()
        assert await leader.hears() == ""
        boss = await house.someone("boss", "deputy")
        assert "Head of security" in await boss.says("/people")

    async def test_an_invite_dies_with_its_makers_right_to_give_the_role(self, house: House) -> None:
        await house.someone("chief", "chief")
        code = await invite_to(house, "guard", by="chief")
        async with house.database.transaction() as db:
            await db.execute(update(Person).where(Person.name == "chief").values(roles=frozenset({"guard"})))
        assert GENERIC in await Someone(house, "g").says(code)

    async def test_who_was_sent_away_does_not_come_back_by_an_invite(self, house: House) -> None:
        gone = await house.someone("gone", "volunteer")
        async with house.database.transaction() as db:
            await db.execute(update(Person).where(Person.name == "gone").values(active=False))
        assert "has ended" in await gone.says(await invite_to(house, "staff"))
        assert await uses_left(house) == [1]
