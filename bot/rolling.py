"""Rolls closed days up, a few at a time, so that summaries need not count them (`handlers/rollup.py`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db import Database
from bot.engine import utc_now
from bot.migrate import one_at_a_time
from handlers import rollup
from handlers.rollup import DAY, TOPICS
from handlers.tally import Bucket, Cut
from models import DayFigure, DayShare, Note
from models.rollup import ROLLED_UP, forget, stale_days

EVERY: Final = 60.0  # seconds between looks
SOME: Final = 7  # days a transaction, for others who write wait as long


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
    """Roll up all that closed before `today` or changed; returns how many days. Raises Unavailable."""
    days = 0
    while await _is_behind(database, today):
        async with database.transaction() as db:
            await one_at_a_time(db)
            days += await roll(db, today)
    return days


async def roll(db: AsyncConnection, today: date) -> int:
    """Roll up a few days: those that changed first; returns how many, 0 where none is left.

    Nobody else may do so at the same time.
    """
    rolled = await rollup.state(db)
    if rolled.stale:
        some = {topic: sorted(days)[:SOME] for topic, days in rolled.stale.items()}
        for topic, days in some.items():
            await _roll(db, topic, days)
        return len({day for days in some.values() for day in days})
    first = await _first(db, today) if rolled.through == date.min else rolled.through + DAY
    days = [first + number * DAY for number in range(SOME) if first + number * DAY < today]
    for topic in TOPICS:
        await _roll(db, topic, days)
    await _note(db, days[-1] if days else today - DAY)
    return len(days)


async def _is_behind(database: Database, today: date) -> bool:
    async with database.reading() as db:
        rolled = await rollup.state(db)
    return bool(rolled.stale) or rolled.through < today - DAY


async def _first(db: AsyncConnection, today: date) -> date:
    """The first day that has records; today where there are none."""
    firsts = [await db.scalar(select(func.min(topic.day))) for topic in TOPICS.values()]
    return min((first for first in firsts if first is not None), default=today)


async def _roll(db: AsyncConnection, topic: str, days: Sequence[date]) -> None:
    """Store what some days of a topic came to. What makes them stale while they are counted stays marked."""
    its, cut = TOPICS[topic], Cut(days=tuple(days))
    if not days:
        return
    await db.execute(delete(stale_days).where(stale_days.c.topic == topic, stale_days.c.day.in_(days)))
    counted = await its.tally(db, cut, None)
    await _replace(db, DayFigure, topic, days, {day: dict(bag) for day, bag in counted.items()})
    if its.shares is not None:
        await _replace(db, DayShare, topic, days, await its.shares(db, cut))


async def _replace(
    db: AsyncConnection,
    table: type[DayFigure | DayShare],
    topic: str,
    days: Sequence[date],
    values: Mapping[Bucket, Mapping[Any, int]],
) -> None:
    await db.execute(delete(table).where(table.topic == topic, table.day.in_(days)))
    what = "figure" if table is DayFigure else "person_id"
    rows = [
        {"topic": topic, "day": day, what: key, "value": value}
        for day, counted in values.items()
        for key, value in counted.items()
    ]
    if rows:
        await db.execute(insert(table), rows)


async def _note(db: AsyncConnection, through: date) -> None:
    values = {"value": {"through": through.isoformat()}, "updated_at": utc_now()}
    if (await db.execute(update(Note).where(Note.key == ROLLED_UP).values(values))).rowcount == 0:
        await db.execute(insert(Note).values(key=ROLLED_UP, **values))
