"""The callback of WeChat and WeCom: the answer is always in time, and what is late is pushed, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.channels.wechat_xml import fields
from bot.errors import Unavailable
from tests.fixtures.wechat import (
    Provider,
    Site,
    callback_site,
    event,
    message,
    official,
    wecom,
)

WECHAT = Provider()
SEALED = WECHAT.sealed(message())


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with callback_site(official()) as site:
        yield site


async def test_four_calls_at_once_are_one_message_with_one_reply(site: Site) -> None:
    site.desk.free.clear()
    asked = [asyncio.create_task(site.post(SEALED)) for _ in range(4)]
    await site.desk.until(lambda: site.calls == 4 and site.desk.at_work > 0)
    site.desk.free.set()
    replies = [WECHAT.opened((await call).body)["Content"] for call in asked]
    assert replies == ["您好"] * 4
    assert site.desk.most_at_work == 1
    assert site.desk.pushed == []


async def test_other_messages_do_not_wait_for_it(site: Site) -> None:
    site.desk.free.clear()
    different = [
        message(number=1),
        message(number=2),
        message(number=1, FromUserName="somebody_else"),
        event("CLICK", EventKey="a"),
        event("CLICK", EventKey="b"),
        event("CLICK", at=1348831861, EventKey="a"),
        event("VIEW", EventKey="a"),
    ]
    asked = [asyncio.create_task(site.post(WECHAT.sealed(body))) for body in different]
    await site.desk.until(lambda: site.desk.at_work == len(different))
    site.desk.free.set()
    assert {(await call).status for call in asked} == {200}


@pytest.mark.parametrize(("gate", "silence"), [(official(), b"success"), (wecom(), b"")])
async def test_what_takes_long_is_answered_in_time_and_pushed_once(gate: Any, silence: bytes) -> None:
    async with callback_site(gate, patience=0.5) as site:
        site.desk.free.clear()
        assert await site.post(SEALED) == (200, silence, "text/plain")
        # It comes again all the same: answered at once, taken no second time, its reply not given twice.
        site.callback.patience = 60
        assert await site.post(SEALED) == (200, silence, "text/plain")
        assert site.desk.pushed == []
        site.desk.free.set()
        await site.desk.until(lambda: bool(site.desk.pushed))
        assert site.desk.pushed == site.desk.taken == [fields(message().encode())]


async def test_who_still_waits_when_it_becomes_late_does_not_get_the_reply_too(site: Site) -> None:
    site.desk.free.clear()
    waiting = asyncio.create_task(site.post(SEALED))
    await site.desk.until(lambda: site.desk.at_work == 1)
    site.callback.patience = 0.5
    assert (await site.post(SEALED)).body == b"success"
    site.desk.free.set()
    assert (await waiting).body == b"success"
    await site.desk.until(lambda: bool(site.desk.pushed))
    assert len(site.desk.pushed) == 1


async def test_what_is_late_is_tried_until_the_database_is_back() -> None:
    async with callback_site(official(), patience=0.5, pause=0.001) as site:
        site.desk.free.clear()
        assert (await site.post(SEALED)).body == b"success"
        site.desk.failures = [Unavailable("away"), Unavailable("away")]
        site.desk.push_failures = [Unavailable("away"), Unavailable("away")]
        site.desk.free.set()
        await site.desk.until(lambda: bool(site.desk.pushed))
        assert len(site.desk.taken) == 1


async def test_what_is_late_and_fails_is_logged_and_does_not_stand_in_the_way() -> None:
    async with callback_site(official(), patience=0.5) as site:
        site.desk.free.clear()
        assert (await site.post(SEALED)).body == b"success"
        site.desk.failures = [RuntimeError("a bug")]
        with capture_logs() as logs:
            site.desk.free.set()
            await site.callback.close()
        assert [line["event"] for line in logs] == ["a late message could not be taken"]
        assert WECHAT.opened((await site.post(SEALED)).body)["Content"] == "您好"


async def test_the_program_waits_for_what_is_late_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async with callback_site(official(), patience=0.5) as site:
        site.desk.free.clear()
        assert (await site.post(SEALED)).body == b"success"
        closing = asyncio.create_task(site.callback.close())
        site.desk.free.set()
        await closing
        assert site.desk.pushed == site.desk.taken
        site.desk.free.clear()
        assert (await site.post(WECHAT.sealed(message(number=2)))).body == b"success"
        monkeypatch.setattr("bot.channels.wechat_callback.LAST_WORDS", 0.01)
        await site.callback.close()
        assert site.desk.at_work == 0
