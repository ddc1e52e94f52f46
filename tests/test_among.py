"""Many values as one parameter mean the same on every database."""

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from bot.among import among
from models import Account, Person
from tests.house import open_house

NAMES = ("ann", "o'neil", '"', "\\", "王小明", "a,b", "{x}", "%", "")


@pytest.mark.parametrize(
    ("column", "wanted", "found"),
    [
        (Account.external_id, ["ann", "nobody"], ["ann"]),
        (Account.external_id, set(NAMES), sorted(NAMES)),
        (Account.external_id, [], []),
        (Account.seq, {2, 3, 2**40}, ["o'neil", '"']),
    ],
)
async def test_among(
    tables_url: str, tmp_path: Path, column: Any, wanted: Collection[Any], found: list[str]
) -> None:
    async with open_house(tables_url, tmp_path) as house, house.database.transaction() as db:
        now = datetime.now(UTC)
        person = {"name": "", "roles": frozenset(), "active": True, "created_at": now, "sample": False}
        await db.execute(insert(Person), [{"id": place, **person} for place, _name in enumerate(NAMES, 1)])
        account = {"channel": "web", "blocked": False, "seen_at": now}
        await db.execute(
            insert(Account),
            [
                {**account, "person_id": place, "external_id": name, "seq": place}
                for place, name in enumerate(NAMES, 1)
            ],
        )
        query = select(Account.external_id).where(among(column, "wanted"))
        names = list(await db.scalars(query, {"wanted": wanted}))
    assert sorted(names) == sorted(found)
