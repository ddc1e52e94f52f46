"""The server itself: routes, the token, the log of calls, and the way from a request to its answer."""

import asyncio
import io
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from aiohttp import web

from tests.fakes.bot_api.delivery import Delivery, Webhook
from tests.fakes.bot_api.faults import Call, Fault, Faults
from tests.fakes.bot_api.methods import MAX_DOWNLOAD, Methods
from tests.fakes.bot_api.rules import ApiError, Json, Params
from tests.fakes.bot_api.updates import Updates
from tests.fakes.bot_api.user import WAIT, User
from tests.fakes.bot_api.wire import accepted, read_answer, read_params, refused
from tests.fakes.bot_api.world import Message, World

T = TypeVar("T")

TOKEN = "123456789:AAFakeTokenForTests-0123456789abcdef"
MAX_UPLOAD = 50 * 2**20
FIRST_UPDATE = 870_000_001
# Refusals of a method in a webhook's answer that cost nobody anything: it has had its effect before.
HARMLESS = ("Bad Request: message is not modified", "Bad Request: query is too old")


class FakeBotAPI:
    """The server of one bot.

    `strict_https` refuses plain http webhooks as the public server does; off, it is as lenient as a local
    Bot API server. `webhook_backoff` is the length in seconds of a second of the webhook's back-off.
    `swallowed` are the calls in answers to a webhook that were refused, which Telegram never tells anybody;
    whoever leaves any there at the end of an `async with` has a failed test.
    """

    def __init__(
        self, token: str = TOKEN, *, strict_https: bool = False, webhook_backoff: float = 0.01
    ) -> None:
        self.token = token
        names = {"first_name": "Docent", "username": "docent_test_bot"}
        self.world = World({"id": int(token.split(":")[0]), "is_bot": True, **names})
        changes = self.world.changes
        self.updates = Updates(self.world.clock, changes, FIRST_UPDATE)
        self.webhook = Webhook(self.updates, changes, self._execute_from_webhook, webhook_backoff)
        self.methods = Methods(self.world)
        self.delivery = Delivery(self.updates, self.webhook, changes, strict_https=strict_https)
        self.requests: list[Call] = []
        self.swallowed: list[Call] = []
        self.faults = Faults()
        self.port = 0
        self._users: dict[int, User] = {}
        self._runner: web.AppRunner | None = None

    # -- running ----------------------------------------------------------------------------------------

    async def start(self, port: int = 0) -> None:
        """Listens on 127.0.0.1; after a stop everything is as it was, so an outage can be played."""
        app = web.Application(client_max_size=MAX_UPLOAD + 2**20)
        app.router.add_route("*", "/bot{token}/{method}", self._on_method)
        app.router.add_get("/file/bot{token}/{path:.+}", self._on_file)
        app.router.add_post("/control/{user_id}/{verb}", self._on_control)
        app.router.add_get("/control/{user_id}", self._on_control)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.delivery.closing = False
        self.webhook.wake()

    async def stop(self) -> None:
        self.delivery.closing = True
        self.world.changes.notify()
        await self.webhook.close()
        if self._runner:
            await self._runner.cleanup()
        self._runner = None

    async def __aenter__(self) -> "FakeBotAPI":
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await self.stop()
        if kind is None:
            self.check_answers()

    def check_answers(self) -> None:
        """Raises AssertionError when a call in an answer to a webhook was refused."""
        assert not self.swallowed, f"refused, and nobody was told: {self.swallowed}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """What python-telegram-bot takes as `base_url`; it appends the token."""
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        return f"{self.url}/file/bot"

    # -- people and updates -----------------------------------------------------------------------------

    def user(
        self, id: int, first_name: str = "Ada", language_code: str = "zh-hans", username: str | None = None
    ) -> User:
        """The person with this id, made on first use; the bot cannot write to them before they do."""
        if id not in self._users:
            person: Json = {"id": id, "is_bot": False, "first_name": first_name}
            person |= {"language_code": language_code} | ({"username": username} if username else {})
            self._users[id] = User(self, self.world.meet(person))
        return self._users[id]

    def chat(self, user: User) -> list[Message]:
        """What can be seen in the person's chat, oldest first."""
        return user.chat.visible()

    def inject(self, update: Json) -> int | None:
        """Queues any update, malformed ones too; returns its id, None if the bot did not ask for its kind."""
        update_id = self.updates.push(update)
        self.webhook.wake()
        return update_id

    def redeliver(self, update_id: int, times: int = 1) -> None:
        """Delivers an update again that was delivered, and perhaps confirmed, before."""
        self.updates.repeat(update_id, times)
        self.webhook.wake()

    def advance(self, seconds: float) -> None:
        """Lets time pass for message dates and the lives of updates and taps."""
        self.world.clock.advance(seconds)
        self.world.changes.notify()

    # -- what the bot did -------------------------------------------------------------------------------

    def calls(self, method: str) -> list[Call]:
        return [call for call in self.requests if call.method.lower() == method.lower()]

    @property
    def counts(self) -> Counter[str]:
        """How often each method was called."""
        return Counter(call.method for call in self.requests)

    def wait_for(self, found: Callable[[], T | None], timeout: float = WAIT) -> Coroutine[Any, Any, T]:
        """Waits until `found()` is true after a call, a message or an update; else AssertionError."""
        return self.world.changes.until(found, timeout, self._story)

    def _story(self) -> str:
        return "\n".join(str(call) for call in self.requests[-20:])

    # -- HTTP -------------------------------------------------------------------------------------------

    async def _on_method(self, request: web.Request) -> web.Response:
        call = Call(request.match_info["method"], {}, time.monotonic())
        fault = Fault(0)
        try:
            params = await self._receive(request, call)
            fault = self.faults.meet(call)
            await asyncio.sleep(fault.delay)
            if fault.error:
                raise fault.error
            answer = await self._answer(call, params, request)
        except ApiError as error:
            call.error = error.description
            answer = refused(error)
        call.status = answer.status
        if fault.lose_answer and request.transport:
            request.transport.abort()
        call.answered = not fault.lose_answer
        self.world.changes.notify()
        return answer

    async def _receive(self, request: web.Request, call: Call) -> Params:
        """Reads and logs a call; what is refused here is logged without its arguments."""
        try:
            if request.match_info["token"] != self.token:
                raise ApiError(401, "Unauthorized")
            params = await read_params(request)
            call.params = dict(params.args)
            return params
        finally:
            self.requests.append(call)
            self.world.changes.notify()

    async def _answer(self, call: Call, params: Params, request: web.Request) -> web.Response:
        name, description = call.method.lower(), ""
        if name == "getupdates":
            result: Any = await self.delivery.get_updates(params, lambda: request.transport is not None)
        elif name == "setwebhook":
            result, description = await self.delivery.set_webhook(params)
        elif name == "deletewebhook":
            result, description = await self.delivery.delete_webhook(params)
        elif name == "getwebhookinfo":
            result = self.delivery.webhook_info(params)
        else:
            result = self._execute(call, params)
        return accepted(result, description)

    def _execute(self, call: Call, params: Params) -> Any:
        if not self.methods.knows(call.method):
            raise ApiError(404, "Not Found: method not found")
        return self.methods.call(call.method, params)

    async def _execute_from_webhook(self, content_type: str, body: bytes) -> None:
        """Carries out what the bot put into its answer to an update, as strictly as a request of its own."""
        call = Call("", {}, time.monotonic(), via="webhook")
        try:
            call.method, params = read_answer(content_type, body)
            if not call.method:
                return
            call.params = dict(params.args)
            fault = self.faults.meet(call)
            await asyncio.sleep(fault.delay)
            if fault.error:
                raise fault.error
            self._execute(call, params)
            call.status = 200
        except ApiError as error:
            call.status, call.error = error.code, error.description
            self.swallowed += [] if error.description.startswith(HARMLESS) else [call]
        self.requests.append(call)
        self.world.changes.notify()

    async def _on_file(self, request: web.Request) -> web.Response:
        """Downloads stand in the log, and meet faults, as calls of a method named `download`."""
        path = request.match_info["path"]
        call = Call("download", {"path": path}, time.monotonic())
        self.requests.append(call)
        fault = self.faults.meet(call)
        await asyncio.sleep(fault.delay)
        stored = self.world.files.by_path(path)
        known = request.match_info["token"] == self.token and stored and len(stored.data) <= MAX_DOWNLOAD
        if fault.error or not stored or not known:
            answer = refused(fault.error or ApiError(404, "Not Found"))
        else:
            answer = web.Response(body=io.BytesIO(stored.data), content_type="application/octet-stream")
        call.status, call.answered = answer.status, True
        self.world.changes.notify()
        return answer

    # -- driving it from another process ----------------------------------------------------------------

    async def _on_control(self, request: web.Request) -> web.Response:
        """POST /control/<user id>/<sends|starts|taps|blocks_bot|unblocks> with {"text": ...}; GET reads."""
        user = self.user(int(request.match_info["user_id"]))
        verbs: dict[str, Callable[..., Any]] = {
            "sends": user.sends, "starts": user.starts, "taps": user.taps,
            "blocks_bot": user.blocks_bot, "unblocks": user.unblocks,
        }  # fmt: skip
        if request.method == "POST":
            text = (await request.json()).get("text")
            await verbs[request.match_info["verb"]](*([] if text is None else [text]))
        return web.json_response([{**m.raw, "from_bot": m.from_bot} for m in user.chat.visible()])
