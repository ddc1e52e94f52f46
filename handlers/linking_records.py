"""Which records go along when a visitor's account becomes another person's, and which stay where they are."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute, aliased

from models import (
    Account,
    Audit,
    Conversation,
    Feedback,
    FeedbackReply,
    Hazard,
    HazardEvent,
    HazardSignature,
    Inspection,
    Invite,
    LinkCode,
    MediaFile,
    Outreach,
    OutreachMember,
    Person,
    Signature,
)

Column = InstrumentedAttribute[int] | InstrumentedAttribute[int | None]

MOVES: Final[tuple[Column, ...]] = (
    Account.person_id,
    Conversation.person_id,
    Feedback.person_id,
    MediaFile.person_id,
    Outreach.person_id,
    OutreachMember.person_id,
)
# Evidence of what somebody did in a post they had; it is never rewritten.
STAYS: Final[tuple[Column, ...]] = (
    Audit.actor_id,
    Audit.subject_id,
    FeedbackReply.person_id,
    Hazard.fixed_by,
    Hazard.found_by,
    Hazard.ordered_by,
    Hazard.responsible_id,
    Hazard.reviewed_by,
    HazardEvent.person_id,
    HazardSignature.person_id,
    HazardSignature.stood_in_for,
    Inspection.person_id,
    Invite.created_by,
    LinkCode.person_id,
    Outreach.approved_by,
    Outreach.returned_by,
    Person.invited_by,
    Signature.person_id,
)


async def move_records(db: AsyncConnection, old: int, new: int) -> None:
    """Make `old`'s records `new`'s. At most one conversation stays open: that of `new` if they have one."""
    await _one_open_conversation(db, old, new)
    await _no_minutes_twice(db, old, new)
    for column in MOVES:
        await db.execute(update(column.class_).where(column == old).values({column.key: new}))


async def _one_open_conversation(db: AsyncConnection, old: int, new: int) -> None:
    is_open = Conversation.status == "open"
    if (
        await db.execute(select(Conversation.id).where(Conversation.person_id == new, is_open))
    ).first() is not None:
        await db.execute(
            update(Conversation).where(Conversation.person_id == old, is_open).values(status="paused")
        )


async def _no_minutes_twice(db: AsyncConnection, old: int, new: int) -> None:
    """Where both are members of the same event, the minutes of `new` count."""
    same = aliased(OutreachMember)
    theirs = select(same.outreach_id).where(same.person_id == new)
    twice = delete(OutreachMember).where(
        OutreachMember.person_id == old, OutreachMember.outreach_id.in_(theirs)
    )
    await db.execute(twice)
