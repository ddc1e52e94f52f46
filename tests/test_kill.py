"""Kill -9 in mid-conversation: no answered step is lost, none has its effect twice, none is out of order."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.app import opened
from tests.fixtures.duty import at_the_counter, on_duty
from tests.fixtures.killing import AT_THE_WEB_CHAT, INSIDE, RECEIVED, SERVED, Program, moments
from tests.fixtures.postgres import Postgres

KILLS = 15  # in each of four ways to run the program: 60 in all, and more at the web chat
KILLS_AT_THE_WEB_CHAT = 6

pytestmark = [
    pytest.mark.crash,
    pytest.mark.timeout(1200),  # every wait inside has a limit of its own
    pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX"),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def durable_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database that waits for the disk, as in service."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{(tmp_path / 'docent.db').as_posix()}"
        return
    server: Postgres = request.getfixturevalue("durable_postgres")
    with server.database() as url:
        yield url


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_kills_on_telegram(
    durable_url: str, tmp_path: Path, chance: random.Random, preloaded: Callable[..., Program], mode: str
) -> None:
    plan = moments(chance, KILLS, {**SERVED, **RECEIVED[mode], **INSIDE})
    night = on_duty(durable_url, tmp_path, chance, made=preloaded, TELEGRAM_MODE=mode)
    async with night as (program, duty):
        await duty.work(lambda: program.die_at(plan))
        await program.stop()
        assert program.lives == KILLS + 1
        async with opened(durable_url) as database:
            print(f"{KILLS} kills, {await duty.check(database)}")


async def test_kills_at_the_web_chat(
    durable_url: str, tmp_path: Path, chance: random.Random, preloaded: Callable[..., Program]
) -> None:
    """What a client could not post, it posts again under the same id, and it has one effect."""
    plan = moments(chance, KILLS_AT_THE_WEB_CHAT, AT_THE_WEB_CHAT)
    async with at_the_counter(durable_url, tmp_path, chance, made=preloaded) as (program, counter):
        await counter.work(lambda: program.die_at(plan))
        async with opened(durable_url) as database:
            print(f"{KILLS_AT_THE_WEB_CHAT} kills, {await counter.check(database)}")
        await program.stop()
