"""The same activity, told by several people: it is joined, and counts once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import pytest
from sqlalchemy import text

from handlers.outreach_records import same_key
from handlers.work import next_in_series
from tests.fixtures.outreach import LINE, TODAY, events, logged, members, total
from tests.house import House


async def test_the_same_event_is_joined_and_counts_once(museum: House) -> None:
    wang, li, staff = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Li", "volunteer"), ("Chen", "staff"))
    ]
    number = await logged(wang)
    before = await total(museum)
    assert (before.pending_minutes, before.pending_activities) == (6 * 180, 1)
    offer = await li.says("博物馆日 社区 传单200 观众80 3小时")
    assert f"Wang already logged this as {number}" in offer
    assert "Your time: 3 h" in await li.taps("Join")
    assert f"You joined {number} with 3 h" in await li.taps("Submit")
    assert f"Li joined {number}: 3 h" in await wang.hears()
    assert await members(museum) == [("Wang", 180), ("Li", 180)] + [(None, 180)] * 4
    assert await total(museum) == before, "one of those merely counted is known now; nothing is counted twice"
    await staff.hears()
    await staff.taps("Approve")
    assert "has changed since" in staff.told[-1]["text"], "nobody approves what they have not seen"
    await staff.taps("Approve")
    counted = await total(museum)
    assert (counted.activities, counted.participants, counted.leaflets) == (1, 120, 300)
    assert (counted.approved_minutes, counted.pending_minutes) == (6 * 180, 0)
    assert counted.top == (("Wang", 180), ("Li", 180))


async def test_where_everybody_is_known_a_join_adds_only_ones_own(museum: House) -> None:
    wang, li = [await museum.someone(name, "volunteer") for name in ("Wang", "Li")]
    await logged(wang, "博物馆日 社区 观众20 2小时")
    await li.says("博物馆日 社区 观众50 1小时")
    await li.taps("Join")
    await li.taps("Submit")
    assert await members(museum) == [("Wang", 120), ("Li", 60)]
    assert (await total(museum)).pending_minutes == 180


async def test_a_join_takes_the_place_of_ones_own_name(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    await logged(wang, "博物馆日 社区 观众20 张三3小时")
    zhang = await museum.someone("张三", "volunteer")
    await zhang.says("博物馆日 社区 观众50 2小时")
    await zhang.taps("Join")
    await zhang.taps("Submit")
    assert await members(museum) == [("Wang", 180), ("张三", 120)]


async def test_nobody_joins_twice(museum: House) -> None:
    wang, li = [await museum.someone(name, "volunteer") for name in ("Wang", "Li")]
    await logged(wang)
    for choice, told in (("Join", "You joined"), ("Leave it at that", "nothing was added")):
        await li.says("博物馆日 社区 观众50 3小时")
        await li.taps(choice)
        assert told in await li.taps("Submit")
    assert [name for name, _minutes in await members(museum)].count("Li") == 1
    await wang.says("博物馆日 社区 观众50 1小时")
    assert "You are already on" in wang.told[-1]["text"]
    await wang.taps("Leave it")
    await wang.taps("Submit")
    assert len(await events(museum)) == 1
    assert (await total(museum)).pending_minutes == 6 * 180


async def test_another_event_may_be_logged_separately(museum: House) -> None:
    wang, li = [await museum.someone(name, "volunteer") for name in ("Wang", "Li")]
    await logged(wang)
    await li.says("博物馆日 社区 观众50 2小时")
    await li.taps("Log separately")
    await li.taps("Submit")
    assert [found.participants for found in await events(museum)] == [120, 50]


@pytest.mark.parametrize(
    "line", ["昨天 博物馆日 社区 观众50 2小时", "博物馆日 学校 观众50 2小时", "重阳节 社区 观众50 2小时"]
)
async def test_another_day_place_or_theme_is_another_event(museum: House, line: str) -> None:
    wang, li = [await museum.someone(name, "volunteer") for name in ("Wang", "Li")]
    await logged(wang)
    await logged(li, line)
    assert len(await events(museum)) == 2


@pytest.mark.parametrize(("first", "second"), [("社区", "幸福社区"), ("幸福社区", "社区")])
async def test_one_without_an_exact_place_is_asked_about_the_same_event(
    museum: House, first: str, second: str
) -> None:
    wang, li = [await museum.someone(name, "volunteer") for name in ("Wang", "Li")]
    number = await logged(wang, f"博物馆日 {first} 观众120 2小时")
    assert f"already logged this as {number}" in await li.says(f"博物馆日 {second} 观众50 2小时")
    await li.taps("Log separately")
    await li.taps("Submit")
    assert len(await events(museum)) == 2


async def test_the_same_event_is_noticed_at_the_end_too(museum: House) -> None:
    wang, li = [await museum.someone(name, "volunteer") for name in ("Wang", "Li")]
    await li.says("博物馆日 幸福社区 观众50 2小时")
    number = await logged(wang, "博物馆日 社区 观众120 2小时")
    assert f"already logged this as {number}" in await li.taps("Submit")
    await li.taps("Join")
    assert f"You joined {number}" in await li.taps("Submit")
    assert len(await events(museum)) == 1


@pytest.mark.parametrize(
    ("first", "second"), [("博物馆日 幸福社区", "博物馆日 阳光社区"), ("幸福社区 宣讲", "社区 宣讲")]
)
async def test_two_exact_places_or_no_theme_are_not_the_same_event(
    museum: House, first: str, second: str
) -> None:
    wang, li = [await museum.someone(name, "volunteer") for name in ("Wang", "Li")]
    await logged(wang, f"{first} 观众120 2小时")
    await logged(li, f"{second} 观众50 2小时")
    assert len(await events(museum)) == 2


def test_a_place_is_the_same_however_it_is_spaced() -> None:
    day = date(2026, 5, 18)
    assert same_key(day, "幸福 社区", "community", None) == same_key(day, "幸福社区（", "street", None)
    assert same_key(day, "Lincoln School", "school", "x") == same_key(day, "lincoln-school", "school", "x")
    assert same_key(day, "", "school", None) != same_key(day, "", "street", None)


@asynccontextmanager
async def held_up(house: House) -> AsyncIterator[None]:
    """Whoever wants a record number waits until the end of the block."""
    async with house.database.transaction() as db:
        await next_in_series(db, "HD", f"{TODAY:%Y%m%d}")
        yield


async def until_waiting(house: House, count: int) -> None:
    """Wait until so many transactions wait for a lock. On SQLite they wait for the one writer anyway."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with asyncio.timeout(10):
        while not house.database.sqlite and (await house.rows(waiting))[0][0] < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # another process has no event to wait for


async def test_two_who_submit_the_same_at_once_make_one_event(museum: House) -> None:
    wang, li = [await museum.someone(name, "volunteer") for name in ("Wang", "Li")]
    await wang.says(LINE)
    await li.says(LINE)
    async with held_up(museum):
        submitting = [asyncio.create_task(who.taps("Submit")) for who in (wang, li)]
        await until_waiting(museum, 2)
    heard = await asyncio.gather(*submitting)
    assert len(await events(museum)) == 1
    (late,) = [who for who, said in zip((wang, li), heard, strict=True) if "already logged this" in said]
    await late.taps("Join")
    await late.taps("Submit")
    assert len(await members(museum)) == 6


async def test_two_who_join_at_once_take_two_places(museum: House) -> None:
    wang, li, zhao = [await museum.someone(name, "volunteer") for name in ("Wang", "Li", "Zhao")]
    await logged(wang)
    for who in (li, zhao):
        await who.says("博物馆日 社区 观众50 3小时")
        await who.taps("Join")
    await asyncio.gather(li.taps("Submit"), zhao.taps("Submit"))
    assert sorted(name or "" for name, _minutes in await members(museum)) == [
        "",
        "",
        "",
        "Li",
        "Wang",
        "Zhao",
    ]
