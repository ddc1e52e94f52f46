"""What is stored about a person: told, exported whole, and erased so that no table holds it any more."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bot.clock import Clock
from bot.messages import Sender, Update
from handlers.joining import make_invite
from handlers.kit.messages import Input, Media
from handlers.mydata_erase import initials
from handlers.mydata_export import OWN
from models import Account, Audit, Base, Conversation, Due, Feedback, Inbox, Invite, Outbox, Person, Signature
from tests.house import House, Someone, open_house, with_defaults

WORDS = "The lamp over the bronze bell is broken"
PHONE = "13800138000"
ANSWER = "Thank you, Ms Feng, it hangs again."


@pytest.fixture
async def house(tables_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tables_url, tmp_path) as opened:
        yield opened


def kept_photo(house: House, content: bytes = b"a photo") -> Media:
    """A photo whose file is really there."""
    file = house.media.keep(content, "a.jpg", "image/jpeg")
    return Media(file.sha, file.mime, len(content), file.sha, file.name)


async def comment(house: House, visitor: Someone, photo: Media) -> str:
    """A whole comment with photo and contact, told to the desk; its number."""
    await visitor.says("/feedback")
    await visitor.taps("1")
    await visitor.says(WORDS, photos=(photo,))
    await visitor.taps("Complaint")
    await visitor.taps("Exhibitions")
    await visitor.says(PHONE)
    [row] = await house.rows(select(Feedback.number))
    return str(row.number)


async def everything(house: House) -> str:
    """Every row of every table."""
    found = []
    for table in Base.metadata.sorted_tables:
        found += [f"{table.name} {tuple(row)}" for row in await house.rows(select(table))]
    return "\n".join(found)


async def person(house: House, external_id: str) -> Any:
    query = select(*Person.__table__.columns).join(Account, Account.person_id == Person.id)
    [row] = await house.rows(query.where(Account.external_id == external_id))
    return row


async def erase(someone: Someone) -> str:
    await someone.says("/mydata")
    assert "for good?" in await someone.taps("Erase")
    return await someone.taps("Erase for good")


async def work_through(house: House) -> None:
    """Have everything done that is due."""
    clock = Clock(house.database, house.engine)
    while await clock.tick():
        continue


class TestTelling:
    async def test_a_visitor_reads_in_plain_words_what_there_is(self, house: House) -> None:
        visitor = Someone(house, "visitor")
        await comment(house, visitor, kept_photo(house))
        heard = await visitor.says("我的数据")
        for expected in (
            "Name: (no name)",
            "Chats: Web chat",
            "1 comment",
            "contact details in 1 of them",
            "1 photo or recording",
            "own database",
        ):
            assert expected in heard, expected
        assert "Post:" not in heard
        assert "Telegram" not in heard
        assert visitor.buttons == ["⬇ Download", "🗑 Erase"]

    async def test_members_read_why_their_records_stay(self, house: House) -> None:
        guard = await house.someone("g", "guard")
        heard = await guard.says("/mydata")
        assert "Post: Guard" in heard
        assert "The law requires" in heard
        assert guard.buttons == ["⬇ Download"]


class TestExport:
    async def test_the_file_has_all_that_is_theirs_and_nothing_else(self, house: House) -> None:
        desk = await house.someone("desk", "staff")
        other = Someone(house, "other")
        await other.says("Somebody else's words")
        await other.taps("Cancel")
        visitor = Someone(house, "visitor")
        await visitor.says(WORDS)
        await desk.hears()
        [mine] = await house.rows(select(Feedback.id).where(Feedback.comment == WORDS))
        await desk.taps_data(f"a:answer:{mine.id}")
        await desk.says(ANSWER)
        await visitor.says("/mydata")
        await visitor.taps("Download")
        file = visitor.told[-1]["file"]
        assert file["name"].startswith("my-data-")
        found = json.loads(await house.media.read(file["sha"]))
        assert found["person"][0]["id"] == (await person(house, "visitor")).id
        assert [row["comment"] for row in found["comments"]] == [WORDS]
        assert [row["body"] for row in found["answers_received"]] == [ANSWER]
        assert found["forms"][0]["answers"]["comment"] == WORDS
        assert any(WORDS in json.dumps(row["payload"]) for row in found["messages"])
        assert "Somebody else" not in json.dumps(found)
        assert datetime.fromisoformat(found["exported_at"]).tzinfo is not None

    async def test_a_guards_file_has_their_rounds(self, house: House) -> None:
        await with_defaults(house)
        guard = await house.someone("g", "guard")
        await guard.follows("p_L1-P3")
        await guard.says("3 broken, the rest normal")
        await guard.says("/mydata")
        await guard.taps("Download")
        found = json.loads(await house.media.read(guard.told[-1]["file"]["sha"]))
        assert found["person"][0]["roles"] == ["guard"]
        assert found["forms"][-1]["form"] == "inspection"

    def test_every_table_about_people_is_in_it(self) -> None:
        about = {
            table.name
            for table in Base.metadata.sorted_tables
            if any(key.column.table.name == "people" for key in table.foreign_keys)
        }
        # What a person offered to others, and codes that are only hashes, say nothing about them.
        offered = {"invites", "link_codes"}
        assert about - offered <= {column.class_.__tablename__ for column in OWN.values()}


class TestErasing:
    async def test_nothing_of_a_visitor_is_left_in_any_table(self, house: House) -> None:
        desk = await house.someone("desk", "staff")
        visitor = Someone(house, "visitor")
        photo = kept_photo(house)
        number = await comment(house, visitor, photo)
        assert WORDS in await desk.hears()
        await desk.says(f"check {number}")
        await desk.taps("Answer")
        await house.deliver(desk, Input(text=ANSWER), raw={"text": ANSWER})
        await house.deliver(visitor, Input(text="/start"), raw={"text": f"call me at {PHONE}"})
        before = await everything(house)
        for secret in (WORDS, PHONE, ANSWER, photo.sha):
            assert secret in before
        assert "Erased" in await erase(visitor)
        await work_through(house)
        after = await everything(house)
        for secret in (WORDS, PHONE, "Ms Feng"):
            assert secret not in after, secret
        tables_with_photo = {line.split()[0] for line in after.splitlines() if photo.sha in line}
        assert tables_with_photo == {"due"}, "only the work that deleted it"
        assert not house.media.path(photo.sha).exists()

    async def test_the_figures_stay_without_a_person(self, house: House) -> None:
        visitor = Someone(house, "visitor")
        await comment(house, visitor, kept_photo(house))
        [before] = await house.rows(select(*Feedback.__table__.columns))
        await erase(visitor)
        [left] = await house.rows(select(*Feedback.__table__.columns))
        assert (left.rating, left.kind, left.topic) == (1, "complaint", "exhibition")
        assert (left.day, left.number, left.created_at) == (before.day, before.number, before.created_at)
        assert (left.person_id, left.account_id, left.conversation_id, left.comment, left.contact) == (
            None,
        ) * 5
        assert (left.photos, left.voice, left.status) == ([], [], "closed")

    async def test_the_desk_is_no_longer_told_of_an_erased_comment(self, house: House) -> None:
        desk, visitor = await house.someone("desk", "staff"), Someone(house, "visitor")
        await visitor.says(WORDS)
        await erase(visitor)
        due = update(Due).where(Due.kind == "feedback.tell").values(due_at=datetime(2020, 1, 1, tzinfo=UTC))
        async with house.database.transaction() as db:
            await db.execute(due)
        await work_through(house)
        assert WORDS not in await desk.hears()
        assert "No comment is waiting" in await desk.says("/inbox")

    async def test_a_stranger_with_the_number_reads_closed(self, house: House) -> None:
        visitor = Someone(house, "visitor")
        number = await comment(house, visitor, kept_photo(house))
        await erase(visitor)
        assert "closed" in await visitor.says(f"check {number}")

    async def test_another_record_with_the_same_photo_keeps_its_file(self, house: House) -> None:
        photo, own = kept_photo(house), kept_photo(house, b"another")
        other, visitor = Someone(house, "other"), Someone(house, "visitor")
        await other.says("/feedback")
        await other.taps("5")
        await other.says("look", photos=(photo,))
        await visitor.says("/feedback")
        await visitor.taps("1")
        await visitor.says(WORDS, photos=(photo, own))
        await erase(visitor)
        await work_through(house)
        assert house.media.path(photo.sha).exists()
        assert not house.media.path(own.sha).exists()
        left = await house.rows(select(Feedback.photos).where(Feedback.rating == 5))
        assert left[0].photos[0]["sha"] == photo.sha

    async def test_the_chats_history_goes_and_the_chat_goes_on(self, house: House) -> None:
        visitor = Someone(house, "visitor")
        await visitor.says(WORDS)
        await erase(visitor)
        assert [row.payload["text"][:6] for row in await house.rows(select(Outbox.payload))] == ["Erased"]
        assert "comment" in await visitor.says("Another comment, some day later")

    async def test_what_was_received_goes_on_every_channel(self, house: House) -> None:
        for number, (sender, raw) in enumerate(((7001, "mine"), (7001, "more of mine"), (8002, "theirs"))):
            message = {"update_id": number, "message": {"from": {"id": sender}, "text": raw}}
            await house.engine.dead("telegram", f"lost {number}", message, "could not be read")
            await house.engine.accept(
                Update("telegram", str(number), Sender(str(sender)), Input(text="/start"))
            )
        await house.engine.accept(Update("telegram", "9", Sender("7001"), Input(data="a:erase:sure")))
        dead = select(Inbox.payload).where(Inbox.status == "dead").order_by(Inbox.id)
        payloads = await house.rows(dead)
        assert [row.payload and row.payload["message"]["text"] for row in payloads] == [None, None, "theirs"]

    async def test_it_asks_first(self, house: House) -> None:
        visitor = Someone(house, "visitor")
        await visitor.says(WORDS)
        await visitor.says("/mydata")
        await visitor.taps("Erase")
        assert "What 示例博物馆 stores" in await visitor.taps("Keep it")
        [row] = await house.rows(select(Feedback.comment))
        assert row.comment == WORDS

    async def test_open_drafts_are_dropped(self, house: House) -> None:
        visitor = Someone(house, "visitor")
        await visitor.says(WORDS)
        await erase(visitor)
        [form] = await house.rows(select(Conversation.status, Conversation.answers, Conversation.facts))
        assert tuple(form) == ("cancelled", {}, {})
        assert "unfinished" not in await visitor.says("/start")

    async def test_a_wait_for_a_post_ends_and_the_invite_gets_its_use_back(self, house: House) -> None:
        newcomer = await house.someone("newcomer")
        async with house.database.transaction() as db:
            code = await make_invite(db, "guard", 1, 1, None, datetime.now(UTC))
        await newcomer.says(code)
        await erase(newcomer)
        found = await person(house, "newcomer")
        assert (found.name, found.pending_role) == ("", None)
        assert found.erased_at is not None
        assert [row.uses_left for row in await house.rows(select(Invite.uses_left))] == [1]

    async def test_it_is_written_down_that_it_was_done_but_not_what(self, house: House) -> None:
        visitor = Someone(house, "visitor")
        await visitor.says(WORDS)
        await erase(visitor)
        [act] = await house.rows(select(Audit.action, Audit.detail))
        assert tuple(act) == ("erased", {"comments": 1})


class TestService:
    async def test_members_cannot_erase_themselves(self, house: House) -> None:
        guard = await house.someone("g", "guard")
        assert "The law requires" in await guard.taps_data("a:erase:sure")
        assert (await person(house, "g")).erased_at is None

    async def test_who_has_left_keeps_their_rounds_under_initials(self, house: House) -> None:
        await with_defaults(house)
        guard = await house.someone("王小明", "guard")
        await guard.follows("p_L1-P3")
        await guard.says("all normal")
        await guard.says("yes")
        async with house.database.transaction() as db:
            await db.execute(update(Person).where(Person.name == "王小明").values(active=False))
        heard = await guard.says("/mydata")
        assert "signed 王某" in heard
        await erase(guard)
        left = await person(house, "王小明")
        assert (left.name, left.roles, left.active) == ("王某", frozenset(), False)
        signed = await house.rows(
            select(func.count()).select_from(Signature).where(Signature.person_id == left.id)
        )
        assert signed[0][0] == 1
        assert "王小明" not in "\n".join(
            line
            for line in (await everything(house)).splitlines()
            if not line.startswith(("accounts", "inbox"))
        ), "the test's accounts and updates are named after the person"

    @pytest.mark.parametrize(
        ("name", "left"), [("王小明", "王某"), ("Li Wei", "L. W."), ("anna", "A."), ("", ""), (" ", "")]
    )
    def test_initials(self, name: str, left: str) -> None:
        assert initials(name) == left
