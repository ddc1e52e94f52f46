"""Both ends of the wire with no bot between them: plain HTTP calls, and a webhook that records its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from tests.fakes.bot_api.server import FakeBotAPI


class Raw:
    """Calls methods of one server; `async with Raw.of(api) as raw`."""

    def __init__(self, api: FakeBotAPI, session: aiohttp.ClientSession) -> None:
        self.api = api
        self.session = session

    async def call(self, method: str, **params: Any) -> tuple[int, Any]:
        """Posts JSON; returns the status and the result, or on failure the description."""
        return await self.post(method, json=params)

    async def post(self, method: str, *, token: str = "", **body: Any) -> tuple[int, Any]:
        url = f"{self.api.base_url}{token or self.api.token}/{method}"
        async with self.session.post(url, **body) as answer:
            given = await answer.json()
            assert given["ok"] is (answer.status == 200)
            return answer.status, given["result"] if given["ok"] else given["description"]

    @classmethod
    @asynccontextmanager
    async def of(cls, api: FakeBotAPI) -> AsyncIterator["Raw"]:
        async with aiohttp.ClientSession() as session:
            yield cls(api, session)


class Hook:
    """The bot's side of a webhook: records updates, answers as `reply` says when not `held`."""

    def __init__(self, api: FakeBotAPI) -> None:
        self._api = api
        self.updates: list[dict[str, Any]] = []
        self.secrets: list[str | None] = []
        self.reply: Callable[[dict[str, Any]], web.StreamResponse] = lambda _: web.Response()
        self.held: dict[str, asyncio.Event] = {}
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        update = await request.json()
        self.updates.append(update)
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        self._api.world.changes.notify()
        if gate := self.held.get(_said(update)):
            await gate.wait()
        return self.reply(update)

    async def sees(self, count: int) -> list[str]:
        """Waits for so many calls; the text or button data of each."""
        await self._api.wait_for(lambda: len(self.updates) >= count)
        return [_said(update) for update in self.updates]


def _said(update: dict[str, Any]) -> str:
    return str(update["message"]["text"] if "message" in update else update["callback_query"]["data"])
