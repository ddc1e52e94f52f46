"""Scheduled rounds (巡查计划): the plans, a row for every round that falls due, and opening days."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, code, id_, long, name, sample


class RoundPlan(Base):
    """Which checklist is filled in where, when and by whom.

    `schedule` is `{kind, times, days, every, weekday, monthday}`, see `handlers/calendar.py: Schedule`. With
    `spread` it is about every point below `place` that has the checklist, else about `place` itself. Either a
    `post` goes round, or the person `person_id`. `remind` and `grace` are minutes before and after the time.
    A round due before `since`, when the plan was made or taken up again, is none of its.
    """

    __tablename__ = "round_plans"

    id: Mapped[id_]
    checklist: Mapped[code]
    place: Mapped[str] = mapped_column(String(24))
    spread: Mapped[bool] = mapped_column(default=False)
    schedule: Mapped[dict[str, Any]]
    post: Mapped[code | None]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    remind: Mapped[int]
    grace: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    since: Mapped[datetime]
    created_by: Mapped[int] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    sample: Mapped[sample]


class Round(Base):
    """One round that falls due. status: due, started, done, late, missed; off where its plan was paused, or
    the museum closed, before its time.

    `person_id` is who is to make it by name, then who made it. It counts as on time from `opens_at` until
    `ends_at`, the end of the grace.
    """

    __tablename__ = "rounds"
    __table_args__ = (
        UniqueConstraint("plan_id", "place", "due_at"),
        # All that summaries are counted from.
        Index("ix_rounds_day", "day", "status", "checklist", "person_id", "sample"),
        Index("ix_rounds_place", "place", "checklist", "due_at"),
        Index("ix_rounds_person", "person_id", "day", "status"),
    )

    id: Mapped[id_]
    plan_id: Mapped[int] = mapped_column(ForeignKey("round_plans.id"))
    place: Mapped[str] = mapped_column(String(24))
    checklist: Mapped[code]
    day: Mapped[date]
    due_at: Mapped[datetime]
    opens_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    post: Mapped[code | None]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    status: Mapped[code] = mapped_column(default="due")
    started_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    inspection_id: Mapped[int | None] = mapped_column(ForeignKey("inspections.id"))
    reason: Mapped[long | None]
    reason_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    reason_at: Mapped[datetime | None]
    sample: Mapped[sample]


class OpeningDay(Base):
    """When the museum is open on a day that differs from its week; closed where there are no hours."""

    __tablename__ = "opening_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    opens: Mapped[time | None]
    closes: Mapped[time | None]
    note: Mapped[name] = mapped_column(default="")
    entered_by: Mapped[int] = mapped_column(ForeignKey("people.id"))
    entered_at: Mapped[datetime]
