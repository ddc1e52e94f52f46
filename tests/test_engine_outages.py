"""The engine without what it stands on: no database, a lost connection, a full disk mean later."""

from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.engine import make_url

from bot.db import Database
from bot.errors import Unavailable
from bot.limits import VISITOR_MESSAGES
from handlers.routes import Routes
from handlers.work import Work
from models import Inbox, Note
from tests.fixtures.counting import counting, notes, said, texts
from tests.fixtures.postgres import Postgres
from tests.house import House, open_house


async def test_without_its_database_an_update_is_neither_taken_nor_counted(
    postgres: Postgres, tmp_path: Path
) -> None:
    with postgres.database() as url:
        name = make_url(url).database
        async with open_house(url, tmp_path) as house:
            counting(house)
            await house.engine.accept(said("/count a", "1"))
            postgres.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            postgres.execute(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
            for _attempt in range(5):
                with pytest.raises(Unavailable):
                    await house.engine.accept(said("/count b", "2"))
            with pytest.raises(Unavailable):
                await house.engine.seen("web", "2")
            postgres.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            assert (await house.engine.accept(said("/count b", "2"))).fresh
            [row] = await house.rows(select(Inbox.attempts).where(Inbox.external_id == "2"))
            assert row.attempts == 1


async def test_however_often_it_had_to_wait_an_update_is_one_against_its_senders_limit(
    tables_url: str, tmp_path: Path
) -> None:
    async with open_house(tables_url, tmp_path) as house:
        await house.someone("v1")
        counting(house, fails=2 * VISITOR_MESSAGES, error=Unavailable("the disk is full"))
        for _attempt in range(2 * VISITOR_MESSAGES):
            with pytest.raises(Unavailable):
                await house.engine.accept(said("/count a", "1"))
        assert (await house.engine.accept(said("/count a", "1"))).fresh
        assert await notes(house) == ["ran-a"]


async def test_a_connection_lost_in_the_middle_takes_everything_back(
    postgres: Postgres, tmp_path: Path
) -> None:
    with postgres.database() as url:
        async with open_house(url, tmp_path) as house:
            routes = Routes()
            losses = iter([True, False])

            @routes.command("lose", needs="talk", about="")
            async def lose(work: Work, _rest: str) -> None:
                work.reply("kept")
                if next(losses):
                    pid = await work.db.scalar(select(func.pg_backend_pid()))
                    postgres.execute(f"SELECT pg_terminate_backend({pid}, 5000)")
                await work.db.execute(
                    insert(Note), [{"key": "ran-lose", "value": {}, "updated_at": work.now}]
                )

            house.engine.routes.merge(routes)
            with pytest.raises(Unavailable):
                await house.engine.accept(said("/lose", "1"))
            assert await house.rows(select(Inbox.id)) == []
            assert (await house.engine.accept(said("/lose", "1"))).fresh
            assert await texts(house) == ["/lose", "kept"]


async def test_no_server_and_no_such_host_mean_later() -> None:
    for address in ("127.0.0.1:9", "no-such-host.invalid:5432"):
        database = Database(f"postgresql+asyncpg://me:secret@{address}/docent")
        with pytest.raises(Unavailable) as caught:
            await database.ping()
        assert "secret" not in str(caught.value)
        await database.close()


async def test_a_full_disk_means_later_and_heals_by_itself(tmp_path: Path) -> None:
    async with open_house(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}", tmp_path) as house:
        counting(house)
        await house.engine.accept(said("/count a", "1"))
        await _limit_pages(house, "(SELECT page_count FROM pragma_page_count())")

        async def fill() -> None:
            for number in range(1000):
                await house.engine.accept(said(f"/count {'x' * 3000}{number}", f"x{number}"))

        with pytest.raises(Unavailable):
            await fill()
        with pytest.raises(Unavailable):
            await house.database.ping()
        await _limit_pages(house, "1000000")
        await house.database.ping()
        assert (await house.engine.accept(said("/count b", "2"))).fresh


async def _limit_pages(house: House, limit: str) -> None:
    async with house.database.transaction() as db:
        number = await db.scalar(text(f"SELECT {limit}"))
        await db.execute(text(f"PRAGMA max_page_count={number}"))
