"""Who is on duty, what one shift hands over to the next (交接班), and supervisors' spot checks (督查)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, code, id_, long, name, sample

_ON = text("off_at IS NULL")


class Shift(Base):
    """Somebody's time on duty; at most one of a person is without end. `forgotten` if they never said that
    it ended."""

    __tablename__ = "shifts"
    __table_args__ = (
        Index("ix_shifts_on", "person_id", unique=True, postgresql_where=_ON, sqlite_where=_ON),
        Index("ix_shifts_day", "day", "person_id"),
    )

    id: Mapped[id_]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    day: Mapped[date]
    on_at: Mapped[datetime]
    off_at: Mapped[datetime | None]
    forgotten: Mapped[bool] = mapped_column(default=False)
    sample: Mapped[sample]


class Handover(Base):
    """What the giver hands over; it counts when the taker has signed. `hazards` are the numbers of those open
    then. status: given, signed, disputed (then `dispute` says what is not so), which the taker says at
    `signed_at`."""

    __tablename__ = "handovers"
    __table_args__ = (Index("ix_handovers_day", "day"),)

    id: Mapped[id_]
    number: Mapped[code] = mapped_column(unique=True)
    day: Mapped[date]
    giver_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    taker_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    hazards: Mapped[list[Any]] = mapped_column(default=list)
    keys: Mapped[name]
    remarks: Mapped[long | None]
    photos: Mapped[list[Any]] = mapped_column(default=list)
    status: Mapped[code] = mapped_column(default="given")
    dispute: Mapped[long | None]
    given_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    sample: Mapped[sample]


class SpotCheck(Base):
    """A supervisor looked: where, at whose work, what was found, and what came of it."""

    __tablename__ = "spot_checks"
    __table_args__ = (Index("ix_spot_checks_day", "day"),)

    id: Mapped[id_]
    number: Mapped[code] = mapped_column(unique=True)
    day: Mapped[date]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    place: Mapped[str] = mapped_column(String(24))
    finding: Mapped[long]
    outcome: Mapped[code]
    photos: Mapped[list[Any]] = mapped_column(default=list)
    made_at: Mapped[datetime]
    sample: Mapped[sample]
