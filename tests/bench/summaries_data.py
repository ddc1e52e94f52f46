"""A year of a museum's records in bulk: generated fast, stored by the fastest way each database has."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from random import Random
from typing import Any, Final

import asyncpg
from sqlalchemy import make_url

GUARDS: Final = range(100, 160)
VOLUNTEERS: Final = range(200, 400)
ITEMS, MEMBERS = 5, 4
# Of a hundred records: inspections with their items, hazards, activities with their members, comments.
ROUNDS, HAZARDS, ACTIVITIES, COMMENTS = 12, 1, 2, 17
HUNDRED: Final = ROUNDS * (1 + ITEMS) + HAZARDS + ACTIVITIES * (1 + MEMBERS) + COMMENTS
YEAR: Final = 365
EARLIER: Final = 0.1  # the part of all records that is of the year before, to compare with
PLACES: Final = 60
CHUNK: Final = 500  # hundreds at a time

Row = tuple[Any, ...]
CATEGORIES = ("people", "physical", "technical", "fire", "facility")
COLUMNS: Final[Mapping[str, str]] = {
    "inspections": "id number revision current person_id place checklist_id day started_at submitted_at "
    "presence seconds batch too_fast failed spot_photos sample",
    "inspection_items": "id inspection_id number key category state how seconds photos fixed",
    "hazards": "id number item_key category severity place title_zh title_en note photos status day "
    " found_by found_at due_at closed_at sample",
    "outreach": "id number day kind place_kind place same sessions participants minors leaflets photos "
    "status revision person_id submitted_at sample",
    "outreach_members": "id outreach_id person_id name minutes waits",
    "feedback": "id number person_id day place rating kind comment photos voice status created_at told_at "
    "answered_at sample",
}


def hundreds(count: int, today: date) -> Iterator[dict[str, list[Row]]]:
    """`count` times a hundred records by table, the earliest first, in chunks."""
    numbers = iter(range(count))
    while chunk := list(islice(numbers, CHUNK)):
        tables: dict[str, list[Row]] = {table: [] for table in COLUMNS}
        for number in chunk:
            _hundred(tables, number, _day(number / count, today), today)
        yield tables


def _day(position: float, today: date) -> date:
    """The day of what stands at a position between 0 and 1; the last are of today."""
    year = position < EARLIER
    within = position / EARLIER if year else (position - EARLIER) / (1 - EARLIER)
    return today - timedelta(days=YEAR * (1 + year) - 1 - int(within * YEAR))


def _hundred(tables: dict[str, list[Row]], number: int, day: date, today: date) -> None:
    chance = Random(number)
    for each in range(ROUNDS):
        _round(tables, number * ROUNDS + each + 1, _moment(day, chance), chance)
    for each in range(HAZARDS):
        tables["hazards"].append(_hazard(number * HAZARDS + each + 1, _moment(day, chance), today, chance))
    for each in range(ACTIVITIES):
        _activity(tables, number * ACTIVITIES + each + 1, _moment(day, chance), chance)
    for each in range(COMMENTS):
        key = number * COMMENTS + each + 1
        tables["feedback"].append(_comment(key, _moment(day, chance), today, chance))


def _moment(day: date, chance: Random) -> datetime:
    return datetime.combine(day, time(1 + chance.randrange(8), chance.randrange(60)), UTC)


def _round(tables: dict[str, list[Row]], key: int, at: datetime, chance: Random) -> None:
    failed = int(chance.random() < 0.08)
    guard = chance.choice(GUARDS)
    tables["inspections"].append(
        (
            key, f"XJ-{key}", 1, True, guard, "L1-P3", 1, at.date(), at, at,
            chance.choice(("qr", "qr", "location", "none")), 90, False, chance.random() < 0.02, failed,
            "[]", False,
        )
    )  # fmt: skip
    for item in range(ITEMS):
        state = "bad" if failed and item == 0 else "ok"
        item_key, category = key * ITEMS + item, CATEGORIES[(key + item) % 5]
        tables["inspection_items"].append(
            (item_key, key, item + 1, f"x.{item}", category, state, "tap", 9, "[]", False)
        )


def _hazard(key: int, at: datetime, today: date, chance: Random) -> Row:
    """Most are put right within two weeks; of the old ones a few in a thousand stay open."""
    is_open = chance.random() < (0.5 if (today - at.date()).days < 14 else 0.005)
    status = "open" if is_open else chance.choice(("closed", "closed", "fixed_on_spot"))
    closed = None if is_open else at + timedelta(hours=chance.randrange(14 * 24))
    return (
        key, f"YH-{key}", "x.1", CATEGORIES[key % 5], chance.choice(("critical", "major", "minor")),
        f"L{chance.randrange(PLACES)}-P3", "灭火器在位", "Extinguishers in place", "past its date", "[]",
        status, at.date(), chance.choice(GUARDS), at, at + timedelta(days=7), closed, False,
    )  # fmt: skip


def _activity(tables: dict[str, list[Row]], key: int, at: datetime, chance: Random) -> None:
    team = chance.sample(VOLUNTEERS, MEMBERS)
    status = "approved" if chance.random() < 0.95 else "pending"
    tables["outreach"].append(
        (
            key, f"HD-{key}", at.date(), "talk", "school", "实验小学", f"{key}", 1, chance.randrange(20, 200),
            chance.choice((None, 10, 40)), chance.randrange(300), "[]", status, 1, team[0], at, False,
        )
    )  # fmt: skip
    for place, person in enumerate(team):
        tables["outreach_members"].append((key * MEMBERS + place, key, person, "", 120, False))


def _comment(key: int, at: datetime, today: date, chance: Random) -> Row:
    kind = chance.choice((None, None, "praise", "complaint", "suggestion"))
    owed = kind == "complaint"
    done = owed and (today - at.date()).days > 1
    status = "answered" if done else "new"
    answered = at + timedelta(hours=chance.randrange(1, 40)) if done else None
    return (
        key, f"LY-{key}", None, at.date(), None, chance.choice((5, 5, 4, 3, 1)), kind,
        "The lamp on the third floor is broken.", "[]", "[]", status, at, at if owed else None, answered,
        False,
    )  # fmt: skip


def into_sqlite(file: str, chunks: Iterator[dict[str, list[Row]]]) -> None:
    """Store chunks in one transaction, which need not be durable while it is made."""
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        for pragma in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-200000"):
            db.execute(f"PRAGMA {pragma}")
        db.execute("BEGIN")
        for tables in chunks:
            for table, rows in tables.items():
                names = COLUMNS[table].split()
                filled = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
                db.executemany(filled, map(_for_sqlite, rows))
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _for_sqlite(row: Row) -> list[Any]:
    """As SQLAlchemy would have written it."""
    return [
        f"{one:%Y-%m-%d %H:%M:%S}.000000" if isinstance(one, datetime)
        else one.isoformat() if isinstance(one, date) else one
        for one in row
    ]  # fmt: skip


async def into_postgres(url: str, chunks: Iterator[dict[str, list[Row]]]) -> None:
    """Store chunks by COPY, and have the planner know of them."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    db = await asyncpg.connect(plain)
    try:
        for tables in chunks:
            for table, rows in tables.items():
                await db.copy_records_to_table(table, records=rows, columns=COLUMNS[table].split())
        for table in COLUMNS:
            last = await db.fetchval(f"SELECT max(id) FROM {table}")
            await db.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last})")
        await db.execute("VACUUM ANALYZE")
    finally:
        await db.close()
