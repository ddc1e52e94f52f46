"""Hazards (隐患): what they are now, every move they made, and the signatures that close them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, code, id_, long, name, sample

# The states of a hazard that is not done with, in the order of its life; every other is an end.
UNSOLVED: Final = ("open", "ordered", "accepted", "pending_review", "reviewed")
# Found by mistake, or twice: no hazard at all, and in no figure.
VOID: Final = ("withdrawn", "rejected")


class Hazard(Base):
    """A hazard as it stands: the sum of its events, changed only together with writing one. What the database
    refuses by itself is in `hazard_guards`.

    status: open (reported, no order yet), ordered, accepted, pending_review, reviewed (passed, to be signed),
    closed; or fixed_on_spot, rejected, withdrawn (by a correction). Overdue is derived, never stored.
    severity: critical, major, minor. source: inspection, report, visitor, superior.
    `fixed_by` answers for the fix: whoever did it, or had a contractor do it. `issued_post` is the post that
    gave the order, `asked_until` a later time that was asked for and is not decided, `reopened` how many
    reviews or signers sent it back, `recurred` how often it was found again, `escalated` how many posts were
    told that it is late, `seq` the number of its last event.
    """

    __tablename__ = "hazards"
    __table_args__ = (
        Index("ix_hazards_day", "day"),
        Index("ix_hazards_person", "found_by", "day"),
        Index("ix_hazards_finder", "found_by", "status", "due_at", "day"),
        Index("ix_hazards_status", "status", "due_at", "day", "found_by"),
        Index("ix_hazards_place", "place", "item_key", "status"),
        Index("ix_hazards_responsible", "responsible_id", "status"),
    )

    id: Mapped[id_]
    number: Mapped[code] = mapped_column(unique=True)
    inspection_id: Mapped[int | None] = mapped_column(ForeignKey("inspections.id"), index=True)
    feedback_id: Mapped[int | None] = mapped_column(ForeignKey("feedback.id"), index=True)
    source: Mapped[code] = mapped_column(default="inspection", server_default="inspection")
    item_key: Mapped[code]
    on_spot: Mapped[bool] = mapped_column(default=False, server_default="0")  # may be put right at once
    category: Mapped[code]
    severity: Mapped[code]
    place: Mapped[str] = mapped_column(String(24))
    title_zh: Mapped[name]
    title_en: Mapped[name]
    note: Mapped[long]
    photos: Mapped[list[Any]] = mapped_column(default=list)  # as it was found
    status: Mapped[code]
    day: Mapped[date]
    found_by: Mapped[int] = mapped_column(ForeignKey("people.id"))
    found_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    ordered_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    issued_post: Mapped[code | None]
    responsible_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    measures: Mapped[long | None]
    funds: Mapped[name | None]
    interim: Mapped[long | None]  # the protection in force until it is closed
    asked_until: Mapped[datetime | None]
    fixed_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    fixed_at: Mapped[datetime | None]
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    suspended: Mapped[bool] = mapped_column(default=False, server_default="0")
    external_ref: Mapped[name | None]  # under which it was reported to an authority
    reopened: Mapped[int] = mapped_column(default=0, server_default="0")
    recurred: Mapped[int] = mapped_column(default=0, server_default="0")
    escalated: Mapped[int] = mapped_column(default=0, server_default="0")
    seq: Mapped[int] = mapped_column(default=0, server_default="0")
    closed_at: Mapped[datetime | None]
    sample: Mapped[sample]


class HazardEvent(Base):
    """One move of a hazard. Events are only ever added; the database refuses to change or delete them.

    `move` is a name in `handlers/hazard_table.py`, or `report`, or `escalate`: a post was told, by the clock.
    `before` is NULL for the first. By a person, or by a contractor without an account, who has a name only.
    `data` is what else the move was given.
    """

    __tablename__ = "hazard_events"
    __table_args__ = (UniqueConstraint("hazard_id", "seq"),)

    id: Mapped[id_]
    hazard_id: Mapped[int] = mapped_column(ForeignKey("hazards.id"))
    seq: Mapped[int]
    move: Mapped[code]
    before: Mapped[code | None]
    after: Mapped[code]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    contractor: Mapped[name | None]
    at: Mapped[datetime]
    place: Mapped[str] = mapped_column(String(24))
    note: Mapped[long | None]
    photos: Mapped[list[Any]] = mapped_column(default=list)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class HazardSignature(Base):
    """A signature that a hazard may be closed: as director (消防安全责任人) or deputy (消防安全管理人), by
    the holder of that post or whoever stood in for them. `round` is the hazard's `reopened` at that time:
    what was signed before it was sent back closes nothing."""

    __tablename__ = "hazard_signatures"
    __table_args__ = (
        UniqueConstraint("hazard_id", "round", "post"),
        UniqueConstraint("hazard_id", "round", "person_id"),
    )

    id: Mapped[id_]
    hazard_id: Mapped[int] = mapped_column(ForeignKey("hazards.id"))
    round: Mapped[int]
    post: Mapped[code]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    stood_in_for: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    signed_at: Mapped[datetime]
