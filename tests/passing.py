"""A house in which time is what the test says, for what is done at its hour."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.clock import Clock
from models import Person
from tests.house import ZONE, House, Someone, open_house

SUNDAY = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # ten in the morning in the museum


@dataclass
class Museum:
    """The house, and its time in UTC."""

    house: House
    now: datetime = SUNDAY

    async def until(self, day: int, hour: int = 0, minute: int = 0) -> None:
        """Let it be that local time in November 2026 (30 and more go on into December), and have what is due
        by then done."""
        month, day = (11, day) if day <= 30 else (12, day - 30)
        await self.at(datetime(2026, month, day, hour, minute, tzinfo=ZONE))

    async def at(self, moment: datetime) -> None:
        self.now = moment.astimezone(UTC)
        clock = Clock(self.house.database, self.house.engine, lambda: self.now)
        while await clock.tick():
            continue

    async def someone(self, name: str, *roles: str, locale: str = "en") -> Someone:
        return await self.house.someone(name, *roles, locale=locale)

    async def person(self, name: str) -> Any:
        [row] = await self.house.rows(select(*Person.__table__.columns).where(Person.name == name))
        return row

    async def rows(self, query: Any) -> list[Any]:
        return await self.house.rows(query)


@asynccontextmanager
async def passing(url: str, folder: Path, patch: pytest.MonkeyPatch, **rules: Any) -> AsyncIterator[Museum]:
    """A house on the database at `url` whose clocks all stand at `Museum.now`."""
    async with open_house(url, folder, **rules) as house:
        museum = Museum(house)
        patch.setattr("bot.engine.utc_now", lambda: museum.now)
        yield museum
