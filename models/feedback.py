"""Visitors' comments and the museum's answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, code, id_, long, sample


class Feedback(Base):
    """One comment, saved with its first tap. status: new, answered, satisfied, reopened, closed.

    `account_id` is where the visitor wrote and gets the answer; no identity is asked.
    """

    __tablename__ = "feedback"
    __table_args__ = (Index("ix_feedback_day", "day"),)

    id: Mapped[id_]
    number: Mapped[code] = mapped_column(unique=True)
    conversation_id: Mapped[int | None] = mapped_column(unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    day: Mapped[date]
    place: Mapped[str | None] = mapped_column(String(24))
    rating: Mapped[int | None]
    topic: Mapped[code | None]
    kind: Mapped[code | None]
    comment: Mapped[long | None]
    contact: Mapped[str | None] = mapped_column(String(200))
    photos: Mapped[list[Any]] = mapped_column(default=list)
    voice: Mapped[list[Any]] = mapped_column(default=list)
    status: Mapped[code]
    created_at: Mapped[datetime]
    told_at: Mapped[datetime | None]  # when the front desk was told
    answered_at: Mapped[datetime | None]
    sample: Mapped[sample]


class FeedbackReply(Base):
    """One answer to a comment. satisfied: None until the visitor says."""

    __tablename__ = "feedback_replies"

    id: Mapped[id_]
    feedback_id: Mapped[int] = mapped_column(ForeignKey("feedback.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    body: Mapped[long]
    satisfied: Mapped[bool | None]
    created_at: Mapped[datetime]
