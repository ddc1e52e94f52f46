"""The stage of a dialogue: the whole program with both channels, and everybody in their seat."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import time_machine
from playwright.async_api import Browser, BrowserContext

from bot.app import App, running
from bot.channels.web_session import COOKIE, account_of
from bot.config import load_settings
from tests.dialogue.play import give_roles
from tests.dialogue.script import Script
from tests.dialogue.seats import BrowserSeat, Seat, TelegramSeat, hears
from tests.fakes.bot_api import TOKEN, FakeBotAPI

MUSEUM = "示例博物馆"


@asynccontextmanager
async def staged(
    script: Script, channel: str, database_url: str, folder: Path, browser: Browser | None, scale: int = 1
) -> AsyncIterator[tuple[App, dict[str, Seat]]]:
    """The program at work at the script's time, and its people at `channel` (`telegram` or `web`), there
    on phones with `scale` real dots to each of the page's."""
    async with AsyncExitStack() as stack:
        stack.enter_context(time_machine.travel(script.now, tick=True))
        api = FakeBotAPI()
        await api.start()
        stack.push_async_callback(api.stop)
        env = {
            "DATABASE_URL": database_url,
            "LISTEN": "127.0.0.1:0",
            "MEDIA_DIR": str(folder / "media"),
            "MUSEUM_NAME": MUSEUM,
            "SPOT_PHOTO_ONE_IN": "0",
            "TELEGRAM_CHAT_PER_SECOND": "100",  # people in dialogues read fast
            **({"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url} if channel == "telegram" else {}),
            **{name: str(value) for name, value in script.rules.items()},
        }
        app = await stack.enter_async_context(running(load_settings(env, folder / "none.env")))
        seats: dict[str, Seat] = {}
        for place, (who, person) in enumerate(script.people.items()):
            if channel == "telegram":
                seats[who] = await _at_telegram(app, api, 7_000_000_001 + place, who, person)
            else:
                assert browser is not None
                context = await browser.new_context(**_phone(str(person["locale"]), scale))
                stack.push_async_callback(context.close)
                seats[who] = await _at_the_web_chat(app, context, who, person)
        yield app, seats


async def _at_telegram(
    app: App, api: FakeBotAPI, number: int, who: str, person: Mapping[str, object]
) -> Seat:
    language = "zh-hans" if person["locale"] == "zh_CN" else "en"
    user = api.user(number, str(person.get("name", who)), language)
    seat = TelegramSeat(user)
    await user.starts()
    await hears(seat, [MUSEUM])
    await _take_post(app, str(number), who, person)
    user.actions = 0
    return seat


def _phone(locale: str, scale: int) -> dict[str, Any]:
    return {
        "locale": "zh-CN" if locale == "zh_CN" else "en-GB",
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": scale,
        "timezone_id": "Asia/Shanghai",
        "permissions": ["geolocation", "microphone"],
    }


async def _at_the_web_chat(app: App, context: BrowserContext, who: str, person: Mapping[str, object]) -> Seat:
    page = await context.new_page()
    await page.goto(f"{app.url}/chat")
    seat = BrowserSeat(page, app.url)
    await hears(seat, [MUSEUM])
    (cookie,) = [cookie for cookie in await context.cookies() if cookie["name"] == COOKIE]
    await _take_post(app, account_of(str(cookie["value"])), who, person)
    return seat


async def _take_post(app: App, external_id: str, who: str, person: Mapping[str, object]) -> None:
    roles = person.get("roles", [])
    assert isinstance(roles, list)
    await give_roles(app.database, external_id, str(person.get("name", who)) if roles else "", roles)
