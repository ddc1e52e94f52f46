"""Events out of the web chat: at once, in order, each to its own reader."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import ClientSession
from sqlalchemy import column, func, select, table

from bot.app import App
from bot.channels import web_calls, web_stream
from tests.fixtures.postgres import Postgres
from tests.fixtures.web_chat import serving
from tests.fixtures.web_client import PATIENCE, Client, Reader, opened
from tests.fixtures.web_client import app as app
from tests.fixtures.web_client import client as client
from tests.fixtures.web_client import http as http
from tests.fixtures.web_client import stranger as stranger
from tests.fixtures.web_client import url as url

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_events_come_as_they_are_written(client: Client) -> None:
    async with client.get("events") as response:
        assert response.content_type == "text/event-stream"
        assert await response.content.readline() == b"retry: 2000\n"
        reader = Reader(response)
        await client.post(text="/papers")
        echo, answer = await reader.next(), await reader.next()
        assert (echo["kind"], answer["text"], reader.ids) == ("echo", "Summary", [1, 2])
        # The account is known now; the next one comes by its own bell.
        await client.post(text="/papers", quiet=True)
        assert (await reader.next())["seq"] == 3
    assert (await client.history())["messages"][:2] == [echo, answer]


async def test_a_stream_goes_on_where_it_broke_off(client: Client) -> None:
    await client.post(text="/much 150", quiet=True)
    async with client.get("events", after=140) as response:
        assert (await Reader(response).next())["seq"] == 141
    async with client.get("events", {"Last-Event-ID": "149"}, after=140) as response:
        reader = Reader(response)
        assert [(await reader.next())["seq"] for _row in range(2)] == [150, 151]
    async with client.get("events", after="nonsense") as response:
        reader = Reader(response)
        assert [(await reader.next())["seq"] for _row in range(151)] == list(range(1, 152))


async def test_what_another_process_writes_comes_too(
    tmp_path: Path, http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_stream, "LOOK_EVERY", 0.05)
    for wakes in ("ring", "call"):  # no other process can do that here
        monkeypatch.setattr(web_stream.Streams, wakes, lambda _streams, _whom: None)
    async with opened(tmp_path) as app:
        client = Client(http, app.url)
        await client.open()
        async with client.get("events") as response:
            reader = Reader(response)
            await client.post(text="/papers", quiet=True)
            assert (await reader.next())["text"] == "Summary"
            await client.post(text="/papers", quiet=True)
            assert (await reader.next())["seq"] == 2


async def calling(app: App, workers: int) -> None:
    """Wait until so many workers pass calls on: their connections look after themselves from time to time."""
    activity = table("pg_stat_activity", column("datname"), column("query"))
    ours = activity.c.datname == func.current_database()
    query = select(func.count()).where(ours, activity.c.query.like("SELECT pg_notify%"))
    found = 0
    async with asyncio.timeout(PATIENCE):
        while found < workers:
            async with app.database.reading() as db:
                found = await db.scalar(query) or 0


async def test_who_writes_through_one_worker_reads_at_another_at_once(
    postgres: Postgres, tmp_path: Path, http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_stream, "LOOK_EVERY", 60)
    monkeypatch.setattr(web_calls, "CHECK_EVERY", 0.1)  # and the connections stay
    with postgres.database() as url:
        async with serving(url, tmp_path) as one, serving(url, tmp_path) as other:
            await calling(one, workers=2)
            answer = await Client(http, one.url).open(bearer=True)
            writer = Client(http, one.url, answer["token"])
            async with Client(http, other.url, answer["token"]).get("events") as response:
                reader = Reader(response)
                for seq in (1, 2, 3):  # the first makes the account known
                    await writer.post(text="/papers", quiet=True)
                    assert (await reader.next())["seq"] == seq


async def test_nobody_is_woken_by_what_is_written_to_others(app: App) -> None:
    streams = web_stream.Streams(app.database)
    with streams.reading("a" * 64, 0) as new, streams.reading("b" * 64, 0) as known:
        known.account_id = 7
        streams.ring([8])
        assert (new.bell.is_set(), known.bell.is_set()) == (False, False)
        streams.ring([7])
        assert (new.bell.is_set(), known.bell.is_set()) == (False, True)
        streams.call("a" * 16)
        assert new.bell.is_set()


async def test_a_silent_stream_is_kept_alive(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.web.HEARTBEAT", 0.05)
    async with client.get("events") as response, asyncio.timeout(PATIENCE):
        lines = [await response.content.readline() for _line in range(3)]
    assert lines == [b"retry: 2000\n", b"\n", b": still here\n"]


async def test_a_session_has_so_many_streams_at_most(client: Client) -> None:
    streams = [await client.get("events") for _stream in range(10)]
    async with client.get("events") as response:
        assert response.status == 429
    for stream in streams:
        stream.close()


async def test_streams_end_when_the_server_stops(tmp_path: Path, http: ClientSession) -> None:
    async with opened(tmp_path) as app:
        client = Client(http, app.url)
        await client.open()
        response = await client.get("events")
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 3
    await response.read()


async def test_history_is_read_in_pages(client: Client) -> None:
    await client.post(text="/much 120", quiet=True)
    last = await client.history()
    assert ([row["seq"] for row in last["messages"]], last["more"]) == (list(range(72, 122)), True)
    first = await client.history(before=11, limit=20)
    assert ([row["seq"] for row in first["messages"]], first["more"]) == (list(range(1, 11)), False)
    later = await client.history(after=119, limit=1)
    assert ([row["seq"] for row in later["messages"]], later["more"]) == ([120], True)
    assert len((await client.history(limit=10**9))["messages"]) == 121
    assert len((await client.history(limit="-1", before="x"))["messages"]) == 50


async def test_everybody_reads_their_own_conversation_only(
    app: App, client: Client, stranger: Client
) -> None:
    await client.post(text="my secret")
    await stranger.post(text="/papers", quiet=True)
    assert await stranger.texts() == ["message: Summary"]
    async with stranger.get("events") as response:
        assert (await Reader(response).next())["text"] == "Summary"
