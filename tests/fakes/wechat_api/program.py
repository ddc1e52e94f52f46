"""The other end of the callbacks with no program there: records what is posted and answers as it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from aiohttp import web

from tests.fakes.bot_api.world import Changes
from tests.fakes.wechat_api.crypto import Box
from tests.fakes.wechat_api.envelope import render
from tests.fakes.wechat_api.rules import Json
from tests.fakes.wechat_api.server import Provider


@dataclass
class Posted:
    """One callback as it arrived, opened where it was sealed, its signatures proven."""

    query: dict[str, str]
    sealed: bool
    readable: bool  # there was more than the sealed part to read
    fields: ElementTree.Element

    def __getitem__(self, path: str) -> str:
        return self.fields.findtext(path) or ""


@dataclass
class Program:
    """Answers every callback with `reply(posted)`, a status or a body, once `gate` is set."""

    box: Box
    changes: Changes
    posts: list[Posted] = field(default_factory=list)
    reply: Callable[[Posted], int | str] = lambda _: "success"
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def on_post(self, request: web.Request) -> web.Response:
        posted = self._opened(dict(request.query), await request.read())
        self.posts.append(posted)
        self.changes.notify()
        await self.gate.wait()
        answer = self.reply(posted)
        return web.Response(status=answer) if isinstance(answer, int) else web.Response(text=answer)

    async def on_get(self, request: web.Request) -> web.Response:
        query = request.query
        if "msg_signature" not in query:
            assert query["signature"] == self.box.sign(query["timestamp"], query["nonce"])
            return web.Response(text=query["echostr"])
        assert query["msg_signature"] == self.box.sign(query["timestamp"], query["nonce"], query["echostr"])
        return web.Response(body=self.box.open(query["echostr"]))

    def says(self, text: str, *, sealed: bool = True) -> None:
        """Answers everything with this text from now on."""
        self.reply = lambda posted: self.text(posted, text, sealed=sealed)

    def text(self, posted: Posted, text: str, *, sealed: bool = True) -> str:
        """The passive reply with this text."""
        to, account = posted["FromUserName"], posted["ToUserName"]
        reply: Json = {"ToUserName": to, "FromUserName": account, "CreateTime": 1, "MsgType": "text"}
        plain = render({**reply, "Content": text})
        if not sealed:
            return plain
        secret = self.box.seal(plain.encode())
        proof = self.box.sign("1", "2", secret)
        return render({"Encrypt": secret, "MsgSignature": proof, "TimeStamp": 1, "Nonce": "2"})

    def _opened(self, query: dict[str, str], body: bytes) -> Posted:
        fields = ElementTree.fromstring(body)
        if "signature" in query:
            assert query["signature"] == self.box.sign(query["timestamp"], query["nonce"])
        secret = fields.findtext("Encrypt")
        if secret is None:
            return Posted(query, sealed=False, readable=True, fields=fields)
        assert query["msg_signature"] == self.box.sign(query["timestamp"], query["nonce"], secret)
        readable = fields.find("MsgType") is not None
        return Posted(
            query, sealed=True, readable=readable, fields=ElementTree.fromstring(self.box.open(secret))
        )


@asynccontextmanager
async def listening(provider: Provider[Any]) -> AsyncIterator[Program]:
    """A program to which this provider's callbacks go; it answers `success` at once until told otherwise."""
    program = Program(provider.callbacks.envelope.box, provider.changes)
    program.gate.set()
    app = web.Application()
    app.router.add_post("/callback", program.on_post)
    app.router.add_get("/callback", program.on_get)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    provider.callbacks.url = f"http://127.0.0.1:{runner.addresses[0][1]}/callback"
    try:
        yield program
    finally:
        program.gate.set()
        await runner.cleanup()
