"""Where people reach the desk, as the program that serves it last knew: for links that other verbs print."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from models import Note

REACHED_AT: Final = "reached-at"  # the note with the address


async def remember(db: AsyncConnection, url: str, now: datetime) -> None:
    """Keep that the desk is served at `url`."""
    await db.execute(delete(Note).where(Note.key == REACHED_AT))
    await db.execute(insert(Note).values(key=REACHED_AT, value={"url": url}, updated_at=now))


async def known(db: AsyncConnection) -> str | None:
    """The address it was last served at; None if it never was."""
    value = await db.scalar(select(Note.value).where(Note.key == REACHED_AT))
    return str(value["url"]) if value else None
