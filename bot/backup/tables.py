"""What tables hold, so that two databases can be compared: rows counted and hashed, whatever their order."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, String, collate, column, inspect, select, table
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import Select

from bot.backup.archive import Counted

ROWS: Final = 500  # taken from the database at once
# An address as a column or a JSON object has it, also with the quotes of JSON within JSON.
_MENTION = re.compile(r"\bsha\W+([0-9a-f]{64})\b")


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a database holds: its tables by name, and the addresses of the files that they mention."""

    tables: Mapping[str, Counted]
    mentioned: frozenset[str]


async def holdings(db: AsyncConnection) -> Holdings:
    """Count and hash all tables, of whichever version of the program they are.

    A hash is SHA-256 over the rows in the order of their primary key, each a line of JSON with its columns
    by name as the driver gives them; neither the order on the disk nor that of the columns matters.
    """
    tables, mentioned = {}, set()
    for name, query in (await db.run_sync(_queries)).items():
        count, sha = 0, hashlib.sha256()
        async for line in _lines(db, query):
            count += 1
            sha.update(line.encode("utf-8", "surrogatepass"))
            mentioned.update(_MENTION.findall(line))
        tables[name] = Counted(rows=count, hash=sha.hexdigest())
    return Holdings(tables, frozenset(mentioned))


async def _lines(db: AsyncConnection, query: Select[Any]) -> AsyncIterator[str]:
    result = (await db.stream(query)).mappings()
    async for rows in result.partitions(ROWS):
        for row in rows:
            yield json.dumps(dict(row), ensure_ascii=False, sort_keys=True, default=_plain) + "\n"


def _queries(connection: Connection) -> dict[str, Select[Any]]:
    """By table, the query for its rows in order. Columns without types give values as they are stored."""
    known = inspect(connection)
    queries: dict[str, Select[Any]] = {}
    for name in sorted(known.get_table_names()):
        types = {found["name"]: found["type"] for found in known.get_columns(name)}
        keys = known.get_pk_constraint(name)["constrained_columns"] or list(types)
        order = [_sortable(connection, column(key), types[key]) for key in keys]
        columns: list[ColumnElement[Any]] = [column(found) for found in types]
        queries[name] = select(*columns).select_from(table(name)).order_by(*order)
    return queries


def _sortable(connection: Connection, key: Any, kind: Any) -> Any:
    """Servers sort texts by their own rules; bytes are sorted the same everywhere."""
    is_text = isinstance(kind, String) and connection.dialect.name == "postgresql"
    return collate(key, "C") if is_text else key


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value)
