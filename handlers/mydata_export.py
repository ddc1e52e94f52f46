"""A person's data as a JSON file: every record that is about them or theirs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.linking_records import Column
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
    InspectionItem,
    MediaFile,
    Outbox,
    Outreach,
    OutreachMember,
    Person,
    Signature,
)

# What the file has under each name: the rows whose column holds the person.
OWN: Final[Mapping[str, Column]] = {
    "person": Person.id,
    "accounts": Account.person_id,
    "comments": Feedback.person_id,
    "answers_given": FeedbackReply.person_id,
    "forms": Conversation.person_id,
    "inspections": Inspection.person_id,
    "signatures": Signature.person_id,
    "hazards_found": Hazard.found_by,
    "hazards_to_rectify": Hazard.responsible_id,
    "hazard_steps": HazardEvent.person_id,
    "hazard_signatures": HazardSignature.person_id,
    "outreach": Outreach.person_id,
    "outreach_minutes": OutreachMember.person_id,
    "files": MediaFile.person_id,
    "changes": Audit.subject_id,
}


async def export(db: AsyncConnection, person_id: int, now: datetime) -> bytes:
    """The file: `{exported_at, <name>: [row, ...]}`, UTF-8, moments in ISO 8601 and UTC."""
    found: dict[str, Any] = {"exported_at": now}
    for name, column in OWN.items():
        found[name] = await _rows(db, column.class_, column == person_id)
    rounds = select(Inspection.id).where(Inspection.person_id == person_id).scalar_subquery()
    comments = select(Feedback.id).where(Feedback.person_id == person_id).scalar_subquery()
    accounts = select(Account.id).where(Account.person_id == person_id).scalar_subquery()
    found["inspection_items"] = await _rows(db, InspectionItem, InspectionItem.inspection_id.in_(rounds))
    found["answers_received"] = await _rows(db, FeedbackReply, FeedbackReply.feedback_id.in_(comments))
    found["messages"] = await _rows(db, Outbox, Outbox.account_id.in_(accounts))
    return json.dumps(found, ensure_ascii=False, indent=1, default=_plain).encode()


async def _rows(db: AsyncConnection, model: Any, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    columns = model.__table__.columns
    query = select(*columns).where(which).order_by(*model.__table__.primary_key)
    return [dict(row) for row in (await db.execute(query)).mappings()]


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(type(value).__name__)
