"""The HTTP side that both providers share: routes, tokens, the log of calls, faults, and answers."""

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, Generic, Self, TypeVar

from aiohttp import web

from tests.fakes.bot_api.world import Changes
from tests.fakes.wechat_api.callbacks import Attempt, Callbacks, Delivery
from tests.fakes.wechat_api.envelope import Answer, Envelope
from tests.fakes.wechat_api.faults import Call, Fault, Faults
from tests.fakes.wechat_api.person import Ground, Person
from tests.fakes.wechat_api.rules import Ask, Json, Refusal, Upload
from tests.fakes.wechat_api.world import DAY, WAIT, Clock, Media, MediaShelf, Received, Tokens

T = TypeVar("T")
P = TypeVar("P", bound=Person)

MAX_BODY = 25 * 2**20

Handler = Callable[[Ask], Json | Media]


class Provider(Generic[P]):
    """A server on a port of its own, and the `people` who use what it serves.

    `withheld` are methods the account has no right to (48001), `daily` how often a method may be called in a
    day where that is limited (45009), `calls` all that came in. `odd` are answers to callbacks that are not
    understood; whoever leaves any there at the end of an `async with` has a failed test.
    """

    open_method = ""  # the method that gives out tokens, and needs none
    as_text: frozenset[str] = frozenset()  # methods that call their JSON text/plain

    def __init__(self, envelope: Envelope, early: float) -> None:
        self.clock = Clock()
        self.changes = Changes()
        self.faults = Faults()
        self.tokens = Tokens(self.clock, early)
        self.media = MediaShelf(self.clock)
        self.callbacks = Callbacks(envelope, self.clock, self.changes, self._show)
        self.ground = Ground(self.clock, self.changes, self.media, self.callbacks)
        self.people: dict[str, P] = {}
        self.calls: list[Call] = []
        self.withheld: set[str] = set()
        self.daily: dict[str, int] = {}
        self.port = 0
        self._used: Counter[tuple[str, int]] = Counter()
        self._runner: web.AppRunner | None = None

    # -- what a provider says for itself ------------------------------------------------------------------

    def routes(self) -> dict[tuple[str, str], Handler]:
        """Its methods by HTTP verb and path after /cgi-bin/."""
        raise NotImplementedError

    def hint(self, code: int) -> str:
        """What stands behind the words of an error."""
        raise NotImplementedError

    # -- running ------------------------------------------------------------------------------------------

    async def start(self, port: int = 0) -> None:
        """Listens on 127.0.0.1; after a stop everything is as it was, so an outage can be played."""
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_route("*", "/cgi-bin/{method:.+}", self._on_call)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self.faults.clear()
        if self._runner:
            await self._runner.cleanup()
        self._runner = None
        await self.callbacks.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await self.stop()
        if kind is None:
            assert not self.odd, f"answers that are not understood: {self.odd}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def odd(self) -> list[Attempt]:
        return self.callbacks.odd

    @property
    def menu(self) -> list[Json]:
        """The buttons of the menu there is."""
        return self.ground.menu

    def _show(self, delivery: Delivery, answer: Answer) -> Received:
        return self.people[delivery.person].shown(answer)

    def calls_of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def wait_for(self, found: Callable[[], T | None], timeout: float = WAIT) -> Coroutine[Any, Any, T]:
        """Waits until `found()` is true after a call, a callback or an answer; else AssertionError."""
        return self.changes.until(found, timeout, self._story)

    def _story(self) -> str:
        return "\n".join(f"{call.method} {call.status} {call.errcode}" for call in self.calls[-20:])

    # -- HTTP ---------------------------------------------------------------------------------------------

    async def _on_call(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        call = Call(request.match_info["method"], query, token=query.pop("access_token", ""))
        self.calls.append(call)
        self.changes.notify()
        fault = self.faults.meet(call.method)
        await fault.gate.wait()
        ask = await self._read(request, query)
        call.body = ask.body
        answer = self._page(fault) if fault.status else self._answer(request.method, call, ask, fault)
        call.status = answer.status
        self.changes.notify()
        if fault.lose_answer and request.transport:
            request.transport.abort()
        return answer

    @staticmethod
    async def _read(request: web.Request, query: dict[str, str]) -> Ask:
        if request.content_type != "multipart/form-data":
            return Ask(query, await request.read())
        upload = (await request.post()).get("media")
        if not isinstance(upload, web.FileField):
            return Ask(query)
        content = await asyncio.to_thread(upload.file.read)
        return Ask(query, upload=Upload(upload.filename, upload.content_type, content))

    @staticmethod
    def _page(fault: Fault) -> web.Response:
        return web.Response(status=fault.status, text=fault.page, content_type="text/html")

    def _answer(self, verb: str, call: Call, ask: Ask, fault: Fault) -> web.Response:
        try:
            given = self._handler(verb, call, fault)(ask)
        except Refusal as refusal:
            call.errcode = refusal.code
            return self._json(
                call, {"errcode": refusal.code, "errmsg": refusal.message + self.hint(refusal.code)}
            )
        call.errcode = 0
        if isinstance(given, Media):
            name = {"Content-Disposition": f'attachment; filename="{given.name}"'}
            return web.Response(body=given.data, content_type=given.mime, headers=name)
        return self._json(call, given)

    def _handler(self, verb: str, call: Call, fault: Fault) -> Handler:
        """What is to be done for a call, once it may be done."""
        if fault.errcode:
            raise Refusal(fault.errcode, "as planned")
        routes = self.routes()
        found = routes.get((verb, call.method))
        if found is None:
            other = "POST" if verb == "GET" else "GET"
            if (other, call.method) not in routes:
                raise Refusal(40066, "invalid url")
            raise Refusal(43002 if other == "POST" else 43001, f"require {other} method")
        if call.method != self.open_method:
            self.tokens.check(call.token)
        if call.method in self.withheld:
            raise Refusal(48001, "api unauthorized")
        today = (call.method, int(self.clock.now() // DAY))
        if self._used[today] >= self.daily.get(call.method, 500_000):
            raise Refusal(45009, "reach max api daily quota limit")
        self._used[today] += 1
        return found

    def _json(self, call: Call, given: Json) -> web.Response:
        kind = "text/plain" if call.method in self.as_text else "application/json"
        body = json.dumps(given, ensure_ascii=False).encode()
        return web.Response(body=body, headers={"Content-Type": f"{kind}; charset=utf-8"})


def ok(**more: Any) -> Json:
    """The answer to a call that was done."""
    return {"errcode": 0, "errmsg": "ok", **more}


def rid() -> str:
    """The id by which WeChat finds a call again; it stands behind the words of its errors."""
    return "-".join(secrets.token_hex(4) for _ in range(3))
