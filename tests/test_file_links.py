"""Files for somebody in WeChat: a link that is signed, ends, and leads to nothing else."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from sqlalchemy import select, update

from bot.channels.cutting import octets
from bot.channels.file_links import FileLinks
from bot.channels.wechat_draw import LONGEST, drawn, menu
from bot.messages import FileJson, Payload
from handlers.export import XLSX
from models import Note, Person
from tests.house import House, open_house
from tests.test_wechat_greeting import open_account

NAME = "馆务通-检查-2026-11.xlsx"
DAY = 86_400


class Shelf:
    """A house that keeps a file and serves links; `at` is what its clock shows."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.at = 1_800_000_000.0
        self.url = ""
        self.links = self.worker()
        kept = house.media.keep(b"PK\x03\x04 rows", NAME, XLSX)
        self.file: FileJson = {"sha": kept.sha, "name": kept.name, "mime": kept.mime}

    def worker(self, public_url: str = "") -> FileLinks:
        """Another one on the same database."""
        house = self.house
        return FileLinks(house.database, public_url, house.languages, house.media.path, lambda: self.at)

    async def get(self, address: str, **more: Any) -> tuple[int, bytes, dict[str, str]]:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.url}{address}", **more) as answer,
        ):
            return answer.status, await answer.read(), dict(answer.headers)


@asynccontextmanager
async def open_shelf(url: str, folder: Path) -> AsyncIterator[Shelf]:
    async with open_house(url, folder) as house:
        shelf = Shelf(house)
        await shelf.links.start()
        app = web.Application()
        app.add_routes(shelf.links.routes())
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            shelf.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield shelf
        finally:
            await runner.cleanup()


async def test_a_link_saves_the_file_under_its_name(database_url: str, tmp_path: Path) -> None:
    async with open_shelf(database_url, tmp_path) as shelf:
        status, content, headers = await shelf.get(shelf.links.address(shelf.file))
        assert (status, content) == (200, b"PK\x03\x04 rows")
        assert headers["Content-Type"] == XLSX
        assert headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E9%A6%86")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in headers["Cache-Control"]


async def test_a_link_ends_after_two_days(database_url: str, tmp_path: Path) -> None:
    async with open_shelf(database_url, tmp_path) as shelf:
        address = shelf.links.address(shelf.file)
        shelf.at += 2 * DAY - 1
        assert (await shelf.get(address))[0] == 200
        shelf.at += 3601
        status, said, _headers = await shelf.get(address, headers={"Accept-Language": "zh-CN"})
        assert status == 404
        assert "已不在" in said.decode()


async def test_the_same_answer_has_the_same_link(database_url: str, tmp_path: Path) -> None:
    async with open_shelf(database_url, tmp_path) as shelf:
        first = shelf.links.address(shelf.file)
        shelf.at += 15  # seconds in which WeChat asks again
        assert shelf.links.address(shelf.file) == first


async def test_only_what_was_signed_here_is_served(database_url: str, tmp_path: Path) -> None:
    secret = tmp_path / "media" / "secret.txt"
    async with open_shelf(database_url, tmp_path) as shelf:
        secret.write_text("secret", encoding="utf-8")
        address = shelf.links.address(shelf.file)
        said, _dot, signed = address.removeprefix("/file/").partition(".")
        other = base64.urlsafe_b64encode(b'["../../secret.txt","a","b",9999999999]').decode().rstrip("=")
        tried = [
            f"/file/{said}.{signed[:-2]}AA",
            f"/file/{said}",
            f"/file/{said}.",
            f"/file/{other}.{signed}",
            f"/file/{other}.",
            f"/file/.{signed}",
            "/file/....secret.txt",
            "/file/..%2F..%2Fsecret.txt",
            "/file/%00",
            f"/file/{'A' * 1999}",
        ]
        for one in tried:
            status, content, _headers = await shelf.get(one)
            assert status == 404, one
            assert b"secret" not in content


async def test_a_file_that_was_erased_is_gone(database_url: str, tmp_path: Path) -> None:
    async with open_shelf(database_url, tmp_path) as shelf:
        shelf.house.media.forget(shelf.file["sha"])
        assert (await shelf.get(shelf.links.address(shelf.file)))[0] == 404


async def test_all_workers_sign_alike(database_url: str, tmp_path: Path) -> None:
    async with open_shelf(database_url, tmp_path) as shelf:
        other = shelf.worker()
        await other.start()
        assert (await shelf.get(other.address(shelf.file)))[0] == 200
        assert len(await shelf.house.rows(select(Note.key).where(Note.key == "file-secret"))) == 1


def message(text: str, **more: Any) -> Payload:
    payload: Payload = {
        "kind": "message", "text": text, "rows": [], "photos": [], "file": None, "replaces": None,
    }  # fmt: skip
    return {**payload, **more}  # type: ignore[typeddict-item]  # of a dict, mypy cannot know the keys


async def test_a_link_stands_under_the_text_in_one_piece(database_url: str, tmp_path: Path) -> None:
    async with open_shelf(database_url, tmp_path) as shelf:
        links = shelf.worker("https://desk.example.org")
        await links.start()
        rows = [[{"label": "好", "data": "a:x:1", "style": "main", "url": ""}]]
        payload = message("长" * 700, file={**shelf.file, "name": 'a"><b>.xlsx'}, rows=rows)
        *_text, last = drawn(links.linked(payload))
        assert '长\n\n<a href="https://desk.example.org/file/' in last
        assert ">📎 a b .xlsx</a>\n\n1. 好" in last
        assert octets(last) <= LONGEST
        assert menu(links.linked(message("x", file=shelf.file, rows=rows))) is None
        assert links.linked(message("x", photos=[shelf.file])) == message("x", photos=[shelf.file])
        assert "/file/" in drawn(links.linked(message("x", photos=[shelf.file]), photos=True))[0]


async def test_an_export_comes_to_somebody_in_wechat(database_url: str, tmp_path: Path) -> None:
    async with open_account(database_url, tmp_path) as (wechat, app):
        boss = wechat.person("o-boss")
        await boss.says("/start")
        async with app.database.transaction() as db:
            await db.execute(update(Person).values(roles=frozenset({"director"}), name="馆长"))
        await boss.says("汇总 本月")
        await boss.says("导出Excel")
        link = re.search(r'<a href="([^"]+)">📎 (.+)</a>', (await boss.hears("/file/", timeout=30)).text)
        assert link is not None
        assert link[2].endswith(".xlsx")
        async with aiohttp.ClientSession() as session, session.get(link[1]) as answer:
            assert (await answer.read()).startswith(b"PK")
