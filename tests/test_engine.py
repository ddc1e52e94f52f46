"""The engine's promise: an update takes effect once, whole or not at all, whatever comes in between."""

import asyncio
import sqlite3
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from bot import db as bot_db
from bot.engine import SORRY
from bot.errors import Unavailable
from bot.filelock import FileLock
from bot.messages import Sender, Update
from handlers.kit.messages import Input, Message
from handlers.routes import Routes
from handlers.work import Work
from models import Account, Conversation, Inbox, Note, Outbox, Person
from tests.fixtures.counting import WAIT, counting, failing, notes, said, texts
from tests.house import House, open_house


async def test_a_second_delivery_has_no_effect(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        counting(house)
        assert (await house.engine.accept(said("/count a", "1"))).fresh
        assert not (await house.engine.accept(said("/count a", "1"))).fresh
        assert await notes(house) == ["ran-a"]
        assert await texts(house) == ["/count a", "counted a"]
        assert await house.engine.seen("web", "1")
        assert not await house.engine.seen("web", "2")
        assert not await house.engine.seen("telegram", "1")


async def test_deliveries_to_two_workers_at_once_have_one_effect(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house, AsyncExitStack() as stack:
        other = await stack.enter_async_context(open_house(tables_url, tmp_path))
        for one in (house, other):
            counting(one)
        engines = [house.engine, other.engine] * 5
        marks = ["1", "2", "3"]
        async with asyncio.timeout(WAIT):
            accepted = await asyncio.gather(
                *(engine.accept(said(f"/count {mark}", mark)) for mark in marks for engine in engines)
            )
        assert sum(receipt.fresh for receipt in accepted) == len(marks)
        assert await notes(house) == ["ran-1", "ran-2", "ran-3"]


async def test_two_workers_that_meet_somebody_new_at_once_make_one_person(
    tables_url: str, tmp_path: Path
) -> None:
    async with open_house(tables_url, tmp_path) as house, open_house(tables_url, tmp_path) as other:
        for one in (house, other):
            counting(one)
        engines = [house.engine, other.engine]
        failures = failing(house, other)
        async with asyncio.timeout(WAIT):
            accepted = await asyncio.gather(
                *(engines[n % 2].accept(said(f"/count {n}", str(n))) for n in range(8))
            )
        assert all(receipt.fresh for receipt in accepted)
        assert len(await notes(house)) == 8
        assert len(await house.rows(select(Account.id))) == 1
        assert len(await house.rows(select(Person.id))) == 1
        assert failures == []  # a conflict is nobody's fault


async def test_what_failed_once_is_tried_again_and_leaves_no_halves(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        counting(house, fails=2)
        assert (await house.engine.accept(said("/count a", "1"))).fresh
        assert await notes(house) == ["ran-a"]
        assert await texts(house) == ["/count a", "counted a"]
        [row] = await house.rows(select(Inbox.status, Inbox.attempts))
        assert (row.status, row.attempts) == ("done", 2)


async def test_what_fails_for_good_is_given_up_with_an_apology(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        counting(house, fails=100)
        failures = failing(house)
        admin = await house.someone("boss", "admin")
        assert (await house.engine.accept(said("/count a", "1", raw={"typed": "/count a"}))).fresh
        assert await notes(house) == []
        assert await texts(house) == [SORRY.source]
        assert "web 1" in await admin.hears()
        [row] = await house.rows(select(Inbox).where(Inbox.external_id == "1"))
        assert (row.status, row.attempts, row.payload) == ("dead", 3, {"typed": "/count a"})
        assert "a fault of the conversation's own" in row.error
        assert failures == [("web", "failed")] * 3 + [("web", "dead")]
        assert await house.engine.seen("web", "1")
        assert not (await house.engine.accept(said("/count a", "1"))).fresh
        assert "What would you like to do?" in (await texts_after(house, "/start"))


async def texts_after(house: House, words: str) -> str:
    await house.engine.accept(said(words, f"after {words}"))
    return (await texts(house))[-1]


async def test_a_conflict_that_never_ends_is_given_up_too(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        counting(house, fails=100, error=IntegrityError("INSERT", {}, Exception("taken")))
        async with asyncio.timeout(WAIT):
            assert (await house.engine.accept(said("/count a", "1"))).fresh
        assert await texts(house) == [SORRY.source]


@pytest.mark.parametrize(
    "bad",
    [
        {"raw": {"text": "\x00 and \ud800"}},
        {"sender": Sender("v1", locale="x" * 60)},
        {"sender": Sender("v1\x00")},
        {"input": Input(text="/count \x00\ud800")},
    ],
    ids=["raw", "locale", "sender", "text"],
)
async def test_what_a_channel_should_have_stopped_still_ends(
    tables_url: str, tmp_path: Path, bad: dict[str, Any]
) -> None:
    """SQLite takes some of it; where a database does not, it is a dead letter and never an endless loop."""
    async with open_house(tables_url, tmp_path) as house:
        counting(house)
        async with asyncio.timeout(WAIT):
            assert (await house.engine.accept(replace(said("/count a", "1"), **bad))).fresh
        [row] = await house.rows(select(Inbox.status))
        assert row.status in {"done", "dead"}
        assert not (await house.engine.accept(replace(said("/count a", "1"), **bad))).fresh
        await house.engine.accept(said("/count b", "2", "v2"))
        assert "ran-b" in await notes(house)


async def test_an_unreadable_update_is_a_dead_letter_at_once(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        await house.engine.dead("telegram", "77", {"update_id": 77}, "not shaped as documented")
        [row] = await house.rows(select(Inbox))
        assert (row.status, row.payload, row.error) == ("dead", {"update_id": 77}, "not shaped as documented")
        assert await house.engine.seen("telegram", "77")


async def test_two_people_who_write_to_each_other_both_get_through(tables_url: str, tmp_path: Path) -> None:
    """On PostgreSQL their transactions hold what the other wants: one is sacrificed, and run again."""
    async with open_house(tables_url, tmp_path) as house, open_house(tables_url, tmp_path) as other:
        both_inside = asyncio.Barrier(1 if house.database.sqlite else 2)
        met: set[str] = set()
        routes = Routes()

        @routes.command("poke", needs="talk", about="")
        async def poke(work: Work, rest: str) -> None:
            if work.me.name not in met:
                met.add(work.me.name)
                await both_inside.wait()
            account = await work.db.scalar(select(Account.id).where(Account.external_id == rest))
            assert account is not None
            work.send(account, Message(f"poked by {work.me.name}"))

        await house.someone("ann", "guard")
        await house.someone("bob", "guard")
        for one in (house, other):
            one.engine.routes.merge(routes)
        failures = failing(house, other)
        async with asyncio.timeout(WAIT):
            await asyncio.gather(
                house.engine.accept(said("/poke bob", "1", "ann")),
                other.engine.accept(said("/poke ann", "2", "bob")),
            )
        assert (await texts(house, "ann")).count("poked by bob") == 1
        assert (await texts(house, "bob")).count("poked by ann") == 1
        assert failures == []  # a conflict is nobody's fault


async def test_one_persons_updates_wait_for_each_other(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house, open_house(tables_url, tmp_path) as other:
        engines = [house.engine, other.engine]
        await house.engine.accept(said("/start", "0"))
        async with asyncio.timeout(WAIT):
            await asyncio.gather(*(engines[n % 2].accept(said("/feedback", f"f{n}")) for n in range(6)))
        opened = await house.rows(select(Conversation.status))
        assert [row.status for row in opened].count("open") == 1
        numbers = [row.seq for row in await house.rows(select(Outbox.seq).order_by(Outbox.seq))]
        assert numbers == list(range(1, len(numbers) + 1))


async def test_the_bell_rings_after_the_commit_only(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        counting(house, fails=1)
        rung: list[tuple[list[int], list[str]]] = []

        def ring(account_ids: list[int]) -> None:
            file = make_url(tables_url).database if house.database.sqlite else None
            rung.append((account_ids, [] if file is None else _committed(Path(file))))

        house.engine.ring = ring
        await house.engine.accept(said("/count a", "1"))
        [account] = await house.rows(select(Account.id))
        assert [account_ids for account_ids, _notes in rung] == [[account.id]]
        if house.database.sqlite:
            assert rung[0][1] == ["ran-a"]


def _committed(file: Path) -> list[str]:
    """What somebody else sees in an SQLite file at this moment."""
    with closing(sqlite3.connect(file)) as looker:
        return [key for (key,) in looker.execute("SELECT key FROM notes WHERE key LIKE 'ran-%'")]


async def test_who_blocked_us_gets_nothing_until_they_write_again(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        ann = await house.someone("ann", "guard")
        blocked = Update("web", "left", Sender("ann"), left=True)
        assert (await house.engine.accept(blocked)).fresh
        async with house.database.transaction() as db:
            account = await db.scalar(select(Account.id))
            assert account is not None
        routes = Routes()

        @routes.command("tell", needs="talk", about="")
        async def tell(work: Work, _rest: str) -> None:
            work.send(account, Message("news"))

        house.engine.routes.merge(routes)
        await house.engine.accept(said("/tell", "1", "bob"))
        assert await ann.hears() == ""
        await ann.says("/start")
        await house.engine.accept(said("/tell", "2", "bob"))
        assert await ann.hears() == "news"


async def test_a_transcript_has_a_persons_own_words_before_the_answer(
    tables_url: str, tmp_path: Path
) -> None:
    async with open_house(tables_url, tmp_path) as house:
        counting(house)
        await house.engine.accept(said("/count a", "abc:client-1"))
        await house.engine.accept(said("/count b", "abc:client-2", quiet=True))
        own, answer, quiet = [payload for _seq, payload in await house.transcript("v1", 0)]
        assert (own["kind"], own["text"], own["client_id"]) == ("echo", "/count a", "client-1")
        assert (answer["kind"], answer["text"]) == ("message", "counted a")
        assert quiet["text"] == "counted b"


async def test_another_process_that_keeps_writing_means_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}", tmp_path) as house:
        counting(house)
        turn = FileLock(tmp_path / "a.db-turn")
        await turn.acquire()
        monkeypatch.setattr(bot_db, "_TURN_SECONDS", 0.05)
        with pytest.raises(Unavailable):
            await house.engine.accept(said("/count a", "1"))
        monkeypatch.undo()
        waiting = asyncio.create_task(house.engine.accept(said("/count a", "1")))
        turn.release()
        async with asyncio.timeout(WAIT):
            assert (await waiting).fresh
        turn.close()


async def test_one_update_that_fails_takes_no_other_of_its_transaction_with_it(museum: House) -> None:
    """What was written before it in the shared transaction is undone, and done anew for each alone."""
    counting(museum)
    routes = Routes()

    @routes.command("fail", needs="talk", about="")
    async def fail(work: Work, rest: str) -> None:
        await work.db.execute(insert(Note), [{"key": "half", "value": {}, "updated_at": work.now}])
        raise RuntimeError("a fault of the conversation's own")

    museum.engine.routes.merge(routes)
    words = [f"/count {who}" for who in "abcde"]
    words.insert(3, "/fail")
    updates = [said(text, str(place), f"p{place}") for place, text in enumerate(words)]
    async with asyncio.timeout(WAIT):
        accepted = await asyncio.gather(*(museum.engine.accept(update) for update in updates))
    assert all(receipt.fresh for receipt in accepted)
    assert await notes(museum) == [f"ran-{who}" for who in "abcde"]
    dead = await museum.rows(select(Inbox.external_id).where(Inbox.status == "dead"))
    assert [row.external_id for row in dead] == ["3"]
    told = [(await museum.transcript(f"p{place}", 0))[-1][1]["text"] for place in range(6)]
    assert told == ["counted a", "counted b", "counted c", SORRY.source, "counted d", "counted e"]
