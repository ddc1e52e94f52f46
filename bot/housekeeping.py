"""What is not kept for ever: raw updates, contact details, codes, old audit entries; once a night."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Row, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import sweep
from handlers import rounds_planning, sealing_head
from handlers.routes import Routes
from handlers.work import Work
from models import Audit, Conversation, Due, Feedback, FeedbackReply, Inbox, Invite, LinkCode, Outbox

routes = Routes()

KIND: Final = "housekeeping"
KEY: Final = "nightly"
AT: Final = time(3, 40)  # in the museum's time zone: nobody is about

RAW_UPDATES: Final = timedelta(days=7)
CONTACTS: Final = timedelta(days=183)  # after a comment was closed
CODES: Final = timedelta(days=30)  # after they expired
DONE_WORK: Final = timedelta(days=30)
AUDIT: Final = timedelta(days=3 * 366)
REACH: Final = timedelta(days=90)  # a nightly run looks no further back: earlier ones have been there
REMOVED: Final = "…"
SHORTEST: Final = 4  # characters: what is less reaches nobody, and may stand in other words by chance
CLOSED: Final = ("answered", "satisfied", "closed")


@routes.timer(KIND)
async def nightly(work: Work, _key: str) -> None:
    """Clear up, and come again the next night."""
    await purge(work.db, work.now, since=work.now - REACH)
    await work.due(sweep.KIND, sweep.KEY, work.now)
    await work.due(sealing_head.KIND, sealing_head.KEY, sealing_head.next_at(work.local))
    if await rounds_planning.any_plans(work.db):  # where planning failed for good, it begins again here
        await rounds_planning.plan_anew(work)
    await work.due(KIND, KEY, following(work.local))


async def schedule(db: AsyncConnection, local: datetime) -> None:
    """Have it done the next night; called when the program starts."""
    nightly = {"kind": KIND, "key": KEY, "due_at": following(local), "payload": {}}
    await db.execute(delete(Due).where(Due.kind == KIND))
    await db.execute(insert(Due).values(**nightly))


def following(local: datetime) -> datetime:
    """The next time of day for it, after `local`."""
    today = local.replace(hour=AT.hour, minute=AT.minute, second=0, microsecond=0)
    return today if today > local else today + timedelta(days=1)


async def purge(db: AsyncConnection, now: datetime, *, since: datetime | None = None) -> None:
    """Remove what has been kept long enough; of the raw updates only those received after `since`."""
    await _forget_raw_updates(db, now - RAW_UPDATES, since)
    await _forget_contacts(db, now - CONTACTS)
    await db.execute(delete(Invite).where(Invite.expires_at < now - CODES))
    await db.execute(delete(LinkCode).where(LinkCode.expires_at < now - CODES))
    await db.execute(delete(Due).where(Due.status == "done", Due.due_at < now - DONE_WORK))
    await db.execute(delete(Audit).where(Audit.at < now - AUDIT))


async def _forget_raw_updates(db: AsyncConnection, before: datetime, since: datetime | None) -> None:
    """The marks stay: a delivery that comes again must still be known."""
    old = update(Inbox).where(Inbox.received_at < before, Inbox.payload.is_not(None))
    recent = old if since is None else old.where(Inbox.received_at > since)
    await db.execute(recent.values(payload=None))


async def _forget_contacts(db: AsyncConnection, before: datetime) -> None:
    """A contact detail goes from its comment, the form it was written in, and the messages that show it."""
    lately = select(FeedbackReply.id).where(
        FeedbackReply.feedback_id == Feedback.id, FeedbackReply.created_at >= before
    )
    old = select(*Feedback.__table__.columns).where(
        Feedback.contact.is_not(None),
        Feedback.status.in_(CLOSED),
        Feedback.created_at < before,
        ~lately.exists(),
    )
    for row in (await db.execute(old)).all():
        await _forget_in_draft(db, row.conversation_id)
        await _forget_in_messages(db, row)
        await db.execute(update(Feedback).where(Feedback.id == row.id).values(contact=None))


async def _forget_in_draft(db: AsyncConnection, conversation_id: int | None) -> None:
    mine = Conversation.id == conversation_id
    answers = await db.scalar(select(Conversation.answers).where(mine))
    if answers and answers.get("contact"):
        await db.execute(update(Conversation).where(mine).values(answers={**answers, "contact": None}))


async def _forget_in_messages(db: AsyncConnection, row: Row[Any]) -> None:
    """In what the desk was shown of the comment, and in the visitor's own transcript."""
    if len(row.contact) < SHORTEST:
        return
    shown = select(Outbox.id, Outbox.payload).where(
        or_(Outbox.subject == f"feedback:{row.id}", Outbox.account_id == row.account_id)
    )
    for message in (await db.execute(shown)).all():
        if row.contact in message.payload["text"]:
            text = message.payload["text"].replace(row.contact, REMOVED)
            cleared = update(Outbox).where(Outbox.id == message.id)
            await db.execute(cleared.values(payload={**message.payload, "text": text}))
