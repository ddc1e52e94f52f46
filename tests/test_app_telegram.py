"""The whole program with Telegram: introduced, heard and answered, in either way of receiving."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot.app import App, opened, running, telegram_name
from bot.config import Settings
from bot.messages import Sender, Update
from handlers.kit.messages import Input
from tests.fakes.bot_api import FakeBotAPI
from tests.fakes.bot_api.server import TOKEN

WAIT = 20  # seconds, far more than anything here takes
WAYS: dict[str, dict[str, Any]] = {
    "polling": {"telegram_mode": "polling"},
    "webhook": {"telegram_mode": "webhook", "telegram_secret": SecretStr("s3cret")},
}


def settings_for(url: str, folder: Path, api: FakeBotAPI, way: str = "polling") -> Settings:
    return Settings(
        database_url=url, media_dir=folder / "media", listen="127.0.0.1:0", locale="en",
        telegram_token=SecretStr(TOKEN), telegram_api_url=api.url, **WAYS[way],
    )  # fmt: skip


async def named(app: App, name: str) -> None:
    """Wait until the program knows the bot's name."""
    async with asyncio.timeout(WAIT):
        while app.engine.rules.telegram_name != name:  # noqa: ASYNC110 - a plain value tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("way", WAYS)
async def test_somebody_on_telegram_is_answered(program_url: str, tmp_path: Path, way: str) -> None:
    async with FakeBotAPI() as api:
        async with running(settings_for(program_url, tmp_path, api, way)) as app:
            ann = api.user(700_000_001, "Ann", "en")
            await ann.starts()
            await ann.hears("Welcome")
            await named(app, "docent_test_bot")
            lists = {call.params.get("language_code", "") for call in api.calls("setMyCommands")}
            assert lists == {"", "zh", "en"}
            assert len(api.calls("setWebhook")) == (way == "webhook")
            async with aiohttp.ClientSession() as session:
                async with session.get(f"{app.url}/metrics") as answer:
                    page = await answer.text()
                async with session.post(f"{app.url}/telegram/webhook", json={"update_id": 1}) as answer:
                    assert answer.status == (401 if way == "webhook" else 404)
            assert 'docent_updates_accepted_total{channel="telegram"} 1.0' in page
            went = {"webhook": "carried", "polling": "sent"}[way]
            assert f'docent_messages_total{{channel="telegram",outcome="{went}"}} 1.0' in page
        before = len(api.calls("sendMessage"))
        await ann.sends("/help")
        async with running(settings_for(program_url, tmp_path, api, way)):
            await ann.hears("These are your commands")
        assert len(api.calls("sendMessage")) == before + 1


async def test_links_have_the_name_known_from_last_time_while_telegram_is_away(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'docent.db'}"
    async with FakeBotAPI() as api:
        async with running(settings_for(url, tmp_path, api)) as app:
            await named(app, "docent_test_bot")
        await api.stop()
        async with running(settings_for(url, tmp_path, api)) as app:
            assert app.engine.rules.telegram_name == "docent_test_bot"
            said = Update("web", "1", Sender("v", locale="en"), Input(text="/start"))
            assert (await app.engine.accept(said)).fresh  # the web chat works meanwhile
        async with (
            opened(f"sqlite+aiosqlite:///{tmp_path / 'docent.db'}") as database,
            database.reading() as db,
        ):
            assert await telegram_name(db) == "docent_test_bot"
