"""The fake Bot API server delivers updates as Telegram does, by polling and webhooks, and fails on demand."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.fakes.bot_api import ApiError, FakeBotAPI, User
from tests.fakes.bot_api.raw import Hook, Raw

ADA = 7_000_000_001


@pytest.fixture
async def api() -> AsyncIterator[FakeBotAPI]:
    async with FakeBotAPI() as server:
        yield server


@pytest.fixture
async def raw(api: FakeBotAPI) -> AsyncIterator[Raw]:
    async with Raw.of(api) as client:
        yield client


@pytest.fixture
def ada(api: FakeBotAPI) -> User:
    return api.user(ADA)


async def texts(raw: Raw, **params: Any) -> list[str]:
    status, updates = await raw.call("getUpdates", **params)
    assert status == 200, updates
    return [update["message"]["text"] for update in updates]


# -- polling ------------------------------------------------------------------------------------------------


async def test_an_offset_confirms_everything_below_it(raw: Raw, ada: User) -> None:
    for text in "abcd":
        await ada.sends(text)
    _, updates = await raw.call("getUpdates")
    ids = [update["update_id"] for update in updates]
    assert ids == list(range(ids[0], ids[0] + 4))
    assert ids[-1] < 2**31
    assert await texts(raw) == ["a", "b", "c", "d"]
    assert await texts(raw, limit=2) == ["a", "b"]
    assert await texts(raw, offset=ids[1]) == ["b", "c", "d"]
    assert await texts(raw, offset=ids[0]) == ["b", "c", "d"]
    assert await texts(raw, offset=-1) == ["d"]
    assert await texts(raw) == ["d"]
    assert await texts(raw, offset=ids[3] + 1) == []


async def test_a_long_poll_ends_with_the_first_update(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    poll = asyncio.create_task(texts(raw, timeout=30))
    await api.wait_for(lambda: api.calls("getUpdates"))
    await ada.sends("now")
    assert await asyncio.wait_for(poll, 5) == ["now"]


async def test_a_second_poller_ends_the_first_with_409(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    first = asyncio.create_task(raw.call("getUpdates", timeout=30))
    await api.wait_for(lambda: api.calls("getUpdates"))
    second = asyncio.create_task(texts(raw, timeout=30))
    status, said = await asyncio.wait_for(first, 5)
    assert (status, said.split(";")[0]) == (409, "Conflict: terminated by other getUpdates request")
    await ada.sends("mine")
    assert await asyncio.wait_for(second, 5) == ["mine"]


async def test_a_dead_poller_takes_nothing_with_it(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    await ada.sends("a")
    [confirmed] = (await raw.call("getUpdates"))[1]
    async with Raw.of(api) as killed:
        poll = asyncio.create_task(killed.call("getUpdates", timeout=30, offset=confirmed["update_id"] + 1))
        await api.wait_for(lambda: len(api.calls("getUpdates")) == 2)
        poll.cancel()
    await raw.call("getMe")  # by then the server has seen the connection end
    api.redeliver(confirmed["update_id"])
    assert await texts(raw, timeout=30) == ["a"]


async def test_polling_and_a_webhook_exclude_each_other(api: FakeBotAPI, raw: Raw) -> None:
    poll = asyncio.create_task(raw.call("getUpdates", timeout=30))
    await api.wait_for(lambda: api.calls("getUpdates"))
    assert await raw.call("setWebhook", url="http://127.0.0.1:9/hook") == (200, True)
    assert await asyncio.wait_for(poll, 5) == (409, "Conflict: terminated by setWebhook request")
    status, said = await raw.call("getUpdates")
    assert (status, said.split(";")[0]) == (
        409,
        "Conflict: can't use getUpdates method while webhook is active",
    )
    assert await raw.call("deleteWebhook") == (200, True)
    assert await raw.call("getUpdates") == (200, [])


async def test_updates_do_not_wait_for_ever(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    await ada.sends("old")
    await raw.call(
        "sendMessage",
        chat_id=ADA,
        text="?",
        reply_markup={"inline_keyboard": [[{"text": "a", "callback_data": "a"}]]},
    )
    await ada.taps("a")
    api.advance(151)
    assert await texts(raw) == ["old"]
    api.advance(24 * 3600)
    assert await texts(raw) == []


async def test_only_allowed_updates_come(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    await raw.call("getUpdates", allowed_updates=["message"])
    await ada.sends("x")
    await ada.blocks_bot()
    assert await texts(raw) == ["x"]
    assert api.inject({"callback_query": {}}) is None
    await raw.call("getUpdates", allowed_updates=[])
    assert api.inject({"callback_query": {}}) is not None
    assert api.inject({"chat_member": {}}) is None


async def test_malformed_and_repeated_updates_on_demand(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    await ada.sends("a")
    broken = api.inject({"message": "a string"})
    assert broken is not None
    _, updates = await raw.call("getUpdates")
    assert updates[1] == {"update_id": broken, "message": "a string"}
    assert await texts(raw, offset=broken + 1) == []
    api.redeliver(updates[0]["update_id"], times=2)
    assert await texts(raw, offset=broken + 1) == ["a", "a"]
    assert await texts(raw, offset=broken + 1) == []
    far = api.inject({"update_id": broken + 1000, "message": None})
    assert api.inject({"message": None}) == (far or 0) + 1


# -- webhooks -----------------------------------------------------------------------------------------------


@pytest.fixture
async def hook(api: FakeBotAPI, raw: Raw) -> AsyncIterator[Hook]:
    receiver = Hook(api)
    app = web.Application()
    app.router.add_post("/hook", receiver.handle)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield receiver
    await raw.call("deleteWebhook")
    await runner.cleanup()


async def test_a_webhook_is_called_with_its_secret(api: FakeBotAPI, raw: Raw, ada: User, hook: Hook) -> None:
    await ada.sends("before")
    assert await raw.call("setWebhook", url=hook.url, secret_token="s-E_1", max_connections=3) == (200, True)
    await ada.sends("after")
    assert await hook.sees(2) == ["before", "after"]
    assert hook.secrets == ["s-E_1", "s-E_1"]
    await api.wait_for(lambda: not api.updates.waiting)
    _, info = await raw.call("getWebhookInfo")
    assert (info["url"], info["pending_update_count"], info["max_connections"]) == (hook.url, 0, 3)


async def test_a_failed_update_comes_again_before_the_next(
    api: FakeBotAPI, raw: Raw, ada: User, hook: Hook
) -> None:
    hook.reply = lambda _: web.Response(status=500 if len(hook.updates) < 4 else 204)
    await raw.call("setWebhook", url=hook.url)
    await ada.sends("a")
    await ada.sends("b")
    assert await hook.sees(5) == ["a", "a", "a", "a", "b"]
    at = [attempt.at for attempt in api.webhook.attempts]
    assert at[2] - at[1] >= 0.015  # 2 and 4 "seconds" after a first repetition at once
    assert at[3] - at[2] >= 0.03
    _, info = await raw.call("getWebhookInfo")
    assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"


async def test_messages_and_taps_stand_in_lines_of_their_own(
    api: FakeBotAPI, raw: Raw, ada: User, hook: Hook
) -> None:
    await ada.sends("hi")
    markup = {"inline_keyboard": [[{"text": "Tap", "callback_data": "tap"}]]}
    await raw.call("sendMessage", chat_id=ADA, text="?", reply_markup=markup)
    await raw.call("deleteWebhook", drop_pending_updates=True)
    hook.held = {"slow": asyncio.Event(), "tap": asyncio.Event()}
    await raw.call("setWebhook", url=hook.url)
    await ada.sends("slow")
    await ada.taps("Tap")
    assert sorted(await hook.sees(2)) == ["slow", "tap"]
    await ada.sends("next")
    await ada.taps_raw("late", ada.answers[0])
    for text in ("other", "another"):
        await api.user(2).sends(text)
    assert (await hook.sees(4))[2:] == ["other", "another"]
    hook.held["slow"].set()
    assert (await hook.sees(5))[-1] == "next"
    hook.held["tap"].set()
    assert (await hook.sees(6))[-1] == "late"


async def test_a_method_in_the_answer_is_executed(api: FakeBotAPI, raw: Raw, ada: User, hook: Hook) -> None:
    hook.reply = lambda u: web.json_response(
        {"method": "sendMessage", "chat_id": ADA, "text": u["message"]["text"]}
    )
    await raw.call("setWebhook", url=hook.url)
    await ada.sends("echo")
    assert (await ada.hears()).text == "echo"
    assert [(call.via, call.status) for call in api.calls("sendMessage")] == [("webhook", 200)]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (web.json_response({"method": "deleteWebhook"}), "Bad Request: deleteWebhook is not for an answer"),
        (web.json_response({"method": "sendMess"}), "Not Found: method not found"),
        (
            web.json_response({"method": "sendMessage", "chat_id": ADA}),
            "Bad Request: message text is empty",
        ),
        (
            web.json_response({"method": "sendMessage", "chat_id": 9, "text": "x"}),
            "Bad Request: chat not found",
        ),
        (web.Response(body=b"{", content_type="application/json"), "Bad Request: can't parse parameters"),
        (web.Response(text='{"method": "sendMessage"}'), "Bad Request: a method call as text/plain"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
async def test_what_telegram_swallows_fails_the_test(
    api: FakeBotAPI, raw: Raw, ada: User, hook: Hook, answer: web.Response, said: str
) -> None:
    hook.reply = lambda _: answer
    await raw.call("setWebhook", url=hook.url)
    await ada.sends("x")
    await api.wait_for(lambda: not api.updates.waiting)
    with pytest.raises(AssertionError, match="nobody was told"):
        api.check_answers()
    [call] = api.swallowed
    assert call.error.startswith(said)
    assert (api.webhook.url, ada.answers) == (hook.url, [])
    api.swallowed.clear()


async def test_a_method_in_an_answer_meets_faults_and_its_own_repetition(
    api: FakeBotAPI, raw: Raw, ada: User, hook: Hook
) -> None:
    markup = {"inline_keyboard": [[{"text": "Tap", "callback_data": "tap"}]]}
    await ada.sends("hi")
    await raw.call("sendMessage", chat_id=ADA, text="?", reply_markup=markup)
    await raw.call("deleteWebhook", drop_pending_updates=True)
    hook.reply = lambda update: web.json_response(
        {"method": "answerCallbackQuery", "callback_query_id": update["callback_query"]["id"]}
    )
    await raw.call("setWebhook", url=hook.url)
    api.faults.lose_answer("answerCallbackQuery")  # of a request, which this is not
    await ada.taps("Tap")
    await hook.sees(1)
    api.redeliver(hook.updates[0]["update_id"])
    await api.wait_for(lambda: len(api.calls("answerCallbackQuery")) == 2)
    assert [call.status for call in api.calls("answerCallbackQuery")] == [200, 400]
    assert (len(ada.toasts), api.swallowed) == (1, [])
    hook.reply = lambda _: web.json_response({"method": "sendMessage", "chat_id": ADA, "text": "x"})
    api.faults.flood()
    await ada.taps("Tap")
    await api.wait_for(lambda: api.swallowed)
    assert [call.status for call in api.swallowed] == [429]
    api.swallowed.clear()


async def test_an_unreachable_webhook_keeps_its_updates(
    api: FakeBotAPI, raw: Raw, ada: User, hook: Hook
) -> None:
    await raw.call("setWebhook", url="http://127.0.0.1:9/hook")
    await ada.sends("kept")
    await api.wait_for(lambda: len(api.webhook.attempts) >= 3, timeout=30)  # Windows refuses slowly
    assert {attempt.status for attempt in api.webhook.attempts} == {0}
    await raw.call("setWebhook", url=hook.url)
    assert await hook.sees(1) == ["kept"]
    api.redeliver(hook.updates[0]["update_id"], times=2)
    assert await hook.sees(3) == ["kept", "kept", "kept"]


@pytest.mark.parametrize(
    ("params", "description"),
    [
        ({"url": "ftp://example.org"}, "invalid webhook URL specified"),
        ({"url": "http://example.org/hook"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        (
            {"url": "https://example.org:8080/hook"},
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        ),
        ({"url": "https://example.org", "secret_token": "a b"}, "secret token contains unallowed characters"),
        ({"url": "https://example.org", "secret_token": "a" * 257}, "secret token is too long"),
    ],
)
async def test_a_strict_server_checks_the_webhook(params: dict[str, str], description: str) -> None:
    async with FakeBotAPI(strict_https=True) as strict, Raw.of(strict) as raw:
        assert await raw.call("setWebhook", **params) == (400, f"Bad Request: {description}")
        assert strict.webhook.url == ""


# -- faults -------------------------------------------------------------------------------------------------


async def test_floods_of_one_chat_and_of_all(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    bob = api.user(2)
    await ada.sends("a")
    await bob.sends("b")
    api.faults.flood(retry_after=3, chat_id=ADA, times=2)
    url = f"{api.base_url}{api.token}/sendMessage"
    async with raw.session.post(url, json={"chat_id": ADA, "text": "x"}) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
        refusal = {"description": "Too Many Requests: retry after 3", "parameters": {"retry_after": 3}}
        assert await answer.json() == {"ok": False, "error_code": 429, **refusal}
    said = [(await raw.call("sendMessage", chat_id=to, text="x"))[0] for to in (2, ADA, ADA)]
    assert said == [200, 429, 200]
    api.faults.flood(times=2)
    said = [(await raw.call("sendMessage", chat_id=to, text="x"))[0] for to in (2, ADA, 2)]
    assert said == [429, 429, 200]
    assert (len(ada.answers), len(bob.answers)) == (1, 2)


async def test_a_lost_answer_has_its_effect(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    await ada.sends("a")
    api.faults.lose_answer("sendMessage")
    with pytest.raises(aiohttp.ClientError):
        await raw.call("sendMessage", chat_id=ADA, text="x")
    assert [answer.text for answer in ada.answers] == ["x"]
    assert [call.answered for call in api.calls("sendMessage")] == [False]


async def test_failures_and_delays(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    await ada.sends("a")
    api.faults.fail("sendMessage")
    api.faults.fail("getUpdates", ApiError(502, "Bad Gateway"))
    api.faults.delay(0.05, "getMe")
    assert await raw.call("sendMessage", chat_id=ADA, text="x") == (500, "Internal Server Error")
    assert await raw.call("getUpdates") == (502, "Bad Gateway")
    start = time.monotonic()
    await raw.call("getMe")
    assert time.monotonic() - start >= 0.04
    assert ada.answers == []
    assert api.counts == {"sendMessage": 1, "getUpdates": 1, "getMe": 1}


async def test_an_outage_loses_nothing(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    port = api.port
    poll = asyncio.create_task(raw.call("getUpdates", timeout=30))
    await api.wait_for(lambda: api.calls("getUpdates"))
    await api.stop()
    assert await asyncio.wait_for(poll, 5) == (200, [])
    with pytest.raises(aiohttp.ClientError):
        await raw.call("getMe")
    await ada.sends("meanwhile")
    await api.start(port)
    assert await texts(raw) == ["meanwhile"]
