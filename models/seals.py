"""The chain of seals over submitted records: what is in it, and what waits to be sealed.

A trigger writes a mark beside every record, in the record's own transaction, so that whoever seals finds it
however late it is committed (docs/decisions/0012).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Index, MetaData, String, Table, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column

from models import triggers
from models.base import Base, BigId, code, long
from models.duty import Letter, LetterCopy
from models.hazards import Hazard, HazardEvent, HazardSignature
from models.inspections import Inspection, InspectionItem, Signature
from models.shifts import Handover, SpotCheck


class Seal(Base):
    """One record's place in the chain. `head` = SHA-256(head before ‖ digest); both are hexadecimal.

    `salts` is a JSON object: for each personal field that was not empty the salt of its hash, or, once the
    field is erased, `=` and that hash. `name` tells people which record it is, also when that is gone.
    """

    __tablename__ = "seals"
    __table_args__ = (UniqueConstraint("kind", "record_id"),)

    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)  # 1, 2, 3 without gaps
    kind: Mapped[code]
    record_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64))
    head: Mapped[str] = mapped_column(String(64))
    salts: Mapped[long]  # not JSON: it never mentions a kept file
    sealed_at: Mapped[datetime]


unsealed: Final = Table(
    "unsealed",
    Base.metadata,
    Column("kind", String(40), nullable=False),
    Column("record_id", BigId, nullable=False),
    Index("ix_unsealed_record", "kind", "record_id"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that belong to a record and are sealed with it: `of` refers to it, `order` puts them in order."""

    table: type[Base]
    of: str
    order: str
    fields: tuple[str, ...]
    personal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of record in the chain. What a field's name is here never changes, for old seals were made so.

    `personal` fields are salted, each by itself, and may be erased. `at` is when the record was made, and
    `told` the column that tells it from others of the same number. Its number, and whether it is sample data,
    which is not sealed, it has itself or by `under`: (the table, the column that refers to it). What `falls`
    may go from true to false, and is not sealed.

    A record that is submitted step by step is sealed, and kept, from when `final` is true of its row, an SQL
    condition; until then only its `later` fields may change. `named` are the columns, of the record or of
    that above it, by which people know it.
    """

    code: str
    table: type[Base]
    at: str
    told: str
    fields: tuple[str, ...]
    personal: tuple[str, ...] = ()
    under: tuple[type[Base], str] | None = None
    part: Part | None = None
    falls: tuple[str, ...] = ()
    final: str = ""
    later: tuple[str, ...] = ()
    named: tuple[str, ...] = ("number",)

    def is_final(self, row: str) -> str:
        """The SQL condition that a row of the kind, such as `NEW`, changes no more."""
        return self.final.format(row=row) or "1 = 1"


_ITEMS: Final = Part(
    InspectionItem,
    "inspection_id",
    "number",
    ("number", "key", "category", "state", "how", "seconds", "fixed"),
    ("note", "photos"),
)
KINDS: Final = (
    Kind(
        "inspection",
        Inspection,
        "submitted_at",
        "revision",
        (
            *("number", "revision", "place", "checklist_id", "day", "started_at", "submitted_at", "presence"),
            *("seconds", "batch", "too_fast", "failed", "away", "sample"),
        ),
        ("person_id", "location", "note", "spot_photos"),
        part=_ITEMS,
        falls=("current",),
    ),
    Kind(
        "signature",
        Signature,
        "signed_at",
        "post",
        ("inspection_id", "post", "signed_at"),
        ("person_id",),
        under=(Inspection, "inspection_id"),
    ),
    Kind(
        "hazard_event",
        HazardEvent,
        "at",
        "move",
        ("hazard_id", "seq", "move", "before", "after", "at", "place"),
        ("person_id", "contractor", "note", "photos", "data"),
        under=(Hazard, "hazard_id"),
    ),
    Kind(
        "hazard_signature",
        HazardSignature,
        "signed_at",
        "post",
        ("hazard_id", "round", "post", "signed_at"),
        ("person_id", "stood_in_for"),
        under=(Hazard, "hazard_id"),
    ),
    Kind(
        "handover",
        Handover,
        "signed_at",
        "status",
        ("number", "day", "hazards", "status", "given_at", "signed_at", "sample"),
        ("giver_id", "taker_id", "keys", "remarks", "photos", "dispute"),
        final="{row}.signed_at IS NOT NULL",
        later=("status", "dispute", "signed_at"),
    ),
    Kind(
        "spot_check",
        SpotCheck,
        "made_at",
        "place",
        ("number", "day", "place", "outcome", "made_at", "sample"),
        ("person_id", "subject_id", "finding", "photos"),
    ),
    Kind(
        "letter",
        Letter,
        "issued_at",
        "version",
        ("post", "year", "version", "body_zh", "body_en", "issued_at", "sample"),
        ("issued_by",),
        named=("year", "post"),
    ),
    Kind(
        "letter_copy",
        LetterCopy,
        "signed_at",
        "id",
        ("letter_id", "sent_at", "reminded_at", "signed_at"),
        ("person_id",),
        under=(Letter, "letter_id"),
        final="{row}.signed_at IS NOT NULL",
        later=("reminded_at", "signed_at"),
        named=("year", "post", "version"),
    ),
)


def mark(connection: Connection) -> None:
    """Make the triggers that write the marks, anew where they are there, and mark what has none. The tables
    must be there.
    """
    unmark(connection)
    for name, table, act, condition, statement in _triggers():
        triggers.after(connection, name, table, act, statement, condition)
    for kind in KINDS:  # a step may have made records while nobody was watching
        connection.exec_driver_sql(_unmarked(kind))


def unmark(connection: Connection) -> None:
    """Remove the triggers, if there are any."""
    triggers.drop(connection, (name for name, *_what in _triggers()))


def is_sample(kind: Kind, row: str) -> str:
    """The SQL condition that a row of the kind, such as `NEW`, is sample data."""
    if kind.under is None:
        return f"{row}.sample"
    above, key = kind.under
    return f"EXISTS (SELECT 1 FROM {above.__tablename__} WHERE id = {row}.{key} AND sample)"  # noqa: S608 - ours


def _triggers() -> Iterator[tuple[str, str, str, str, str]]:
    """(name, table, act, on which condition, the statement that marks a record) of each trigger."""
    for kind in KINDS:
        table = kind.table.__tablename__
        real = f"NOT {is_sample(kind, 'NEW')}"
        statement = f"INSERT INTO unsealed (kind, record_id) SELECT '{kind.code}', NEW.id WHERE {real}"
        condition = kind.is_final("NEW") if kind.final else ""
        yield f"unsealed_{table}", table, "INSERT", condition, statement
        if kind.final:
            became = f"({condition}) AND NOT ({kind.is_final('OLD')})"
            yield f"unsealed_{table}_final", table, "UPDATE", became, statement


def _unmarked(kind: Kind) -> str:
    """The statement that marks all records of a kind that are neither sealed nor marked."""
    known = f"kind = '{kind.code}' AND record_id = one.id"
    return (
        f"INSERT INTO unsealed (kind, record_id) SELECT '{kind.code}', one.id"  # noqa: S608 - ours
        f" FROM {kind.table.__tablename__} one WHERE {kind.is_final('one')} AND NOT {is_sample(kind, 'one')}"
        f" AND NOT EXISTS (SELECT 1 FROM seals WHERE {known})"
        f" AND NOT EXISTS (SELECT 1 FROM unsealed WHERE {known})"
    )


@event.listens_for(Base.metadata, "after_create")
def _with_the_tables(_tables: MetaData, connection: Connection, **_more: Any) -> None:
    mark(connection)
