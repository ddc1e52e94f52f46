"""What was changed about people and who did it: rows are added, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, code, id_


class Audit(Base):
    """One act. `actor_id` did it, None for the command line; `subject_id` is whom it was about, if anyone.

    `action` is a code such as joined, given, taken, deactivated, linked, erased, wrong_code.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_actor", "actor_id", "action", "at"),)

    id: Mapped[id_]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    action: Mapped[code]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime] = mapped_column(index=True)
