"""Erasing a person: what they wrote and who they are goes, the figures and the service records stay."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, delete, literal, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import members
from handlers.work import Work
from models import (
    Account,
    Conversation,
    Due,
    Feedback,
    FeedbackReply,
    Hazard,
    HazardEvent,
    HazardSignature,
    Inbox,
    Inspection,
    LinkCode,
    MediaFile,
    Outbox,
    Outreach,
    OutreachMember,
    Person,
    Signature,
    mentions,
)

_SHA = re.compile(r"\b[0-9a-f]{64}\b")
_CHINESE = re.compile("[\u3400-\u9fff]")
_BLANK: dict[str, Any] = {"text": "—", "rows": [], "photos": [], "file": None}


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: the comments by number, and the files (SHA-256) that nobody may need any more."""

    numbers: tuple[str, ...]
    files: tuple[str, ...]


async def erase(db: AsyncConnection, person_id: int, now: datetime) -> Erased:
    """Erase the personal data of somebody without a post. What stays: comments as figures without a
    person, service records with the person's initials, and the bare account, which the answer goes to."""
    person = await members.one(db, person_id)
    assert person is not None  # the sender of this update
    comments = (await db.execute(select(Feedback).where(Feedback.person_id == person_id))).all()
    files = await _files(db, person_id, comments)
    numbers = [comment.number for comment in comments]
    await _erase_copies(db, numbers)
    await _erase_answers(db, [comment.id for comment in comments])
    await _erase_comments(db, [comment.id for comment in comments])
    await _erase_chats(db, person_id)
    await db.execute(delete(LinkCode).where(LinkCode.person_id == person_id))
    await db.execute(delete(MediaFile).where(MediaFile.person_id == person_id, MediaFile.sha.in_(files)))
    await members.no_longer_waits(db, person, joined=False)
    name = initials(person.name) if await serves(db, person_id) else ""
    left: dict[str, Any] = {"name": name, "roles": frozenset(), "invited_by": None, "erased_at": now}
    await db.execute(update(Person).where(Person.id == person_id).values(**left))
    return Erased(tuple(numbers), files)


async def serves(db: AsyncConnection, person_id: int) -> bool:
    """Whether there are records of the person's service, which have to be kept."""
    acts = (
        Inspection.person_id, Signature.person_id, Hazard.found_by, FeedbackReply.person_id,
        Hazard.responsible_id, HazardEvent.person_id, HazardSignature.person_id,
        Outreach.person_id, OutreachMember.person_id,
    )  # fmt: skip
    found = union_all(*(select(act).where(act == person_id) for act in acts)).limit(1)
    return (await db.execute(found)).first() is not None


def initials(name: str) -> str:
    """What of a name stays on service records: 王某 for 王小明, `L. W.` for Li Wei."""
    if _CHINESE.match(name):
        return f"{name[0]}某"
    return " ".join(f"{part[0].upper()}." for part in name.split())


async def forget_file(work: Work, sha: str) -> None:
    """Delete a file from the store unless any record still has it."""
    for column in mentions():
        mentioned = select(literal(1)).where(cast(column, Text).contains(sha)).limit(1)
        if (await work.db.execute(mentioned)).first() is not None:
            return
    if work.files is not None:
        work.files.forget(sha)


async def _files(db: AsyncConnection, person_id: int, comments: Any) -> tuple[str, ...]:
    """Every file that the person's comments, forms and chats mention."""
    accounts = select(Account.id).where(Account.person_id == person_id).scalar_subquery()
    mention = [json.dumps([comment.photos, comment.voice]) for comment in comments]
    for query in (
        select(Conversation.answers).where(Conversation.person_id == person_id),
        select(Outbox.payload).where(Outbox.account_id.in_(accounts)),
    ):
        mention += [json.dumps(found) for found in await db.scalars(query)]
    return tuple(sorted({sha for text in mention for sha in _SHA.findall(text)}))


async def _erase_comments(db: AsyncConnection, ids: list[int]) -> None:
    """Leave the figures: rating, kind, topic, place, day, and whether and when it was answered."""
    blank: dict[str, Any] = {
        "comment": None,
        "contact": None,
        "photos": [],
        "voice": [],
        "person_id": None,
        "account_id": None,
        "conversation_id": None,
    }
    mine = update(Feedback).where(Feedback.id.in_(ids))
    await db.execute(mine.values(**blank))
    await db.execute(mine.where(Feedback.status.in_(("new", "reopened"))).values(status="closed"))
    await db.execute(delete(Due).where(Due.kind == "feedback.tell", Due.key.in_([str(id) for id in ids])))


async def _erase_copies(db: AsyncConnection, numbers: list[str]) -> None:
    """What the front desk was shown of the comments, in its chats and in the forms for answering."""
    if not numbers:
        return
    in_chats = or_(*(cast(Outbox.payload, Text).contains(number) for number in numbers))
    await _blank(db, in_chats)
    in_forms = or_(*(cast(Conversation.facts, Text).contains(number) for number in numbers))
    answering = Conversation.form == "feedback_answer"
    for form in (
        await db.execute(select(Conversation.id, Conversation.facts).where(answering, in_forms))
    ).all():
        facts = {**form.facts, "comment": "—"}
        await db.execute(
            update(Conversation).where(Conversation.id == form.id).values(facts=facts, answers={})
        )


async def _erase_answers(db: AsyncConnection, comment_ids: list[int]) -> None:
    """The museum's answers, which may address the person by name, also as the desk typed them: what came
    in and was written in the same transaction has the same moment."""
    mine = FeedbackReply.feedback_id.in_(comment_ids)
    for answer in (await db.execute(select(FeedbackReply).where(mine))).all():
        accounts = select(Account.id).where(Account.person_id == answer.person_id).scalar_subquery()
        typed = Outbox.account_id.in_(accounts), Outbox.created_at == answer.created_at
        await _blank(db, *typed)
        await db.execute(update(Inbox).where(Inbox.received_at == answer.created_at).values(payload=None))
    await db.execute(update(FeedbackReply).where(mine).values(body=""))


async def _blank(db: AsyncConnection, *which: ColumnElement[bool]) -> None:
    """Empty messages, which keep their places in their transcripts."""
    for sent in (await db.execute(select(Outbox.id, Outbox.payload).where(*which))).all():
        await db.execute(
            update(Outbox).where(Outbox.id == sent.id).values(payload={**sent.payload, **_BLANK})
        )


async def _erase_chats(db: AsyncConnection, person_id: int) -> None:
    """Forms, transcripts and what was received from the person's accounts."""
    mine = update(Conversation).where(Conversation.person_id == person_id)
    await db.execute(mine.where(Conversation.status.in_(("open", "paused"))).values(status="cancelled"))
    await db.execute(mine.values(answers={}, facts={}, focus=None))
    accounts = (await db.execute(select(Account).where(Account.person_id == person_id))).all()
    for account in accounts:
        await db.execute(delete(Outbox).where(Outbox.account_id == account.id))
        # The web chat's updates are named after the account; others name the sender within.
        named = Inbox.external_id.startswith(account.external_id[:16] + ":", autoescape=True)
        inside = cast(Inbox.payload, Text).contains(account.external_id, autoescape=True)
        received = update(Inbox).where(Inbox.channel == account.channel, or_(named, inside))
        await db.execute(received.values(payload=None))
