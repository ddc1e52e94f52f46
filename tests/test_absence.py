"""Absences: who stands in for whom, from midnight to midnight, and who may say so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from handlers import chain
from models import Audit, Due, StandIn
from tests.house import Someone
from tests.passing import SUNDAY, Museum, passing


@pytest.fixture
async def museum(tables_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Museum]:
    async with passing(tables_url, tmp_path, monkeypatch) as made:
        yield made


async def acting(museum: Museum, name: str) -> frozenset[str]:
    return frozenset((await museum.person(name)).acting)


async def holders(museum: Museum, post: str, day: int = 22) -> dict[int, int | None]:
    async with museum.house.database.reading() as db:
        return await chain.holders(db, post, date(2026, 11, day))


async def enters(who: Someone, first: str, last: str, deputy: str, whom: str = "Myself") -> str:
    """Fill the form in; what is heard when it is submitted."""
    await who.says("/away")
    if any("Enter an absence" in label for label in who.buttons):
        await who.taps("Enter an absence")
    if "Who is away?" in who.told[-1]["text"]:
        await who.taps(whom)
    await who.says(first)
    await who.says(last)
    await who.taps(deputy)
    return await who.taps("Submit")


async def test_from_midnight_to_midnight_somebody_stands_in(museum: Museum) -> None:
    leader, guard = await museum.someone("l", "leader"), await museum.someone("g", "guard")
    chief = await museum.someone("c", "chief")
    heard = await enters(leader, "tomorrow", "2026-11-24", "g ·")
    assert "l is away from 23 Nov 2026 to 24 Nov 2026 · Shift leader · g stands in" in heard
    assert "Entered by l" in await guard.hears()
    assert "An absence was entered" in await chief.hears()
    assert "not open to you" in await guard.says("/people")
    await museum.until(22, 23, 59)
    assert await acting(museum, "g") == frozenset()
    await museum.until(23)
    assert await acting(museum, "g") == {"leader"}
    assert "people" in await guard.says("/people")
    ids = (await museum.person("g")).id, (await museum.person("l")).id
    assert await holders(museum, "leader", 23) == {ids[0]: ids[1]}
    await museum.until(24, 23, 59)
    assert await acting(museum, "g") == {"leader"}
    await museum.until(25)
    assert await acting(museum, "g") == frozenset()
    assert await holders(museum, "leader", 25) == {ids[1]: None}
    assert "not open to you" in await guard.says("/people")


async def test_where_it_begins_today_it_begins_at_once_and_ends_with_a_tap(museum: Museum) -> None:
    leader, guard = await museum.someone("l", "leader"), await museum.someone("g", "guard")
    assert "l is away until 24 Nov 2026" in await enters(leader, "today", "11-24", "g ·")
    assert await acting(museum, "g") == {"leader"}
    await guard.hears()
    assert "End early" in " ".join(leader.buttons)
    assert "back in their post" in await leader.taps("End early")
    assert await acting(museum, "g") == frozenset()
    assert "Ended early" in await guard.hears()
    [row] = await museum.rows(select(StandIn.id, StandIn.ended_at))
    assert row.ended_at == SUNDAY
    assert "over already" in await leader.taps_data(f"a:away_end:{row.id}")
    entered = select(Audit.action, Audit.actor_id, Audit.subject_id).where(Audit.action.like("away%"))
    me = (await museum.person("l")).id
    rows = [tuple(row) for row in await museum.rows(entered.order_by(Audit.id))]
    assert rows == [("away", me, me), ("away_ended", me, me)]


async def test_a_midnight_is_due_once_whoever_is_away_from_then(museum: Museum) -> None:
    leader, guard = await museum.someone("l", "leader"), await museum.someone("g", "guard")
    await enters(leader, "tomorrow", "tomorrow", "Nobody")
    await enters(guard, "tomorrow", "tomorrow", "Nobody")
    due = await museum.rows(select(Due.key, Due.due_at).where(Due.kind == "away").order_by(Due.key))
    assert [row.key for row in due] == ["2026-11-23", "2026-11-24"]
    assert due[0].due_at == datetime(2026, 11, 22, 16, tzinfo=UTC)
    await museum.until(23)
    assert await holders(museum, "leader", 23) == {}
    assert await holders(museum, "guard", 23) == {}


async def test_days_that_do_not_fit_are_said_kindly(museum: Museum) -> None:
    guard = await museum.someone("g", "guard")
    await museum.someone("h", "guard")
    await guard.says("/away")
    assert "21 Nov 2026 is past" in await guard.says("yesterday")
    assert "more than a year ahead" in await guard.says("2028-01-01")
    assert "not understood" in await guard.says("some day")
    await guard.says("2026-11-25")
    assert "before 25 Nov 2026, the first day" in await guard.says("2026-11-24")
    await guard.says("2026-11-26")
    await guard.taps("h ·")
    assert "Entered" in await guard.taps("Submit")
    heard = await enters(guard, "11-26", "11-28", "Nobody")
    assert "Those days are taken already" in heard
    assert len(await museum.rows(select(StandIn.id))) == 1


async def test_from_above_one_enters_those_below_only(museum: Museum) -> None:
    guard, leader = await museum.someone("g", "guard"), await museum.someone("l", "leader")
    await museum.someone("m", "leader")
    await museum.someone("c", "chief")
    await guard.says("/away")
    assert "From which day on" in guard.told[-1]["text"]
    await leader.says("/away")
    assert [label for label in leader.buttons if "·" in label] == ["g · Guard"]
    await leader.taps("g ·")
    await leader.says("today")
    await leader.says("today")
    assert {"l · Shift leader", "m · Shift leader", "Nobody"} <= set(leader.buttons)
    assert not {"g · Guard", "c · Head of security"} & set(leader.buttons)
    await leader.taps("Nobody")
    await leader.taps("Submit")
    assert "g is away on 22 Nov 2026 · Guard · nobody stands in" in await guard.hears()
    [row] = await museum.rows(select(StandIn.id, StandIn.entered_by))
    other = await museum.someone("h", "guard")
    assert "not yours to end" in await other.taps_data(f"a:away_end:{row.id}")
    assert "back in their post" in await guard.taps_data(f"a:away_end:{row.id}")


async def test_who_is_away_is_not_offered_and_does_not_stand_in(museum: Museum) -> None:
    leader, guard = await museum.someone("l", "leader"), await museum.someone("g", "guard")
    await enters(leader, "today", "tomorrow", "g ·")
    assert await acting(museum, "g") == {"leader"}
    heard = await enters(guard, "today", "today", "Nobody")
    assert "Somebody else has to stand in for l then" in heard
    assert await acting(museum, "g") == frozenset()
    assert await holders(museum, "leader") == {}
    await museum.until(23)
    assert await acting(museum, "g") == {"leader"}
    third = await museum.someone("h", "guard")
    await third.says("/away")
    await third.says("today")
    await third.says("today")
    assert "l · Shift leader" not in third.buttons


async def test_a_deputy_whose_access_ended_stands_in_no_more(museum: Museum) -> None:
    leader, guard = await museum.someone("l", "leader"), await museum.someone("g", "guard")
    chief = await museum.someone("c", "chief")
    await enters(leader, "today", "tomorrow", "g ·")
    person = (await museum.person("g")).id
    await chief.taps_data(f"a:deactivate:{person}.sure")
    assert await acting(museum, "g") == frozenset()
    assert await holders(museum, "leader") == {}
    async with museum.house.database.reading() as db:
        nearest = await chain.nearest(db, "leader", date(2026, 11, 22))
    assert list(nearest) == [(await museum.person("c")).id]
    await chief.taps_data(f"a:reactivate:{person}")
    assert await acting(museum, "g") == {"leader"}
    assert "again" in await guard.hears()
    await chief.taps_data(f"a:take:{(await museum.person('l')).id}.leader")
    assert await acting(museum, "g") == frozenset()


async def test_the_chain_as_it_stands_today(museum: Museum) -> None:
    leader = await museum.someone("l", "leader")
    await museum.someone("g", "guard")
    desk = await museum.someone("d", "staff")
    await museum.someone("c", "chief")
    await enters(leader, "today", "11-24", "g ·")
    heard = await desk.says("/chain")
    assert "⚠️ Director: nobody" in heard
    assert "Head of security: c" in heard
    assert "Shift leader: l (away until 24 Nov 2026, g stands in)" in heard
    assert "Guard: g" in heard
    assert heard.index("Director") < heard.index("Head of security") < heard.index("Guard: g")
    assert desk.buttons == []
    visitor = Someone(museum.house, "v")
    assert "not open to you" in await visitor.says("/chain")
    await leader.taps_data("a:away_end:1")
    await enters(leader, "today", "11-24", "Nobody")
    assert "⚠️ Shift leader: l (away until 24 Nov 2026, nobody stands in)" in await leader.says("责任链")


async def test_of_two_who_enter_the_same_days_at_once_one_is_told(museum: Museum) -> None:
    await museum.someone("g", "guard")
    leaders = [await museum.someone(name, "leader") for name in ("l", "m")]
    for leader in leaders:
        await leader.says("/away")
        await leader.taps("g ·")
        await leader.says("today")
        await leader.says("tomorrow")
        await leader.taps("Nobody")
    heard = await asyncio.gather(*(leader.taps("Submit") for leader in leaders))
    assert sorted("taken already" in one for one in heard) == [False, True]
    assert len(await museum.rows(select(StandIn.id))) == 1


async def test_the_days_offered_say_which_they_are(museum: Museum) -> None:
    guard = await museum.someone("g", "guard")
    assert "the first day away" in await guard.says("/away")
    days = ["Today Sunday", "Tomorrow Monday", "24 Nov 2026 Tuesday", "28 Nov 2026 Saturday"]
    assert guard.buttons[:4] == days
    assert "the last day away" in await guard.taps("24 Nov 2026 Tuesday")
    assert guard.buttons[:2] == ["24 Nov 2026 Tuesday (1 day)", "25 Nov 2026 Wednesday (2 days)"]
    assert "Who stands in?" in await guard.says("25 Nov 2026 Wednesday (2 days)")
