"""The sample month: plausible, in every state, marked everywhere, and gone without a trace."""

import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import demo
from bot.imports import export_checklists, import_checklists, import_places, load_defaults
from handlers import feedback_desk, outreach_codes, themes
from models import (
    Audit,
    Base,
    Checklist,
    Feedback,
    FeedbackReply,
    Hazard,
    Inspection,
    InspectionItem,
    Outreach,
    OutreachMember,
    Person,
    Place,
    Round,
    RoundPlan,
    Signature,
)
from models.rollup import stale
from tests.fixtures.museum_files import CHECKLISTS, PLACES
from tests.fixtures.records import conn as conn
from tests.fixtures.records import rows_of
from tests.fixtures.records import sqlite as sqlite

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)  # a Sunday afternoon in the museum
TODAY = date(2026, 11, 22)
MARKED = (Person, Inspection, Hazard, Outreach, Feedback, RoundPlan, Round)


async def everything(conn: AsyncConnection) -> dict[str, int]:
    """How many rows each table has, but for the marks of days that changed: a change back is one too."""
    counts = {}
    for table in set(Base.metadata.sorted_tables) - {stale}:
        counts[table.name] = int(await conn.scalar(select(func.count()).select_from(table)) or 0)
    return counts


async def test_it_is_the_month_of_a_museum(conn: AsyncConnection) -> None:
    began = time.perf_counter()
    made = await demo.make(conn, NOW, ZONE, seed=1)
    assert time.perf_counter() - began < 5
    assert 200 <= made["inspections"] <= 260
    assert made["items"] > 13 * made["inspections"]
    assert made["hazards"] == 20
    states = Counter([row["status"] for row in await rows_of(conn, Round)])
    assert set(states) == {"done", "late", "missed", "due"}
    assert all(row["reason"] for row in await rows_of(conn, Round) if row["status"] == "missed")
    assert states["done"] > states["late"] + states["missed"]
    assert (made["plans"], made["rounds"]) == (3, states.total())
    assert made["outreach"] == 12
    assert 280 <= made["feedback"] <= 420
    assert made["members"] >= 36
    assert made["answers"] >= 50
    counts = await everything(conn)
    assert (counts["inspection_items"], counts["feedback_replies"]) == (made["items"], made["answers"])


async def test_everything_is_marked(conn: AsyncConnection) -> None:
    await demo.make(conn, NOW, ZONE)
    for table in MARKED:
        rows = await rows_of(conn, table)
        assert rows
        assert all(row["sample"] for row in rows)
    people = await rows_of(conn, Person)
    assert all(row["name"].startswith("示例·") for row in people)
    assert not any(row["active"] or row["roles"] for row in people)
    numbered = [row["number"] for table in MARKED[1:5] for row in await rows_of(conn, table)]
    assert all(int(number.rpartition("-")[2]) >= 90001 for number in numbered)
    assert (await everything(conn))["series"] == 0


async def test_every_state_is_there(conn: AsyncConnection) -> None:
    await demo.make(conn, NOW, ZONE)
    hazards = await rows_of(conn, Hazard)
    assert Counter(row["status"] for row in hazards) == {
        "fixed_on_spot": 8,
        "closed": 6,
        "open": 5,
        "withdrawn": 1,
    }
    assert sum(row["status"] == "open" and row["due_at"] < NOW for row in hazards) >= 2
    assert any(row["status"] == "open" and row["due_at"] > NOW for row in hazards)
    assert len({row["number"] for row in hazards}) == 20
    outreach = Counter(row["status"] for row in await rows_of(conn, Outreach))
    assert outreach == {"approved": 8, "pending": 3, "returned": 1}
    comments = await rows_of(conn, Feedback)
    assert {row["status"] for row in comments} == {"new", "answered", "satisfied", "reopened"}
    assert {row["rating"] for row in comments} == {1, 2, 3, 4, 5}
    assert {row["kind"] for row in comments} == {None, *feedback_desk.KINDS}
    rounds = await rows_of(conn, Inspection)
    assert {row["presence"] for row in rounds} == {"qr", "location", "none"}
    assert {row["batch"] for row in rounds} == {True, False}
    assert any(row["too_fast"] for row in rounds)


async def test_it_holds_together(conn: AsyncConnection) -> None:
    await demo.make(conn, NOW, ZONE, seed=3)
    rounds = {row["id"]: row for row in await rows_of(conn, Inspection)}
    items = await rows_of(conn, InspectionItem)
    bad = Counter(row["inspection_id"] for row in items if row["state"] == "bad")
    assert {key: row["failed"] for key, row in rounds.items() if row["failed"]} == dict(bad)
    assert all(row["note"] for row in items if row["state"] == "bad")
    places = {row["code"]: row for row in await rows_of(conn, Place)}
    lists = {row["id"]: row["code"] for row in await rows_of(conn, Checklist)}
    for row in rounds.values():
        assert lists[row["checklist_id"]] in places[row["place"]]["checklists"]
        assert NOW - timedelta(days=30) < row["started_at"] < row["submitted_at"] <= NOW
        assert row["day"] == row["started_at"].astimezone(ZONE).date()
    signatures = await rows_of(conn, Signature)
    inspectors = {row["inspection_id"]: row["person_id"] for row in signatures if row["post"] == "inspector"}
    assert inspectors == {key: row["person_id"] for key, row in rounds.items()}
    seconds = [row for row in signatures if row["post"] == "second"]
    assert len(rounds) * 0.9 < len(seconds) < len(rounds)
    assert all(row["person_id"] != inspectors[row["inspection_id"]] for row in seconds)
    assert all(row["signed_at"] <= NOW for row in seconds)
    for row in await rows_of(conn, Hazard):
        found = rounds[row["inspection_id"]]
        assert (row["place"], row["day"], row["found_at"]) == (
            found["place"],
            found["day"],
            found["submitted_at"],
        )
        assert (row["closed_at"] is None) == (row["status"] == "open")


async def test_events_and_comments_hold_together(conn: AsyncConnection) -> None:
    await demo.make(conn, NOW, ZONE, seed=4)
    for event in await rows_of(conn, Outreach):
        assert event["kind"] in outreach_codes.TYPES
        assert event["place_kind"] in outreach_codes.PLACE_KINDS
        assert event["theme"] is None or themes.theme(event["theme"]) is not None
        assert event["minors"] + event["elderly"] <= event["participants"]
        assert event["day"] < TODAY
        assert (event["approved_at"] is not None) == (event["status"] == "approved")
    members = await rows_of(conn, OutreachMember)
    pairs = [(row["outreach_id"], row["person_id"]) for row in members if row["person_id"]]
    assert len(pairs) == len(set(pairs))
    answered = {row["id"] for row in await rows_of(conn, Feedback) if row["answered_at"]}
    assert {row["feedback_id"] for row in await rows_of(conn, FeedbackReply)} == answered
    for comment in await rows_of(conn, Feedback):
        assert comment["topic"] in {None, *feedback_desk.TOPICS}
        assert comment["created_at"] <= NOW
        assert comment["status"] == "new" or comment["answered_at"] <= NOW
        assert comment["day"].weekday() != 0


async def test_the_same_seed_makes_the_same(sqlite: AsyncConnection) -> None:
    seen = []
    for seed in (7, 7, 8):
        await demo.make(sqlite, NOW, ZONE, seed)
        comments = await rows_of(sqlite, Feedback)
        seen.append([(row["number"], row["comment"], row["created_at"]) for row in comments])
        await demo.remove(sqlite)
    assert seen[0] == seen[1]
    assert seen[0] != seen[2]


async def test_it_is_not_made_twice(conn: AsyncConnection) -> None:
    await demo.make(conn, NOW, ZONE)
    before = await everything(conn)
    with pytest.raises(demo.SampleThere, match="remove it first"):
        await demo.make(conn, NOW, ZONE)
    assert await everything(conn) == before


async def test_it_goes_without_a_trace(conn: AsyncConnection) -> None:
    await load_defaults(conn)
    before = await everything(conn)
    made = await demo.make(conn, NOW, ZONE)
    gone = await demo.remove(conn)
    assert gone == {name: made[name] for name in gone}
    assert await everything(conn) == before
    assert set((await demo.remove(conn)).values()) == {0}
    assert await demo.make(conn, NOW, ZONE) == made


async def test_real_records_stay_and_what_was_done_to_the_sample_goes(conn: AsyncConnection) -> None:
    await load_defaults(conn)
    real = await person(conn, "李真")
    await work_of(conn, real)
    before = await everything(conn)
    rows_before = {table: await rows_of(conn, table) for table in MARKED}
    await demo.make(conn, NOW, ZONE)
    await touch_the_sample(conn, real)
    await demo.remove(conn)
    assert {table: await rows_of(conn, table) for table in MARKED} == rows_before
    after = await everything(conn)
    named = [row["name"] for row in await rows_of(conn, OutreachMember)]
    assert named == ["", "示例·何晓雨"]
    assert after == before | {"outreach_members": 2}


async def person(conn: AsyncConnection, name: str) -> int:
    row = {"name": name, "roles": frozenset({"leader"}), "active": True, "created_at": NOW, "sample": False}
    made = await conn.execute(insert(Person).values(row).returning(Person.id))
    return int(made.scalar_one())


async def work_of(conn: AsyncConnection, real: int) -> None:
    """A real round and a real event."""
    checklist = await conn.scalar(select(Checklist.id).limit(1))
    await add_round(conn, real, f"XJ-{TODAY:%Y%m%d}-0001", int(checklist or 0), revision=1, sample=False)
    event: dict[str, Any] = dict.fromkeys(
        ("sessions", "participants", "minors", "elderly", "disabled", "online_views", "leaflets"), 1
    )
    event |= {"number": f"HD-{TODAY:%Y%m%d}-0001", "day": TODAY, "kind": "talk", "place_kind": "museum"}
    event |= {"place": "馆", "same": "x", "photos": [], "status": "pending", "person_id": real}
    made = insert(Outreach).values(**event, submitted_at=NOW, sample=False).returning(Outreach.id)
    event_id = (await conn.execute(made)).scalar_one()
    await conn.execute(insert(OutreachMember).values(outreach_id=event_id, person_id=real, minutes=60))


async def add_round(
    conn: AsyncConnection, who: int, number: str, checklist: int, *, revision: int, sample: bool
) -> None:
    row = {"number": number, "revision": revision, "person_id": who, "place": "H1", "day": TODAY}
    row |= {"checklist_id": checklist, "started_at": NOW, "submitted_at": NOW, "presence": "none"}
    row |= {"seconds": 60, "batch": True, "too_fast": False, "failed": 0, "spot_photos": [], "sample": sample}
    await conn.execute(insert(Inspection).values(row))


async def touch_the_sample(conn: AsyncConnection, real: int) -> None:
    """What real people may do to it: correct a round, sign, answer, join, name a sample person."""
    found = (await conn.execute(select(Inspection).where(Inspection.sample).limit(1))).one()
    await add_round(conn, real, found.number, found.checklist_id, revision=2, sample=True)
    await conn.execute(
        delete(Signature).where(Signature.inspection_id == found.id, Signature.post == "second")
    )
    signature = {"inspection_id": found.id, "person_id": real, "post": "second", "signed_at": NOW}
    await conn.execute(insert(Signature).values(signature))
    comment = await conn.scalar(select(Feedback.id).where(Feedback.sample).limit(1))
    answer = {"feedback_id": comment, "person_id": real, "body": "谢谢", "created_at": NOW}
    await conn.execute(insert(FeedbackReply).values(answer))
    event = await conn.scalar(select(Outreach.id).where(Outreach.sample).limit(1))
    await conn.execute(insert(OutreachMember).values(outreach_id=event, person_id=real, minutes=90))
    own = await conn.scalar(select(Outreach.id).where(~Outreach.sample))
    volunteer = await conn.scalar(select(Person.id).where(Person.name == "示例·何晓雨"))
    await conn.execute(insert(OutreachMember).values(outreach_id=own, person_id=volunteer, minutes=60))
    act: dict[str, Any] = {
        "actor_id": real,
        "subject_id": volunteer,
        "action": "reactivated",
        "detail": {},
        "at": NOW,
    }
    await conn.execute(insert(Audit).values(act))


async def test_a_museum_with_checklists_of_its_own_gets_rounds_of_these(sqlite: AsyncConnection) -> None:
    await import_checklists(sqlite, CHECKLISTS)
    await import_places(sqlite, PLACES)
    files = await export_checklists(sqlite)
    made = await demo.make(sqlite, NOW, ZONE)
    assert made["inspections"] > 40
    assert made["hazards"] > 5
    assert await export_checklists(sqlite) == files


@pytest.mark.parametrize(
    "now", [datetime(2026, 3, 1, 0, 5, tzinfo=UTC), datetime(2028, 1, 3, 15, 59, tzinfo=UTC)]
)
async def test_any_moment_will_do(sqlite: AsyncConnection, now: datetime) -> None:
    for seed in range(10):
        made = await demo.make(sqlite, now, ZONE, seed)
        assert made["hazards"] >= 18
        assert made["rounds"] > 30
        newest = await sqlite.scalar(select(func.max(Inspection.submitted_at)))
        assert newest is not None
        assert newest <= now
        await demo.remove(sqlite)
