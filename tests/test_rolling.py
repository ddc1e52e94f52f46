"""Rolling up beside a desk at work: nothing is missed or stored twice, and no summary reads all records."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event as events
from sqlalchemy import func, insert, select, update

from bot import demo, rolling
from bot.app import running
from bot.config import Settings
from bot.db import Database
from handlers import rollup
from models import Feedback, Inspection, Outreach, RolledFigure
from models.rollup import PART
from tests.fixtures.postgres import Postgres
from tests.house import ZONE, House, open_house, with_defaults
from tests.records import NOW, TODAY, comment, event, id_of, inspection
from tests.test_rollup import check

WAIT = 20
# A table that is gone through, other than one that a subquery has made.
READS_ALL = re.compile(r"^SCAN (?!subquery|\(|CONSTANT)", re.MULTILINE)


async def state(house: House) -> rollup.Rolled:
    async with house.database.reading() as db:
        return await rollup.state(db)


async def agrees(house: House) -> None:
    async with house.database.transaction() as db:
        await check(db, TODAY)


async def test_a_day_that_closes_keeps_its_figures_and_loses_its_parts(museum: House) -> None:
    await rolling.catch_up(museum.database, TODAY)
    await museum.add(Feedback, comment("LY-1", id=1), comment("LY-2", id=PART), comment("LY-3", id=9 * PART))
    assert (await state(museum)).parts == {"comments": {1, 2, 10}}
    await rolling.catch_up(museum.database, TODAY)
    assert (await state(museum)).parts == {}
    parts = select(RolledFigure.part).where(RolledFigure.figure == "written").order_by(RolledFigure.part)
    assert [row.part for row in await museum.rows(parts)] == [1, 2, 10]
    await agrees(museum)
    tomorrow = TODAY + rollup.DAY
    assert await rolling.catch_up(museum.database, tomorrow) == 1
    async with museum.database.transaction() as db:
        await check(db, tomorrow)
    assert await rolling.catch_up(museum.database, tomorrow + rollup.DAY) == 1
    assert {row.part for row in await museum.rows(parts)} == {0}


async def test_a_change_that_is_not_committed_while_its_day_is_rolled_up_is_not_lost(
    postgres: Postgres, tmp_path: Path
) -> None:
    with postgres.database() as url:
        async with open_house(url, tmp_path) as museum:
            yesterday = TODAY - rollup.DAY
            await museum.add(Feedback, comment("LY-1", yesterday))
            async with museum.database.transaction() as late:
                await late.execute(insert(Feedback), [comment("LY-2", yesterday), comment("LY-3")])
                await rolling.catch_up(museum.database, TODAY)
                assert (await state(museum)).days == {}
            changed = await state(museum)
            assert changed.days == {"comments": {yesterday}}
            assert changed.parts == {"comments": {1}}
            await agrees(museum)
            await rolling.catch_up(museum.database, TODAY)
            assert (await state(museum)).days == {}
            await agrees(museum)


async def test_those_who_roll_up_at_once_take_turns(museum: House) -> None:
    days = [TODAY - timedelta(days=ago) for ago in range(40)]
    await museum.add(Feedback, *(comment(f"LY-{day}", day) for day in days))
    async with asyncio.timeout(WAIT):
        done = await asyncio.gather(*(rolling.catch_up(museum.database, TODAY) for _ in range(3)))
    assert sum(done) == 39
    await agrees(museum)


async def test_everything_is_rolled_up_anew_when_asked(museum: House) -> None:
    async with museum.database.transaction() as db:
        await demo.make(db, NOW, ZONE, 3)
    await rolling.catch_up(museum.database, TODAY)
    async with museum.database.transaction() as db:
        await db.execute(update(RolledFigure).values(value=7))
        with pytest.raises(AssertionError):
            await check(db, TODAY)
    assert await rolling.rebuild(museum.database, TODAY) == demo.DAYS - 1
    await agrees(museum)
    async with museum.database.transaction() as db:
        await demo.remove(db)
    await agrees(museum)
    await rolling.catch_up(museum.database, TODAY)
    await agrees(museum)
    assert await museum.rows(select(RolledFigure.figure)) == []


async def test_a_museum_that_moves_west_counts_the_day_it_has_again(museum: House) -> None:
    west = NOW.astimezone(ZoneInfo("Pacific/Honolulu")).date()
    assert west < TODAY
    await museum.add(Feedback, comment("LY-1", west), comment("LY-2"))
    await rolling.catch_up(museum.database, TODAY)
    await museum.add(Feedback, comment("LY-3", west))
    async with museum.database.transaction() as db:
        await check(db, west)
    await rolling.catch_up(museum.database, west)
    async with museum.database.transaction() as db:
        await check(db, west)


async def test_more_changes_than_one_query_takes(museum: House) -> None:
    await rolling.catch_up(museum.database, TODAY)
    many = rollup.MOST_PARTS * 2 + 1
    await museum.add(Feedback, *(comment(f"LY-{part}", id=part * PART * 2 + 1) for part in range(many)))
    await agrees(museum)
    await rolling.catch_up(museum.database, TODAY)
    assert (await state(museum)).parts == {}
    await agrees(museum)


async def test_the_program_rolls_up_by_itself(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rolling, "EVERY", 0.05)
    settings = Settings(database_url=database_url, media_dir=tmp_path / "media", listen="127.0.0.1:0")
    stored = select(func.count()).where(RolledFigure.figure == "written", RolledFigure.part == 0)
    async with asyncio.timeout(WAIT), running(settings) as app:
        async with app.database.transaction() as db:
            await db.execute(insert(Feedback), [comment("LY-1", TODAY - timedelta(days=99))])
        found = 0
        while not found:
            await asyncio.sleep(0.05)  # until a task of the program has done it
            async with app.database.reading() as db:
                found = await db.scalar(stored) or 0
    assert found == 2  # the day and its month


@asynccontextmanager
async def asked(database: Database) -> AsyncIterator[list[tuple[str, Any]]]:
    """The statements that the block has executed, with their values."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        statements.append((statement, values))

    engine = database.writer.sync_engine
    events.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        events.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("role", ["director", "guard", "volunteer"])
async def test_no_summary_goes_through_all_records(tmp_path: Path, role: str) -> None:
    """Seen in the plans of SQLite, which says what it scans."""
    async with open_house(f"sqlite+aiosqlite:///{(tmp_path / 'docent.db').as_posix()}", tmp_path) as museum:
        await with_defaults(museum)
        person = await museum.someone("x", role)
        me = await id_of(museum, "x")
        await museum.add(Inspection, inspection("XJ-1", me))
        today = datetime.now(ZONE).date()
        await rolling.catch_up(museum.database, today)
        await museum.add(Inspection, inspection("XJ-2", me, today, failed=1))
        await museum.add(Outreach, event("HD-1", me, today), event("HD-2", me, today - rollup.DAY))
        await museum.add(Feedback, comment("LY-1", today), comment("LY-2", today - rollup.DAY))
        async with asked(museum.database) as statements:
            for words in ("", " 检查", " 隐患", " 活动", " 留言"):
                await person.says(f"/summary this year{words}")
        counted = [one for one in statements if re.search(r"\b(?:count|sum)\(", one[0])]
        assert counted
        async with museum.database.reading() as db:
            for statement, values in counted:
                plan = await db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                told = "\n".join(row.detail for row in plan)
                assert not READS_ALL.search(told), f"{statement}\n{told}"
