"""Closed days rolled up: their figures, who did how much, and which days have changed since.

Triggers write down the day of every record that is added, changed or removed, whoever does it. A table that
gets a summary of its own has to be in `_RECORDS`, or in `_PARTS` if the day is its parent's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Column, Connection, Date, Index, MetaData, String, Table, delete, event
from sqlalchemy.orm import Mapped, mapped_column

from models import triggers
from models.base import Base, BigId, code
from models.engine import Note

ROLLED_UP: Final = "rolled-up"  # the note that says through which day


class RolledFigure(Base):
    """One figure of a topic in a period, everybody's together. Every figure adds up over days.

    `period` is the code of a day, 2026-05-03, or of the month, 2026-05, which is the sum of its days. What
    is stored of a day that still runs is stored by parts: 1, 2 and so on; else `part` is 0.
    """

    __tablename__ = "rolled_figures"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - read by SQLAlchemy

    topic: Mapped[code] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    figure: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[int]


class RolledShare(Base):
    """What one person did in such a period: inspections made, rounds, or approved minutes given."""

    __tablename__ = "rolled_shares"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - read by SQLAlchemy

    topic: Mapped[code] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int]


class RolledOwn(Base):
    """One figure of what one person did in such a period."""

    __tablename__ = "rolled_own"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - read by SQLAlchemy

    topic: Mapped[code] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    figure: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[int]


RolledUp = type[RolledFigure | RolledShare | RolledOwn]
# What tells the rows of a period apart.
KEYS: Final[Mapping[RolledUp, tuple[str, ...]]] = {
    RolledFigure: ("figure",),
    RolledShare: ("person_id",),
    RolledOwn: ("person_id", "figure"),
}

# A row for every change, not one a day: who writes waits for nobody, and a change that is not committed while
# its day is counted leaves a mark that the count cannot have removed.
stale: Final = Table(
    "stale",
    Base.metadata,
    Column("day", Date, nullable=False),
    Column("topic", String(40), nullable=False),
    Column("part", BigId, nullable=False),
    Index("ix_stale_day", "day", "topic", "part"),
)

PART: Final = 512  # ids: the records counted again where one of them changed


_RECORDS: Final = {
    "inspections": "inspections",
    "rounds": "rounds",
    "hazards": "hazards",
    "outreach": "outreach",
    "feedback": "comments",
}
# table -> (the table it is a part of, the column that says of which row, what makes it count)
_PARTS: Final = {
    "inspection_items": ("inspections", "inspection_id", "{row}.state = 'bad'"),
    "outreach_members": ("outreach", "outreach_id", None),
}
_ROWS: Final = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}


def watch(connection: Connection) -> None:
    """Make the triggers, anew where they are there. The tables must be."""
    unwatch(connection)
    for table, act, condition, marks in _triggers():
        triggers.after(connection, _name(table, act), table, act, marks, condition)


def unwatch(connection: Connection) -> None:
    """Remove the triggers, if there are any. They are in the way where SQLite makes a table anew."""
    triggers.drop(connection, (_name(table, act) for table, act, *_what in _triggers()))


def forget(connection: Connection) -> None:
    """Have everything rolled up anew."""
    for table in KEYS:
        connection.execute(delete(table))
    connection.execute(delete(Note).where(Note.key == ROLLED_UP))


def _triggers() -> Iterator[tuple[str, str, str, str]]:
    """(table, act, condition or nothing, the statement that marks the days) of each trigger."""
    for act, rows in _ROWS.items():
        for table, topic in _RECORDS.items():
            changed = (f"SELECT '{topic}', {row}.day, {row}.id / {PART} + 1" for row in rows)
            yield table, act, "", _marks(changed)
        for table, (whole, key, counts) in _PARTS.items():
            condition = " OR ".join(counts.format(row=row) for row in rows) if counts else ""
            whole_row = f"SELECT '{_RECORDS[whole]}', day, id / {PART} + 1 FROM {whole}"  # noqa: S608 - ours
            yield table, act, condition, _marks(f"{whole_row} WHERE id = {row}.{key}" for row in rows)


def _marks(selects: Iterator[str]) -> str:
    return f"INSERT INTO stale (topic, day, part) {' UNION '.join(selects)}"


def _name(table: str, act: str) -> str:
    return f"stale_{table}_{act.casefold()}"


@event.listens_for(Base.metadata, "after_create")
def _with_the_tables(_tables: MetaData, connection: Connection, **_more: Any) -> None:
    watch(connection)
