"""The first administrator: made by a one-use code that the program prints while there is none."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import codes
from handlers.work import Work
from models import Note, Person

_FIRST_ADMIN = "first-admin"  # the note with the code's hash
FIRST_ADMIN_LASTS = timedelta(minutes=15)


async def first_admin_code(db: AsyncConnection, now: datetime) -> str | None:
    """A new code that makes whoever types it the administrator, for 15 minutes; None once there is one.

    It replaces the code made before.
    """
    if await _has_admin(db):
        return None
    code = codes.make(codes.FIRST_ADMIN)
    value = {"hash": codes.hashed(code), "until": (now + FIRST_ADMIN_LASTS).isoformat()}
    await db.execute(delete(Note).where(Note.key == _FIRST_ADMIN))
    await db.execute(insert(Note).values(key=_FIRST_ADMIN, value=value, updated_at=now))
    return code


async def spend_first_admin_code(work: Work, code: str) -> bool:
    """Whether `code` is the first administrator's, which it then was: of two who type it, one wins."""
    note = (
        await work.db.execute(select(Note.value).where(Note.key == _FIRST_ADMIN).with_for_update())
    ).first()
    if note is None or not hmac.compare_digest(note.value["hash"], codes.hashed(code)):
        return False
    if datetime.fromisoformat(note.value["until"]) <= work.now or await _has_admin(work.db):
        return False
    spent = await work.db.execute(delete(Note).where(Note.key == _FIRST_ADMIN))
    return spent.rowcount == 1


async def _has_admin(db: AsyncConnection) -> bool:
    query = select(Person.id).where(Person.active, Person.roles.holds("admin")).limit(1)
    return (await db.execute(query)).first() is not None
