"""What goes wrong at the APIs of WeChat and WeCom: each error is what it is, secrets stay out of all."""

import io
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.channels.wechat_api import WeChatApi
from bot.channels.wechat_client import MOST_BYTES, Client
from bot.channels.wechat_errors import ApiError, NoAnswer, WeChatError, send_error
from bot.channels.wecom_api import WeComApi
from bot.db import Database
from bot.errors import Gone, NotNow, Refused, SendError, TryLater, Unavailable, Unreachable
from bot.migrate import upgrade
from tests.fakes.wechat_api import FakeWeChat, Follower
from tests.fakes.wechat_api.official import APP_ID, APP_SECRET
from tests.fixtures.causes import causes
from tests.fixtures.wechat_clients import SEND, text
from tests.fixtures.wechat_clients import ada as ada
from tests.fixtures.wechat_clients import api as api
from tests.fixtures.wechat_clients import database as database
from tests.fixtures.wechat_clients import session as session
from tests.fixtures.wechat_clients import wechat as wechat

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


# -- what goes wrong ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, 404, 302, 200])
async def test_a_page_of_a_proxy_is_no_answer(
    api: WeChatApi, wechat: FakeWeChat, ada: Follower, status: int
) -> None:
    wechat.faults.fail(status, "message/custom/send")
    with pytest.raises(NoAnswer) as raised:
        await api.call(SEND, text(ada.id))
    assert isinstance(send_error(raised.value), Unreachable)


async def test_what_hangs_is_given_up(api: WeChatApi, wechat: FakeWeChat, ada: Follower) -> None:
    gate = wechat.faults.hang("message/custom/send")
    with pytest.raises(NoAnswer, match="in time") as raised:
        await api.call(SEND, text(ada.id), seconds=0.05)
    gate.set()
    assert isinstance(send_error(raised.value), Unreachable)


async def test_a_lost_answer_is_no_answer(api: WeChatApi, wechat: FakeWeChat, ada: Follower) -> None:
    wechat.faults.lose_answer("message/custom/send")
    with pytest.raises(NoAnswer):
        await api.call(SEND, text(ada.id))


MEANT: list[tuple[int, type[SendError]]] = [
    (-1, Unreachable),
    (45009, TryLater),
    (45033, TryLater),
    (40243, TryLater),
    (45011, TryLater),
    (48001, NotNow),
    (45015, NotNow),
    (45047, NotNow),
    (40003, Gone),
    (43004, Gone),
    (43019, Gone),
    (81013, Gone),
    (60111, Gone),
    (40001, TryLater),
    (40164, TryLater),
    (60020, TryLater),
    (40200, Refused),
    (45002, Refused),
    (99999, Refused),
]


@pytest.mark.parametrize(("errcode", "kind"), MEANT)
def test_every_error_has_its_meaning(errcode: int, kind: type[SendError]) -> None:
    error = send_error(ApiError(errcode, "words rid: 1"))
    assert type(error) is kind
    assert not isinstance(error, TryLater) or error.everyone


def test_without_the_database_a_message_waits() -> None:
    assert isinstance(send_error(Unavailable("away")), Unreachable)


async def test_the_real_errors_arrive_as_they_are(api: WeChatApi, wechat: FakeWeChat, ada: Follower) -> None:
    async def meant(to: str = ada.id) -> type[SendError] | None:
        try:
            await api.call(SEND, text(to))
        except WeChatError as error:
            return type(send_error(error))
        return None

    assert [await meant() for _each in range(6)] == [None] * 5 + [NotNow]
    wechat.clock.advance(48 * 3600)
    assert await meant() is NotNow
    assert await meant("o-nobody") is Gone
    wechat.daily["message/custom/send"] = 0
    assert await meant() is TryLater
    wechat.withheld.add("message/custom/send")
    assert await meant() is NotNow


# -- secrets ------------------------------------------------------------------------------------------------


@asynccontextmanager
async def answering(handler: Handler, folder: Path) -> AsyncIterator[WeChatApi]:
    """A client of a server that gives every request but that for the token to `handler`."""

    async def with_token(request: web.Request) -> web.StreamResponse:
        if request.path == "/cgi-bin/stable_token":
            return web.json_response({"access_token": "82_the-Token", "expires_in": 7200})
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", with_token)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"sqlite+aiosqlite:///{(folder / 'docent.db').as_posix()}"
    await upgrade(url)
    database = Database(url)
    async with aiohttp.ClientSession() as session:
        yield WeChatApi(session, f"http://127.0.0.1:{runner.addresses[0][1]}", APP_ID, APP_SECRET, database)
    await database.close()
    await runner.cleanup()


def leaks(error: BaseException) -> bool:
    """Whether a secret is anywhere in an error, its causes and its contexts."""
    return any(
        secret in repr(one) + str(one) for one in causes(error) for secret in ("82_the-Token", APP_SECRET)
    )


async def echo(request: web.Request) -> web.Response:
    return web.json_response({"errcode": 47001, "errmsg": f"bad: {request.url} {APP_SECRET}"})


async def hang_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def elsewhere(request: web.Request) -> web.Response:
    if request.path == "/elsewhere":
        return web.json_response({"errcode": 0, "media_id": "m"})
    return web.Response(status=302, headers={"Location": f"/elsewhere?{request.query_string}"})


def saying(body: bytes, kind: str = "text/plain") -> Handler:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=io.BytesIO(body), content_type=kind)

    return handler


@pytest.mark.parametrize(
    "handler",
    [
        echo,
        hang_up,
        elsewhere,
        saying(b""),
        saying(b"[" * 100_000),
        saying(b"\xff\xfe"),
        saying(b"[]"),
        saying(b'{"errcode": "x", "errmsg": null}'),
        saying(b'{"errcode": null}'),
        saying(bytes(MOST_BYTES + 1)),
    ],
)
async def test_strange_answers_are_errors_of_one_family_and_hide_every_secret(
    handler: Handler, tmp_path: Path
) -> None:
    async with answering(handler, tmp_path) as api:
        for ask in (
            api.call(SEND, text("o-ada")),
            api.download("m"),
            api.upload("image", "a", "image/png", b"x"),
        ):
            with pytest.raises(WeChatError) as raised:
                await ask
            assert not leaks(raised.value)


async def test_control_characters_in_peoples_names_do_no_harm(tmp_path: Path) -> None:
    async with answering(saying(b'{"subscribe": 1, "nickname": "A\x01da"}'), tmp_path) as api:
        assert (await api.call("/cgi-bin/user/info", openid="o-ada"))["nickname"] == "A\x01da"


async def test_a_file_larger_than_any_is_not_read_to_its_end(tmp_path: Path) -> None:
    async with answering(saying(bytes(MOST_BYTES + 1), "image/jpeg"), tmp_path) as api:
        with pytest.raises(NoAnswer):
            await api.download("m")


@pytest.mark.parametrize("answer", [{"access_token": ""}, {"access_token": "t"}, {}, {"expires_in": 1}])
async def test_no_token_in_the_answer_is_no_answer(
    wechat: FakeWeChat, session: aiohttp.ClientSession, database: Database, answer: dict[str, Any]
) -> None:
    wechat.faults.fail(200, "stable_token", page=json.dumps(answer))
    with pytest.raises(NoAnswer):
        await WeChatApi(session, wechat.url, APP_ID, APP_SECRET, database).call("/cgi-bin/menu/get")


async def test_no_server_at_all_hides_every_secret(
    session: aiohttp.ClientSession, database: Database
) -> None:
    for url in ("http://127.0.0.1:1", "http://no-such-host.invalid", "http://[::", "ftp://x"):
        clients: list[Client] = [
            WeChatApi(session, url, APP_ID, APP_SECRET, database),
            WeComApi(session, url, "ww1", "1", APP_SECRET, database),
        ]
        for client in clients:
            with pytest.raises(NoAnswer) as raised:
                await client.call("/cgi-bin/menu/get")
            assert not leaks(raised.value)


async def test_no_secret_is_ever_logged(
    api: WeChatApi,
    wechat: FakeWeChat,
    ada: Follower,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, "aiosqlite")  # at DEBUG, which is never on, it logs all that is stored
    with capture_logs() as logs:
        await api.call(SEND, text(ada.id))
        first = wechat.tokens.newest
        wechat.tokens.revoke()
        await api.call(SEND, text(ada.id))
        wechat.faults.fail(502, "message/custom/send")
        with pytest.raises(NoAnswer):
            await api.call(SEND, text(ada.id))
    everything = "".join([caplog.text, repr(logs), *capsys.readouterr(), repr(api), repr(api.tokens)])
    assert [entry["errcode"] for entry in logs] == [40001]
    assert wechat.tokens.newest != first
    for secret in (first, wechat.tokens.newest, wechat.secret):
        assert secret not in everything
