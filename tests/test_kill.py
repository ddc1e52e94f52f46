"""Kill -9 in mid-conversation: no answered step is lost, none has its effect twice, none is out of order."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, insert, select

from bot.app import opened, prepare
from bot.channels.telegram_draw import drawn
from bot.config import load_settings
from bot.db import Database
from models import (
    Account,
    Checklist,
    Conversation,
    Feedback,
    Hazard,
    Inbox,
    Inspection,
    InspectionItem,
    Outbox,
    Person,
    Signature,
)
from tests.fakes.bot_api import TOKEN
from tests.fixtures.killing import (
    INSIDE,
    PATIENCE,
    RECEIVED,
    SERVED,
    Effect,
    Program,
    WatchedAPI,
    moments,
)
from tests.fixtures.postgres import Postgres
from tests.fixtures.walking import Guard, Leader, Mark, Said, Visitor, Walker

KILLS = 16  # in each of the four ways the program can run: 64 in all
POINT, CHECKLIST = "L1-P3", "fire_daily"

pytestmark = [
    pytest.mark.crash,
    pytest.mark.timeout(1200),  # far more than needed: every wait inside has its own limit
    pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX"),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def durable_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database whose commits survive a power cut, as in service."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{(tmp_path / 'docent.db').as_posix()}"
        return
    server: Postgres = request.getfixturevalue("durable_postgres")
    with server.database() as url:
        yield url


@pytest.fixture
def chance(record_property: Any) -> random.Random:
    """What decides when the program dies and what people say: set KILL_SEED to see the same again."""
    seed = int(os.environ.get("KILL_SEED") or secrets.randbelow(2**32))
    print(f"KILL_SEED={seed}")
    record_property("seed", seed)
    return random.Random(seed)


class Duty:
    """Everybody on duty, and who of them is still busy."""

    def __init__(self, api: WatchedAPI, chance: random.Random, items: list[dict[str, Any]]) -> None:
        def walker(number: int, name: str) -> tuple[Any, ...]:
            person = api.user(7_000_000_000 + number, name, "en")
            return api, person, random.Random(chance.random()), PATIENCE

        self.api = api
        self.guards = [Guard(POINT, items, *walker(n, f"Guard {n}")) for n in (1, 2)]
        self.visitors = [Visitor(*walker(n, f"Visitor {n}")) for n in (3, 4)]
        self.leader = Leader(*walker(5, "Leader"))
        self.busy = len(self.guards)
        self.enough = asyncio.Event()
        self.signed: set[str] = set()

    @property
    def roles(self) -> dict[Walker, set[str]]:
        """Everybody, with the roles they have. The second visitor is a volunteer, who may comment often."""
        one, two = self.guards
        visitor, volunteer = self.visitors
        return {
            one: {"guard"},
            two: {"guard"},
            visitor: set(),
            volunteer: {"volunteer"},
            self.leader: {"leader"},
        }

    @property
    def numbers(self) -> set[str]:
        return {one.number for guard in self.guards for one in guard.rounds}

    def is_over(self) -> bool:
        """Whether nothing more is to come: guards hear last that their rounds were signed."""
        heard = {
            number for guard in self.guards for number in guard.heard(r"(XJ-\d{8}-\d{4,}) was signed by")
        }
        return heard == self.numbers and not self.api.updates.waiting

    async def inspect(self, guard: Guard) -> None:
        while not self.enough.is_set():
            await guard.walk()
        self.busy -= 1
        self.api.world.changes.notify()

    async def comment(self, visitor: Visitor, most: int) -> None:
        while not self.enough.is_set() and len(visitor.comments) < most:
            await visitor.walk()

    async def sign(self) -> None:
        await self.leader.says("/start", "What would you like to do")
        self.signed = await self.leader.sign_until(lambda signed: not self.busy and signed == self.numbers)


@asynccontextmanager
async def on_duty(
    url: str, folder: Path, chance: random.Random, **settings: str
) -> AsyncIterator[tuple[Program, Duty]]:
    """The program, not yet started, and people whom its database knows."""
    program = Program(folder, DATABASE_URL=url)
    api = WatchedAPI(program)
    await api.start()
    telegram = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "TELEGRAM_SECRET": "a-secret"}
    program.environment |= {**telegram, **settings}
    await prepare(load_settings(program.environment, folder / "none.env"))
    async with opened(url) as database:
        listed = select(Checklist.body).where(Checklist.code == CHECKLIST)
        [row] = await rows(database, listed)
        duty = Duty(api, chance, row.body["items"])
        for walker, roles in duty.roles.items():
            await introduce(database, walker, roles)
    try:
        yield program, duty
    finally:
        await program.gone()
        await api.stop()


async def introduce(database: Database, walker: Walker, roles: set[str]) -> None:
    now = datetime.now(UTC)
    person = {"name": walker.user.person["first_name"], "roles": frozenset(roles), "created_at": now}
    account = {"channel": "telegram", "external_id": str(walker.user.id), "blocked": False, "seen_at": now}
    async with database.transaction() as db:
        made = insert(Person).values(**person, active=True, sample=False).returning(Person.id)
        await db.execute(insert(Account).values(**account, person_id=await db.scalar(made), seq=0))


async def rows(database: Database, query: Any) -> list[Row[Any]]:
    async with database.reading() as db:
        return list(await db.execute(query))


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_killed_again_and_again(
    durable_url: str, tmp_path: Path, chance: random.Random, mode: str
) -> None:
    plan = moments(chance, KILLS, {**SERVED, **RECEIVED[mode], **INSIDE})
    async with on_duty(durable_url, tmp_path, chance, TELEGRAM_MODE=mode) as (program, duty):
        async with asyncio.TaskGroup() as together:
            for guard in duty.guards:
                together.create_task(duty.inspect(guard))
            for visitor, most in zip(duty.visitors, (5, 1000), strict=True):
                together.create_task(duty.comment(visitor, most))
            together.create_task(duty.sign())
            await program.die_at(plan)
            duty.enough.set()
        await duty.api.wait_for(duty.is_over, PATIENCE)
        await program.stop()
        assert program.lives == KILLS + 1
        async with opened(durable_url) as database:
            await check_records(database, duty)
            await check_updates(database, duty)
            repeated = await check_messages(database, duty)
    print(f"{KILLS} kills, {len(duty.numbers)} inspections, {repeated} messages came again")


async def check_records(database: Database, duty: Duty) -> None:
    """The records are what people remember, each once and numbered without a gap."""
    for guard in duty.guards:
        stored = await inspections_of(database, guard)
        assert stored == [(one.number, one.marks) for one in guard.rounds]
    for visitor in duty.visitors:
        assert await comments_of(database, visitor) == visitor.comments
    for model in (Inspection, Feedback, Hazard):
        check_numbers([row.number for row in await rows(database, select(model.number))])
    marks = [mark for guard in duty.guards for one in guard.rounds for mark in one.marks.values()]
    fixed = [mark.fixed is True for mark in marks if mark.state == "bad"]
    hazards = await rows(database, select(Hazard.status))
    assert sorted(row.status for row in hazards) == sorted(
        "fixed_on_spot" if one else "open" for one in fixed
    )
    signed = select(Inspection.number, Signature.post).where(Inspection.id == Signature.inspection_id)
    signatures = await rows(database, signed)
    posts = [(number, post) for number in duty.numbers for post in ("inspector", "second")]
    assert sorted((row.number, row.post) for row in signatures) == sorted(posts)
    assert duty.signed == duty.numbers


async def inspections_of(database: Database, guard: Guard) -> list[tuple[str, dict[int, Mark]]]:
    query = (
        select(Inspection.number, *InspectionItem.__table__.c["state", "note", "photos", "fixed"])
        .add_columns(InspectionItem.number.label("item"))
        .join(Inspection, Inspection.id == InspectionItem.inspection_id)
        .join(Account, Account.person_id == Inspection.person_id)
        .where(Account.external_id == str(guard.user.id), Inspection.revision == 1)
        .order_by(Inspection.id, InspectionItem.number)
    )
    found: dict[str, dict[int, Mark]] = {}
    for row in await rows(database, query):
        asked = row.state == "bad" and bool(guard.items[row.item - 1].get("on_spot"))
        photos = [photo["original_sha"] for photo in row.photos]
        mark = Mark(row.state, row.note, photos, row.fixed if asked else None)
        assert row.item not in found.setdefault(row.number, {})
        found[row.number][row.item] = mark
    return list(found.items())


async def comments_of(database: Database, visitor: Visitor) -> list[Said]:
    query = (
        select(Feedback)
        .join(Account, Account.person_id == Feedback.person_id)
        .where(Account.external_id == str(visitor.user.id))
        .order_by(Feedback.id)
    )
    return [
        Said(
            row.number,
            row.rating,
            row.comment,
            row.kind,
            row.topic,
            row.contact,
            [photo["original_sha"] for photo in row.photos],
        )
        for row in await rows(database, query)
    ]


def check_numbers(numbers: list[str]) -> None:
    """In each series the numbers run from 1 without a gap."""
    series: dict[str, list[int]] = {}
    for number in numbers:
        prefix, _sep, count = number.rpartition("-")
        series.setdefault(prefix, []).append(int(count))
    for counts in series.values():
        assert sorted(counts) == list(range(1, len(counts) + 1))


async def check_updates(database: Database, duty: Duty) -> None:
    """Every update was taken once and no conversation is left over, or was opened for nothing."""
    taken = await rows(database, select(Inbox.external_id, Inbox.status))
    expected = [(str(number), "done") for number in duty.api.updates.sent]
    assert sorted((row.external_id, row.status) for row in taken) == sorted(expected)
    walked = await rows(database, select(Conversation.form, Conversation.status))
    talks = [row.form for row in walked]
    assert {row.status for row in walked} <= {"done"}
    assert talks.count("inspection") == talks.count("inspection_start") == len(duty.numbers)
    assert talks.count("feedback") == sum(len(visitor.comments) for visitor in duty.visitors)


async def check_messages(database: Database, duty: Duty) -> int:
    """Everybody got everything in order; returns how many messages came twice."""
    query = (
        select(Account.external_id, Outbox.payload, Outbox.status)
        .join(Account, Account.id == Outbox.account_id)
        .order_by(Outbox.account_id, Outbox.seq)
    )
    wanted: dict[str, list[Any]] = {}
    for row in await rows(database, query):
        assert row.status == "sent"
        wanted.setdefault(row.external_id, []).append(row.payload)
    assert wanted.keys() == duty.api.effects.keys()
    return sum(in_order(duty.api.effects[chat], payloads) for chat, payloads in wanted.items())


def in_order(effects: list[Effect], payloads: list[Any]) -> int:
    """That a chat got its messages in order, none missing; again only the last one, and only in a later life,
    so that a kill repeats one message of a chat at most. Returns how many came again."""
    parts = [(place, *part) for place, payload in enumerate(payloads) for part in parts_of(payload)]
    first = {place: at for at, (place, _text, _data) in reversed(list(enumerate(parts)))}
    ends, life = {-1: 0}, 0  # where the effects so far may end, with how many repetitions
    for effect in effects:
        steps = [(end + 1, count) for end, count in ends.items() if end + 1 < len(parts)]
        if effect.life > life:
            steps += [(first[parts[end][0]], count + 1) for end, count in ends.items() if end >= 0]
        fitting = [(at, count) for at, count in steps if parts[at][1:] == (effect.text, effect.data)]
        assert fitting, f"out of order: {effect}, after {[parts[end] for end in ends if end >= 0]}"
        ends = {at: min(count for place, count in fitting if place == at) for at, _count in fitting}
        life = effect.life
    assert len(parts) - 1 in ends, f"missing: {parts[max(ends) + 1 :]}"
    return ends[len(parts) - 1]


def parts_of(payload: Any) -> list[tuple[str, tuple[str, ...]]]:
    """(text, data of the buttons) of each call that a message takes; an album has neither."""
    message = drawn(payload)
    rows = message.keyboard["inline_keyboard"] if message.keyboard else []
    data = tuple(button.get("callback_data", "") for row in rows for button in row)
    [text] = message.pieces  # nobody here writes more than fits into one
    alone = not payload["photos"] or (len(payload["photos"]) == 1 and message.is_caption)
    return [(text, data)] if alone else [("", ()), (text, data)]
