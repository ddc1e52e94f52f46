"""Codes: how they are read, who becomes the first administrator, and what guessing brings."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select, update

from handlers import codes
from models import Invite, Note, Person
from tests.fixtures.invites import GENERIC, admin_code, invite_to, row_of
from tests.fixtures.invites import house as house
from tests.house import House, Someone, open_house


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

    async def test_who_does_not_tell_a_name_is_asked_once_and_shown_all_the_same(self, house: House) -> None:
        code = await admin_code(house)
        assert code is not None
        boss = Someone(house, "boss")  # on the web, where nobody has a name
        assert "What should your colleagues call you" in await boss.says(code)
        assert "unfinished" not in await boss.says("/people")
        assert "unfinished" not in await boss.says("/start")
        [person] = await house.rows(select(Person.id, Person.name))
        assert person.name == f"Administrator {person.id}"

    async def test_the_name_of_the_channel_is_kept_with_a_tap(self, house: House) -> None:
        code = await admin_code(house)
        assert code is not None
        boss = Someone(house, "boss", name="Zhang San")
        await boss.says(code)
        await boss.taps("Keep it as it is")
        assert "admin" in (await row_of(house, "Zhang San")).roles

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

    async def test_the_count_outlives_a_restart(self, tables_url: str, tmp_path: Path) -> None:
        async with open_house(tables_url, tmp_path) as before:
            for _guess in range(5):
                await Someone(before, "guesser").says(codes.make(codes.INVITE))
        async with open_house(tables_url, tmp_path) as after:
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
