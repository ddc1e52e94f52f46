"""WeChat, as cheap as can be: the API that the program calls, and the callbacks that it gets, sealed.

A call is taken for granted if it is well-formed; tests/fakes/wechat_api is the strict one. What somebody
does is told again and again until it was answered; the windows for what is pushed are left to the program.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from time import time
from typing import Any, Final

import msgspec
from aiohttp import web

from bot.channels.wechat_callback import WECHAT_PATH
from tests.bench.holiday.figures import Figures
from tests.bench.holiday.handset import Handset, Seen
from tests.bench.holiday.light import LightServer
from tests.fakes.wechat_api import FakeWeChat
from tests.fakes.wechat_api.envelope import Odd
from tests.fakes.wechat_api.official import ACCOUNT

TOKEN_SECONDS: Final = 7200


class WeChat(LightServer):
    """The server, and everybody's chats."""

    def __init__(self, figures: Figures) -> None:
        super().__init__(figures)
        self.followers: dict[str, Follower] = {}
        self.taken = 0  # how many messages and events the program answered
        self._fake = FakeWeChat()  # for its settings and its envelope only
        self._envelope = self._fake.callbacks.envelope
        self._numbers = itertools.count(1)

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a program that answers this account."""
        return {**self._fake.settings, "WECHAT_API_URL": self.url}

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/cgi-bin/{method:.+}", self._called)]

    def follower(self, openid: str, think: Callable[[], float]) -> Handset:
        """The chat of the person with this openid."""
        wire = self.followers[openid] = Follower(self, openid)
        wire.handset = Handset("wechat", wire, self.figures, think)
        return wire.handset

    async def take(self, fields: dict[str, Any]) -> None:
        """Tell the program of what somebody did; what is in the answer comes to their chat."""
        number = next(self._numbers)
        told = {**fields, "MsgId": number} if fields["MsgType"] == "text" else fields
        posted = self._envelope.posted(told, time())
        headers = {"Content-Type": "text/xml"}
        content = await self.deliver(number, WECHAT_PATH, headers, params=posted.query, data=posted.body)
        self._shows(fields["FromUserName"], content)
        self.taken += 1

    def _shows(self, openid: str, content: bytes) -> None:
        try:
            reply = self._envelope.answer(content, openid, ACCOUNT)
        except Odd as odd:
            self.figures.troubles.append(f"the callback answered what is none: {odd}")
            return
        if reply is not None:
            self.followers[openid].gets(reply.content)

    async def _called(self, request: web.Request) -> web.Response:
        return web.json_response(self._do(request.match_info["method"], await request.read()))

    def _do(self, method: str, body: bytes) -> dict[str, Any]:
        """The result of a call."""
        if method == "stable_token":
            return {"access_token": "a-token", "expires_in": TOKEN_SECONDS}
        if method == "message/custom/send":
            given = msgspec.json.decode(body)
            shown = given.get("text", {}).get("content") or _menu(given.get("msgmenu", {}))
            self.followers[given["touser"]].gets(shown)
        return {"errcode": 0, "errmsg": "ok"}


class Follower:
    """One person's chat: what they do goes one after the other."""

    handset: Handset

    def __init__(self, wechat: WeChat, openid: str) -> None:
        self._wechat = wechat
        self._openid = openid
        self._ids = itertools.count(1)
        self._lane = asyncio.Lock()
        self._acted_at = 0

    async def say(self, text: str) -> None:
        if text.startswith("/start "):  # the code of a place
            await self._does("event", Event="SCAN", EventKey=text.removeprefix("/start "), Ticket="t")
        else:
            await self._does("text", Content=text)

    async def tap(self, data: str, message: int) -> None:
        raise NotImplementedError("there are no buttons in this chat: its people type")

    async def show(self, photo: bytes, caption: str) -> None:
        raise NotImplementedError("nobody here sends photos")

    def gets(self, text: str) -> None:
        self.handset.arrives(Seen(next(self._ids), text, ()))

    async def _does(self, kind: str, **more: Any) -> None:
        async with self._lane:
            # Events are told apart by their second.
            self._acted_at = max(self._acted_at + 1, int(time()))
            head = {"ToUserName": ACCOUNT, "FromUserName": self._openid, "CreateTime": self._acted_at}
            await self._wechat.take({**head, "MsgType": kind, **more})


def _menu(menu: dict[str, Any]) -> str:
    """The words of a message with choices."""
    choices = [choice["content"] for choice in menu.get("list", ())]
    return "\n".join((menu.get("head_content", ""), *choices, menu.get("tail_content", "")))
