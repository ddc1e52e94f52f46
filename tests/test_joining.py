"""Becoming the first administrator, and taking invites: at once, after confirmation, or not at all."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select, update

from handlers import codes
from handlers.joining import make_invite
from handlers.joining_first import first_admin_code
from handlers.roles import ROLES
from models import Audit, Feedback, Invite, Note, Person
from tests.house import House, Someone, open_house

CODE = re.compile(r"(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}")
GENERIC = "does not work (any more)"


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(database_url, tmp_path) as opened:
        yield opened


async def admin_code(house: House) -> str | None:
    async with house.database.transaction() as db:
        return await first_admin_code(db, datetime.now(UTC))


async def invite_to(house: House, role: str, uses: int = 1, days: int = 1, by: str | None = None) -> str:
    maker = (await row_of(house, by)).id if by else None
    async with house.database.transaction() as db:
        return await make_invite(db, role, uses, days, maker, datetime.now(UTC))


async def row_of(house: House, name: str) -> Person:
    [row] = await house.rows(select(*Person.__table__.columns).where(Person.name == name))
    return row  # type: ignore[no-any-return]  # a row with the columns of Person


async def uses_left(house: House) -> list[int]:
    return [row.uses_left for row in await house.rows(select(Invite.uses_left).order_by(Invite.id))]


async def actions(house: House) -> list[str]:
    return [row.action for row in await house.rows(select(Audit.action).order_by(Audit.id))]


class TestCodes:
    def test_a_code_is_read_as_people_type_it(self) -> None:
        code = "4K7M9QXW"
        for typed in (
            "4K7M-9QXW",
            "4k7m 9qxw",
            " ４Ｋ７Ｍ－９ＱＸＷ ",
            "4K7M—9QXW",
            "关联码：4k7m9qxw",
            "https://t.me/museum_bot?start=l_4K7M9QXW",
            "http://museum.test/chat?l=4K7M9QXW",
        ):
            assert codes.read(typed, codes.LINK) == code, typed

    def test_lookalikes_are_forgiven(self) -> None:
        assert codes.read("oil2-oil3", codes.LINK) == "01120113"

    @pytest.mark.parametrize("typed", ["", "security", "20261122", "4K7M9QXU", "4K7M9QX", "x" * 1_000_000])
    def test_words_and_numbers_are_no_codes(self, typed: str) -> None:
        assert codes.read(typed, codes.LINK) is None

    @pytest.mark.parametrize("length", [codes.LINK, codes.FIRST_ADMIN, codes.INVITE])
    def test_what_is_made_can_be_read_and_is_never_the_same(self, length: int) -> None:
        made = [codes.make(length) for _time in range(200)]
        assert len(set(made)) == 200
        assert all(codes.read(codes.grouped(code).lower(), length) == code for code in made)

    def test_an_invite_has_at_least_128_bits(self) -> None:
        assert len(codes.ALPHABET) == len(set(codes.ALPHABET)) == 32
        assert codes.INVITE * 5 >= 128


class TestFirstAdmin:
    async def test_the_code_makes_an_administrator_once_and_asks_the_name(self, house: House) -> None:
        code = await admin_code(house)
        assert code is not None
        first, second = Someone(house, "first"), Someone(house, "second")
        assert "administrator of 示例博物馆" in await first.says(codes.grouped(code).lower())
        assert "Thank you, Zhang San" in await first.says("Zhang San")
        assert "admin" in (await row_of(house, "Zhang San")).roles
        assert GENERIC in await second.says(code)
        assert await admin_code(house) is None
        assert await house.rows(select(Note)) == []

    async def test_a_new_code_replaces_the_old(self, house: House) -> None:
        old, new = await admin_code(house), await admin_code(house)
        assert old is not None
        assert new is not None
        someone = Someone(house, "first")
        assert GENERIC in await someone.says(old)
        assert "administrator" in await someone.says(new)

    async def test_it_is_good_for_fifteen_minutes(self, house: House) -> None:
        with time_machine.travel(datetime(2026, 11, 22, 2, 0, tzinfo=UTC), tick=False) as clock:
            code = await admin_code(house)
            assert code is not None
            clock.shift(timedelta(minutes=15))
            assert GENERIC in await Someone(house, "late").says(code)
            fresh = await admin_code(house)
            assert fresh is not None
            clock.shift(timedelta(minutes=14, seconds=59))
            assert "administrator" in await Someone(house, "early").says(fresh)

    async def test_of_two_who_type_it_at_once_one_wins(self, house: House) -> None:
        code = await admin_code(house)
        assert code is not None
        people = [Someone(house, f"p{place}") for place in range(6)]
        for someone in people:
            await someone.says("/start")
        heard = await asyncio.gather(*(someone.says(code) for someone in people))
        assert sum("administrator" in said for said in heard) == 1
        admins = await house.rows(select(Person.id).where(Person.roles.holds("admin")))
        assert len(admins) == 1

    async def test_it_is_not_kept_in_plain(self, house: House) -> None:
        code = await admin_code(house)
        assert code is not None
        [note] = await house.rows(select(Note.value))
        assert code not in str(note.value)

    async def test_an_existing_administrator_closes_the_door(self, house: House) -> None:
        code = await admin_code(house)
        assert code is not None
        await house.someone("boss", "admin")
        assert GENERIC in await Someone(house, "thief").says(code)


class TestGuessing:
    async def test_after_five_wrong_codes_not_even_the_right_one_counts_for_ten_minutes(
        self, house: House
    ) -> None:
        with time_machine.travel(datetime(2026, 11, 22, 2, 0, tzinfo=UTC), tick=False) as clock:
            code = await admin_code(house)
            assert code is not None
            guesser = Someone(house, "guesser")
            for _guess in range(5):
                assert GENERIC in await guesser.says(codes.make(codes.FIRST_ADMIN))
            assert "Too many wrong codes" in await guesser.says(code)
            assert "Too many wrong codes" in await guesser.says(await invite_to(house, "volunteer"))
            clock.shift(timedelta(minutes=10, seconds=1))
            assert "administrator" in await guesser.says(code)

    async def test_the_count_outlives_a_restart(self, database_url: str, tmp_path: Path) -> None:
        async with open_house(database_url, tmp_path) as before:
            for _guess in range(5):
                await Someone(before, "guesser").says(codes.make(codes.INVITE))
        async with open_house(database_url, tmp_path) as after:
            guesser = Someone(after, "guesser")
            after.updates = 100
            assert "Too many wrong codes" in await guesser.says(codes.make(codes.INVITE))

    async def test_all_that_is_wrong_with_an_invite_sounds_the_same(self, house: House) -> None:
        used = await invite_to(house, "volunteer")
        await house.someone("quick")
        expired = await invite_to(house, "volunteer", days=0)
        withdrawn = await invite_to(house, "volunteer")
        await house.someone("gone", "deputy")
        orphan = await invite_to(house, "volunteer", by="gone")
        async with house.database.transaction() as db:
            await db.execute(
                update(Invite)
                .where(Invite.code_hash.in_([codes.hashed(used), codes.hashed(withdrawn)]))
                .values(uses_left=0)
            )
            await db.execute(update(Person).where(Person.name == "gone").values(active=False))
        wrong = [used, expired, withdrawn, orphan, codes.make(codes.INVITE)]
        someone = Someone(house, "someone")
        heard = {await someone.says(code) for code in wrong}
        assert len(heard) == 1
        assert GENERIC in heard.pop()

    async def test_a_link_with_nonsense_is_a_wrong_code(self, house: House) -> None:
        assert GENERIC in await Someone(house, "someone").follows("i_nonsense")


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


class TestMaking:
    async def test_the_maker_gets_code_links_and_picture(self, house: House) -> None:
        chief = await house.someone("chief", "chief")
        assert "Which post" in await chief.says("/invite")
        assert [label for label in chief.buttons if label in {str(t.source) for t in ROLES.values()}] == [  # type: ignore[union-attr]  # all titles are phrases
            "Guard",
            "Shift leader",
        ]
        await chief.taps("Guard")
        await chief.taps("5")
        heard = await chief.says("7天")
        found = CODE.search(heard)
        assert found is not None, heard
        bare = found[0].replace("-", "")
        assert f"http://museum.test/chat?i={bare}" in heard
        assert "t.me" not in heard
        assert "still has to be confirmed" in heard
        [photo] = chief.told[-1]["photos"]
        assert (await house.media.read(photo["sha"])).startswith(b"\x89PNG")
        [stored] = await house.rows(select(*Invite.__table__.columns))
        assert (stored.role, stored.uses_left, stored.code_hash) == ("guard", 5, codes.hashed(bare))
        assert bare not in str(stored)

    async def test_where_there_is_a_telegram_bot_its_link_is_given_too(
        self, database_url: str, tmp_path: Path
    ) -> None:
        async with open_house(database_url, tmp_path, telegram_name="museum_bot") as house:
            boss = await house.someone("boss", "admin", locale="zh_CN")
            await boss.says("邀请 志愿者")
            await boss.says("20")
            heard = await boss.says("30")
            assert re.search(r"https://t\.me/museum_bot\?start=i_[0-9A-Z]{28}\n", heard), heard

    async def test_words_choose_the_post(self, house: House) -> None:
        boss = await house.someone("boss", "admin")
        assert "how many people" in await boss.says("/invite 保安班长")

    async def test_a_withdrawn_invite_no_longer_works(self, house: House) -> None:
        chief = await house.someone("chief", "chief")
        await chief.says("/invite guard")
        await chief.says("1")
        heard = await chief.says("1")
        found = CODE.search(heard)
        assert found is not None
        assert "withdrawn" in await chief.taps("Withdraw")
        assert GENERIC in await Someone(house, "g").says(found[0])

    async def test_nobody_withdraws_what_is_above_them(self, house: House) -> None:
        leader = await house.someone("leader", "leader")
        await invite_to(house, "chief")
        [stored] = await house.rows(select(Invite.id))
        assert "not yours" in await leader.taps_data(f"a:uninvite:{stored.id}")
        assert await uses_left(house) == [1]

    async def test_who_lost_the_right_while_filling_the_form_in_makes_none(self, house: House) -> None:
        chief = await house.someone("chief", "chief")
        await chief.says("/invite leader")
        await chief.says("1")
        async with house.database.transaction() as db:
            await db.execute(update(Person).where(Person.name == "chief").values(roles=frozenset({"leader"})))
        assert "cannot give that post" in await chief.says("1")
        assert await house.rows(select(Invite)) == []

    async def test_an_unknown_role_is_an_error_that_names_the_roles(self, house: House) -> None:
        with pytest.raises(ValueError, match=r"no such role: boss .*volunteer"):
            await invite_to(house, "boss")
