"""What the database itself refuses: to change or remove what was submitted, signed, sealed or written down.

Sample data may be removed. A personal field of a sealed record may be emptied once its seal keeps no salt for
it (handlers/sealing.py), which is how personal data is erased; the audit trail goes when it is old.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import Connection, MetaData, event

from models import triggers
from models.audit import Audit
from models.base import Base
from models.rounds import Round
from models.seals import KINDS, Kind, Seal, is_sample

REFUSED: Final = "what was submitted is never changed or removed"
# Less than the three years after which housekeeping removes it: its clock and the database's may differ.
_OLD: Final = {
    "sqlite": "OLD.at < datetime('now', '-1090 days')",
    "postgresql": "OLD.at < now() - interval '1090 days'",
}
_SAMPLE_PEOPLE: Final = "EXISTS (SELECT 1 FROM people WHERE sample AND id IN (OLD.actor_id, OLD.subject_id))"

_REASON: Final = ("reason", "reason_by", "reason_at")
_BY_AN_INSPECTION: Final = ("status", "done_at", "person_id", "inspection_id")
_AFTER_A_ROUND: Final = (*_REASON, *_BY_AN_INSPECTION)


def guard(connection: Connection) -> None:
    """Make the triggers, anew where they are there. The tables must be."""
    unguard(connection)
    for name, table, act, refused in _triggers(connection.dialect.name):
        triggers.refuse(connection, name, table, act, refused, REFUSED)


def unguard(connection: Connection) -> None:
    """Remove the triggers, if there are any. They are in the way of steps that change records."""
    triggers.drop(connection, (name for name, *_what in _triggers(connection.dialect.name)))


def _triggers(dialect: str) -> Iterator[tuple[str, str, str, str]]:
    """(name, table, act, the condition on which it is refused) of each trigger."""
    for table, changes, may_go in _rules(dialect):
        yield f"kept_{table}_update", table, "UPDATE", changes
        yield f"kept_{table}_delete", table, "DELETE", f"NOT ({may_go})"


def _rules(dialect: str) -> Iterator[tuple[str, str, str]]:
    """(table, the condition that a change is refused, the condition that a row may go)."""
    for kind in KINDS:
        yield kind.table.__tablename__, _any(_of_kind(kind, dialect)), is_sample(kind, "OLD")
        if kind.part is not None:
            part = kind.part
            seal = f"kind = '{kind.code}' AND record_id = OLD.{part.of}"
            names = {field: f"{part.table.__tablename__}.{field}" for field in part.personal}
            of_sample = (
                f"EXISTS (SELECT 1 FROM {kind.table.__tablename__}"  # noqa: S608 - ours
                f" WHERE id = OLD.{part.of} AND sample)"
            )
            yield part.table.__tablename__, _any(_changes(part.table, names, seal, dialect)), of_sample
    but_salts = (_differs(column, dialect) for column in _columns(Seal) if column != "salts")
    yield Seal.__tablename__, _any(but_salts), "1 = 0"
    yield Round.__tablename__, _any(_of_round(dialect)), "OLD.sample"
    anything = (_differs(column, dialect) for column in _columns(Audit))
    yield Audit.__tablename__, _any(anything), f"{_OLD[dialect]} OR {_SAMPLE_PEOPLE}"


def _of_kind(kind: Kind, dialect: str) -> Iterator[str]:
    seal = f"kind = '{kind.code}' AND record_id = OLD.id"
    yield from _changes(kind.table, {field: field for field in kind.personal}, seal, dialect, kind)
    for column in kind.falls:
        yield f'(NEW."{column}" AND NOT OLD."{column}")'


def _of_round(dialect: str) -> Iterator[str]:
    """A round that was made never changes; one that was missed is given its reason once, and an inspection
    makes it late."""
    anything = _any(_differs(column, dialect) for column in _columns(Round))
    yield f"OLD.status IN ('done', 'late') AND ({anything})"
    kept = _any(_differs(column, dialect) for column in _columns(Round) if column not in _AFTER_A_ROUND)
    late = "NEW.status = 'late' AND NEW.inspection_id IS NOT NULL"
    missed = _any(_differs(column, dialect) for column in _BY_AN_INSPECTION)
    yield f"OLD.status = 'missed' AND (({missed}) AND NOT ({late}) OR {kept})"
    reason = _any(_differs(column, dialect) for column in _REASON)
    yield f"OLD.reason IS NOT NULL AND ({reason})"


def _changes(
    table: type[Base], personal: dict[str, str], seal: str, dialect: str, kind: Kind | None = None
) -> Iterator[str]:
    """The conditions that a column was changed that must not be. `personal` is by column what the salts of
    the seal call it; of a whole `kind`, what may fall or come later is free."""
    for column in _columns(table):
        if kind is not None and column in kind.falls:
            continue
        changed = _differs(column, dialect)
        if kind is not None and column in kind.later:
            changed = f"(({kind.is_final('OLD')}) AND {changed})"
        if column not in personal:
            yield changed
            continue
        empty = f"""NEW."{column}" IS NULL OR CAST(NEW."{column}" AS TEXT) IN ('', '[]', '{{}}')"""
        erased = f"""salts LIKE '%"{personal[column]}":"=%'"""
        yield f"({changed} AND NOT (({empty}) AND EXISTS (SELECT 1 FROM seals WHERE {seal} AND {erased})))"  # noqa: S608


def _differs(column: str, dialect: str) -> str:
    if dialect == "sqlite":
        return f'NEW."{column}" IS NOT OLD."{column}"'
    # Json has no equality of its own.
    return f'CAST(NEW."{column}" AS TEXT) IS DISTINCT FROM CAST(OLD."{column}" AS TEXT)'


def _columns(table: type[Base]) -> list[str]:
    return [column.name for column in table.__table__.columns]


def _any(conditions: Iterable[str]) -> str:
    return " OR ".join(conditions)


@event.listens_for(Base.metadata, "after_create")
def _with_the_tables(_tables: MetaData, connection: Connection, **_more: Any) -> None:
    guard(connection)
