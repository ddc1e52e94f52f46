"""Due work is done once and on time, by whichever worker gets there; drafts expire as their form says."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.clock import Clock
from bot.db import Database
from bot.due import MOST_ATTEMPTS
from bot.errors import Unavailable
from handlers.kit.form import Form
from handlers.kit.kinds import text
from handlers.kit.messages import Message
from handlers.routes import Routes
from handlers.work import Work
from models import Account, Audit, Conversation, Due, Feedback
from tests.fixtures.postgres import Postgres
from tests.house import House, open_house

WAIT = 20  # seconds, far more than anything here takes
DAY = timedelta(days=1)
_forms = Routes()


@_forms.form
class Reminding(Form, name="t_remind", opens="a diary", needs="talk", lasts=DAY, on_expiry="remind"):
    """Two questions, and a reminder when it is left alone."""

    first: str = text("First?")
    second: str = text("Second?")


@_forms.form
class Discarding(Form, name="t_discard", opens="a thought", needs="talk", lasts=DAY, on_expiry="discard"):
    """Thrown away when it is left alone."""

    first: str = text("First?")
    second: str = text("Second?")


@_forms.command("diary", needs="talk", about="")
async def diary(work: Work, _rest: str) -> None:
    await work.open(Reminding)


@_forms.command("thought", needs="talk", about="")
async def thought(work: Work, _rest: str) -> None:
    await work.open(Discarding)


class Later:
    """A clock of the house that is `passed` ahead of the real one."""

    def __init__(self, house: House) -> None:
        self.passed = timedelta()
        self.clock = Clock(house.database, house.engine, self.now)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.passed

    async def after(self, passed: timedelta) -> None:
        """Do all that is due when so much time has passed since the start."""
        self.passed = passed
        async with asyncio.timeout(WAIT):
            while await self.clock.tick():
                continue


def with_forms(house: House) -> House:
    house.engine.routes.merge(_forms)
    return house


async def state(house: House, form: str) -> str:
    [row] = await house.rows(select(Conversation.status).where(Conversation.form == form))
    return str(row.status)


async def test_an_abandoned_comment_is_submitted_as_it_is(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        visitor = await house.someone("v")
        await visitor.says("/feedback")
        await visitor.says("2")
        later = Later(house)
        await later.after(timedelta(hours=1))
        assert await state(house, "feedback") == "open"
        await later.after(timedelta(hours=3))
        assert await state(house, "feedback") == "done"
        [comment] = await house.rows(select(Feedback))
        assert comment.rating == 2


async def test_a_draft_is_reminded_of_and_then_let_go(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        guard = await with_forms(house).someone("g", "guard")
        await guard.says("/diary")
        await guard.says("dear diary")
        later = Later(house)
        await later.after(DAY * 0.9)
        assert await guard.hears() == ""
        await later.after(DAY * 1.1)
        assert "still waiting" in await guard.hears()
        assert guard.buttons == ["Go on", "Discard"]
        await later.after(DAY * 1.9)
        assert await guard.hears() == ""
        assert await state(house, "t_remind") == "open"
        await later.after(DAY * 2.2)
        assert await state(house, "t_remind") == "expired"
        assert "no longer" in await guard.taps("Go on")


async def test_work_on_a_draft_puts_its_expiry_off_and_earns_a_new_reminder(
    tables_url: str, tmp_path: Path
) -> None:
    async with open_house(tables_url, tmp_path) as house:
        guard = await with_forms(house).someone("g", "guard")
        await guard.says("/diary")
        later = Later(house)
        for touched in (1.5, 3.0, 4.5):  # each time after the one before would have been let go unreminded
            await later.after(DAY * (touched - 0.4))
            await guard.hears()
            async with house.database.transaction() as db:
                moment = datetime.now(UTC) + DAY * touched
                await db.execute(update(Conversation).values(touched_at=moment))
            await later.after(DAY * (touched + 0.9))
            assert await guard.hears() == "", touched
            await later.after(DAY * (touched + 1.05))
            assert "still waiting" in await guard.hears(), touched
        await later.after(DAY * 6.7)
        assert await state(house, "t_remind") == "expired"


async def test_some_drafts_are_just_thrown_away(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        guard = await with_forms(house).someone("g", "guard")
        await guard.says("/thought")
        await Later(house).after(DAY * 1.1)
        assert await guard.hears() == ""
        assert await state(house, "t_discard") == "expired"


async def test_a_submitted_form_expires_no_more(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        guard = await with_forms(house).someone("g", "guard")
        await guard.says("/thought")
        await guard.says("cancel")
        await guard.says("yes")
        assert await state(house, "t_discard") == "cancelled"
        await Later(house).after(DAY * 3)
        assert await state(house, "t_discard") == "cancelled"


async def due(house: House, *keys: str, kind: str = "t_note", **values: Any) -> None:
    now = datetime.now(UTC) - timedelta(minutes=1)
    rows = [{"kind": kind, "key": key, "due_at": now, "payload": {}, **values} for key in keys]
    async with house.database.transaction() as db:
        await db.execute(insert(Due), rows)


def noting(house: House, *, broken: str = "") -> None:
    """The timer `t_note` writes down that it ran, by its key; the key `broken` fails after that."""
    routes = Routes()

    @routes.timer("t_note")
    async def note(work: Work, key: str) -> None:
        await work.db.execute(insert(Audit), [{"action": f"ran-{key}", "detail": {}, "at": work.now}])
        if key == broken:
            raise RuntimeError("cannot do this")

    house.engine.routes.merge(routes)


async def ran(house: House) -> list[str]:
    return sorted(
        row.action for row in await house.rows(select(Audit.action).where(Audit.action.like("ran-%")))
    )


async def test_two_clocks_do_each_piece_once(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        noting(house)
        keys = [f"{number:02d}" for number in range(30)]
        await due(house, *keys)
        databases = [Database(tables_url) for _ in range(3)]

        async def work(database: Database) -> None:
            clock = Clock(database, house.engine)
            while await clock.tick():
                continue

        try:
            async with asyncio.timeout(WAIT):
                while len(await ran(house)) < len(keys):
                    await asyncio.gather(*map(work, databases))
        finally:
            for database in databases:
                await database.close()
        assert await ran(house) == [f"ran-{key}" for key in keys]
        rows = await house.rows(select(Due.status, Due.attempts))
        assert {(row.status, row.attempts) for row in rows} == {("done", 0)}


async def test_a_broken_timer_is_put_off_and_stops_no_other(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        noting(house, broken="bad")
        await due(house, "bad")
        await due(house, "good")
        later = Later(house)
        await later.after(timedelta())
        assert await ran(house) == ["ran-good"]
        [row] = await house.rows(select(Due).where(Due.key == "bad"))
        assert (row.status, row.attempts, row.error) == ("waiting", 1, "RuntimeError: cannot do this")
        assert timedelta(seconds=30) < row.due_at - datetime.now(UTC) < timedelta(seconds=90)
        for attempt in range(2, MOST_ATTEMPTS + 1):
            await later.after(timedelta(hours=attempt))
        [row] = await house.rows(select(Due).where(Due.key == "bad"))
        assert (row.status, row.attempts) == ("dead", MOST_ATTEMPTS)
        await later.after(timedelta(days=9))
        assert await ran(house) == ["ran-good"]


async def test_work_of_a_kind_that_is_gone_ends_as_dead(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        await due(house, "x", kind="t_unknown", attempts=MOST_ATTEMPTS - 1)
        await Later(house).after(timedelta())
        [row] = await house.rows(select(Due.status))
        assert row.status == "dead"


async def test_a_timer_may_set_itself_anew(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        routes = Routes()
        runs: list[datetime] = []

        @routes.timer("t_daily")
        async def daily(work: Work, key: str) -> None:
            runs.append(work.now)
            await work.due("t_daily", key, work.now + DAY)

        house.engine.routes.merge(routes)
        await due(house, "x", kind="t_daily")
        later = Later(house)
        for days in range(4):
            await later.after(DAY * days)
        assert len(runs) == 4


async def test_what_a_timer_says_reaches_people_at_once(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        guard = await house.someone("g", "guard")
        routes = Routes()

        @routes.timer("t_say")
        async def speak(work: Work, key: str) -> None:
            account = await work.db.scalar(select(Account.id).where(Account.external_id == key))
            assert account is not None
            work.send(account, Message("time!"))

        house.engine.routes.merge(routes)
        house.rung.clear()
        await due(house, "g", kind="t_say")
        await Later(house).after(timedelta())
        assert await guard.hears() == "time!"
        assert len(house.rung) == 1


async def test_a_piece_that_takes_long_holds_up_no_other(postgres: Postgres, tmp_path: Path) -> None:
    with postgres.database() as url:
        async with open_house(url, tmp_path) as house:
            noting(house)
            routes = Routes()
            begun, go_on = asyncio.Event(), asyncio.Event()

            @routes.timer("t_long")
            async def long(_work: Work, _key: str) -> None:
                begun.set()
                await go_on.wait()

            house.engine.routes.merge(routes)
            await due(house, "x", kind="t_long", attempts=0)
            busy = asyncio.create_task(Clock(house.database, house.engine).tick())
            async with asyncio.timeout(WAIT):
                await begun.wait()
                await due(house, "quick")
                other = Clock(house.database, house.engine)
                assert await other.tick()
                assert await ran(house) == ["ran-quick"]
                assert not await other.tick()  # nothing that nobody else is doing
                go_on.set()
                assert await busy


async def test_the_clock_outlives_an_outage(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.due.EVERY", 0.01)
    failed, done = asyncio.Event(), asyncio.Event()

    class Failing(Clock):
        async def tick(self) -> bool:
            try:
                return await super().tick()
            except Unavailable:
                failed.set()
                raise

    with postgres.database() as url:
        name = url.rpartition("/")[2]
        async with open_house(url, tmp_path) as house:
            routes = Routes()

            @routes.timer("t_done")
            async def ring(_work: Work, _key: str) -> None:
                done.set()

            house.engine.routes.merge(routes)
            await due(house, "a", kind="t_done")
            postgres.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            postgres.execute(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
            running = asyncio.create_task(Failing(house.database, house.engine).run())
            async with asyncio.timeout(WAIT):
                await failed.wait()
                assert not done.is_set()
                postgres.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
                await done.wait()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
