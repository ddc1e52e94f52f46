"""Drafts begun under every released version are still there after the tables have changed, and go on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Connection, Date, DateTime, MetaData, Table, func, insert, select, text

from bot import migrate, steps
from models import Conversation, Feedback, Inspection, InspectionItem
from tests.house import House, Someone, open_house, with_defaults

# What people had before them when a version was in service: half-done forms, one of them paused. Written
# once from its SQLite file, and never changed.
RELEASED = sorted((Path(__file__).parent / "fixtures" / "released").glob("*.json"))


@pytest.fixture(params=RELEASED, ids=lambda file: file.stem)
def released(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.param.read_text(encoding="utf-8"))
    return found


@asynccontextmanager
async def updated(url: str, folder: Path, released: dict[str, Any]) -> AsyncIterator[House]:
    """A house on the tables of that version with its records, brought up to date."""
    step = steps.taken(migrate.SCRIPTS, released["revision"])
    async with migrate._alone(url) as db:
        await db.run_sync(step)
        await db.run_sync(fill, released["tables"])
    await migrate.upgrade(url)
    async with open_house(url, folder) as house:
        yield await with_defaults(house)


def fill(db: Connection, tables: dict[str, list[dict[str, Any]]]) -> None:
    """Put records into tables as they were then; the models may know other ones by now."""
    then = MetaData()
    then.reflect(db)
    for table in then.sorted_tables:
        for row in tables.get(table.name, []):
            db.execute(insert(table), {name: read(table, name, value) for name, value in row.items()})
        if db.dialect.name == "postgresql" and table.name in tables and "id" in table.c:
            last = select(func.max(table.c.id)).scalar_subquery()
            db.execute(select(func.setval(text(f"'{table.name}_id_seq'"), last)))


def read(table: Table, name: str, value: Any) -> Any:
    """A value as SQLite keeps it, for any database."""
    kind = table.c[name].type
    if isinstance(kind, DateTime):
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if kind.timezone else moment
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, JSON):
        return json.loads(value)
    return bool(value) if isinstance(kind, Boolean) else value


async def test_drafts_go_on_where_they_stood(
    database_url: str, tmp_path: Path, released: dict[str, Any]
) -> None:
    async with updated(database_url, tmp_path, released) as house:
        guard = Someone(house, "guard")
        assert "(3/14) Item 4" in await guard.taps("Normal")
        await guard.says("the rest normal")
        await guard.says("nobody smokes there now", photos=(house.photo("a"),))
        assert "as it is now" in await guard.taps("Fixed on the spot")
        assert "Please check" in await guard.says(photos=(house.photo("b"),))
        assert "Submitted" in await guard.taps("Submit")
        leader = Someone(house, "leader", "zh_CN")
        assert "已提交" in await leader.taps("提交")
        visitor = Someone(house, "visitor", "zh_CN")
        assert "LY-20261122-0001" in await visitor.taps("完成")
        volunteer = Someone(house, "volunteer")
        assert "(2) For which" in await volunteer.says("yesterday")
        paused = Someone(house, "paused")
        assert "not finished" in await paused.follows("p_L1-P3")
        assert "(1/14) Item 2" in await paused.taps("Go on")

        noted = select(InspectionItem.note).where(InspectionItem.state == "bad")
        assert [row.note for row in await house.rows(noted)] == ["smoking in the stairs"]
        assert len(await house.rows(select(Inspection.id))) == 2
        [comment] = await house.rows(select(Feedback.rating, Feedback.comment))
        assert tuple(comment) == (3, "厕所漏水")


async def test_a_draft_of_a_form_that_is_gone_is_told_of(
    database_url: str, tmp_path: Path, released: dict[str, Any]
) -> None:
    async with updated(database_url, tmp_path, released) as house:
        del house.engine.routes.forms["inspection"]
        guard = Someone(house, "guard")
        assert "That button is no longer in use." in await guard.taps("Normal")
        assert await guard.says("the rest normal")
        assert "What would you like to do?" in await guard.says("/start")
        kept = select(Conversation.status).where(Conversation.form == "inspection").order_by(Conversation.id)
        assert [row.status for row in await house.rows(kept)] == ["open", "open", "paused"]
