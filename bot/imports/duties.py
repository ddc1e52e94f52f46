"""Who answers for the places, as the places file says: a place's `department` and `person`, both optional."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.imports.sheet import Entry, hint
from handlers.kit.words import _
from models import Person, PlaceDuty

Duty: TypeAlias = tuple[str, int | None]  # the department, empty for none, and the person

NONE: Duty = ("", None)


async def people(conn: AsyncConnection) -> dict[str, int]:
    """The people who work here by name, as far as a name is that of one person only."""
    working = Person.active & (Person.roles != frozenset())
    rows = list(await conn.execute(select(Person.id, Person.name).where(working)))
    called = Counter(row.name for row in rows)
    return {row.name: row.id for row in rows if row.name and called[row.name] == 1}


def read(entry: Entry, known: Mapping[str, int]) -> Duty:
    """What a place's entry says; a name that is nobody's, or of several people, is noted as a problem."""
    name = entry.text("person", default="")
    if name and name not in known:
        what = _("nobody alone is called “{name}” here; {hint}", name=name, hint=hint(name, known))
        entry.wrong(what, "person")
    return entry.text("department", most=60, default=""), known.get(name)


async def write(conn: AsyncConnection, duties: Mapping[str, Duty]) -> None:
    """Store what is said by place; what was set in the chat stays where the file says nothing."""
    said = {code: duty for code, duty in duties.items() if duty != NONE}
    if not said:
        return
    now = datetime.now(UTC)
    rows: list[dict[str, Any]] = [
        {"place": code, "department": department, "person_id": person, "set_at": now, "sample": False}
        for code, (department, person) in said.items()
    ]
    await conn.execute(delete(PlaceDuty).where(PlaceDuty.place.in_(said)))
    await conn.execute(insert(PlaceDuty), rows)


async def export(conn: AsyncConnection) -> dict[str, dict[str, str]]:
    """By place, what the file says of it; a person only where their name finds them again."""
    names = {person: name for name, person in (await people(conn)).items()}
    rows = await conn.execute(select(PlaceDuty.place, PlaceDuty.department, PlaceDuty.person_id))
    return {row.place: {"department": row.department, "person": names.get(row.person_id, "")} for row in rows}
