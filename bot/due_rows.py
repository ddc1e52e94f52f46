"""Due work as conversations ask for it: one row for a kind and key, moved where it is there already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from models import Due

_FRESH = {"status": "waiting", "attempts": 0, "error": None}


async def put(db: AsyncConnection, dues: Iterable[Mapping[str, Any]]) -> None:
    """Store due work, given as kind, key, due_at and payload; of the same kind and key the last counts."""
    rows = [{**due, **_FRESH} for due in {(due["kind"], due["key"]): due for due in dues}.values()]
    if rows:
        await db.execute(_POSTGRESQL if db.dialect.name == "postgresql" else _SQLITE, rows)


def _moving(dialect: Any) -> Any:
    fresh = dialect.insert(Due.__table__)
    moved = {name: fresh.excluded[name] for name in ("due_at", "payload", *_FRESH)}
    return fresh.on_conflict_do_update(index_elements=["kind", "key"], set_=moved)


_POSTGRESQL, _SQLITE = _moving(postgresql), _moving(sqlite)
