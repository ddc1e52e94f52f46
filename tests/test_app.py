"""The whole program, started as people start it: it answers, it stops, and says what is wrong."""

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, select, text

from bot.app import App, running
from bot.config import Settings
from bot.db import Database
from bot.errors import Unavailable
from bot.i18n import Languages
from bot.introduction import commands
from handlers.routes import gather
from models import Checklist, Note, Person, Place
from tests.fixtures.postgres import Postgres
from tests.fixtures.served import COMMAND, WAIT, Served, environment, serving
from tests.house import ZONE


class Browser:
    """A session of the web chat, as a program speaks to it."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url
        self.headers: dict[str, str] = {}
        self.count = 0

    async def opens(self) -> "Browser":
        async with self.session.post(f"{self.url}/api/chat/session", json={"bearer": True}) as answer:
            self.headers = {"Authorization": f"Bearer {(await answer.json())['token']}"}
        return self

    async def says(self, words: str) -> list[str]:
        """Write, and read the whole conversation."""
        self.count += 1
        message = {"client_id": f"message-{self.count}", "text": words, "locale": "en"}
        async with self.session.post(
            f"{self.url}/api/chat/messages", json=message, headers=self.headers
        ) as answer:
            assert answer.status == 200, await answer.text()
        async with self.session.get(f"{self.url}/api/chat/history", headers=self.headers) as answer:
            return [found["text"] for found in (await answer.json())["messages"]]


async def figures(session: aiohttp.ClientSession, url: str) -> dict[str, float]:
    """The metrics by name and channel."""
    async with session.get(f"{url}/metrics") as answer:
        assert answer.status == 200
        page = await answer.text()
    found = (sample for family in text_string_to_metric_families(page) for sample in family.samples)
    return {" ".join((one.name, *one.labels.values())): one.value for one in found}


async def status(session: aiohttp.ClientSession, url: str) -> int:
    async with session.get(url) as answer:
        return answer.status


async def test_it_serves_from_nothing_and_stops_when_told(database_url: str, tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session:
        async with serving(database_url, tmp_path) as served:
            assert await status(session, f"{served.url}/healthz") == 200
            assert await status(session, f"{served.url}/readyz") == 200
            assert await status(session, f"{served.url}/chat") == 200
            assert await status(session, f"{served.url}/nothing") == 404
            browser = await Browser(session, served.url).opens()
            assert "Welcome to Museum" in (await browser.says("/start"))[-1]
            assert served.code is not None
            said = await browser.says(served.code)
            assert any("You are now the administrator" in words for words in said)
            counted = await figures(session, served.url)
            assert counted["docent_updates_accepted_total web"] == 2
            assert counted["docent_update_seconds_count web"] == 2
            assert counted["docent_outbox_pending"] == 0
            assert await served.stop() == 0
        assert "Traceback" not in served.logged.result()
        assert "ResourceWarning" not in served.logged.result()
        async with serving(database_url, tmp_path) as again:
            assert again.code is None
            assert len(again.printed) == 3
            assert await again.stop(signal.SIGINT) == 0
    database = Database(database_url)
    async with database.reading() as db:
        assert len(list(await db.scalars(select(Checklist.id)))) == 5
        assert len(list(await db.scalars(select(Place.id)))) > 5
        assert list(await db.scalars(select(Person.roles))) == [frozenset({"admin"})]
    await database.close()


async def test_an_answer_under_way_is_given_before_it_stops(program_url: str, tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session, serving(program_url, tmp_path) as served:
        browser = await Browser(session, served.url).opens()
        await browser.says("/start")
        events = f"{served.url}/api/chat/events"
        async with session.get(events, headers=browser.headers) as stream:
            assert (await stream.content.readline()).startswith(b"retry")
            assert await served.stop() == 0
            await stream.content.read()  # closed, not left hanging


async def test_a_link_made_beside_it_leads_where_it_serves(database_url: str, tmp_path: Path) -> None:
    async with serving(database_url, tmp_path) as served:
        beside = {**environment(database_url, tmp_path)}
        del beside["LISTEN"]
        words = (*COMMAND, "invite", "--role", "guard")
        made = await asyncio.create_subprocess_exec(
            *words, env=beside, cwd=tmp_path, stdout=asyncio.subprocess.PIPE
        )
        said = (await made.communicate())[0].decode()
        assert f"{served.url}/chat?i=" in said
        assert ":8080/chat" not in said
        assert await served.stop() == 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"LISTEN": "nowhere"}, "LISTEN must be HOST:PORT"),
        ({"WORKERS": "2"}, "WORKERS above 1 needs PostgreSQL"),
        ({"TIMEZONE": "Mars/Olympus"}, "TIMEZONE"),
        ({"TELEGRAM_TOKEN": "12345"}, "TELEGRAM_TOKEN"),
        ({"LISTEN": "no-such-host.invalid:80"}, "LISTEN names a host that is not known here"),
        ({"MEDIA_DIR": "/dev/null/media"}, "MEDIA_DIR: the folder /dev/null/media cannot be made"),
        ({"DATABASE_URL": "sqlite:////dev/null/a/docent.db"}, "DATABASE_URL: the folder"),
    ],
)
def test_a_bad_setting_is_one_line_that_names_it(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    done = start(tmp_path, **settings)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def start(folder: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Start it where it should end by itself."""
    given = environment(f"sqlite:///{folder / 'docent.db'}", folder, **settings)
    return subprocess.run(COMMAND, env=given, cwd=folder, capture_output=True, text=True, timeout=WAIT)


def test_a_taken_port_is_one_line_too(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = start(tmp_path, LISTEN=f"127.0.0.1:{taken.getsockname()[1]}")
    assert done.returncode == 2
    assert "is taken by another program" in done.stderr
    assert not (tmp_path / "docent.db").exists()


def test_a_database_that_is_away_is_one_line_without_its_password(tmp_path: Path) -> None:
    done = start(tmp_path, DATABASE_URL="postgresql://docent:pa55word@127.0.0.1:9/docent")
    assert done.returncode == 1
    assert "The database cannot be reached" in done.stderr
    assert "pa55word" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.crash
async def test_workers_share_the_port_and_are_replaced(postgres: Postgres, tmp_path: Path) -> None:
    with postgres.database() as url:
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session,
            serving(url, tmp_path, WORKERS="2") as served,
        ):
            browser = await Browser(session, served.url).opens()
            workers = await children(served, 2)
            for number in range(20):
                assert (await browser.says(f"/start {number}"))[-1].startswith("Welcome")
            assert (await figures(session, served.url))["docent_updates_accepted_total web"] == 20
            os.kill(workers[0], signal.SIGKILL)
            replaced = await children(served, 2, without=workers[0])
            assert workers[1] in replaced
            for number in range(10):
                await browser.says(f"/start again {number}")
            assert await served.stop() == 0
            await gone(replaced)


@pytest.mark.crash
async def test_workers_end_when_their_parent_is_killed(postgres: Postgres, tmp_path: Path) -> None:
    with postgres.database() as url:
        async with serving(url, tmp_path, WORKERS="2") as served:
            workers = await children(served, 2)
            served.process.kill()
            await gone(workers)


async def children(served: Served, count: int, without: int | None = None) -> list[int]:
    """The ids of the workers, as soon as there are `count` and none of them is `without`."""
    found: list[int] = []

    def complete() -> bool:
        found[:] = workers_of(served.process.pid)
        return len(found) == count and without not in found

    await becomes(complete)
    return found


async def gone(processes: list[int]) -> None:
    """Wait until none of them runs any more."""
    await becomes(lambda: not any(Path(f"/proc/{process}").exists() for process in processes))


def workers_of(process: int) -> list[int]:
    of_parent = Path(f"/proc/{process}/task/{process}/children")
    return [int(number) for number in of_parent.read_text(encoding="utf-8").split()]


async def becomes(true: Callable[[], bool]) -> None:
    """Wait for what other processes do, who cannot tell."""
    async with asyncio.timeout(WAIT):
        while not true():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.02)


def settings_for(url: str, folder: Path, **more: Any) -> Settings:
    return Settings(database_url=url, media_dir=folder / "media", listen="127.0.0.1:0", locale="en", **more)


async def ready(session: aiohttp.ClientSession, app: App) -> tuple[int, dict[str, str]]:
    async with session.get(f"{app.url}/readyz") as answer:
        return answer.status, await answer.json()


async def test_not_ready_while_the_database_is_away(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.health.FRESH", 0)
    with postgres.database() as url:
        name = url.rpartition("/")[2]
        async with running(settings_for(url, tmp_path)) as app, aiohttp.ClientSession() as session:
            browser = await Browser(session, app.url).opens()
            await browser.says("/start")
            assert await ready(session, app) == (200, {"database": "ok", "disk": "ok"})
            postgres.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            postgres.execute(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
            assert await ready(session, app) == (503, {"database": "cannot be written", "disk": "ok"})
            assert await status(session, f"{app.url}/healthz") == 200
            message = {"client_id": "message-x", "text": "/start"}
            async with session.post(
                f"{app.url}/api/chat/messages", json=message, headers=browser.headers
            ) as answer:
                assert answer.status == 503
            counted = await figures(session, app.url)
            assert counted["docent_updates_unavailable_total web"] == 1
            assert "docent_outbox_pending" not in counted
            postgres.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            assert (await ready(session, app))[0] == 200
            async with session.post(
                f"{app.url}/api/chat/messages", json=message, headers=browser.headers
            ) as answer:
                assert (await answer.json())["fresh"]


async def test_not_ready_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.health.FRESH", 0)
    url = f"sqlite:///{tmp_path / 'docent.db'}"
    async with running(settings_for(url, tmp_path)) as app, aiohttp.ClientSession() as session:
        monkeypatch.setattr("bot.health.LEAST_FREE", 2**60)
        assert await ready(session, app) == (503, {"database": "ok", "disk": "nearly full"})
        monkeypatch.undo()
        monkeypatch.setattr("bot.health.FRESH", 0)
        await limit_pages(app, "(SELECT page_count FROM pragma_page_count())")
        with pytest.raises(Unavailable):
            await fill(app)
        assert await ready(session, app) == (503, {"database": "cannot be written", "disk": "ok"})
        await limit_pages(app, "1000000")
        assert (await ready(session, app))[0] == 200


async def limit_pages(app: App, limit: str) -> None:
    async with app.database.transaction() as db:
        pages = await db.scalar(text(f"SELECT {limit}"))
        await db.execute(text(f"PRAGMA max_page_count={pages}"))


async def fill(app: App) -> None:
    """Write until there is no room."""
    for number in range(1000):
        note = {"key": f"filling-{number}", "value": {"room": "x" * 4000}, "updated_at": datetime.now(UTC)}
        async with app.database.transaction() as db:
            await db.execute(insert(Note), [note])


async def test_readiness_is_not_looked_for_at_every_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'docent.db'}"
    async with running(settings_for(url, tmp_path)) as app, aiohttp.ClientSession() as session:
        looks = 0
        ping = app.database.ping

        async def counted() -> None:
            nonlocal looks
            looks += 1
            await ping()

        monkeypatch.setattr(app.database, "ping", counted)
        answers = await asyncio.gather(*(ready(session, app) for _ in range(20)))
        assert {code for code, _found in answers} == {200}
        assert looks <= 3


def test_the_command_lists_are_what_everybody_may_use_in_each_language() -> None:
    lists = commands(gather(), Languages("zh_CN", ZONE))
    assert set(lists) == {"", "zh", "en"}
    assert lists[""] == lists["zh"] != lists["en"]
    names = [name for name, _about in lists["en"]]
    assert names[0] == "start"
    assert {"feedback", "help", "language"} <= set(names)
    assert not {"inspect", "people", "summary"} & set(names)
    assert len(names) <= 100
