"""Playing a script: everybody does their steps, and hears what the script says they hear."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from aiohttp import ClientSession, FormData
from sqlalchemy import select, update

from bot.app import App
from bot.db import Database
from models import Account, Base, Person
from tests.dialogue.script import Script
from tests.dialogue.seats import Seat, hears, picture, toasts

Passes = Callable[[float], Awaitable[None]]  # lets minutes pass, and what falls due be done


async def play(script: Script, seats: dict[str, Seat], app: App, passes: Passes) -> None:
    """Play all steps, then look at the records; a step `later` lets so many minutes pass, one that `hands_in`
    is a contractor's, on the page of that link. Raises AssertionError naming the step."""
    kept: dict[str, str] = {}
    for place, raw in enumerate(script.steps, 1):
        step = _filled(raw, kept)
        try:
            kept |= await _step(step, seats, app, passes)
        except AssertionError as error:
            raise AssertionError(f"{script.name} step {place} {step}: {error}") from error
    for who, most in script.most_actions.items():
        if not seats[who].captions:
            most = script.most_without_captions.get(who, most)
        assert seats[who].actions <= most, (
            f"{script.name}: {who} needed {seats[who].actions} actions, not {most}"
        )
    for table, wanted in script.records.items():
        await _records(app.database, table, _filled(wanted, kept))


async def _step(step: dict[str, Any], seats: dict[str, Seat], app: App, passes: Passes) -> dict[str, str]:
    for who in (step["who"], *step.get("others", {})):  # whose seats are read
        await seats[who].mark()
    seat = seats[step["who"]]
    if "later" in step:
        await passes(step["later"])
    elif "hands_in" in step:
        await _hands_in(f"{app.url}{step['hands_in']}", step["caption"])
    else:
        await seat.does(step)
    heard = await hears(seat, step.get("hears", []))
    if "toast" in step:
        await toasts(seat, step["toast"])
    for other, wanted in step.get("others", {}).items():
        heard += await hears(seats[other], wanted)
    if "buttons" in step:
        labels = await seat.buttons()
        for wanted in step["buttons"]:
            assert any(wanted in label for label in labels), f"no button {wanted!r} in {labels}"
    for unwanted in step.get("not", []):
        assert unwanted not in heard, f"heard {unwanted!r}"
    kept = {}
    for name, pattern in step.get("keep", {}).items():
        found = re.search(pattern, heard)
        assert found, f"nothing like {pattern} in {heard!r}"
        kept[name] = found[0]
    return kept


async def _hands_in(url: str, words: str) -> None:
    """Hand a fix in as a contractor does, with a photo."""
    form = FormData(default_to_multipart=True)
    form.add_field("note", words)
    form.add_field("photo", picture("after"), filename="after.jpg", content_type="image/jpeg")
    async with ClientSession() as http, http.post(url, data=form) as response:
        assert response.status == 200, await response.text()


def _filled(value: Any, kept: dict[str, str]) -> Any:
    """`value` with `{name}` replaced by what was kept under that name."""
    if isinstance(value, str):
        for name, text in kept.items():
            value = value.replace("{" + name + "}", text)
        return value
    if isinstance(value, list):
        return [_filled(one, kept) for one in value]
    if isinstance(value, dict):
        return {name: (one if name == "keep" else _filled(one, kept)) for name, one in value.items()}
    return value


async def give_roles(database: Database, external_id: str, name: str, roles: list[str]) -> None:
    """Make a person known by name and post, as joining would have."""
    async with database.transaction() as db:
        mine = select(Account.person_id).where(Account.external_id == external_id).scalar_subquery()
        await db.execute(update(Person).where(Person.id == mine).values(roles=frozenset(roles), name=name))


async def _records(database: Database, table: str, wanted: dict[str, Any]) -> None:
    columns = Base.metadata.tables[table].c
    query = select(Base.metadata.tables[table])
    for name, value in wanted.get("where", {}).items():
        query = query.where(columns[name] == _typed(columns[name], value))
    async with database.reading() as db:
        rows = (await db.execute(query)).mappings().all()
    if "count" in wanted:
        assert len(rows) == wanted["count"], f"{table}: {len(rows)} records, not {wanted['count']}: {rows}"
    for name, value in wanted.get("has", {}).items():
        assert rows, f"{table}: no record"
        assert rows[-1][name] == _typed(columns[name], value), f"{table}.{name}: {rows[-1][name]!r}"


def _typed(column: Any, value: Any) -> Any:
    return date.fromisoformat(value) if column.type.python_type is date else value
