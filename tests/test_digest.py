"""The digest: what waits for a leader every morning, the week on Mondays, once a person and day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.clock import Clock
from handlers import digest
from handlers.calendar import Schedule
from models import Due, Hazard, Outbox, Round, RoundPlan
from tests.fixtures.passing import planned
from tests.house import with_defaults
from tests.passing import SUNDAY, Museum, passing
from tests.records import hazard
from tests.test_absence import enters
from tests.test_letters import issues


@pytest.fixture
async def museum(tables_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Museum]:
    async with passing(tables_url, tmp_path, monkeypatch) as made:
        await begin(made)
        yield made


async def begin(museum: Museum) -> None:
    """As when the program starts."""
    async with museum.house.database.transaction() as db:
        await digest.schedule(db, museum.now, museum.house.engine.rules)


async def waiting(museum: Museum) -> list[tuple[str, datetime]]:
    query = select(Due.key, Due.due_at).where(Due.kind == digest.KIND, Due.status == "waiting")
    return [(row.key, row.due_at) for row in await museum.rows(query)]


async def found(museum: Museum, finder: str, *, due: datetime | None = None) -> None:
    await museum.house.add(
        Hazard, hazard("YH-2026-0001", (await museum.person(finder)).id, due_at=due, found_at=SUNDAY)
    )


async def test_the_morning_tells_a_leader_what_waits(museum: Museum) -> None:
    await with_defaults(museum.house)
    leader, chief = await museum.someone("l", "leader"), await museum.someone("c", "chief")
    guard = await museum.someone("g", "guard")
    await guard.follows("p_L1-P3")
    await guard.says("all normal")
    await guard.says("yes")
    await found(museum, "g", due=SUNDAY + timedelta(hours=1))
    await issues(chief, "Shift leader")
    await leader.hears()
    await museum.until(24, 7, 59)
    await leader.hears()
    await chief.hears()
    await museum.until(25, 8)
    heard = await leader.hears()
    assert "Digest of 25 Nov 2026" in heard
    assert "1 inspection to sign" in heard
    assert "to be rectified 1 · overdue 1" in heard
    assert "1 letter of responsibility waits for your signature" in heard
    heard = await chief.hears()
    assert "inspection" not in heard, "that is the shift leader's"
    assert "1 person has not signed" in heard
    assert await guard.hears() == ""


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        (
            "en",
            ["Nothing waits for you today · no rounds today", "Nothing waits for you today · 1 round today"],
        ),
        ("zh_CN", ["今天没有待办事项 · 今日无巡查", "今天没有待办事项 · 今日巡查1次"]),
    ],
)
async def test_where_nothing_waits_one_line_says_so(museum: Museum, locale: str, told: list[str]) -> None:
    leader = await museum.someone("l", "leader", locale=locale)
    guard = await museum.someone("g", "guard")
    for day, line in zip((24, 25), told, strict=True):
        if line == told[1]:
            await a_round(museum, SUNDAY.date() + timedelta(days=3))
        await museum.until(day, 9)
        heard = (await leader.hears()).splitlines()
        assert line in heard
        assert len([one for one in heard if one]) <= 4
        assert await guard.hears() == ""


async def a_round(museum: Museum, day: date) -> None:
    """A round is planned for a day."""
    await museum.house.add(RoundPlan, planned(1, Schedule("times"), SUNDAY, id=1))
    moments = dict.fromkeys(("due_at", "opens_at", "ends_at"), SUNDAY + timedelta(days=30))
    what = {"plan_id": 1, "place": "L1-P3", "checklist": "opening", "status": "due", "post": "guard"}
    await museum.house.add(Round, {**moments, **what, "day": day, "person_id": None, "sample": False})


async def test_on_mondays_managers_get_the_week(museum: Museum) -> None:
    leader, chief = await museum.someone("l", "leader"), await museum.someone("c", "chief")
    await museum.until(23, 8)
    heard = await chief.hears()
    assert "16 Nov 2026 – 22 Nov 2026" in heard
    assert "no inspections" in heard
    assert "Nothing waits for you today" in heard
    heard = await leader.hears()
    assert "Nothing waits for you today" in heard
    assert "inspections" not in heard


async def test_once_a_person_and_day_however_many_workers(museum: Museum) -> None:
    await museum.someone("l", "leader")
    await museum.someone("c", "chief")
    await found(museum, "l")
    await museum.until(23, 9)
    await begin(museum)  # a worker starts anew
    workers = [Clock(museum.house.database, museum.house.engine, lambda: museum.now) for _worker in range(3)]
    museum.now = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)

    async def work(worker: Clock) -> None:
        while await worker.tick():
            continue

    await asyncio.gather(*(work(worker) for worker in workers))
    sent = await museum.rows(select(Outbox.payload, Outbox.account_id))
    told = [(row.account_id, row.payload["text"].splitlines()[0]) for row in sent]
    digests = [one for one in told if "Digest of" in one[1]]
    assert len(digests) == len(set(digests)) == 4  # two people, two days


async def test_it_is_due_at_the_hour_that_is_set_and_only_once(museum: Museum) -> None:
    assert await waiting(museum) == [("2026-11-23", datetime(2026, 11, 23, 0, tzinfo=UTC))]
    await museum.until(23, 8)
    assert [key for key, _at in await waiting(museum)] == ["2026-11-24"]
    engine = museum.house.engine
    engine.rules = replace(engine.rules, digest_at=time(10))
    await begin(museum)  # today's was made at eight; the new hour holds from tomorrow on
    assert await waiting(museum) == [("2026-11-24", datetime(2026, 11, 24, 2, tzinfo=UTC))]


async def test_what_came_due_while_the_program_stood_still_is_made_when_it_is_back(museum: Museum) -> None:
    leader = await museum.someone("l", "leader")
    await found(museum, "l")
    museum.now = datetime(2026, 11, 25, 1, tzinfo=UTC)
    await begin(museum)
    await museum.until(25, 9)
    assert (await leader.hears()).count("Digest of 25 Nov 2026") == 1
    assert [key for key, _at in await waiting(museum)] == ["2026-11-26"]


async def test_it_is_switched_off_and_on(museum: Museum) -> None:
    leader = await museum.someone("l", "leader")
    await found(museum, "l")
    assert "comes at 08:00" in await leader.says("/digest")
    assert "is off" in await leader.taps("Turn off")
    await museum.until(24, 9)
    assert await leader.hears() == ""
    assert "comes at 08:00" in await leader.says("日报 开")
    await museum.until(25, 9)
    assert "Digest of" in await leader.hears()
    assert "is off" in await leader.taps("No more digests")
    guard = await museum.someone("g", "guard")
    assert "not open to you" in await guard.says("/digest")


async def test_who_is_away_is_spared_and_who_stands_in_is_told(museum: Museum) -> None:
    leader, guard = await museum.someone("l", "leader"), await museum.someone("g", "guard")
    await found(museum, "g")
    await enters(leader, "11-24", "11-24", "g ·")
    await guard.hears()
    await museum.until(24, 9)
    heard = await guard.hears()
    assert "You stand in today for: l Shift leader" in heard
    assert "Hazards" in heard
    assert await leader.hears() == ""
