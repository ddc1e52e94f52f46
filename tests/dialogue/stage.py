"""The stage of a dialogue: the whole program with a channel, and everybody in their seat."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import time_machine

from bot.app import App, running
from bot.config import load_settings
from tests.dialogue.play import Passes, give_roles
from tests.dialogue.script import Script
from tests.dialogue.seats import Seat
from tests.dialogue.venues import MUSEUM, Venue


@asynccontextmanager
async def staged(
    script: Script, venue: AbstractAsyncContextManager[Venue], database_url: str, folder: Path
) -> AsyncIterator[tuple[App, dict[str, Seat], Passes]]:
    """The program at work at the script's time, and its people at `venue`, which opens at that time, too."""
    async with AsyncExitStack() as stack:
        clock = stack.enter_context(time_machine.travel(script.now, tick=True))
        place = await stack.enter_async_context(venue)
        env = {
            "DATABASE_URL": database_url,
            "LISTEN": "127.0.0.1:0",
            "MEDIA_DIR": str(folder / "media"),
            "MUSEUM_NAME": MUSEUM,
            "SPOT_PHOTO_ONE_IN": "0",
            "LOCALE": _spoken(script),
            "TELEGRAM_CHAT_PER_SECOND": "100",  # people in dialogues read fast
            **place.settings,
            **{name: str(value) for name, value in script.rules.items()},
        }
        app = await stack.enter_async_context(running(load_settings(env, folder / "none.env")))
        seats: dict[str, Seat] = {}
        for number, (who, person) in enumerate(script.people.items()):
            seats[who], account = await place.seat(app, number, who, person)
            await _take_post(app, account, who, person)

        async def passes(minutes: float) -> None:
            clock.shift(timedelta(minutes=minutes))
            while await app.clock.tick():
                continue

        yield app, seats, passes


def _spoken(script: Script) -> str:
    """The language of a script's people, which not every channel tells; they all speak the same."""
    [locale] = {str(person["locale"]) for person in script.people.values()}
    return locale


async def _take_post(app: App, external_id: str, who: str, person: Mapping[str, Any]) -> None:
    roles = person.get("roles", [])
    assert isinstance(roles, list)
    await give_roles(app.database, external_id, str(person.get("name", who)) if roles else "", roles)
