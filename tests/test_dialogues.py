"""Every recorded dialogue, played through the real adapters against the whole program."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.dialogue.play import play
from tests.dialogue.script import FOLDER, load, scripts
from tests.dialogue.stage import staged
from tests.fixtures.chromium import launched

NAMES = [file.relative_to(FOLDER).as_posix().removesuffix(".json") for file in scripts()]

# Each channel meets each database in every dialogue: the languages take them crosswise.
TELEGRAM = [(name, "postgresql" if name.endswith(".zh") else "sqlite") for name in NAMES]
WEB = [(name, "sqlite" if name.endswith(".zh") else "postgresql") for name in NAMES]


@pytest.fixture(autouse=True)
def no_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Telegram's pace is tested with the sender; here it would only make people wait."""
    monkeypatch.setattr("bot.sender.CHAT_RATE", 1000.0)
    monkeypatch.setattr("bot.sender.ALL_RATE", 1000.0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@pytest.mark.parametrize(("name", "program_url"), TELEGRAM, indirect=["program_url"])
async def test_on_telegram(name: str, program_url: str, tmp_path: Path) -> None:
    script = load(FOLDER / f"{name}.json")
    async with staged(script, "telegram", program_url, tmp_path, None) as (app, seats):
        await play(script, seats, app.database)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("name", "program_url"), WEB, indirect=["program_url"])
async def test_in_the_web_chat(name: str, program_url: str, tmp_path: Path, browser: Browser) -> None:
    script = load(FOLDER / f"{name}.json")
    async with staged(script, "web", program_url, tmp_path, browser) as (app, seats):
        await play(script, seats, app.database)


def test_every_dialogue_is_there_in_both_languages() -> None:
    spoken: dict[str, set[str]] = {}
    for name in NAMES:
        path, _dot, language = name.rpartition(".")
        spoken.setdefault(path, set()).add(language)
    assert {path: langs for path, langs in spoken.items() if langs != {"zh", "en"}} == {}
