"""Kill -9 in mid-conversation: no answered step is lost, none has its effect twice, none is out of order."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import insert, select

from bot.app import opened, prepare
from bot.channels.web_session import account_of, new_token
from bot.config import load_settings
from bot.sender import CLAIM
from models import Account, Checklist, Outbox
from tests.fakes.bot_api import TOKEN
from tests.fixtures.devices import Browser, Phone
from tests.fixtures.introducing import introduce
from tests.fixtures.killing import INSIDE, PATIENCE, RECEIVED, SERVED, Program, WatchedAPI, moments
from tests.fixtures.postgres import Postgres
from tests.fixtures.truth import (
    check_comments,
    check_messages,
    check_rounds,
    check_talks,
    check_updates,
    rows,
)
from tests.fixtures.walking import Guard, Leader, Visitor

KILLS = 15  # in each of four ways to run the program: 60 in all, and more at the web chat
KILLS_AT_THE_WEB_CHAT = 6
MOST_COMMENTS = 5  # of a visitor in a day
POINT, CHECKLIST = "L1-P3", "fire_daily"
ROLES = ("guard", "guard", "", "volunteer", "leader")

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


class Duty:
    """Everybody on duty with their phones, and who of them is still busy."""

    def __init__(self, api: WatchedAPI, chance: random.Random, items: list[dict[str, Any]]) -> None:
        self.api = api
        self.phones = [Phone(api, api.user(7_000_000_001 + n, f"P{n}", "en")) for n in range(len(ROLES))]
        one, two, three, four, five = self.phones
        self.guards = [Guard(phone, random.Random(chance.random()), POINT, items) for phone in (one, two)]
        self.visitors = [Visitor(phone, random.Random(chance.random())) for phone in (three, four)]
        self.leader = Leader(five)
        self.enough = asyncio.Event()
        self._busy = len(self.guards)

    @property
    def accounts(self) -> list[str]:
        return [str(phone.user.id) for phone in self.phones]

    @property
    def numbers(self) -> set[str]:
        return {one.number for guard in self.guards for one in guard.rounds}

    async def work(self, program: Program, plan: list[Any]) -> None:
        """All do their part while the program dies as planned, and then finish what they have begun."""
        async with asyncio.TaskGroup() as together:
            for guard in self.guards:
                together.create_task(self._inspect(guard))
            for visitor in self.visitors:
                together.create_task(self._comment(visitor))
            together.create_task(self._sign())
            await program.die_at(plan)
            self.enough.set()
        await self.api.wait_for(self._is_over, PATIENCE)

    async def _inspect(self, guard: Guard) -> None:
        while not self.enough.is_set():
            await guard.walk()
        self._busy -= 1
        self.api.world.changes.notify()

    async def _comment(self, visitor: Visitor) -> None:
        for _comment in range(MOST_COMMENTS):
            if not self.enough.is_set():
                await visitor.walk()

    async def _sign(self) -> None:
        await self.leader.phone.says("/start", "What would you like to do")
        await self.leader.sign_until(lambda signed: not self._busy and signed == self.numbers)

    def _is_over(self) -> bool:
        """Whether nothing more is to come: the last that guards hear is that their rounds were signed."""
        signed = [phone.heard(r"(XJ-\d{8}-\d{4,}) was signed by") for phone in self.phones]
        return set().union(*signed) == self.numbers and not self.api.updates.waiting


@asynccontextmanager
async def on_duty(
    url: str, folder: Path, chance: random.Random, **settings: str
) -> AsyncIterator[tuple[Program, Duty]]:
    """The program, not yet started, and people whom its database knows."""
    program = Program(folder, DATABASE_URL=url)
    api = WatchedAPI(program)
    async with api:
        telegram = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "TELEGRAM_SECRET": "a-secret"}
        program.environment |= {**telegram, **settings}
        await prepare(load_settings(program.environment, folder / "none.env"))
        async with opened(url) as database:
            [listed] = await rows(database, select(Checklist.body).where(Checklist.code == CHECKLIST))
            duty = Duty(api, chance, listed.body["items"])
            await introduce(database, "telegram", zip(duty.accounts, ROLES, strict=True))
        async with ending(program):
            yield program, duty


@asynccontextmanager
async def ending(program: Program) -> AsyncIterator[None]:
    """Nothing of the program is left behind; when something went wrong its last words are."""
    try:
        yield
    except BaseException:
        print(program.last_words())
        raise
    finally:
        await program.gone()


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_kills_on_telegram(durable_url: str, tmp_path: Path, chance: random.Random, mode: str) -> None:
    plan = moments(chance, KILLS, {**SERVED, **RECEIVED[mode], **INSIDE})
    async with on_duty(durable_url, tmp_path, chance, TELEGRAM_MODE=mode) as (program, duty):
        await duty.work(program, plan)
        await program.stop()
        assert program.lives == KILLS + 1
        async with opened(durable_url) as database:
            await check_rounds(database, dict(zip(duty.accounts, duty.guards, strict=False)))
            await check_comments(database, dict(zip(duty.accounts[2:], duty.visitors, strict=False)))
            comments = sum(len(visitor.comments) for visitor in duty.visitors)
            await check_talks(database, len(duty.numbers), comments)
            await check_updates(database, [str(number) for number in duty.api.updates.sent])
            again = await check_messages(database, duty.api.effects)
        print(f"{KILLS} kills, {len(duty.numbers)} rounds, {comments} comments, {again} messages came again")


async def test_kills_at_the_web_chat(durable_url: str, tmp_path: Path, chance: random.Random) -> None:
    """What a client could not post, it posts again under the same id, and it has one effect."""
    events = {"statement": 60, "commit": 12, "committed": 12, "filing": 1, "answered": 6}
    plan = moments(chance, KILLS_AT_THE_WEB_CHAT, events)
    program = Program(tmp_path, DATABASE_URL=durable_url)
    await prepare(load_settings(program.environment, tmp_path / "none.env"))
    enough = asyncio.Event()

    async def comments(visitor: Visitor) -> None:
        while not enough.is_set():
            await visitor.walk()

    async with aiohttp.ClientSession() as http, ending(program), opened(durable_url) as database:
        tokens = new_token(), new_token()
        browsers = {account_of(token): Browser(http, program, token) for token in tokens}
        visitors = {account: Visitor(device, chance) for account, device in browsers.items()}
        await introduce(database, "web", [(account, "volunteer") for account in visitors])
        async with asyncio.TaskGroup() as together:
            for visitor in visitors.values():
                together.create_task(comments(visitor))
            await program.die_at(plan)
            enough.set()
        await check_comments(database, visitors)
        await check_talks(database, 0, sum(len(visitor.comments) for visitor in visitors.values()))
        marks = [f"{account[:16]}:{one}" for account, browser in browsers.items() for one in browser.posted]
        await check_updates(database, marks)
        for browser in browsers.values():
            shown = await browser.transcript()
            assert [one["seq"] for one in shown] == list(range(1, len(shown) + 1))
            assert [one["client_id"] for one in shown if one["kind"] == "echo"] == browser.typed
        await program.stop()


async def test_a_restart_sends_at_once_what_was_being_sent(durable_url: str, tmp_path: Path) -> None:
    """Not only when the dead program's claim runs out."""
    settings = load_settings({"DATABASE_URL": durable_url, "MEDIA_DIR": str(tmp_path)}, tmp_path / "none.env")
    await prepare(settings)
    async with opened(durable_url) as database:
        await introduce(database, "telegram", [("1", "guard")])
        now = datetime.now(UTC)
        async with database.transaction() as db:
            account = await db.scalar(select(Account.id))
            message = insert(Outbox).values(
                account_id=account, seq=1, payload={}, not_before=now, created_at=now, status="sending"
            )
            await db.execute(message.values(claimed_until=now + CLAIM))
        await prepare(settings)
        [row] = await rows(database, select(Outbox.status, Outbox.claimed_until))
        assert tuple(row) == ("pending", None)
