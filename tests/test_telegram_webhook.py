"""The webhook: only Telegram may call it, and it says 200 only to what was taken."""

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.channels.telegram_read import ALLOWED_UPDATES
from bot.channels.telegram_webhook import PATH, SECRET_HEADER, Webhook
from tests.fixtures.telegram import ADA, Rig, button, payload, telegram_rig

SECRET = "the-secret_42"


class Site:
    """The program's web server with only the webhook's route."""

    def __init__(self, rig: Rig, url: str) -> None:
        self.rig = rig
        self.url = url

    async def post(self, body: Any, secret: str | None = SECRET) -> int:
        """The status of a call; `body` is sent as JSON unless it is bytes."""
        data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        headers = {} if secret is None else {SECRET_HEADER: secret}
        async with self.rig.session.post(self.url + PATH, data=data, headers=headers) as answer:
            return answer.status


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with telegram_rig(tmp_path) as rig:
        app = web.Application()
        app.add_routes(rig.channel.webhook(SECRET).routes())
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield Site(rig, f"http://127.0.0.1:{runner.addresses[0][1]}")
        await rig.api.webhook.close()
        await runner.cleanup()


def hello(update_id: int = 7, **more: Any) -> dict[str, Any]:
    person = {"id": ADA, "is_bot": False, "first_name": "Ada"}
    chat = {"id": ADA, "type": "private"}
    return {
        "update_id": update_id,
        "message": {"message_id": 1, "from": person, "chat": chat, "text": "hi", **more},
    }


async def test_updates_come_in_order_and_are_confirmed(site: Site) -> None:
    rig = site.rig
    await rig.channel.listen(site.url, SECRET)
    for number in range(5):
        await rig.ada.sends(f"a{number}")
    await rig.engine.has(5)
    await rig.confirmed()
    assert rig.engine.texts() == [f"a{number}" for number in range(5)]
    (call,) = rig.api.calls("setWebhook")
    assert call.params["url"] == f"{site.url}/telegram/webhook"
    assert (call.params["secret_token"], call.params["max_connections"]) == (SECRET, "40")
    assert call.json("allowed_updates") == list(ALLOWED_UPDATES)


async def test_while_the_database_is_away_telegram_keeps_the_update(site: Site) -> None:
    rig = site.rig
    rig.engine.goes_down()
    assert await site.post(hello()) == 503
    await rig.channel.listen(site.url, SECRET)
    await rig.ada.sends("one")
    await rig.api.wait_for(lambda: len(rig.api.webhook.attempts) >= 3)
    assert {attempt.status for attempt in rig.api.webhook.attempts} == {503}
    rig.engine.comes_back()
    await rig.confirmed()
    assert rig.engine.texts() == ["one"]


async def test_a_short_wait_is_asked_for_when_the_database_is_away(site: Site) -> None:
    site.rig.engine.goes_down()
    headers = {SECRET_HEADER: SECRET}
    async with site.rig.session.post(site.url + PATH, json=hello(), headers=headers) as answer:
        assert answer.headers["Retry-After"] == "2"


@pytest.mark.parametrize(
    ("secret", "status"), [(None, 401), ("", 403), ("wrong", 403), (SECRET + "x", 403), ("é", 403)]
)
async def test_without_the_secret_nothing_is_let_in(site: Site, secret: str | None, status: int) -> None:
    assert await site.post(hello(), secret) == status
    assert site.rig.engine.offered == []
    assert await site.post(hello()) == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[]",
        b"7",
        b'"x"',
        b"[" * 100_000,
        b'{"message": {}}',
        b'{"update_id": "7"}',
        b'{"update_id": ' + b"9" * 5000 + b"}",
    ],
)
async def test_what_is_no_update_is_a_bad_request(site: Site, body: bytes) -> None:
    assert await site.post(body) == 400
    assert site.rig.engine.offered == []


async def test_more_than_a_mebibyte_is_refused_and_less_is_not(site: Site) -> None:
    assert await site.post(hello(text="x" * 2**20)) == 413
    assert await site.post(hello(text="x" * 1_000_000)) == 200
    (update,) = site.rig.engine.updates
    assert set(update.input.text) == {"x"}


async def test_only_post_is_served(site: Site) -> None:
    async with aiohttp.ClientSession() as client, client.get(site.url + PATH) as answer:
        assert answer.status == 405


async def test_a_malformed_update_is_a_dead_letter_and_confirmed(site: Site) -> None:
    assert await site.post({"update_id": 9, "message": "str"}) == 200
    assert site.rig.engine.dead_letters == [
        ("telegram", "9", {"update_id": 9, "message": "str"}, "message: message is no object")
    ]


async def test_the_same_update_twice_is_confirmed_twice_and_taken_once(site: Site) -> None:
    assert [await site.post(hello()), await site.post(hello())] == [200, 200]
    assert site.rig.engine.texts() == ["hi"]


async def test_a_tap_is_answered(site: Site) -> None:
    rig = site.rig
    await rig.channel.listen(site.url, SECRET)
    await rig.ada.sends("hello")
    await rig.channel.send(str(ADA), payload("?", [button("Yes", "y")]))
    rig.engine.toast = "Saved"
    toast = await rig.ada.sees_toast(await rig.ada.taps("Yes"))
    assert toast.text == "Saved"


def test_a_webhook_without_a_secret_is_not_made(tmp_path: Path) -> None:
    async def take(raw: object, *, answering: bool) -> None:
        raise AssertionError(raw)

    with pytest.raises(ValueError, match="secret"):
        Webhook(take, "")


async def test_what_says_it_is_compressed_and_is_not_is_no_update(site: Site) -> None:
    headers = {SECRET_HEADER: SECRET, "Content-Encoding": "gzip"}
    async with site.rig.session.post(site.url + PATH, data=b"no gzip", headers=headers) as answer:
        assert answer.status == 400
