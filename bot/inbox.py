"""The inbox: each update of a channel takes effect once, however often it is delivered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from models import Inbox

MOST_ATTEMPTS = 3


async def mark(
    db: AsyncConnection, channel: str, external_id: str, payload: dict[str, Any] | None, now: datetime
) -> bool:
    """Mark an update as taken within its transaction; False if it was before."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    fresh = dialect.insert(Inbox).values(
        channel=channel, external_id=external_id, status="done", payload=payload, received_at=now, attempts=1
    )
    if (await db.execute(fresh.on_conflict_do_nothing())).rowcount == 1:
        return True
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
