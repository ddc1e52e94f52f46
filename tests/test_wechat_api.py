"""The clients of both APIs: one token for all, secrets kept out of everything, each error for what it is."""

import asyncio
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
from bot.channels.wechat_client import MOST_BYTES, Client, encoded
from bot.channels.wechat_errors import ApiError, NoAnswer, WeChatError, send_error
from bot.channels.wecom_api import WeComApi
from bot.db import Database
from bot.errors import Gone, NotNow, Refused, SendError, TryLater, Unavailable, Unreachable
from bot.migrate import upgrade
from tests.fakes.wechat_api import FakeWeChat, FakeWeCom, Follower
from tests.fakes.wechat_api.official import APP_ID, APP_SECRET
from tests.fakes.wechat_api.program import listening
from tests.fixtures.media import picture

SEND = "/cgi-bin/message/custom/send"
WAIT = 20  # seconds, far more than anything here takes
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await upgrade(database_url)
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def wechat() -> AsyncIterator[FakeWeChat]:
    async with FakeWeChat() as wechat, listening(wechat):
        yield wechat


@pytest.fixture
async def wecom() -> AsyncIterator[FakeWeCom]:
    async with FakeWeCom() as wecom, listening(wecom):
        yield wecom


@pytest.fixture
def api(wechat: FakeWeChat, session: aiohttp.ClientSession, database: Database) -> WeChatApi:
    return WeChatApi(session, wechat.url, wechat.app_id, wechat.secret, database)


@pytest.fixture
def work(wecom: FakeWeCom, session: aiohttp.ClientSession, database: Database) -> WeComApi:
    return WeComApi(session, wecom.url, wecom.corp_id, str(wecom.agent_id), wecom.secret, database)


@pytest.fixture
async def ada(wechat: FakeWeChat) -> Follower:
    ada = wechat.person("o-ada")
    await ada.says("hi")
    return ada


def text(to: str, content: str = "你好") -> dict[str, Any]:
    return {"touser": to, "msgtype": "text", "text": {"content": content}}


# -- calls --------------------------------------------------------------------------------------------------


async def test_a_message_arrives_in_real_utf8(api: WeChatApi, ada: Follower) -> None:
    strange = "灯坏了 😀 \x01\x1f\x7f\u2028\ud83d C:\\u4f60 \\\x02 \"'</a>\n\tend"
    assert (await api.call(SEND, text(ada.id, strange)))["errmsg"] == "ok"
    assert ada.texts == ["灯坏了 😀 \x7f\u2028? C:\\u4f60 \\ \"'</a>\n\tend"]


def test_what_has_to_be_escaped_in_json_stays_so() -> None:
    body = {"a": "\\u0001", "b": "\x01\x02\\\x03", "c": "\r\n\t\b\f"}
    assert json.loads(encoded(body)) == {"a": "\\u0001", "b": "\\", "c": "\r\n\t\b\f"}


async def test_files_go_there_and_back(api: WeChatApi, wechat: FakeWeChat, ada: Follower) -> None:
    content = picture(size=(640, 480)) + bytes(2**20)
    media_id = await api.upload("image", "现场.jpg", "image/jpeg", content)
    await api.call(SEND, {"touser": ada.id, "msgtype": "image", "image": {"media_id": media_id}})
    assert ada.received[-1].media is not None
    assert (ada.received[-1].media.data, ada.received[-1].media.name) == (content, "现场.jpg")
    sent = await ada.sends_voice(b"#!AMR voice")
    assert await api.download(sent.fields["MediaId"]) == b"#!AMR voice"
    wechat.clock.advance(72 * 3600)
    with pytest.raises(ApiError, match="40007"):
        await api.download(media_id)


async def test_a_film_and_a_page_are_no_files(api: WeChatApi, wechat: FakeWeChat, ada: Follower) -> None:
    film = await ada.sends_video(b"film")
    with pytest.raises(NoAnswer):
        await api.download(film.fields["MediaId"])
    voice = await ada.sends_voice(b"#!AMR voice")
    wechat.faults.fail(200, "media/get", page="<html>please log in</html>")
    with pytest.raises(NoAnswer):
        await api.download(voice.fields["MediaId"])


async def test_menus_and_codes(api: WeChatApi, wechat: FakeWeChat) -> None:
    menu = {"button": [{"type": "click", "name": "检查", "key": "inspect"}]}
    await api.call("/cgi-bin/menu/create", menu)
    assert wechat.menu == menu["button"]
    assert (await api.call("/cgi-bin/menu/get"))["menu"]["button"][0]["name"] == "检查"
    wanted = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "p_D3"}}}
    assert (await api.call("/cgi-bin/qrcode/create", wanted))["url"].startswith("http://weixin.qq.com/q/")
    assert "p_D3" in wechat.codes


async def test_wecom_sends_texts_cards_and_files(work: WeComApi, wecom: FakeWeCom) -> None:
    ada = wecom.person("ada")
    to = {"touser": ada.id, "agentid": wecom.agent_id}
    await work.call("/cgi-bin/message/send", {**to, "msgtype": "text", "text": {"content": "你好"}})
    media_id = await work.upload("file", '汇总 "2026"\r\n.xlsx', "application/vnd.ms-excel", b"PK table")
    await work.call("/cgi-bin/message/send", {**to, "msgtype": "file", "file": {"media_id": media_id}})
    card: dict[str, Any] = {"card_type": "button_interaction", "task_id": "t1"}
    card |= {"main_title": {"title": "1. 门"}}
    card |= {"button_list": [{"text": "正常", "key": "ok"}]}
    sent = await work.call("/cgi-bin/message/send", {**to, "msgtype": "template_card", "template_card": card})
    change = {"userids": [ada.id], "agentid": wecom.agent_id, "response_code": sent["response_code"]}
    change |= {"button": {"replace_name": "已记录"}}
    await work.call("/cgi-bin/message/update_template_card", change)
    assert ada.texts == ["你好", "汇总 2026.xlsx", "1. 门"]
    assert ada.received[-1].replaced == "已记录"
    menu = {"button": [{"type": "click", "name": "检查", "key": "inspect"}]}
    await work.call("/cgi-bin/menu/create", menu, agentid=str(wecom.agent_id))
    assert wecom.menu == menu["button"]
    assert len(wecom.calls_of("gettoken")) == 1


# -- the token ----------------------------------------------------------------------------------------------


async def test_fifty_calls_at_once_fetch_one_token(api: WeChatApi, wechat: FakeWeChat, ada: Follower) -> None:
    async with asyncio.timeout(WAIT):
        await asyncio.gather(*[api.call("/cgi-bin/user/info", openid=ada.id) for _each in range(50)])
    assert len(wechat.calls_of("stable_token")) == 1


async def test_two_workers_share_one_token(
    api: WeChatApi, wechat: FakeWeChat, ada: Follower, database_url: str
) -> None:
    await api.call(SEND, text(ada.id))
    other = Database(database_url)
    async with aiohttp.ClientSession() as session:
        second = WeChatApi(session, wechat.url, wechat.app_id, wechat.secret, other)
        await second.call(SEND, text(ada.id))
    await other.close()
    assert len(wechat.calls_of("stable_token")) == 1
    assert len({call.token for call in wechat.calls_of("message/custom/send")}) == 1


@pytest.mark.parametrize("how", ["revoked", "old"])
async def test_a_token_that_is_refused_is_renewed_once_for_all(
    api: WeChatApi, wechat: FakeWeChat, ada: Follower, how: str
) -> None:
    await api.call("/cgi-bin/user/info", openid=ada.id)
    if how == "revoked":
        wechat.tokens.revoke()
    else:
        wechat.clock.advance(7200)
    async with asyncio.timeout(WAIT):
        await asyncio.gather(*[api.call("/cgi-bin/user/info", openid=ada.id) for _each in range(20)])
    assert len(wechat.calls_of("stable_token")) == 2
    assert len(wechat.calls_of("user/info")) == 1 + 2 * 20


async def test_a_refusal_that_stays_is_tried_twice_and_never_in_a_loop(
    api: WeChatApi, wechat: FakeWeChat, ada: Follower
) -> None:
    wechat.faults.refuse(40001, "message/custom/send", times=100)
    for _each in range(10):
        with pytest.raises(ApiError, match="40001"):
            await api.call(SEND, text(ada.id))
    assert len(wechat.calls_of("message/custom/send")) == 2 + 9, "the second token is not renewed for a while"
    forced = [call for call in wechat.calls_of("stable_token") if call.json.get("force_refresh")]
    assert (len(wechat.calls_of("stable_token")), len(forced)) == (3, 1)


async def test_a_wrong_secret_is_told_by_the_first_call(
    wechat: FakeWeChat, session: aiohttp.ClientSession, database: Database
) -> None:
    api = WeChatApi(session, wechat.url, wechat.app_id, "wrong", database)
    with pytest.raises(ApiError, match="40125") as raised:
        await api.call(SEND, text("o-ada"))
    with capture_logs() as logs:
        assert isinstance(send_error(raised.value), TryLater)
    assert "WECHAT_APP_SECRET" in logs[0]["remedy"]
    assert [call.method for call in wechat.calls] == ["stable_token"]


async def test_wecom_renews_its_token_too(work: WeComApi, wecom: FakeWeCom) -> None:
    to = {"touser": wecom.person("ada").id, "agentid": wecom.agent_id, "msgtype": "text"}
    await work.call("/cgi-bin/message/send", {**to, "text": {"content": "1"}})
    wecom.tokens.revoke()
    await work.call("/cgi-bin/message/send", {**to, "text": {"content": "2"}})
    assert wecom.person("ada").texts == ["1", "2"]
    assert len(wecom.calls_of("gettoken")) == 2


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
    chain: list[BaseException] = []
    following: list[BaseException | None] = [error]
    while following:
        if (one := following.pop()) is not None and one not in chain:
            chain.append(one)
            following += [one.__cause__, one.__context__]
    return any(secret in repr(one) + str(one) for one in chain for secret in ("82_the-Token", APP_SECRET))


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
