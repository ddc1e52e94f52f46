"""The inbox: each update of a channel takes effect once, however often it is delivered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Update
from models import Inbox

MOST_ATTEMPTS = 3


async def mark(db: AsyncConnection, updates: Sequence[Update], now: datetime) -> list[bool]:
    """Mark updates as taken within their transaction; of each, whether it was not before."""
    marks = [
        {
            "channel": update.channel,
            "external_id": update.external_id,
            "status": "done",
            "received_at": now,
            "attempts": 1,
        }
        for update in sorted(updates, key=lambda one: (one.channel, one.external_id))
    ]  # in the same order always: two transactions with the same updates cannot deadlock
    marking = _MARKING[db.dialect.name]
    fresh = {(row.channel, row.external_id) for row in await db.execute(marking, marks)}
    return [
        (one.channel, one.external_id) in fresh or await _again(db, one.channel, one.external_id)
        for one in updates
    ]


async def _again(db: AsyncConnection, channel: str, external_id: str) -> bool:
    """Whether an update that was received before had failed, and is marked as taken now."""
    again = update(Inbox).where(*_this(channel, external_id), Inbox.status == "failed").values(status="done")
    return (await db.execute(again)).rowcount == 1


async def seen(db: AsyncConnection, channel: str, external_id: str) -> bool:
    """Whether an update was taken, or given up."""
    status = await db.scalar(select(Inbox.status).where(*_this(channel, external_id)))
    return status in {"done", "dead"}


async def failed(
    db: AsyncConnection,
    channel: str,
    external_id: str,
    payload: dict[str, Any] | None,
    now: datetime,
    error: str,
) -> int:
    """Count a failed attempt in a transaction of its own; at MOST_ATTEMPTS the update is dead.

    Returns the count.
    """
    this = _this(channel, external_id)
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    first = dialect.insert(Inbox).values(
        channel=channel,
        external_id=external_id,
        status="failed",
        payload=payload,
        received_at=now,
        attempts=0,
    )
    await db.execute(first.on_conflict_do_nothing())
    await db.execute(update(Inbox).where(*this).values(attempts=Inbox.attempts + 1, error=error))
    attempts = int(await db.scalar(select(Inbox.attempts).where(*this)) or 0)
    if attempts >= MOST_ATTEMPTS:
        await db.execute(update(Inbox).where(*this).values(status="dead"))
    return attempts


def _this(channel: str, external_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Inbox.channel == channel, Inbox.external_id == external_id


def _marking(dialect: Any) -> Any:
    fresh = dialect.insert(Inbox.__table__).on_conflict_do_nothing()
    return fresh.returning(Inbox.channel, Inbox.external_id)


_MARKING: Final = {"postgresql": _marking(postgresql), "sqlite": _marking(sqlite)}
