"""The chat page as it is served: cached, compressed, in the reader's language, fenced in."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bot.app import App, running
from bot.config import Settings
from tests.fixtures.web_client import Client, opened
from tests.fixtures.web_client import app as app
from tests.fixtures.web_client import client as client
from tests.fixtures.web_client import http as http
from tests.fixtures.web_client import url as url

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_page_and_its_files_are_cached_well(app: App, http: ClientSession) -> None:
    async with http.get(f"{app.url}/") as response:
        assert str(response.url) == f"{app.url}/chat"
        page = await response.text()
        assert response.headers["Cache-Control"] == "no-cache"
        tag = response.headers["ETag"]
    async with http.get(f"{app.url}/chat", headers={"If-None-Match": tag}) as response:
        assert (response.status, await response.read()) == (304, b"")
    address = page.partition('<script type="module" src="')[2].partition('"')[0]
    async with http.get(f"{app.url}/{address}") as response:
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response.content_type == "text/javascript"
        assert '"./api.js?v=' in await response.text()
    for stale in ("static/chat.js", "static/chat.js?v=old"):
        async with http.get(f"{app.url}/{stale}") as response:
            assert response.headers["Cache-Control"] == "no-cache"
    for absent in ("static/none.js", "static/..%2Fconfig.py", "static/%2e%2e/config.py"):
        async with http.get(f"{app.url}/{absent}") as response:
            assert response.status == 404


async def test_files_are_compressed_for_who_takes_it(app: App) -> None:
    async with ClientSession(auto_decompress=False) as http:
        async with http.get(f"{app.url}/static/chat.css", headers={"Accept-Encoding": "gzip"}) as response:
            assert response.headers["Content-Encoding"] == "gzip"
            small = await response.read()
        async with http.get(
            f"{app.url}/static/chat.css", headers={"Accept-Encoding": "identity"}
        ) as response:
            assert gzip.decompress(small) == await response.read()


@pytest.mark.parametrize(
    ("path", "headers", "tag"),
    [
        ("chat", {"Accept-Language": "zh-TW,zh;q=0.9"}, "zh-CN"),
        ("chat", {"Accept-Language": "de, en;q=0.5"}, "en"),
        ("chat", {"Accept-Language": "fr"}, "en"),
        ("chat", {}, "zh-CN"),
        ("chat", {"Accept-Language": "zh", "Cookie": "docent_lang=en"}, "en"),
        ("chat?lang=en", {"Accept-Language": "zh", "Cookie": "docent_lang=zh_CN"}, "en"),
        ("chat?lang=xx", {"Accept-Language": ";q=x,,en;q=0.1"}, "en"),
    ],
)
async def test_the_page_speaks_the_reader_s_language(
    app: App, path: str, headers: dict[str, str], tag: str
) -> None:
    async with ClientSession() as http, http.get(f"{app.url}/{path}", headers=headers) as response:
        assert f'<html lang="{tag}">' in await response.text()
        assert ("docent_lang" in response.cookies) == ("lang=en" in path)


@pytest.mark.parametrize(
    "path", ["chat", "sw.js", "manifest.webmanifest", "static/chat.js", "api/chat/history"]
)
async def test_every_answer_is_fenced_in(app: App, client: Client, path: str) -> None:
    async with client.http.get(f"{app.url}/{path}") as response:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_museum_without_a_name_is_called_one_in_the_reader_s_language(
    tmp_path: Path, http: ClientSession
) -> None:
    url = f"sqlite+aiosqlite:///{(tmp_path / 'a.db').as_posix()}"
    async with running(Settings(database_url=url, media_dir=tmp_path, listen="127.0.0.1:0")) as app:
        for language, name in (("en", "Museum"), ("zh", "博物馆")):
            async with http.get(f"{app.url}/chat", headers={"Accept-Language": language}) as response:
                assert f"<h1>{name}</h1>" in await response.text()
            asked = {"Accept-Language": language}
            async with http.get(f"{app.url}/manifest.webmanifest", headers=asked) as response:
                assert json.loads(await response.text())["name"] == name


async def test_a_museum_s_name_cannot_break_the_page(tmp_path: Path, http: ClientSession) -> None:
    name = "</script><b>$lang"
    async with opened(tmp_path, museum_name=name) as app:
        async with http.get(f"{app.url}/chat") as response:
            page = await response.text()
        async with http.get(f"{app.url}/manifest.webmanifest") as response:
            assert json.loads(await response.text())["name"] == name
    assert "<h1>&lt;/script&gt;&lt;b&gt;$lang</h1>" in page
    assert page.count("</script>") == 3
