"""The places file says who answers for a place, where it says so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.imports import export_places, import_checklists, import_places
from bot.imports.results import ImportProblem
from handlers.place_duty import responsible_for
from models import Person, PlaceDuty
from tests.fixtures.museum_files import CHECKLISTS, PLACES, english
from tests.fixtures.records import conn as conn
from tests.fixtures.records import rows_of

NAMED = PLACES.replace("- code: H1\n", "- code: H1\n  department: 展览部\n  person: 王小明\n")


async def somebody(conn: AsyncConnection, name: str) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    row = {"name": name, "roles": frozenset({"staff"}), "active": True, "created_at": now, "sample": False}
    await conn.execute(insert(Person).values(**row))


async def test_it_is_taken_inherited_and_written_again(conn: AsyncConnection) -> None:
    assert NAMED != PLACES
    await somebody(conn, "王小明")
    await import_checklists(conn, CHECKLISTS)
    await import_places(conn, NAMED)
    [person] = [row["id"] for row in await rows_of(conn, Person)]
    assert await responsible_for(conn, "H1-P1") == ("展览部", person)
    file = await export_places(conn)
    assert "department: 展览部" in file
    assert "person: 王小明" in file
    await import_places(conn, PLACES)  # says nothing of it, and so changes nothing
    assert await responsible_for(conn, "H1") == ("展览部", person)
    await import_places(conn, file)
    assert await export_places(conn) == file
    assert len(await rows_of(conn, PlaceDuty)) == 1


async def test_a_name_that_is_nobodys_or_of_two_is_told(conn: AsyncConnection) -> None:
    await import_checklists(conn, CHECKLISTS)
    for people in (0, 2):
        for _number in range(people):
            await somebody(conn, "王小明")
        with pytest.raises(ImportProblem) as raised:
            await import_places(conn, NAMED)
        assert "nobody alone is called “王小明” here" in english(raised.value.problems[0].text)
    assert await rows_of(conn, PlaceDuty) == []
