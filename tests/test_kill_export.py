"""Kill -9 while an export is being written: after a restart the file comes, once and whole."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from openpyxl import load_workbook
from sqlalchemy import update

from bot.app import opened, prepare
from bot.channels.web_session import account_of, new_token
from bot.config import load_settings
from models import Due
from tests.fixtures.devices import Browser
from tests.fixtures.duty import ending
from tests.fixtures.introducing import introduce
from tests.fixtures.killing import PATIENCE, Moment, Program

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX"),
]


async def file_in(browser: Browser) -> dict[str, Any]:
    """The one file in the chat, as soon as it is there."""
    async with asyncio.timeout(PATIENCE):
        while True:
            files = [one["file"] for one in await browser.transcript() if one.get("file")]
            if files:
                [file] = files
                return dict(file)
            await asyncio.sleep(0.1)  # the clock of the program tells nobody here


async def test_the_file_comes_after_all(
    database_url: str, tmp_path: Path, preloaded: Callable[..., Program]
) -> None:
    program = preloaded(tmp_path, DATABASE_URL=database_url)
    await prepare(load_settings(program.environment, tmp_path / "none.env"))
    token = new_token()
    async with aiohttp.ClientSession() as http, ending(program), opened(database_url) as database:
        await introduce(database, "web", [(account_of(token), "director")])
        browser = Browser(http, program, token)
        await program.start(Moment("filing", 1))
        await browser.says("/feedback", r"\.rating\.")
        await browser.taps(".rating.4", "saved as")
        await browser.says("/summary", "a:export:")
        await browser.taps("a:export:", "Preparing the file")
        await program.dies()
        async with database.transaction() as db:  # its claim runs out by itself, but not so soon
            await db.execute(update(Due).where(Due.kind == "export").values(due_at=datetime.now(UTC)))
        await program.start()
        file = await file_in(browser)
        url = f"{program.url}/{file['url']}"
        async with http.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
            book = load_workbook(BytesIO(await answer.read()))
        assert [sheet.max_row for sheet in book if sheet.title == "Comments"] == [2]
        await program.stop()
