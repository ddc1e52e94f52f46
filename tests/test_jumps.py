"""The machine's clock jumps an hour ahead or back: nothing is lost, nothing goes out twice."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.clock import Clock
from handlers.work import Work
from models import Due, Inspection
from tests.fixtures.office import Office, open_office
from tests.hands import Hands
from tests.house import House, open_house

HOUR = timedelta(hours=1)
WAIT = 20  # seconds, far more than anything here takes


class Wall:
    """The clock on the wall, which somebody sets."""

    def __init__(self) -> None:
        self.off = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.off


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()
    monkeypatch.setattr("bot.engine.utc_now", wall.now)
    return wall


async def under_way(office: Office) -> None:
    """One message is being sent, and stays so until its event is set."""
    office.post.held["a"] = asyncio.Event()
    await office.write("a", "a1", "a2")
    assert await office.sender.step() == 1
    async with asyncio.timeout(WAIT):
        await office.post.news.wait()


async def arrive(office: Office) -> None:
    office.post.held.pop("a").set()
    async with asyncio.timeout(WAIT):
        await office.sender.settle()
    await office.drain()


async def test_a_jump_ahead_does_not_send_again_what_is_being_sent(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        await under_way(office)
        office.hands.start += HOUR
        assert await office.sender.step() == 0
        await arrive(office)
        assert [text for _to, text in office.post.attempts] == ["a1", "a2"]


async def test_a_worker_whose_clock_is_ahead_leaves_the_others_messages_alone(
    tables_url: str, tmp_path: Path
) -> None:
    async with open_office(tables_url, tmp_path) as office:
        await under_way(office)
        ahead = Hands(office.hands.start + HOUR)
        hasty = office.another_sender(ahead)
        assert await hasty.step() == 0
        await arrive(office)
        assert [text for _to, text in office.post.attempts] == ["a1", "a2"]


async def test_a_jump_back_keeps_the_order_and_everything(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        await office.write("a", "before")
        office.hands.start -= HOUR
        await office.write("a", "after")
        await office.write("b", "another chat")
        await office.drain()
        assert office.post.to("b") == ["another chat"]
        assert office.post.to("a") == ["before", "after"]


@pytest.mark.parametrize("way", [-1, 1])
async def test_an_inspection_goes_on_whatever_the_clock_says(
    museum_url: str, tmp_path: Path, wall: Wall, way: int
) -> None:
    async with open_house(museum_url, tmp_path) as house:
        guard = await house.someone("g", "guard")
        assert "Item 1:" in await guard.follows("p_L1-P3")
        wall.off = way * HOUR
        assert "(1/14) Item 2:" in await guard.taps("Normal")
        wall.off = timedelta()
        assert "Please check" in await guard.says("the rest normal")
        wall.off = -way * HOUR
        assert "Submitted" in await guard.taps("Submit")
        assert len(await house.rows(select(Inspection.id))) == 1


def reminding(house: House) -> list[str]:
    """Have the house remind; returns what it said so far."""
    said: list[str] = []

    @house.engine.routes.timer("remind")
    async def remind(work: Work, key: str) -> None:
        said.append(key)

    return said


async def test_a_reminder_comes_once_however_the_clock_jumps(
    tables_url: str, tmp_path: Path, wall: Wall
) -> None:
    async with open_house(tables_url, tmp_path) as house:
        said = reminding(house)
        soon, late = wall.now() + HOUR / 2, wall.now() + 2 * HOUR
        blank = {"kind": "remind", "payload": {}, "status": "waiting", "attempts": 0}
        await house.add(
            Due, {**blank, "key": "soon", "due_at": soon}, {**blank, "key": "late", "due_at": late}
        )
        clocks = [Clock(house.database, house.engine, wall.now) for _worker in range(2)]

        async def looks() -> None:
            async with asyncio.timeout(WAIT):
                while any(await asyncio.gather(*(clock.tick() for clock in clocks))):
                    continue

        for off, expected in ((0, []), (1, ["soon"]), (-1, ["soon"]), (1, ["soon"]), (2.1, ["soon", "late"])):
            wall.off = off * HOUR
            await looks()
            assert said == expected
