"""Rolls closed days up, a few at a time, so that summaries need not count them (`handlers/rollup.py`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Delete, delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db import Database
from bot.engine import utc_now
from bot.migrate import one_at_a_time
from handlers import rollup
from handlers.rollup import DAY, TOPICS, Rolled, end_of_month, month_code
from handlers.tally import Bucket, Cut
from models import Note, RolledFigure, RolledOwn, RolledShare
from models.rollup import KEYS, PART, ROLLED_UP, RolledUp, forget, stale

EVERY: Final = 60.0  # seconds between looks
Counted = dict[tuple[Any, ...], int]  # by (day, what tells its rows apart)

SOME: Final = 7  # days or parts a transaction, for others who write wait as long


async def keep(database: Database, zone: ZoneInfo, now: Callable[[], datetime] = utc_now) -> None:
    """Roll up what has closed or changed, until cancelled. Raises Unavailable."""
    while True:
        await catch_up(database, now().astimezone(zone).date())
        await asyncio.sleep(EVERY)


async def rebuild(database: Database, today: date) -> int:
    """Roll up everything before `today` anew; returns how many days. Raises Unavailable."""
    await begin_anew(database)
    return await catch_up(database, today)


async def begin_anew(database: Database) -> None:
    """Have nothing rolled up, so that everything will be. Raises Unavailable."""
    async with database.transaction() as db:
        await one_at_a_time(db)
        await db.run_sync(forget)


async def catch_up(database: Database, today: date) -> int:
    """Roll up what closed before `today` or changed until now; returns how many days closed or changed.

    Raises Unavailable.
    """
    count = 0
    while _is_behind(await _state(database), today):
        async with database.transaction() as db:
            await one_at_a_time(db)
            count += await roll(db, today)
    changed = (await _state(database)).parts
    parts = [(topic, part) for topic, parts in changed.items() for part in parts]
    for start in range(0, len(parts), SOME):
        async with database.transaction() as db:
            await one_at_a_time(db)
            rolled = await rollup.state(db)
            for topic, part in parts[start : start + SOME]:
                await _roll_part(db, topic, part, rolled.running)
    return count


async def roll(db: AsyncConnection, today: date) -> int:
    """Roll up a few days: those that changed first; returns how many, 0 where none is left.

    Nobody else may do so at the same time.
    """
    rolled = await rollup.state(db)
    if rolled.through == date.min:
        rolled = await _begin(db, today)
    if rolled.days:
        some = {topic: sorted(days)[:SOME] for topic, days in rolled.days.items()}
        for topic, days in some.items():
            await _roll(db, topic, days)
        return len({day for days in some.values() for day in days})
    first = rolled.through + DAY
    days = rollup.days(first, min(rolled.through + SOME * DAY, today - DAY))
    for topic in TOPICS if days else ():
        await _roll(db, topic, days)
        await _forget_parts(db, topic, rollup.days(first - SOME * DAY, rolled.through))
    await _note(db, days[-1] if days else rolled.through, rolled.opened)
    return len(days)


async def _state(database: Database) -> Rolled:
    async with database.reading() as db:
        return await rollup.state(db)


def _is_behind(rolled: Rolled, today: date) -> bool:
    return bool(rolled.days) or rolled.through < today - DAY


async def _begin(db: AsyncConnection, today: date) -> Rolled:
    """Nothing is rolled up yet: days before `today` will be, and the records of later ones have changed."""
    rolled = Rolled(await _first(db, today) - DAY, today)
    await _note(db, rolled.through, rolled.opened)
    for name, topic in TOPICS.items():
        changed = select(topic.records.day, literal(name), topic.records.id // PART + 1).distinct()
        marks = insert(stale).from_select(["day", "topic", "part"], changed.where(topic.records.day >= today))
        await db.execute(marks)
    return rolled


async def _first(db: AsyncConnection, today: date) -> date:
    """The first day that has records; today where there are none before."""
    firsts: list[date | None] = [
        await db.scalar(select(func.min(topic.records.day))) for topic in TOPICS.values()
    ]
    return min([today, *(first for first in firsts if first is not None)])


async def _roll(db: AsyncConnection, topic: str, days: Sequence[date]) -> None:
    """Store what some closed days of a topic came to, and the sums of their months.

    What makes them stale while they are counted stays marked.
    """
    await db.execute(delete(stale).where(stale.c.topic == topic, stale.c.day.in_(days)))
    periods = [day.isoformat() for day in days]
    for table, counted in await _counted(db, topic, Cut(days=tuple(days))):
        await db.execute(_rows(table, topic).where(table.period.in_(periods), table.part == 0))
        await _store(db, table, topic, 0, counted)
        for month in {day.replace(day=1) for day in days}:
            await _sum(db, table, topic, month)


async def _roll_part(db: AsyncConnection, topic: str, part: int, running: date) -> None:
    """Store what the records of a part came to on the days from `running` on."""
    marks = (stale.c.topic == topic, stale.c.part == part, stale.c.day >= running)
    await db.execute(delete(stale).where(*marks))
    for table, counted in await _counted(db, topic, Cut(((running, date.max),), parts=(part,))):
        mine = _rows(table, topic).where(table.period >= running.isoformat(), table.part == part)
        await db.execute(mine)
        await _store(db, table, topic, part, counted)


async def _forget_parts(db: AsyncConnection, topic: str, days: Sequence[date]) -> None:
    """Remove the parts of days that closed before: a summary may still read those of one that just did."""
    periods = [day.isoformat() for day in days]
    for table in KEYS:
        await db.execute(_rows(table, topic).where(table.period.in_(periods), table.part > 0))


async def _counted(db: AsyncConnection, topic: str, cut: Cut) -> list[tuple[RolledUp, Counted]]:
    """What was counted, for each table there are rows for."""
    its = TOPICS[topic]
    counted: list[tuple[RolledUp, Counted]] = [(RolledFigure, _by_day(await its.tally(db, cut, None)))]
    if its.shares is not None:
        counted.append((RolledShare, _by_day(await its.shares(db, cut))))
    if its.has_own:
        counted.append((RolledOwn, _by_day(await its.tally(db, replace(cut, by_owner=True), None))))
    return counted


def _by_day(counted: Mapping[Bucket, Mapping[Any, int]]) -> Counted:
    """Figures by their day and by what tells their rows apart, see `KEYS`."""
    found: Counted = {}
    for bucket, values in counted.items():
        day, *owner = bucket if isinstance(bucket, tuple) else (bucket,)
        found |= {(day, *owner, which): value for which, value in values.items()}
    return found


async def _store(db: AsyncConnection, table: RolledUp, topic: str, part: int, counted: Counted) -> None:
    rows = [
        {"topic": topic, "period": day.isoformat(), "part": part, "value": value}
        | dict(zip(KEYS[table], which, strict=True))
        for (day, *which), value in counted.items()
        if day is not None
    ]
    if rows:
        await db.execute(insert(table), rows)


async def _sum(db: AsyncConnection, table: RolledUp, topic: str, month: date) -> None:
    """Store the sums of the days of a month that are stored."""
    code, keys = month_code(month), KEYS[table]
    its_days = [day.isoformat() for day in rollup.days(month, end_of_month(month))]
    await db.execute(_rows(table, topic).where(table.period == code))
    apart = [getattr(table, key) for key in keys]
    summed = select(literal(topic), literal(code), literal(0), *apart, func.sum(table.value)).group_by(*apart)
    of_month = summed.where(table.topic == topic, table.period.in_(its_days), table.part == 0)
    await db.execute(insert(table).from_select(["topic", "period", "part", *keys, "value"], of_month))


def _rows(table: RolledUp, topic: str) -> Delete:
    return delete(table).where(table.topic == topic)


async def _note(db: AsyncConnection, through: date, opened: date) -> None:
    days = {"through": through.isoformat(), "opened": opened.isoformat()}
    values = {"value": days, "updated_at": utc_now()}
    if (await db.execute(update(Note).where(Note.key == ROLLED_UP).values(values))).rowcount == 0:
        await db.execute(insert(Note).values(key=ROLLED_UP, **values))
