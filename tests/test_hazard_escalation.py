"""A hazard that is late goes up the chain: each post hears of it once, whatever restarts."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from bot.clock import Clock
from bot.engine import utc_now
from handlers.catalogue import CHECKLIST_NOTE
from models import Due, Hazard, Note
from tests.fixtures.hazard_flow import accepted, events, found, hazard_now, moved, ordered, passes
from tests.house import House, Someone
from tests.records import id_of

LATE = "overdue", "is due and not rectified"
POSTS = ("guard", "leader", "chief", "deputy", "director")


async def crew(house: House) -> dict[str, Someone]:
    """One of each post, by their post."""
    return {post: await house.someone(post, post) for post in POSTS}


async def told(people: dict[str, Someone]) -> list[str]:
    """Who has heard since that a hazard is late."""
    heard = {post: await person.hears() for post, person in people.items()}
    return [post for post, said in heard.items() if any(words in said for words in LATE)]


async def test_each_post_is_told_once_at_its_time(museum: House) -> None:
    people = await crew(museum)
    guard, chief = await id_of(museum, "guard"), await id_of(museum, "chief")
    hazard = await found(museum.engine, guard)
    await ordered(museum.engine, hazard.id, chief, guard)  # due in a day
    steps: list[tuple[int, list[str]]] = [
        (23, []),
        (25, ["guard", "leader"]),
        (47, []),
        (49, ["chief"]),
        (97, ["deputy"]),
        (193, ["director"]),
        (500, []),
    ]
    for hours, posts in steps:
        await passes(museum, hours=hours)
        assert await told(people) == posts, hours
    assert [event.data["post"] for event in await events(museum, "escalate")] == list(POSTS[1:])
    assert (await hazard_now(museum, hazard.id)).escalated == 4


async def test_two_workers_and_a_lost_mark_tell_nobody_twice(museum: House) -> None:
    people = await crew(museum)
    hazard = await found(museum.engine, await id_of(museum, "guard"))
    later = utc_now() + timedelta(days=30)
    clocks = [Clock(museum.database, museum.engine, lambda: later) for _worker in range(2)]

    async def works(clock: Clock) -> None:
        while await clock.tick():
            continue

    await asyncio.gather(*map(works, clocks))
    assert await told(people) == ["leader", "chief", "deputy", "director"]
    async with museum.database.transaction() as db:
        await db.execute(update(Due).values(status="waiting"))  # as if none had been marked
    await asyncio.gather(*map(works, clocks))
    assert await told(people) == []
    assert len(await events(museum, "escalate")) == 4
    assert hazard.number in await people["director"].says(f"查 {hazard.number}")


async def test_what_is_closed_in_time_goes_nowhere(museum: House) -> None:
    people = await crew(museum)
    hazard = await found(museum.engine, await id_of(museum, "guard"))
    await moved(museum.engine, await id_of(museum, "chief"), hazard.id, "reject", note="It is meant to be so")
    await passes(museum, days=30)
    assert await told(people) == []


async def test_more_time_begins_anew(museum: House) -> None:
    people = await crew(museum)
    guard, chief = await id_of(museum, "guard"), await id_of(museum, "chief")
    hazard = await found(museum.engine, guard)
    await accepted(museum.engine, hazard.id, chief, guard, utc_now() + timedelta(hours=1))
    await passes(museum, hours=2)
    assert await told(people) == ["guard", "leader"]
    more = utc_now() + timedelta(hours=10)
    await moved(museum.engine, guard, hazard.id, "ask", note="The part is on its way", due=more)
    await moved(museum.engine, chief, hazard.id, "grant")
    await told(people)
    await passes(museum, hours=9)
    assert await told(people) == []
    await passes(museum, hours=11)
    assert await told(people) == ["guard", "leader"], "late anew"
    await passes(museum, hours=35)
    assert await told(people) == ["chief"]


async def test_the_hours_are_the_museum_s(museum: House) -> None:
    museum.engine.rules = replace(museum.engine.rules, escalate_hours=(1, 2, 3, 4))
    people = await crew(museum)
    await found(museum.engine, await id_of(museum, "guard"), severity="major")  # due in a day
    await passes(museum, hours=24, minutes=30)
    assert await told(people) == []
    await passes(museum, hours=26, minutes=30)
    assert await told(people) == ["leader", "chief"]


async def test_where_a_post_is_vacant_the_next_above_is_told(museum: House) -> None:
    people = {
        "guard": await museum.someone("guard", "guard"),
        "chief": await museum.someone("chief", "chief"),
    }
    await found(museum.engine, await id_of(museum, "guard"))
    await passes(museum, days=7, hours=1)
    assert await told(people) == ["chief"]


async def test_idleness_about_a_critical_hazard_reaches_the_director(museum: House) -> None:
    people = await crew(museum)
    guard, chief = await id_of(museum, "guard"), await id_of(museum, "chief")
    idle = await found(museum.engine, guard, severity="critical")
    busy = await found(museum.engine, guard, severity="critical")
    assert idle.number in await people["director"].hears(), "told at once"
    await ordered(museum.engine, busy.id, chief, guard)
    await people["director"].hears()
    await passes(museum, hours=1, minutes=50)
    assert "nothing was done" not in await people["director"].hears()
    await passes(museum, hours=2, minutes=5)
    heard = await people["director"].hears()
    assert heard.count("nothing was done") == 1
    assert idle.number in heard
    await passes(museum, hours=3)
    assert "nothing was done" not in await people["director"].hears()


@pytest.mark.parametrize(("hours", "within"), [(1, 1), (2, 2), (8, 2)])
async def test_the_first_action_is_due_when_the_museum_says_and_in_two_hours_at_most(
    museum: House, hours: int, within: int
) -> None:
    people = await crew(museum)
    async with museum.database.transaction() as db:
        await db.execute(delete(Note).where(Note.key == CHECKLIST_NOTE))
        deadlines = {"deadlines": {"critical": hours, "major": 24, "minor": 168}}
        await db.execute(insert(Note).values(key=CHECKLIST_NOTE, value=deadlines, updated_at=utc_now()))
    hazard = await found(museum.engine, await id_of(museum, "guard"), severity="critical")
    assert hazard.due_at - hazard.found_at == timedelta(hours=within)
    await passes(museum, hours=within, minutes=-5)
    assert "nothing was done" not in await people["director"].hears()
    await passes(museum, hours=within, minutes=5)
    assert f"nothing was done about it for {within} hour" in await people["director"].hears()


async def test_a_sample_troubles_nobody(museum: House) -> None:
    people = await crew(museum)
    await found(museum.engine, await id_of(museum, "guard"), sample=True, severity="critical")
    await told(people)
    await passes(museum, days=30)
    assert await told(people) == []
    assert "nothing was done" not in await people["director"].hears()
    assert await museum.rows(select(Hazard.id).where(Hazard.escalated > 0)) == []


async def test_a_leader_says_how_severe_it_is_and_the_clock_starts_anew(museum: House) -> None:
    people = await crew(museum)
    hazard = await found(museum.engine, await id_of(museum, "guard"))
    await people["leader"].says(hazard.number)
    await people["leader"].taps("Severity")
    assert "critical" in await people["leader"].taps("critical")
    now = await hazard_now(museum, hazard.id)
    assert now.severity == "critical"
    assert now.due_at < utc_now() + timedelta(hours=2, minutes=1)
    assert hazard.number in await people["director"].hears()
    await passes(museum, hours=2, minutes=5)
    assert "nothing was done" in await people["director"].hears()
    assert "for the shift leader or above" in await people["guard"].taps_data(f"a:hz_grade:{hazard.id}.1")
