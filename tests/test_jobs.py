"""Jobs: due work that takes long keeps nobody waiting, is done once, and says so when it cannot be done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select

from bot.clock import CLAIM, MOST_ATTEMPTS, Clock
from handlers.work import Work
from models import Account, Due
from tests.house import House, Someone
from tests.records import NOW

Job = Callable[[Work, str], Awaitable[None]]


async def asked(house: House, person: Someone, job: Job, key: str = "k") -> Clock:
    """A clock with a due job for `person`."""
    house.engine.routes.jobs["test"] = job
    (account,) = await house.rows(select(Account.id).where(Account.external_id == person.external_id))
    row = {
        "kind": "test",
        "key": key,
        "due_at": NOW,
        "payload": {"account": account.id},
        "status": "waiting",
        "attempts": 0,
    }
    await house.add(Due, row)
    return Clock(house.database, house.engine, lambda: NOW)


async def status(house: House) -> tuple[str, int, datetime]:
    (row,) = await house.rows(select(Due.status, Due.attempts, Due.due_at).where(Due.kind == "test"))
    return row.status, row.attempts, row.due_at


async def test_others_go_on_while_a_job_runs(museum: House) -> None:
    person, other = await museum.someone("p", "leader"), await museum.someone("o")
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def job(work: Work, key: str) -> None:
        begun.set()
        await may_end.wait()
        work.reply(f"{key} for {work.me.name}, a {', '.join(work.me.roles)}")

    clock = await asked(museum, person, job)
    running = asyncio.create_task(clock.tick())
    await asyncio.wait_for(begun.wait(), 10)
    assert "/feedback" in await asyncio.wait_for(other.says("/help"), 10)
    assert "示例" in await asyncio.wait_for(person.says("/start"), 10)
    assert not await clock.tick()  # it is claimed: another worker leaves it alone
    assert (await status(museum))[0] == "waiting"
    may_end.set()
    assert await asyncio.wait_for(running, 10)
    assert await person.hears() == "k for p, a leader"
    assert (await status(museum))[0] == "done"
    assert not await clock.tick()


async def test_a_job_sees_one_moment(museum: House) -> None:
    person = await museum.someone("p")
    counts: list[int] = []

    async def job(work: Work, key: str) -> None:
        for _look in range(2):
            counts.append(len((await work.db.execute(select(Account.id))).all()))
            if len(counts) == 1:
                await museum.someone("late")

    clock = await asked(museum, person, job)
    assert await clock.tick()
    assert counts == [1, 1]


async def test_a_job_whose_worker_died_is_done_by_another(museum: House) -> None:
    person = await museum.someone("p")
    begun = asyncio.Event()

    async def never_ends(work: Work, key: str) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def ends(work: Work, key: str) -> None:
        work.reply("done")

    clock = await asked(museum, person, never_ends)
    running = asyncio.create_task(clock.tick())
    await asyncio.wait_for(begun.wait(), 10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    museum.engine.routes.jobs["test"] = ends
    assert not await clock.tick()
    later = Clock(museum.database, museum.engine, lambda: NOW + CLAIM + timedelta(seconds=1))
    assert await later.tick()
    assert await person.hears() == "done"


async def test_asked_for_anew_while_it_runs_only_the_new_answer_is_sent(museum: House) -> None:
    person = await museum.someone("p")
    runs: list[int] = []
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def job(work: Work, key: str) -> None:
        runs.append(len(runs) + 1)
        mine = runs[-1]
        if mine == 1:
            begun.set()
            await may_end.wait()
        work.reply(f"answer {mine}")

    clock = await asked(museum, person, job)
    running = asyncio.create_task(clock.tick())
    await asyncio.wait_for(begun.wait(), 10)

    @museum.engine.routes.action("again", needs="talk")
    async def again(work: Work, argument: str) -> None:
        await work.due("test", "k", NOW, account=work.me.account_id)

    await person.taps_data("a:again:")
    may_end.set()
    await asyncio.wait_for(running, 10)
    while await clock.tick():
        continue
    assert await person.hears() == "answer 2"


async def test_after_the_last_failure_the_person_is_told(museum: House) -> None:
    person = await museum.someone("p")

    async def fails(work: Work, key: str) -> None:
        work.reply("never said")
        raise RuntimeError("broken")

    def at(moment: datetime) -> datetime:
        return moment

    clock = await asked(museum, person, fails)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert await person.hears() == ""
        _state, _attempts, due = await status(museum)
        clock = Clock(museum.database, museum.engine, partial(at, due))
        assert await clock.tick()
        assert (await status(museum))[1] == attempt
    assert (await status(museum))[0] == "dead"
    assert "could not be made" in await person.hears()
    assert not await clock.tick()


async def test_a_job_for_nobody_is_dropped(museum: House) -> None:
    async def job(work: Work, key: str) -> None:
        raise AssertionError("for whom?")

    museum.engine.routes.jobs["test"] = job
    row = {
        "kind": "test",
        "key": "k",
        "due_at": NOW,
        "payload": {"account": 999},
        "status": "waiting",
        "attempts": 0,
    }
    await museum.add(Due, row)
    clock = Clock(museum.database, museum.engine, lambda: NOW)
    assert await clock.tick()
    assert (await status(museum))[0] == "done"
