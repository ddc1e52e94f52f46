"""What updates leave for the end of their transaction: due work, and rows that nobody reads before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, delete, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.work import Work
from models import Due

_FRESH = {"status": "waiting", "attempts": 0, "error": None}


async def write(db: AsyncConnection, works: Iterable[Work]) -> None:
    """Store what `works` left, all rows of a table together."""
    rows: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    dues: dict[tuple[str, str], Mapping[str, Any]] = {}
    undue: set[tuple[str, str]] = set()
    for work in works:
        dues |= work.dues
        undue |= work.undue
        for model, row in work.left:
            rows[model.__table__].append(row)
    for table, fresh in rows.items():
        await db.execute(insert(table), fresh)
    if dues:
        await db.execute(_MOVING[db.dialect.name], [{**due, **_FRESH} for due in dues.values()])
    if undue:
        await db.execute(_GONE, [{"of": kind, "about": key} for kind, key in undue])


def _moving(dialect: Any) -> Any:
    """One row for a kind and key, moved where it is there already."""
    fresh = dialect.insert(Due.__table__)
    moved = {name: fresh.excluded[name] for name in ("due_at", "payload", *_FRESH)}
    return fresh.on_conflict_do_update(index_elements=["kind", "key"], set_=moved)


_GONE = delete(Due).where(Due.kind == bindparam("of"), Due.key == bindparam("about"))
_MOVING = {"postgresql": _moving(postgresql), "sqlite": _moving(sqlite)}
