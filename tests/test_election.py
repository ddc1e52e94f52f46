"""Of several workers exactly one does what only one may do, and another follows when it goes."""

import asyncio
from pathlib import Path

from bot.db import Database
from bot.election import lead
from tests.fixtures.postgres import Postgres

WAIT = 20  # seconds, far more than anything here takes
END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"


class Worker:
    """A worker that would lead; `leading` is set while it does."""

    def __init__(self, url: str, news: asyncio.Event) -> None:
        self.database = Database(url)
        self.news = news
        self.leading = False
        self.terms = 0
        self.task = asyncio.create_task(lead(self.database, self._work, every=0.05))

    async def _work(self) -> None:
        self.leading, self.terms = True, self.terms + 1
        self.news.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.leading = False
            self.news.set()

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.database.close()


async def until(news: asyncio.Event, workers: list[Worker], terms: int) -> None:
    """Wait until somebody leads, after so many terms in all."""
    async with asyncio.timeout(WAIT):
        while sum(w.terms for w in workers) < terms or not any(w.leading for w in workers):
            news.clear()
            await news.wait()


async def test_one_leads_and_another_follows(postgres: Postgres) -> None:
    with postgres.database() as url:
        news = asyncio.Event()
        workers = [Worker(url, news) for _ in range(3)]
        try:
            await until(news, workers, 1)
            [first] = [worker for worker in workers if worker.leading]
            await first.stop()
            assert not first.leading
            await until(news, workers, 2)
            [second] = [worker for worker in workers if worker.leading]
            assert second is not first
        finally:
            for worker in workers:
                await worker.stop()


async def test_who_loses_the_connection_leads_no_more(postgres: Postgres) -> None:
    with postgres.database() as url:
        news = asyncio.Event()
        workers = [Worker(url, news) for _ in range(2)]
        try:
            await until(news, workers, 1)
            postgres.execute(END_ALL.format(name=url.rpartition("/")[2]))
            await until(news, workers, 2)
            async with asyncio.timeout(WAIT):
                while sum(worker.leading for worker in workers) != 1:
                    news.clear()
                    await news.wait()
        finally:
            for worker in workers:
                await worker.stop()


async def test_work_that_ends_ends_the_term(postgres: Postgres) -> None:
    done = []

    async def work() -> None:
        done.append(1)

    with postgres.database() as url:
        database = Database(url)
        async with asyncio.timeout(WAIT):
            await lead(database, work, every=0.05)
            await lead(database, work, every=0.05)
        await database.close()
    assert done == [1, 1]


async def test_on_sqlite_there_is_nobody_else(tmp_path: Path) -> None:
    done = []

    async def work() -> None:
        done.append(1)

    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}")
    await lead(database, work)
    await database.close()
    assert done == [1]
