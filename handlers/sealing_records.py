"""Records as they are sealed: read from the database, and digested field by field (docs/decisions/0012)."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import reduce
from typing import Any, Final

from sqlalchemy import Row, Text, cast, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.seals import KINDS, Kind

BY_CODE: Final[Mapping[str, Kind]] = {kind.code: kind for kind in KINDS}
ERASED: Final = "="  # what stands before the hash of an erased field, in place of its salt
_SALT_BYTES: Final = 16
_EMPTY: Final[tuple[object, ...]] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Record:
    """A record to be sealed, with the rows that belong to it."""

    kind: Kind
    row: Row[Any]
    parts: list[Row[Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What people know it by: its number, and what tells it from others of that number."""
        return f"{self.row.sealed_number} {getattr(self.row, self.kind.told)}"

    @property
    def made_at(self) -> datetime:
        made: datetime = getattr(self.row, self.kind.at)
        return made

    def personal(self) -> dict[str, Any]:
        """Its personal fields by name, those that are not empty; of its parts, (order, value) of each."""
        found = {name: getattr(self.row, name) for name in self.kind.personal}
        if (part := self.kind.part) is not None:
            for name in part.personal:
                values = [(getattr(row, part.order), getattr(row, name)) for row in self.parts]
                found[f"{part.table.__tablename__}.{name}"] = [
                    [at, value] for at, value in values if value not in _EMPTY
                ]
        return {name: value for name, value in found.items() if value not in _EMPTY}

    def new_salts(self) -> dict[str, str]:
        """A salt for each of its personal fields."""
        return {name: secrets.token_hex(_SALT_BYTES) for name in self.personal()}

    def hashes(self, salts: Mapping[str, str]) -> dict[str, str | None]:
        """By name, what stands for each personal field in the digest: its HMAC-SHA256 under its salt, or the
        hash that was kept when it was erased. None for what has no salt, which fits nothing."""
        values = self.personal()
        found: dict[str, str | None] = dict.fromkeys(values)
        for name, salt in salts.items():
            if salt.startswith(ERASED):
                found[name] = None if name in values else salt.removeprefix(ERASED)
            elif name in values:
                found[name] = _hmac(salt, values[name])
        return found

    def digest(self, salts: Mapping[str, str]) -> str:
        """SHA-256 of the record's canonical form: JSON with sorted keys and no spaces, moments in UTC."""
        part = self.kind.part
        whole = {
            "kind": self.kind.code,
            "id": self.row.id,
            "fields": _fields(self.row, self.kind.fields),
            "personal": self.hashes(salts),
            "parts": [_fields(row, part.fields) for row in self.parts] if part is not None else [],
        }
        return hashlib.sha256(_canonical(whole)).hexdigest()


async def load(db: AsyncConnection, kind: Kind, ids: Sequence[int]) -> dict[int, Record]:
    """Those of the records that are there, by id."""
    rows = await db.execute(_query(kind).where(_id(kind).in_(ids)))
    found = {row.id: Record(kind, row) for row in rows}
    if (part := kind.part) is not None and found:
        columns = part.table.__table__.c
        of = columns[part.of]
        query = select(*columns).where(of.in_(found)).order_by(of, columns[part.order])
        by_record: dict[int, list[Row[Any]]] = defaultdict(list)
        for row in await db.execute(query):
            by_record[getattr(row, part.of)].append(row)
        for id, rows_of_it in by_record.items():
            found[id].parts.extend(rows_of_it)
    return found


def _query(kind: Kind) -> Any:
    """The rows of a kind, with the number of the record that each is or belongs to."""
    table, named = kind.table.__table__, _named(kind).label("sealed_number")
    if kind.under is None:
        return select(*table.columns, named)
    above, key = kind.under[0].__table__, kind.under[1]
    return select(*table.columns, named).select_from(table.join(above, above.c.id == table.c[key]))


def real(kind: Kind) -> Any:
    """The query for (id, number) of all records of a kind that are complete and no sample data."""
    table = kind.table.__table__
    query = _query(kind).where(~_above(kind).c.sample, text(kind.is_final(kind.table.__tablename__)))
    return query.with_only_columns(table.c.id, _named(kind).label("number"))


def _above(kind: Kind) -> Any:
    return (kind.under[0] if kind.under is not None else kind.table).__table__


def _named(kind: Kind) -> Any:
    """What people know a record by, as the database puts it together."""
    columns: list[Any] = [cast(_above(kind).c[name], Text) for name in kind.named]
    return reduce(lambda so_far, column: so_far + " " + column, columns)


def _id(kind: Kind) -> Any:
    return kind.table.__table__.c.id


def read_salts(salts: str) -> dict[str, str]:
    """The salts as a seal keeps them. Anything but what `write_salts` made gives none, which fits nothing."""
    try:
        found = json.loads(salts)
    except ValueError:
        return {}
    return {str(name): str(salt) for name, salt in found.items()} if isinstance(found, dict) else {}


def write_salts(salts: Mapping[str, str]) -> str:
    """The text for a seal."""
    return _canonical(dict(salts)).decode()


def chained(head: str, digest: str) -> str:
    """The head after a record with that digest."""
    return hashlib.sha256(bytes.fromhex(head) + bytes.fromhex(digest)).hexdigest()


def _fields(row: Row[Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _hmac(salt: str, value: Any) -> str:
    return hmac.new(salt.encode(), _canonical(value), hashlib.sha256).hexdigest()


def _canonical(value: Any) -> bytes:
    plain = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)
    return plain.encode("utf-8", "surrogatepass")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(type(value).__name__)


def in_order(records: Iterator[Record]) -> list[Record]:
    """As they are sealed: by when they were made, an inspection before the signatures under it."""
    places = {kind.code: place for place, kind in enumerate(KINDS)}
    return sorted(records, key=lambda one: (one.made_at, places[one.kind.code], one.row.id))
