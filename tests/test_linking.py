"""Linking: a second chat becomes the same person's, with all that its visitor left, and nobody else's."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, text, update

from handlers import codes
from handlers.linking_records import MOVES, STAYS, move_records
from models import Account, Audit, Base, Conversation, Feedback, LinkCode, Outreach, OutreachMember, Person
from tests.fixtures.postgres import Postgres
from tests.house import House, Someone, open_house, with_defaults

CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}")
WRONG = "This code does not work"


@pytest.fixture
async def house(tables_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tables_url, tmp_path) as opened:
        yield opened


async def code_of(someone: Someone) -> str:
    found = CODE.search(await someone.says("/link"))
    assert found is not None
    return found[0]


async def owner_of(house: House, external_id: str) -> Any:
    """The person behind an account."""
    query = select(*Person.__table__.columns).join(Account, Account.person_id == Person.id)
    [row] = await house.rows(query.where(Account.external_id == external_id))
    return row


async def accounts(house: House, external_id: str) -> set[str]:
    """All accounts of the person behind one of them."""
    owner = (await owner_of(house, external_id)).id
    return {row.external_id for row in await house.rows(select(Account).where(Account.person_id == owner))}


class TestLinking:
    async def test_a_half_done_inspection_goes_on_in_the_other_chat(self, house: House) -> None:
        await with_defaults(house)
        phone = await house.someone("phone", "guard")
        await phone.follows("p_L1-P3")
        await phone.says("3 the sign is broken")
        code = await code_of(phone)
        tablet = Someone(house, "tablet")
        heard = await tablet.says(code.lower().replace("-", " "))
        assert "Linked" in heard
        assert "unfinished draft: Inspection" in heard
        assert "⚠️ 3." in await tablet.taps("Go on")
        await tablet.says("the rest normal")
        stored = await house.rows(select(Conversation.answers).where(Conversation.form == "inspection"))
        states = {key: one["state"] for key, one in stored[0].answers["items"].items()}
        assert len(states) == 14
        assert states.pop("3") == "bad"
        assert set(states.values()) == {"ok"}
        assert await accounts(house, "tablet") == {"phone", "tablet"}
        assert (await owner_of(house, "tablet")).roles == {"guard"}

    async def test_both_chats_are_told(self, house: House) -> None:
        phone, tablet = await house.someone("phone", "guard"), Someone(house, "tablet")
        assert "Linked" in await tablet.says(await code_of(phone))
        assert "Another chat is now linked with you: Web chat" in await phone.hears()
        assert "You have 2 chats linked" in await phone.says("/link")

    async def test_the_link_beside_the_code_and_the_command_work_too(self, house: House) -> None:
        phone = await house.someone("phone", "guard")
        heard = await phone.says("/link")
        found = re.search(r"http://museum\.test/chat\?l=(\S+)", heard)
        assert found is not None
        assert "Linked" in await Someone(house, "tablet").follows(f"l_{found[1]}")
        assert "Linked" in await Someone(house, "pad").says(f"/link {await code_of(phone)}")
        assert await accounts(house, "phone") == {"phone", "tablet", "pad"}

    async def test_what_the_visitor_left_comes_along(self, house: House) -> None:
        phone, visitor = await house.someone("phone", "volunteer"), Someone(house, "visitor")
        await visitor.says("The lamp on the third floor is broken")
        await visitor.says("later")
        await visitor.says(await code_of(phone))
        owner = (await owner_of(house, "phone")).id
        [comment] = await house.rows(select(Feedback.person_id, Feedback.number))
        assert comment.person_id == owner
        assert {row.person_id for row in await house.rows(select(Conversation.person_id))} == {owner}
        assert "The lamp" in await phone.says(f"check {comment.number}")

    async def test_only_one_conversation_stays_open(self, house: House) -> None:
        phone, visitor = await house.someone("phone", "admin"), Someone(house, "visitor")
        code = await code_of(phone)
        await phone.says("/invite guard")
        await visitor.says("/feedback")
        assert "unfinished draft: Invite" in await visitor.says(code)
        states = await house.rows(select(Conversation.form, Conversation.status))
        assert {row.form: row.status for row in states} == {"invite": "open", "feedback": "paused"}

    async def test_the_visitors_open_comment_stays_open_where_there_is_no_other(self, house: House) -> None:
        phone, visitor = await house.someone("phone"), Someone(house, "visitor")
        code = await code_of(phone)
        await visitor.says("/feedback")
        await visitor.says(code)
        [comment] = await house.rows(select(Conversation.status, Conversation.answers))
        assert (comment.status, comment.answers) == ("open", {})

    async def test_minutes_at_the_same_event_are_not_counted_twice(self, house: House) -> None:
        await house.someone("old", "volunteer")
        await house.someone("new", "volunteer")
        old, new = (await owner_of(house, "old")).id, (await owner_of(house, "new")).id
        for number, members in (("HD-1", [(old, 60), (new, 90)]), ("HD-2", [(old, 30)])):
            await house.add(Outreach, event(number, old))
            [made] = await house.rows(select(Outreach.id).where(Outreach.number == number))
            await house.add(OutreachMember, *(member(made.id, who, minutes) for who, minutes in members))
        async with house.database.transaction() as db:
            await move_records(db, old, new)
        rows = await house.rows(select(OutreachMember.person_id, OutreachMember.minutes))
        assert sorted((row.person_id, row.minutes) for row in rows) == [(new, 30), (new, 90)]

    def test_every_column_about_people_either_moves_or_stays(self) -> None:
        columns = {
            column
            for table in Base.metadata.sorted_tables
            for column in table.columns
            if any(key.column.table.name == "people" for key in column.foreign_keys)
        }
        decided = [column.property.columns[0] for column in (*MOVES, *STAYS)]
        assert len(decided) == len(set(decided))
        assert {str(column) for column in decided} == {str(column) for column in columns}


def event(number: str, person_id: int) -> dict[str, Any]:
    """A row of Outreach with everything that must be there."""
    counts = dict.fromkeys(
        ("sessions", "participants", "minors", "elderly", "disabled", "online_views", "leaflets"), 1
    )
    made: dict[str, Any] = {
        "number": number, "day": date(2026, 11, 22), "kind": "lecture", "place_kind": "school",
        "place": "School", "same": number, "photos": [], "status": "pending", "person_id": person_id,
        "submitted_at": datetime(2026, 11, 22, tzinfo=UTC), "sample": False, **counts,
    }  # fmt: skip
    return made


def member(outreach_id: int, person_id: int, minutes: int) -> dict[str, Any]:
    return {"outreach_id": outreach_id, "person_id": person_id, "name": "", "minutes": minutes}


class TestRefusing:
    async def test_the_chat_that_shows_the_code_says_where_to_type_it(self, house: House) -> None:
        phone = await house.someone("phone", "guard")
        code = await code_of(phone)
        assert "in your other app" in await phone.says(code)
        assert "Linked" in await Someone(house, "tablet").says(code), "that did not use it up"

    async def test_chats_that_are_linked_say_so(self, house: House) -> None:
        phone, tablet = await house.someone("phone", "guard"), Someone(house, "tablet")
        await tablet.says(await code_of(phone))
        assert "linked already" in await tablet.says(await code_of(phone))

    async def test_two_people_with_posts_stay_two(self, house: House) -> None:
        guard, leader = await house.someone("g", "guard"), await house.someone("l", "leader")
        assert "post in both chats" in await leader.says(await code_of(guard))
        assert await accounts(house, "l") == {"l"}

    async def test_a_post_is_never_carried_by_who_types(self, house: House) -> None:
        visitor, guard = await house.someone("visitor"), await house.someone("g", "guard")
        assert "other way round" in await guard.says(await code_of(visitor))
        assert (await owner_of(house, "visitor")).roles == frozenset()

    async def test_who_was_sent_away_does_not_slip_in(self, house: House) -> None:
        visitor, gone = await house.someone("visitor"), await house.someone("gone", "guard")
        code, theirs = await code_of(visitor), await code_of(gone)
        async with house.database.transaction() as db:
            await db.execute(update(Person).where(Person.name == "gone").values(active=False))
        assert "has ended" in await gone.says(code)
        assert WRONG in await visitor.says(theirs)

    async def test_a_code_works_once_for_ten_minutes_and_only_the_newest(self, house: House) -> None:
        with time_machine.travel(datetime(2026, 11, 22, 2, 0, tzinfo=UTC), tick=False) as clock:
            phone = await house.someone("phone", "guard")
            old, used = await code_of(phone), await code_of(phone)
            late = await code_of(await house.someone("late", "guard"))
            assert "Linked" in await Someone(house, "a").says(used)
            clock.shift(timedelta(minutes=10))
            stranger = Someone(house, "b")
            assert len({await stranger.says(code) for code in (old, used, late)}) == 1
            assert WRONG in await stranger.says(late)

    async def test_guesses_are_limited_and_counted_with_those_at_invites(self, house: House) -> None:
        code = await code_of(await house.someone("phone", "guard"))
        guesser = Someone(house, "guesser")
        for length in (codes.LINK, codes.LINK, codes.LINK, codes.INVITE, codes.FIRST_ADMIN):
            await guesser.says(codes.make(length))
        assert "Too many wrong codes" in await guesser.says(code)
        assert await accounts(house, "phone") == {"phone"}

    async def test_in_a_conversation_a_wrong_code_is_an_answer(self, house: House) -> None:
        visitor = Someone(house, "visitor")
        await visitor.says("/feedback")
        await visitor.says("ROOM-2A3B")
        [comment] = await house.rows(select(Feedback.comment))
        assert comment.comment == "ROOM-2A3B"

    async def test_a_wrong_code_that_is_the_last_answer_ends_the_conversation(self, house: House) -> None:
        guard = await house.someone("phone", "guard")
        await guard.says("/name")
        assert "unfinished" not in await guard.says("ROOM-2A3B")
        [conversation] = await house.rows(select(Conversation.status))
        assert conversation.status == "done"

    async def test_of_two_chats_that_type_it_at_once_one_is_linked(self, house: House) -> None:
        code = await code_of(await house.someone("phone", "guard"))
        others = [Someone(house, f"chat{place}") for place in range(4)]
        for other in others:
            await other.says("/start")
        heard = await asyncio.gather(*(other.says(code) for other in others))
        assert sum("Linked" in said for said in heard) == 1
        assert len(await accounts(house, "phone")) == 2
        [stored] = await house.rows(select(LinkCode))
        assert code.replace("-", "") not in str(stored)


class TestUndoing:
    async def test_the_owner_cuts_a_chat_off_that_was_not_theirs(self, house: House) -> None:
        phone, thief = await house.someone("phone", "guard"), Someone(house, "thief")
        await thief.says(await code_of(phone))
        await phone.hears()
        assert "can no longer act in your name" in await phone.taps("undo")
        assert "no longer linked" in await thief.hears()
        assert (await owner_of(house, "thief")).roles == frozenset()
        assert "not open to you" in await thief.says("/inspect")
        actions = await house.rows(select(Audit.action).order_by(Audit.id))
        assert [row.action for row in actions] == ["linked", "unlinked"]

    async def test_the_thief_cannot_cut_the_owner_off(self, house: House) -> None:
        phone, thief = await house.someone("phone", "guard"), Someone(house, "thief")
        await thief.says(await code_of(phone))
        for row in await house.rows(select(Account.id)):
            assert "not linked from here" in await thief.taps_data(f"a:unlink:{row.id}")
        assert await accounts(house, "phone") == {"phone", "thief"}

    async def test_nobody_unlinks_strangers(self, house: House) -> None:
        await house.someone("other", "guard")
        phone = await house.someone("phone", "guard")
        for row in await house.rows(select(Account.id)):
            assert "not linked from here" in await phone.taps_data(f"a:unlink:{row.id}")


async def test_an_update_that_waited_for_the_link_is_its_new_owners(
    postgres: Postgres, tmp_path: Path
) -> None:
    """Several workers: what somebody sends while their account is being linked must not be lost."""
    with postgres.database() as url:
        async with open_house(url, tmp_path) as house:
            await house.someone("phone", "guard")
            tablet = await house.someone("tablet")
            owner, before = await owner_of(house, "phone"), await owner_of(house, "tablet")
            async with house.database.transaction() as db:
                await db.execute(update(Person).where(Person.id == before.id).values(active=False))
                waiting = asyncio.create_task(tablet.says("The lamp on the third floor is broken"))
                async with asyncio.timeout(10):
                    while not await is_waiting(house):  # noqa: ASYNC110 - a lock has no event to wait for
                        await asyncio.sleep(0.01)
                moved = update(Account).where(Account.external_id == "tablet").values(person_id=owner.id)
                await db.execute(moved)
            await waiting
            assert await accounts(house, "phone") == {"phone", "tablet"}
            people = await house.rows(
                select(Conversation.person_id).where(Conversation.person_id == before.id)
            )
            assert people == []
            assert "You are here as: Guard" in await tablet.says("/start")


async def is_waiting(house: House) -> bool:
    return bool(await house.rows(text("SELECT 1 FROM pg_locks WHERE NOT granted")))
