"""Jobs: due work that takes long keeps nobody waiting, is done once, and says so when it cannot be done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import String, cast, select, update

from bot.due import MOST_ATTEMPTS
from bot.jobs import BEAT, LEASE, Jobs
from bot.messages import Sender, Update
from handlers.kit.messages import Input
from handlers.work import Work
from models import Account, Due, Outbox
from tests.house import House
from tests.records import NOW

Job = Callable[[Work, str], Awaitable[None]]


async def asked(house: House, person: str, job: Job, beat: float = BEAT) -> Jobs:
    """Somebody who does a due job for the person with that external id."""
    house.engine.routes.jobs["test"] = job
    (account,) = await house.rows(select(Account.id).where(Account.external_id == person))
    row = {
        "kind": "test",
        "key": "k",
        "due_at": NOW,
        "payload": {"account": account.id},
        "status": "waiting",
        "attempts": 0,
    }
    await house.add(Due, row)
    return Jobs(house.database, house.engine, lambda: NOW, beat)


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

    clock = await asked(museum, person.external_id, job)
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

    clock = await asked(museum, person.external_id, job)
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

    clock = await asked(museum, person.external_id, never_ends)
    running = asyncio.create_task(clock.tick())
    await asyncio.wait_for(begun.wait(), 10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    museum.engine.routes.jobs["test"] = ends
    assert not await clock.tick()
    later = Jobs(museum.database, museum.engine, lambda: NOW + LEASE + timedelta(seconds=1))
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

    clock = await asked(museum, person.external_id, job)
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

    clock = await asked(museum, person.external_id, fails)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert await person.hears() == ""
        _state, _attempts, due = await status(museum)
        clock = Jobs(museum.database, museum.engine, partial(at, due))
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
    clock = Jobs(museum.database, museum.engine, lambda: NOW)
    assert await clock.tick()
    assert (await status(museum))[0] == "done"


class Rung:
    """An event for every time that the program rang somebody, by taking the engine's bell."""

    def __init__(self, house: House) -> None:
        self.bell = asyncio.Event()
        house.engine.ring = lambda _accounts: self.bell.set()

    async def again(self) -> None:
        """Wait for the next time."""
        self.bell.clear()
        await asyncio.wait_for(self.bell.wait(), 20)


async def test_progress_is_told_in_one_message_that_changes(museum: House) -> None:
    person = await museum.someone("p")
    rung = Rung(museum)

    async def job(work: Work, key: str) -> None:
        for part in (1, 2):
            work.progress = f"{part} of 3"
            await rung.again()
            await rung.again()  # nothing new to tell: nothing is told
        work.progress = "3 of 3"
        work.reply("here it is")

    jobs = await asked(museum, "p", job, beat=0.01)
    await person.hears()
    assert await asyncio.wait_for(jobs.tick(), 60)
    assert await person.hears() == "1 of 3\n\n2 of 3\n\n3 of 3\n\nhere it is"
    first, *others, last = person.told[-4:]
    assert (first["replaces"], last["replaces"]) == (None, None)
    assert [other["replaces"] for other in others] == [str(first["seq"])] * 2


async def sent(house: House) -> None:
    """Let all messages have arrived, named after their places."""
    async with house.database.transaction() as db:
        waiting = update(Outbox).where(Outbox.status == "pending")
        await db.execute(waiting.values(status="sent", external_id="m" + cast(Outbox.seq, String)))


async def test_progress_waits_for_what_is_on_its_way(museum: House) -> None:
    await museum.engine.accept(Update("telegram", "1", Sender("77"), Input("/start")))
    rung = Rung(museum)

    async def told() -> list[str]:
        rows = await museum.rows(select(Outbox.payload).where(Outbox.status == "pending"))
        return [f"{row.payload['text'][:6]} {row.payload['replaces']}" for row in rows]

    async def job(work: Work, key: str) -> None:
        work.progress = "1 of 2"
        await rung.again()
        assert "1 of 2 None" not in await told()
        await sent(museum)
        await rung.again()
        assert await told() == ["1 of 2 None"]
        work.progress = "2 of 2"
        await rung.again()
        assert await told() == ["1 of 2 None"]
        await sent(museum)
        await rung.again()

    jobs = await asked(museum, "77", job, beat=0.01)
    assert await asyncio.wait_for(jobs.tick(), 60)
    (place,) = await museum.rows(select(Due.payload).where(Due.kind == "test"))
    assert await told() == [f"2 of 2 m{place.payload['told']}"]
    assert (await status(museum))[0] == "done"


async def test_a_job_in_hand_stays_there(museum: House) -> None:
    await museum.someone("p")
    rung = Rung(museum)
    moment = NOW

    async def job(work: Work, key: str) -> None:
        nonlocal moment
        moment = NOW + LEASE - timedelta(seconds=1)
        await rung.again()
        late = Jobs(museum.database, museum.engine, lambda: NOW + LEASE + timedelta(seconds=1))
        assert not await late.tick()

    await asked(museum, "p", job)
    assert await Jobs(museum.database, museum.engine, lambda: moment, 0.01).tick()
    assert await status(museum) == ("done", 0, moment + LEASE)


async def test_a_job_that_another_worker_took_is_dropped(museum: House) -> None:
    person = await museum.someone("p")
    begun, dropped = asyncio.Event(), asyncio.Event()

    async def job(work: Work, key: str) -> None:
        work.reply("never said")
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            dropped.set()

    jobs = await asked(museum, "p", job, beat=0.01)
    running = asyncio.create_task(jobs.tick())
    await asyncio.wait_for(begun.wait(), 20)
    async with museum.database.transaction() as db:
        await db.execute(update(Due).where(Due.kind == "test").values(due_at=NOW + timedelta(hours=1)))
    await asyncio.wait_for(dropped.wait(), 20)
    assert await running
    assert await person.hears() == ""
    assert (await status(museum))[0] == "waiting"
