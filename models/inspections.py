"""Inspections with their items and signatures."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, code, id_, long, sample


class Inspection(Base):
    """A submitted inspection. It never changes: a correction is a new revision of the same number.

    `current` is true on the newest revision only. presence: qr, location, none.
    """

    __tablename__ = "inspections"
    __table_args__ = (
        UniqueConstraint("number", "revision"),
        Index("ix_inspections_day", "day", "current"),
        # All that one's own figures are counted from: of everybody else they are rolled up.
        Index(
            "ix_inspections_person",
            "person_id",
            "day",
            "current",
            "failed",
            "presence",
            "too_fast",
            "sample",
            "id",
        ),
    )

    id: Mapped[id_]
    number: Mapped[code]
    revision: Mapped[int] = mapped_column(default=1)
    current: Mapped[bool] = mapped_column(default=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    place: Mapped[str] = mapped_column(String(24))
    checklist_id: Mapped[int] = mapped_column(ForeignKey("checklists.id"))
    day: Mapped[date]
    started_at: Mapped[datetime]
    submitted_at: Mapped[datetime]
    presence: Mapped[code]
    location: Mapped[dict[str, Any] | None]
    seconds: Mapped[int]
    batch: Mapped[bool]  # some items were answered in one go
    too_fast: Mapped[bool]
    failed: Mapped[int]  # items found abnormal
    note: Mapped[long | None]
    spot_photos: Mapped[list[Any]] = mapped_column(default=list)
    sample: Mapped[sample]


class InspectionItem(Base):
    """One item of an inspection as it was found. state: ok, bad, na; how: tap, text, batch."""

    __tablename__ = "inspection_items"
    __table_args__ = (UniqueConstraint("inspection_id", "number"),)

    id: Mapped[id_]
    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspections.id"))
    number: Mapped[int]
    key: Mapped[code]
    category: Mapped[code]
    state: Mapped[code]
    how: Mapped[code]
    seconds: Mapped[int]
    note: Mapped[long | None]
    photos: Mapped[list[Any]] = mapped_column(default=list)
    fixed: Mapped[bool] = mapped_column(default=False)


class Signature(Base):
    """A name under an inspection: who, as what, when. One per post, and never the inspector's twice."""

    __tablename__ = "signatures"
    __table_args__ = (UniqueConstraint("inspection_id", "post"),)

    id: Mapped[id_]
    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspections.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    post: Mapped[code]  # inspector, second
    signed_at: Mapped[datetime]
