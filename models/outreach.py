"""Outreach events and the volunteer hours given at them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, code, id_, long, name, sample


class Outreach(Base):
    """One event. `same` (day, place, theme) finds a second log of it. status: pending, approved, returned.

    `place` is empty where only its kind was said. `revision` grows with every change that whoever
    approves has to see.
    People reached in person and online views are kept apart and never added up. What nobody counted is
    NULL, never 0.
    """

    __tablename__ = "outreach"
    __table_args__ = (Index("ix_outreach_day", "day", "status"), Index("ix_outreach_same", "same"))

    id: Mapped[id_]
    number: Mapped[code] = mapped_column(unique=True)
    day: Mapped[date]
    theme: Mapped[code | None]
    kind: Mapped[code]
    place_kind: Mapped[code]
    place: Mapped[name]
    same: Mapped[str] = mapped_column(String(300))
    starts: Mapped[str | None] = mapped_column(String(5))
    ends: Mapped[str | None] = mapped_column(String(5))
    sessions: Mapped[int]
    participants: Mapped[int]
    minors: Mapped[int | None]
    elderly: Mapped[int | None]
    disabled: Mapped[int | None]
    online_views: Mapped[int | None]
    leaflets: Mapped[int | None]
    partners: Mapped[long | None]
    photos: Mapped[list[Any]] = mapped_column(default=list)
    note: Mapped[long | None]
    status: Mapped[code]
    revision: Mapped[int] = mapped_column(default=1)
    returned_because: Mapped[long | None]  # a code of the usual reasons, or words
    returned_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    submitted_at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    approved_at: Mapped[datetime | None]
    sample: Mapped[sample]


class OutreachMember(Base):
    """Someone's minutes at an event, each in a row of their own; `name` where they have no account.

    Who joined an event logged by another has a `slot`: the minutes of the unnamed member whose place
    they took, 0 where they took none. It `waits` where the event was approved before they joined.
    """

    __tablename__ = "outreach_members"
    __table_args__ = (UniqueConstraint("outreach_id", "person_id"),)

    id: Mapped[id_]
    outreach_id: Mapped[int] = mapped_column(ForeignKey("outreach.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[name] = mapped_column(default="")
    minutes: Mapped[int]
    waits: Mapped[bool] = mapped_column(default=False)
    slot: Mapped[int | None]
