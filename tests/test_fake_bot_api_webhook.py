"""The fake Bot API server calls webhooks as Telegram does."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from tests.fakes.bot_api import FakeBotAPI, User
from tests.fakes.bot_api.raw import Hook, Raw
from tests.fixtures.bot_api import ADA
from tests.fixtures.bot_api import ada as ada
from tests.fixtures.bot_api import api as api
from tests.fixtures.bot_api import raw as raw


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
