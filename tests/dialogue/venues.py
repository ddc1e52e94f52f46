"""Where a dialogue is played: a channel with its provider, and how people come in there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

from bot.app import App
from bot.channels.web_session import COOKIE, account_of
from bot.channels.wechat_callback import WECHAT_PATH, WECOM_PATH
from tests.dialogue.phones import Phones
from tests.dialogue.seats import BrowserSeat, Seat, TelegramSeat, hears
from tests.dialogue.wechat_seats import FollowerSeat, MemberSeat
from tests.fakes.bot_api import TOKEN, FakeBotAPI
from tests.fakes.wechat_api import FakeWeChat, FakeWeCom
from tests.fakes.wechat_api.envelope import Mode

MUSEUM = "示例博物馆"
# What the dialogues use of the menu below a chat.
MENU = [
    {"type": "click", "name": "检查", "key": "/inspect"},
    {"type": "click", "name": "留言", "key": "/feedback"},
    {"type": "scancode_waitmsg", "name": "扫码", "key": "scan"},
]


class Venue(Protocol):
    """`settings` are what the program needs for the channel."""

    @property
    def settings(self) -> dict[str, str]: ...

    async def seat(self, app: App, number: int, who: str, person: Mapping[str, Any]) -> tuple[Seat, str]:
        """Let a person, the `number`-th of all, come in and be greeted; returns their seat and the external
        id of their account."""
        ...


class Telegram:
    """The fake Bot API, polled."""

    def __init__(self, api: FakeBotAPI) -> None:
        self.api = api
        self.settings = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url}

    async def seat(self, app: App, number: int, who: str, person: Mapping[str, Any]) -> tuple[Seat, str]:
        language = "zh-hans" if person["locale"] == "zh_CN" else "en"
        user = self.api.user(7_000_000_001 + number, str(person.get("name", who)), language)
        seat = TelegramSeat(user)
        await user.starts()
        await hears(seat, [MUSEUM])
        user.actions = 0
        return seat, str(user.id)


class WebChat:
    """A browser on a phone for each person."""

    def __init__(self, phones: Phones, stack: AsyncExitStack) -> None:
        self.phones = phones
        self.settings: dict[str, str] = {}
        self._stack = stack

    async def seat(self, app: App, number: int, who: str, person: Mapping[str, Any]) -> tuple[Seat, str]:
        page = await self._stack.enter_async_context(self.phones.lent(person["locale"], app.url))
        await page.goto(f"{app.url}/chat")
        seat = BrowserSeat(page, app.url)
        await hears(seat, [MUSEUM])
        (cookie,) = [cookie for cookie in await page.context.cookies() if cookie["name"] == COOKIE]
        return seat, account_of(str(cookie["value"]))


class OfficialAccount:
    """The fake of WeChat's API, with a menu installed."""

    def __init__(self, fake: FakeWeChat) -> None:
        self.fake = fake
        self.settings = fake.settings

    async def seat(self, app: App, number: int, who: str, person: Mapping[str, Any]) -> tuple[Seat, str]:
        self.fake.callbacks.url = app.url + WECHAT_PATH
        follower = self.fake.person(f"o-{number}-{who}", following=False)
        seat = FollowerSeat(self.fake, follower, app)
        await follower.follows()
        await hears(seat, [MUSEUM])
        await follower.says("/start")  # whoever only follows can be written to for a minute
        return seat, follower.id


class Company:
    """The fake of WeCom's API, with a menu installed."""

    def __init__(self, fake: FakeWeCom) -> None:
        self.fake = fake
        self.settings = fake.settings

    async def seat(self, app: App, number: int, who: str, person: Mapping[str, Any]) -> tuple[Seat, str]:
        self.fake.callbacks.url = app.url + WECOM_PATH
        member = self.fake.person(f"{who}{number}")
        seat = MemberSeat(self.fake, member, app)
        await member.follows()
        await hears(seat, [MUSEUM])
        return seat, member.id


@asynccontextmanager
async def telegram() -> AsyncIterator[Venue]:
    async with FakeBotAPI() as api:
        yield Telegram(api)


@asynccontextmanager
async def web(phones: Phones) -> AsyncIterator[Venue]:
    async with AsyncExitStack() as stack:
        yield WebChat(phones, stack)


@asynccontextmanager
async def wechat(mode: Mode) -> AsyncIterator[Venue]:
    async with FakeWeChat(mode) as fake:
        fake.ground.menu = MENU
        yield OfficialAccount(fake)


@asynccontextmanager
async def wecom() -> AsyncIterator[Venue]:
    async with FakeWeCom() as fake:
        fake.ground.menu = MENU
        yield Company(fake)
