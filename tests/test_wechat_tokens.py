"""WeChat's token is fetched by one, shared by all, and never asked for again and again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from bot.channels.wechat_tokens import AGAIN, EARLY, Tokens
from bot.db import Database
from bot.migrate import upgrade
from bot.pace import Times
from models import Note

WAIT = 20  # seconds, far more than anything here takes
WAITING = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


class Watch(Times):
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at

    def steady(self) -> float:
        return self.at.timestamp()

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Source:
    """Gives out t1, t2, ...; `same` is given instead where it is set, `failure` raised."""

    asked: list[str] = field(default_factory=list)
    same: str = ""
    failure: Exception | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def fetch(self, refused: str) -> tuple[str, float]:
        self.asked.append(refused)
        self.begun.set()
        await self.gate.wait()
        if self.failure:
            raise self.failure
        return self.same or f"t{len(self.asked)}", 7200


@pytest.fixture
def source() -> Source:
    source = Source()
    source.gate.set()
    return source


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def databases(database_url: str) -> AsyncIterator[list[Database]]:
    """Two workers' ways to one database."""
    await upgrade(database_url)
    workers = [Database(database_url) for _each in range(2)]
    yield workers
    for worker in workers:
        await worker.close()


async def test_the_token_is_fetched_once_and_used_until_near_its_end(
    databases: list[Database], source: Source, watch: Watch
) -> None:
    tokens = Tokens(databases[0], "wechat-token", "wx1", source.fetch, watch)
    assert [await tokens.get() for _each in range(3)] == ["t1"] * 3
    watch.advance(7200 - EARLY - 1)
    assert await tokens.get() == "t1"
    watch.advance(1)
    assert await tokens.get() == "t2"
    assert source.asked == ["", ""]


async def test_another_worker_uses_what_one_fetched(
    databases: list[Database], source: Source, watch: Watch
) -> None:
    first, second = (Tokens(one, "wechat-token", "wx1", source.fetch, watch) for one in databases)
    assert [await first.get(), await second.get()] == ["t1", "t1"]
    assert await first.get(refused="t1") == "t2"
    assert await second.get(refused="t1") == "t2", "it looks for what the other has fetched since"
    assert source.asked == ["", "t1"]


async def test_another_account_does_not_use_it(
    databases: list[Database], source: Source, watch: Watch
) -> None:
    for account, token in [("wx1", "t1"), ("wx2", "t2"), ("wx2", "t2"), ("wx1", "t3")]:
        assert await Tokens(databases[0], "wechat-token", account, source.fetch, watch).get() == token
    assert await Tokens(databases[0], "wecom-token", "wx1", source.fetch, watch).get() == "t4"


async def test_fifty_at_once_are_one_fetch(databases: list[Database], source: Source, watch: Watch) -> None:
    tokens = Tokens(databases[0], "wechat-token", "wx1", source.fetch, watch)
    async with asyncio.timeout(WAIT):
        assert set(await asyncio.gather(*[tokens.get() for _each in range(50)])) == {"t1"}
        again = await asyncio.gather(*[tokens.get(refused="t1") for _each in range(50)])
    assert set(again) == {"t2"}
    assert source.asked == ["", "t1"]


async def test_two_workers_at_once_are_one_fetch_too(postgres_databases: list[Database]) -> None:
    source = Source()
    workers = [Tokens(one, "wechat-token", "wx1", source.fetch) for one in postgres_databases]
    asking = [asyncio.create_task(worker.get()) for worker in workers for _each in range(25)]
    async with asyncio.timeout(WAIT):
        await source.begun.wait()
        async with postgres_databases[0].reading() as db:
            while len(source.asked) == 1 and not await db.scalar(text(WAITING)):
                await db.rollback()
        source.gate.set()
        assert set(await asyncio.gather(*asking)) == {"t1"}
    assert source.asked == [""]


@pytest.fixture
async def postgres_databases(request: pytest.FixtureRequest) -> AsyncIterator[list[Database]]:
    with request.getfixturevalue("postgres").database() as url:
        await upgrade(url)
        workers = [Database(url) for _each in range(2)]
        yield workers
        for worker in workers:
            await worker.close()


async def test_a_token_that_is_refused_again_is_not_renewed_for_a_while(
    databases: list[Database], source: Source, watch: Watch
) -> None:
    tokens = Tokens(databases[0], "wechat-token", "wx1", source.fetch, watch)
    token = await tokens.get()
    renewed = await tokens.get(refused=token)
    assert [await tokens.get(refused=renewed) for _each in range(10)] == [renewed] * 10
    assert source.asked == ["", "t1"]
    watch.advance(AGAIN)
    assert await tokens.get(refused=renewed) == "t3"


async def test_a_source_that_gives_the_refused_token_again_is_not_asked_in_a_loop(
    databases: list[Database], watch: Watch, source: Source
) -> None:
    source.same = "always"
    tokens = Tokens(databases[0], "wecom-token", "ww1", source.fetch, watch)
    await tokens.get()
    assert [await tokens.get(refused="always") for _each in range(10)] == ["always"] * 10
    assert len(source.asked) == 2


async def test_who_waits_for_a_fetch_that_fails_learns_why_and_the_next_tries_again(
    databases: list[Database], source: Source, watch: Watch
) -> None:
    source.failure = ConnectionError("away")
    tokens = Tokens(databases[0], "wechat-token", "wx1", source.fetch, watch)
    failed = await asyncio.gather(*[tokens.get() for _each in range(50)], return_exceptions=True)
    assert {type(error) for error in failed} == {ConnectionError}
    assert len(source.asked) == 1
    source.failure = None
    assert await tokens.get() == "t2"


async def test_who_began_the_fetch_may_leave(databases: list[Database], source: Source, watch: Watch) -> None:
    source.gate.clear()
    tokens = Tokens(databases[0], "wechat-token", "wx1", source.fetch, watch)
    first, second = asyncio.create_task(tokens.get()), asyncio.create_task(tokens.get())
    async with asyncio.timeout(WAIT):
        await source.begun.wait()
        first.cancel()
        source.gate.set()
        assert await second == "t1"
    assert source.asked == [""]


async def test_the_note_says_whose_it_is(databases: list[Database], source: Source, watch: Watch) -> None:
    await Tokens(databases[0], "wechat-token", "wx1", source.fetch, watch).get()
    async with databases[1].reading() as db:
        value = await db.scalar(select(Note.value).where(Note.key == "wechat-token"))
    assert value == {"of": "wx1", "token": "t1", "until": watch.at.timestamp() + 7200 - EARLY}
