"""Kill -9 while a late hazard goes up the chain: every post is told, at most once more than once."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import opened, prepare
from bot.config import load_settings
from models import Account, Hazard, HazardEvent
from tests.fakes.bot_api import TOKEN
from tests.fixtures.duty import ending
from tests.fixtures.hazard_flow import found
from tests.fixtures.introducing import introduce
from tests.fixtures.killing import PATIENCE, Moment, Program
from tests.fixtures.passing import time_from
from tests.fixtures.watching import WatchedAPI
from tests.house import open_house

LONG_AGO = timedelta(days=20)  # found then, it is late for everybody
TOLD = "has been overdue for"
POSTS = ("leader", "chief", "deputy", "director")
ACCOUNTS = {str(7_000_000_001 + number): post for number, post in enumerate(("guard", *POSTS))}

pytestmark = [
    pytest.mark.crash,
    pytest.mark.timeout(600),  # every wait inside has a limit of its own
    pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX"),
]


# Between sending and marking; before a transaction ends, the one that marks perhaps.
@pytest.mark.parametrize(("event", "most"), [("sent", len(POSTS)), ("commit", 8)])
async def test_every_level_is_told_and_at_most_once_more(
    database_url: str,
    tmp_path: Path,
    chance: random.Random,
    preloaded: Callable[..., Program],
    event: str,
    most: int,
) -> None:
    program = preloaded(tmp_path, DATABASE_URL=database_url, TELEGRAM_TOKEN=TOKEN)
    await prepare(load_settings(program.environment, tmp_path / "none.env"))
    api = WatchedAPI(program)
    async with ending(program), api, opened(database_url) as database:
        program.environment["TELEGRAM_API_URL"] = api.url
        await introduce(database, "telegram", ACCOUNTS.items())
        await program.start()
        for account, post in ACCOUNTS.items():
            await api.user(int(account), post, "en").starts()
        await api.wait_for(lambda: len(api.effects) == len(ACCOUNTS), PATIENCE)
        await program.stop()
        with time_from(datetime.now(UTC) - LONG_AGO):
            await _find(database_url, tmp_path)
        await program.die_at([Moment(event, chance.randint(1, most))])
        await api.wait_for(lambda: set(heard(api)) == set(POSTS), PATIENCE)
        await program.stop()
        told = heard(api)
        async with database.reading() as db:
            escalated = list(await db.scalars(select(HazardEvent.data).where(HazardEvent.move == "escalate")))
            assert await db.scalar(select(Hazard.escalated)) == len(POSTS)
    assert sorted(one["post"] for one in escalated) == sorted(POSTS)
    assert max(told.values()) <= 2, told
    assert sum(told.values()) <= len(POSTS) + 1


def heard(api: WatchedAPI) -> Counter[str]:
    """How often each post was told that it is late."""
    return Counter(
        ACCOUNTS[chat] for chat, effects in api.effects.items() for one in effects if TOLD in one.text
    )


async def _find(url: str, folder: Path) -> None:
    async with open_house(url, folder) as house:
        [guard] = await house.rows(select(Account.person_id).where(Account.external_id == min(ACCOUNTS)))
        await found(house.engine, guard.person_id)
