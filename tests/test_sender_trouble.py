"""What the sender does about trouble: of one chat, of its channel, and of the database."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import make_url

from bot.errors import Gone, Refused, TryLater, Unavailable, Unreachable
from bot.sender import GRACE, KEEP_TRYING, backoff
from models import Account, Outbox
from tests.fixtures.office import WAIT, open_office
from tests.fixtures.postgres import Postgres


async def test_who_blocked_us_gets_nothing_more(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        office.post.trouble = lambda to, _text: Gone("blocked by the user") if to == "a" else None
        await office.write("a", "a1", "a2", "a3")
        await office.write("b", "b1")
        await office.drain()
        assert await office.states("a") == ["dropped"] * 3
        assert office.post.to("b") == ["b1"]
        assert len(office.post.attempts) == 2
        [account] = await office.house.rows(select(Account.blocked).where(Account.external_id == "a"))
        assert account.blocked
        await office.write("a", "a4")
        await office.drain()
        assert await office.states("a") == ["dropped"] * 3


async def test_what_is_refused_is_a_dead_letter_and_the_rest_goes_on(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        office.post.trouble = lambda _to, text: Refused("can't parse entities") if text == "a2" else None
        await office.write("a", "a1", "a2", "a3")
        await office.drain()
        assert office.post.to("a") == ["a1", "a3"]
        assert await office.states("a") == ["sent", "dead", "sent"]
        [row] = await office.house.rows(select(Outbox.error).where(Outbox.status == "dead"))
        assert row.error == "can't parse entities"


async def test_a_fault_of_the_channels_own_ends_as_a_dead_letter(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        office.post.trouble = lambda _to, text: KeyError("message_id") if text == "a1" else None
        await office.write("a", "a1", "a2")
        for _attempt in range(3):
            await office.drain()
            office.hands.move(10)
        await office.drain()
        assert await office.states("a") == ["dead", "sent"]


async def test_an_outage_is_waited_out_with_growing_pauses(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        office.post.trouble = lambda _to, _text: Unreachable("timed out")
        await office.write("a", "a1")
        for attempt in range(4):
            await office.drain()
            [row] = await office.house.rows(select(Outbox.attempts, Outbox.not_before, Outbox.status))
            assert (row.attempts, row.status) == (attempt + 1, "pending")
            pause = (row.not_before - office.hands.now()).total_seconds()
            assert 0.5 * 2**attempt <= pause <= 1.5 * 2**attempt
            office.hands.move(pause)
        office.post.trouble = lambda _to, _text: None
        await office.drain()
        assert office.post.to("a") == ["a1"]


async def test_nothing_is_tried_for_ever(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        office.post.trouble = lambda _to, text: Unreachable("timed out") if text == "a1" else None
        await office.write("a", "a1", "a2")
        await office.drain()
        office.hands.move(KEEP_TRYING.total_seconds() + 1)
        await office.drain()
        assert await office.states("a") == ["dead", "sent"]


def test_pauses_double_up_to_five_minutes() -> None:
    assert all(0.5 <= backoff(0) <= 1.5 for _ in range(50))
    assert all(150 <= backoff(40) <= 450 for _ in range(50))


async def test_what_a_dead_worker_had_claimed_is_sent_by_another(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        await office.write("a", "a1", "a2")
        async with office.house.database.transaction() as db:
            first = select(Outbox.id).order_by(Outbox.seq).limit(1).scalar_subquery()
            claim = {"status": "sending", "claimed_by": 7}
            await db.execute(update(Outbox).where(Outbox.id == first).values(**claim))
        await office.drain()
        assert office.post.sent == []  # its last words may be on their way still
        office.hands.move(GRACE)
        await office.drain()
        assert office.post.to("a") == ["a1", "a2"]


async def test_what_was_sent_is_stored_when_the_database_is_back(postgres: Postgres, tmp_path: Path) -> None:
    with postgres.database() as url:
        name = make_url(url).database
        async with open_office(url, tmp_path) as office:
            await office.write("a", "a1")
            office.post.held["a"] = asyncio.Event()
            assert await office.sender.step() == 1
            async with asyncio.timeout(WAIT):
                await office.post.news.wait()
            postgres.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            postgres.execute(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
            with pytest.raises(Unavailable):
                await office.sender.step()
            office.post.held.pop("a").set()
            await office.post.has(1)
            before = office.hands.passed
            office.hands.at(
                before + 5, lambda: postgres.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            )
            async with asyncio.timeout(WAIT):
                await office.sender.settle()
            assert office.hands.passed > before + 5
            assert await office.states("a") == ["sent"]
            assert len(office.post.attempts) == 1


async def test_nothing_goes_by_an_answer_while_the_channel_is_in_trouble(
    tables_url: str, tmp_path: Path
) -> None:
    """Nobody would learn that it was lost."""
    async with open_office(tables_url, tmp_path) as office:
        assert office.sender.room(1)
        office.post.trouble = lambda _to, _text: TryLater(1)
        await office.write("a", "x")
        await office.sender.step()
        await office.sender.settle()
        assert not office.sender.room(2)
        office.hands.move(60)
        assert office.sender.room(2)
