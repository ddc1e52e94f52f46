"""`verify` at the command line, and the seal that the managers are told every morning."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from bot import sealing
from bot.app import all_routes, opened
from bot.clock import Clock
from bot.housekeeping import KEY as NIGHTLY
from bot.housekeeping import KIND as HOUSEKEEPING
from handlers import sealing_head
from models import Due, Inspection, Person, Seal
from models.guards import unguard
from tests.fixtures.sealing import rounds
from tests.fixtures.shell import Shell
from tests.fixtures.shell import shell as shell
from tests.house import ZONE, House
from tests.records import inspection


def sealed(shell: Shell, *numbers: str) -> str:
    """Rounds with these numbers, sealed; the head of the chain."""
    guard = shell.person("g", "guard")
    for number in numbers:
        shell.add(Inspection, **inspection(number, guard))

    async def seal() -> None:
        async with opened(shell.url) as database:
            await sealing.catch_up(database)

    asyncio.run(seal())
    return str(shell.rows(select(Seal.head).order_by(Seal.seq.desc()))[0].head)


def tamper(shell: Shell) -> None:
    async def change() -> None:
        async with opened(shell.url) as database, database.transaction() as db:
            await db.run_sync(unguard)
            await db.execute(update(Inspection).where(Inspection.number == "XJ-2").values(place="H1"))

    asyncio.run(change())


def test_a_chain_is_proven_and_a_head_is_found_in_it(shell: Shell) -> None:
    assert "0 records are proven." in shell.runs("verify")
    head = sealed(shell, "XJ-1", "XJ-2")
    said = shell.runs("verify", "--head", sealing_head.grouped(head).upper())
    assert "2 records are proven." in said
    assert head in said
    assert "is in the chain, at record 2." in said
    assert "Sample data" not in said
    shell.add(Person, name="示例", roles=frozenset(), active=False, created_at=datetime.now(UTC), sample=True)
    assert "Sample data is not part of it" in shell.runs("verify")
    code, out, _wrong = shell.tries("verify", "--head", "0123-4567-89ab")
    assert code == 1
    assert "NOT in the chain" in out
    assert "A seal is at least 12" in shell.fails("verify", "--head", "nonsense")


def test_the_first_broken_record_is_named(shell: Shell) -> None:
    sealed(shell, "XJ-1", "XJ-2", "XJ-3")
    tamper(shell)
    code, said, _wrong = shell.tries("verify")
    assert code == 1
    assert "Inspection XJ-2 1 was changed after it was sealed (place 2 in the chain)." in said
    assert "1 record before it is proven." in said


def test_what_nobody_seals_is_named(shell: Shell) -> None:
    guard = shell.person("g", "guard")
    moment = datetime.now(UTC) - timedelta(hours=2)
    shell.add(Inspection, **{**inspection("XJ-9", guard), "submitted_at": moment})
    code, said, _wrong = shell.tries("verify")
    assert code == 1
    assert "Inspection XJ-9 has not been sealed for more than an hour." in said


async def test_managers_are_told_the_seal_every_morning(museum: House) -> None:
    await rounds(museum)
    told = [await museum.someone(role, role) for role in ("chief", "deputy", "director", "admin")]
    untold = [await museum.someone(role, role) for role in ("guard", "staff")]
    both = await museum.someone("both", "director", "admin")
    museum.engine.routes = all_routes()
    moment = datetime(2026, 11, 23, 4, tzinfo=ZONE).astimezone(UTC)
    await museum.add(
        Due,
        {
            "kind": HOUSEKEEPING,
            "key": NIGHTLY,
            "due_at": moment,
            "payload": {},
            "status": "waiting",
            "attempts": 0,
        },
    )
    clock = Clock(museum.database, museum.engine, lambda: moment)
    while await clock.tick():
        continue
    assert "Records sealed" not in await told[0].hears()
    moment = datetime(2026, 11, 23, 8, 31, tzinfo=ZONE).astimezone(UTC)
    while await clock.tick():
        continue
    [last] = await museum.rows(select(Seal.head).order_by(Seal.seq.desc()).limit(1))
    for person in (*told, both):
        heard = await person.hears()
        assert heard.count("Records sealed: 6") == 1
        assert sealing_head.grouped(last.head) in heard
    for person in untold:
        assert "Records sealed" not in await person.hears()


async def test_nothing_is_told_of_a_chain_without_records(museum: House) -> None:
    admin = await museum.someone("a", "admin")
    due = {"kind": sealing_head.KIND, "key": sealing_head.KEY, "due_at": datetime.now(UTC), "payload": {}}
    await museum.add(Due, {**due, "status": "waiting", "attempts": 0})
    clock = Clock(museum.database, museum.engine)
    while await clock.tick():
        continue
    assert "sealed" not in await admin.hears()
