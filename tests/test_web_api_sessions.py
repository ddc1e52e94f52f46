"""The web chat's sessions: who may read, who may write, and what other pages may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import ClientSession

from bot.app import App
from tests.fixtures.web_chat import MUSEUM
from tests.fixtures.web_client import Client, opened, taken
from tests.fixtures.web_client import app as app
from tests.fixtures.web_client import client as client
from tests.fixtures.web_client import http as http
from tests.fixtures.web_client import url as url

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_session_is_a_cookie_that_stays(app: App, http: ClientSession) -> None:
    async with http.post(f"{app.url}/api/chat/session", json={"locale": "zh_CN"}) as response:
        answer = await response.json()
        cookie = response.cookies["docent_chat"]
    assert answer == {"museum": MUSEUM, "locale": "zh_CN", "locales": ["zh_CN", "en"], "id": answer["id"]}
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", str(365 * 86400))
    async with http.post(f"{app.url}/api/chat/session") as response:
        assert "docent_chat" not in response.cookies
        assert (await response.json())["id"] == answer["id"]


async def test_over_https_no_other_site_can_plant_a_cookie(tmp_path: Path, http: ClientSession) -> None:
    async with (
        opened(tmp_path, public_url="https://desk.museum.test") as app,
        http.post(f"{app.url}/api/chat/session") as response,
    ):
        cookie = response.cookies["__Host-docent_chat"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")


async def test_a_kiosk_gets_a_token_of_its_own(app: App, client: Client) -> None:
    cookie_id = (await client.open())["id"]
    answer = await client.open(bearer=True)
    assert answer["id"] != cookie_id
    async with ClientSession() as bare:
        kiosk = Client(bare, app.url, answer["token"])
        assert await kiosk.post(text="/start") == (200, {"fresh": True, "toast": None})
        assert await kiosk.texts() != []
    assert await client.texts() == []


@pytest.mark.parametrize("path", ["events", "history", "media/" + "0" * 64])
async def test_without_a_session_nothing_is_read(app: App, http: ClientSession, path: str) -> None:
    for token in ("", "short", "x" * 42, "x" * 42 + "!"):
        async with Client(http, app.url, token).get(path) as response:
            assert response.status == 401
            assert "load the page again" in (await response.json())["error"]
    status, _answer = await Client(http, app.url).post(text="hello")
    assert status == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://museum.test.evil.test"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://museum.test", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "HOST"}, 200),
        ({}, 200),
    ],
)
async def test_posts_of_other_pages_are_refused(
    app: App, client: Client, headers: dict[str, str], status: int
) -> None:
    given = {name: value.replace("HOST", app.url) for name, value in headers.items()}
    assert (await client.post(headers=given, text="hello"))[0] == status
    async with client.http.post(f"{app.url}/api/chat/session", headers=given) as response:
        assert response.status == status
    assert await taken(app, (await client.open())["id"]) == (status == 200)
