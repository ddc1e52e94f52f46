"""The client: its token stays out of every log line and error, and strange answers do it no harm."""

import asyncio
import io
import json
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs
from telegram.error import NetworkError, TelegramError, TimedOut

from bot.channels.telegram_api import MOST_BYTES, Api, TooMany
from bot.channels.telegram_errors import Backoff, send_error
from bot.errors import Unreachable
from tests.fakes.bot_api import TOKEN, ApiError
from tests.fixtures.causes import causes
from tests.fixtures.telegram import ADA, Rig, button, payload, picture, telegram_rig

COMMANDS = {
    "": [("inspect", "检查"), ("feedback", "留言")],
    "zh": [("inspect", "检查"), ("feedback", "留言")],
    "en": [("inspect", "Inspect"), ("feedback", "Leave a comment" + "!" * 300)],
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def answering(handler: Handler, token: str = TOKEN) -> AsyncIterator[Api]:
    """A client of a server that gives every request to `handler`."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as session:
        yield Api(session, f"http://127.0.0.1:{runner.addresses[0][1]}", token)
    await runner.cleanup()


def leaks(error: BaseException) -> bool:
    """Whether the token is anywhere in an error, its causes and contexts, as a traceback would show them."""
    chain = causes(error)
    shown = [*map(str, chain), *map(repr, chain), *traceback.format_exception(error)]
    return any(TOKEN.partition(":")[2] in text for text in shown)


async def proxy_page(request: web.Request) -> web.Response:
    return web.Response(
        status=404, text=f"<h1>Not Found</h1>{request.path} is not here", content_type="text/html"
    )


async def hang_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def elsewhere(request: web.Request) -> web.Response:
    if request.path == "/elsewhere":
        return web.json_response({"ok": True, "result": {}})
    return web.Response(status=302, headers={"Location": "/elsewhere"})


def saying(body: Any, status: int = 200) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(
            status=status, body=body if isinstance(body, bytes) else json.dumps(body).encode()
        )

    return handler


@pytest.mark.parametrize(
    "handler",
    [
        proxy_page,
        hang_up,
        elsewhere,
        saying(b"<html>please log in to the museum's network</html>"),
        saying(b"[" * 100_000),
        saying(b"\xff\xfe"),
        saying([]),
        saying({"ok": True}),
        saying([], 500),
        saying({"ok": False, "parameters": {"retry_after": 3}}, 400),
    ],
)
async def test_strange_answers_are_errors_of_one_family_and_hide_the_token(handler: Handler) -> None:
    async with answering(handler) as api:
        with pytest.raises(TelegramError) as raised:
            await api.call("getMe")
    assert not leaks(raised.value)


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_proxys_refusal_is_not_telegrams(status: int) -> None:
    async with answering(saying(b"<html>blocked by the museum's firewall</html>", status)) as api:
        with pytest.raises(NetworkError) as raised:
            await api.call("sendMessage", chat_id=1, text="?")
    assert isinstance(send_error(raised.value), Unreachable)


async def test_a_file_larger_than_any_is_not_read_to_its_end() -> None:
    async def handler(request: web.Request) -> web.Response:
        if request.path.endswith("/getFile"):
            return web.json_response({"ok": True, "result": {"file_path": "photos/file_0.jpg"}})
        assert request.path == f"/file/bot{TOKEN}/photos/file_0.jpg"
        return web.Response(body=io.BytesIO(bytes(MOST_BYTES + 1)))

    async with answering(handler) as api:
        with pytest.raises(NetworkError):
            await api.download("f")


async def test_no_server_at_all_hides_the_token() -> None:
    async with aiohttp.ClientSession() as session:
        for url in ("http://127.0.0.1:1", "http://no-such-host.invalid", "http://[::"):
            with pytest.raises(NetworkError) as raised:
                await Api(session, url, TOKEN).call("getMe")
            assert not leaks(raised.value)


async def test_a_slow_answer_is_timed_out_and_hides_the_token() -> None:
    async def slowly(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async with answering(slowly) as api:
        with pytest.raises(TimedOut) as raised:
            await api.call("getMe", seconds=0.05)
    assert not leaks(raised.value)


@pytest.mark.parametrize(("body", "seconds"), [({"parameters": {"retry_after": 17}}, 17), ({}, 1), ([], 1)])
async def test_too_many_requests_says_how_long_to_wait(body: Any, seconds: float) -> None:
    async with answering(saying(body, 429)) as api:
        with pytest.raises(TooMany) as raised:
            await api.call("getMe")
    assert raised.value.seconds == seconds


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with telegram_rig(tmp_path) as rig:
        yield rig


async def test_neither_token_nor_secret_is_ever_logged(
    rig: Rig, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("telegram").setLevel(logging.NOTSET)
    channel = rig.another()
    with capture_logs() as logs:
        await channel.start(COMMANDS)
        rig.polls()
        await rig.ada.sends_photo(picture())
        rig.api.inject({"message": "str"})
        await rig.engine.has(1)
        await rig.confirmed()
        await channel.send(str(ADA), payload("?", [button("Yes", "y")]))
        rig.api.faults.fail("answerCallbackQuery")
        rig.api.faults.fail("getUpdates", ApiError(409, "Conflict: terminated by other getUpdates request"))
        await rig.ada.taps("Yes")
        await rig.confirmed()
        await rig.stops()
        await channel.listen("http://127.0.0.1:9", "the-hooks-secret")
        rig.api.token = "123456789:AAnother-token-than-the-bot-was-given"
        with pytest.raises(Exception, match="wait 60"):
            await channel.send(str(ADA), payload("?"))
    everything = "".join([caplog.text, repr(logs), *capsys.readouterr(), repr(channel.api), str(channel.api)])
    assert len(logs) > 3, "the log was looked at"
    assert TOKEN not in everything
    assert TOKEN.partition(":")[2] not in everything
    assert "the-hooks-secret" not in everything


async def test_the_bot_learns_its_name_however_late(rig: Rig) -> None:
    rig.api.faults.fail("getMe", times=3)
    await rig.channel.start({})
    assert rig.channel.username == "docent_test_bot"


async def test_commands_are_set_per_language_and_only_when_they_changed(rig: Rig) -> None:
    await rig.channel.start(COMMANDS)
    assert len(rig.api.calls("setMyCommands")) == 3
    await rig.another().start(COMMANDS)
    assert len(rig.api.calls("setMyCommands")) == 3
    await rig.another().start({**COMMANDS, "en": COMMANDS["en"][:1]})
    assert len(rig.api.calls("setMyCommands")) == 4
    kept = rig.api.methods.profile.commands
    scope = json.dumps({"type": "all_private_chats"})
    assert (
        kept[scope, ""]
        == kept[scope, "zh"]
        == [
            {"command": "inspect", "description": "检查"},
            {"command": "feedback", "description": "留言"},
        ]
    )
    assert kept[scope, "en"] == [{"command": "inspect", "description": "Inspect"}]


async def test_commands_that_are_refused_do_not_keep_the_bot_from_serving(rig: Rig) -> None:
    with capture_logs() as logs:
        await rig.channel.start({"": [("Not a command", "?")], "en": COMMANDS["en"]})
    assert [entry["language"] for entry in logs if "refuses the commands" in entry["event"]] == ["any"]
    assert len(rig.api.methods.profile.commands) == 1


def test_pauses_double_up_to_the_longest_and_are_spread() -> None:
    backoff = Backoff(1, 6)
    for most in (1, 2, 4, 6, 6):
        assert most / 2 <= backoff.next() <= most
    backoff.reset()
    assert backoff.next() <= 1
    assert len({Backoff(1, 6).next() for _each in range(20)}) > 1
