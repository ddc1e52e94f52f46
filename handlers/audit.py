"""Writing down who did what to whom, and from that how often somebody guessed at codes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.kit.words import Text, _
from handlers.work import Work
from models import Audit, Conversation

MOST_GUESSES = 5
GUESSES_WITHIN = timedelta(minutes=10)
TOO_MANY = _("Too many wrong codes. Please wait ten minutes, then try again.")


async def record(
    db: AsyncConnection,
    now: datetime,
    action: str,
    *,
    actor: int | None,
    subject: int | None = None,
    **detail: Any,
) -> None:
    """Add one act to the audit trail."""
    await db.execute(
        insert(Audit).values(actor_id=actor, subject_id=subject, action=action, detail=detail, at=now)
    )


async def may_guess(work: Work) -> bool:
    """Whether the person may try a code: not after five wrong ones in ten minutes, even with a right one."""
    wrong = select(func.count()).where(
        Audit.actor_id == work.me.id, Audit.action == "wrong_code", Audit.at > work.now - GUESSES_WITHIN
    )
    return int(await work.db.scalar(wrong) or 0) < MOST_GUESSES


async def guessed(work: Work, sort: str) -> None:
    """Count a wrong code of a sort: invite, first_admin or link."""
    await record(work.db, work.now, "wrong_code", actor=work.me.id, sort=sort)


async def say_unless_asked(work: Work, why: Text) -> bool:
    """Say why a short code was not taken. False where a conversation is open: the words may be its answer."""
    await work.settle()
    is_open = select(Conversation.id).where(
        Conversation.person_id == work.me.id, Conversation.status == "open"
    )
    if (await work.db.execute(is_open)).first() is not None:
        return False
    work.reply(why)
    return True
