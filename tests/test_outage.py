"""The database goes away under the whole program: nobody is told a lie, and all is well when it is back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr
from sqlalchemy import insert, make_url, select, update

from bot import db as bot_db
from bot.app import App, opened, running
from bot.config import Settings
from bot.errors import Unavailable
from models import Base, Inbox, Note
from tests.fakes.bot_api import TOKEN, FakeBotAPI, User
from tests.fakes.fault_proxy import Fault, FaultProxy
from tests.fixtures.postgres import Postgres
from tests.fixtures.truth import rows

WAIT = 20  # seconds, far more than anything here takes
RECOVERY = 10  # seconds that may pass until all goes on
HELP = "These are your commands"
MEANWHILE = 0.1  # seconds in which what is not held up would have been done


@dataclass
class Site:
    """The program with its database behind a proxy, one person on Telegram and one at the web chat."""

    app: App
    api: FakeBotAPI
    proxy: FaultProxy
    http: aiohttp.ClientSession
    ann: User
    head: dict[str, str]

    async def posts(self, client_id: str, text: str) -> tuple[int, Any]:
        """Say something at the web chat; returns the status and what was answered."""
        message = {"client_id": client_id, "text": text, "locale": "en"}
        url = f"{self.app.url}/api/chat/messages"
        async with self.http.post(url, json=message, headers=self.head) as answer:
            return answer.status, await answer.json()

    async def said(self) -> list[str]:
        """What stands in the web chat, the person's own words among it."""
        async with self.http.get(f"{self.app.url}/api/chat/history", headers=self.head) as answer:
            return [one["text"] for one in (await answer.json())["messages"]]

    async def is_ready(self) -> bool:
        async with self.http.get(f"{self.app.url}/readyz") as answer:
            return answer.status == 200

    async def taken(self) -> list[str]:
        """The updates that took effect, in Telegram's numbers."""
        telegram = select(Inbox.external_id).where(Inbox.channel == "telegram").order_by(Inbox.external_id)
        return [row.external_id for row in await rows(self.app.database, telegram)]


@pytest.fixture
async def site(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr("bot.health.FRESH", 0)
    with postgres.database() as url:
        async with FakeBotAPI() as api, behind(url, postgres.port) as (proxy, away):
            settings = Settings(
                database_url=away, media_dir=tmp_path, listen="127.0.0.1:0", locale="en",
                telegram_token=SecretStr(TOKEN), telegram_api_url=api.url, telegram_mode="webhook",
                telegram_secret=SecretStr("s"),
            )  # fmt: skip
            async with running(settings) as app, aiohttp.ClientSession() as http:
                async with http.post(f"{app.url}/api/chat/session", json={"bearer": True}) as answer:
                    head = {"Authorization": f"Bearer {(await answer.json())['token']}"}
                site = Site(app, api, proxy, http, api.user(700_000_001, "Ann", "en"), head)
                await site.ann.starts()
                await site.ann.hears("Welcome")
                assert (await site.posts("message-1", "/start"))[0] == 200
                yield site


@asynccontextmanager
async def behind(url: str, port: int) -> AsyncIterator[tuple[FaultProxy, str]]:
    """A proxy before the server at `port`, and the address of the database `url` through it."""
    async with FaultProxy(port) as proxy:
        yield proxy, make_url(url).set(port=proxy.port).render_as_string(hide_password=False)


async def test_a_database_that_refuses_means_later_on_every_side(site: Site) -> None:
    await site.proxy.refuse()
    await site.ann.sends("/help")
    await site.api.wait_for(lambda: [one for one in site.api.webhook.attempts if one.status == 503], WAIT)
    assert site.api.updates.waiting
    status, answer = await site.posts("message-2", "/help")
    assert (status, answer["retry"]) == (503, True)
    assert not await site.is_ready()
    await site.proxy.heal()
    await recovers(site)


async def test_a_database_that_says_nothing_confirms_nothing(site: Site) -> None:
    site.proxy.swallow()
    await site.ann.sends("/help")
    post = asyncio.create_task(site.posts("message-2", "/help"))
    done, _waiting = await asyncio.wait({post}, timeout=MEANWHILE)
    assert not done
    assert site.api.updates.waiting
    await site.proxy.reset()  # what was under way then is lost for good
    await site.proxy.heal()
    assert (await post)[0] in {200, 503}
    await recovers(site)


async def recovers(site: Site) -> None:
    """All goes on, soon; what was waiting takes effect, once."""
    healed = time.monotonic()
    await site.ann.hears(HELP, WAIT)
    assert (await site.posts("message-2", "/help"))[0] == 200
    assert time.monotonic() - healed <= RECOVERY
    assert await site.is_ready()
    assert not site.api.updates.waiting
    assert await site.taken() == [str(number) for number in site.api.updates.sent]
    [_welcome, answer] = site.ann.answers
    assert HELP in answer.text
    [*_before, mine, answered] = said = await site.said()
    assert (mine, said.count(mine)) == ("/help", 1)
    assert HELP in answered


@pytest.mark.parametrize("kind", ["reset", "cut"])
async def test_a_commit_nobody_heard_of_takes_no_second_effect(site: Site, kind: str) -> None:
    """The commit, or the answer to it, is lost: the update comes again, and is known or done anew."""
    site.proxy.strike(Fault(kind, saying=b"COMMIT"))
    await site.ann.sends("/help")
    await site.api.wait_for(lambda: site.proxy.met[kind], WAIT)
    await recovers(site)


async def test_who_was_cut_off_in_mid_update_holds_nobody_up(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL would wait for hours for the other end of a transaction, with all its rows locked."""
    monkeypatch.setattr(bot_db, "_SILENT_SECONDS", 0.3)
    with postgres.database() as url:
        async with behind(url, postgres.port) as (proxy, away), opened(away) as lost, opened(url) as other:
            async with other.transaction() as db:
                await db.run_sync(Base.metadata.create_all)
                await db.execute(insert(Note), [{"key": "a", "value": {}, "updated_at": datetime.now(UTC)}])
            change = update(Note).values(value={"changed": True})

            async def cut_off() -> None:
                async with lost.transaction() as db:
                    await db.execute(change)
                    proxy.swallow()
                    async with asyncio.timeout(WAIT), other.transaction() as unhindered:
                        await unhindered.execute(change)
                    await proxy.heal()
                    await db.execute(change)

            with pytest.raises(Unavailable):
                await cut_off()
            async with asyncio.timeout(WAIT), lost.transaction() as db:
                await db.execute(change)
