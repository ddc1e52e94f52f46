"""Every recorded dialogue, played through the real adapters against the whole program.

Each is played on each channel: on Telegram and WeChat in both of its languages, in the browser too but for
the security office's, and on WeCom in one of them, by turns. The databases, and on WeChat the modes, take
turns over the dialogues and their languages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import pytest_asyncio

from tests.dialogue import venues
from tests.dialogue.phones import Phones
from tests.dialogue.play import play
from tests.dialogue.script import FOLDER, load, scripts
from tests.dialogue.stage import staged
from tests.fakes.wechat_api.envelope import Mode
from tests.fixtures.chromium import launched

NAMES = [file.relative_to(FOLDER).as_posix().removesuffix(".json") for file in scripts()]
DATABASES = ("sqlite", "postgresql")
MODES: tuple[Mode, ...] = ("safe", "plain")
OFFICE = {"duty", "hazard", "papers", "rounds"}


def _by_turns(place: int) -> bool:
    """One language of each dialogue, now this, now that."""
    return place % 2 == place // 2 % 2


# The languages of one dialogue stand behind each other: they take the databases crosswise.
TELEGRAM = [(name, DATABASES[place % 2]) for place, name in enumerate(NAMES)]
WEB = [
    (name, DATABASES[(place + 1) % 2])
    for place, name in enumerate(NAMES)
    if _by_turns(place) or name.partition("/")[0] not in OFFICE
]
# From dialogue to dialogue the two change places, the modes half as often.
WECHAT = [
    (name, DATABASES[(place // 2 + place) % 2], MODES[(place // 4 + place) % 2])
    for place, name in enumerate(NAMES)
]
WECOM = [(name, DATABASES[place // 4 % 2]) for place, name in enumerate(NAMES) if _by_turns(place)]


@pytest.fixture(autouse=True)
def no_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Telegram's pace is tested with the sender; here it would only make people wait."""
    monkeypatch.setattr("bot.sender.CHAT_RATE", 1000.0)
    monkeypatch.setattr("bot.sender.ALL_RATE", 1000.0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def phones() -> AsyncIterator[Phones]:
    async with launched() as browser:
        yield Phones(browser)


@pytest.mark.parametrize(("name", "program_url"), TELEGRAM, indirect=["program_url"])
async def test_on_telegram(name: str, program_url: str, tmp_path: Path) -> None:
    await _played(name, venues.telegram(), program_url, tmp_path)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("name", "program_url"), WEB, indirect=["program_url"])
async def test_in_the_web_chat(name: str, program_url: str, tmp_path: Path, phones: Phones) -> None:
    await _played(name, venues.web(phones), program_url, tmp_path)


@pytest.mark.parametrize(("name", "program_url", "mode"), WECHAT, indirect=["program_url"])
async def test_on_wechat(name: str, program_url: str, tmp_path: Path, mode: Mode) -> None:
    await _played(name, venues.wechat(mode), program_url, tmp_path)


@pytest.mark.parametrize(("name", "program_url"), WECOM, indirect=["program_url"])
async def test_on_wecom(name: str, program_url: str, tmp_path: Path) -> None:
    await _played(name, venues.wecom(), program_url, tmp_path)


def test_every_dialogue_is_there_in_both_languages() -> None:
    spoken: dict[str, set[str]] = {}
    for name in NAMES:
        path, _dot, language = name.rpartition(".")
        spoken.setdefault(path, set()).add(language)
    assert {path: langs for path, langs in spoken.items() if langs != {"zh", "en"}} == {}


async def _played(
    name: str, venue: AbstractAsyncContextManager[venues.Venue], database_url: str, folder: Path
) -> None:
    script = load(FOLDER / f"{name}.json")
    async with staged(script, venue, database_url, folder) as (app, seats, passes):
        await play(script, seats, app, passes)
