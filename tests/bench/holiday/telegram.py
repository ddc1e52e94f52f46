"""Telegram, as cheap as can be: the Bot API that the program calls, and the webhook calls that it gets.

A call is taken for granted if it is well-formed; tests/fakes/bot_api is the strict one. Updates of one person
go one after the other, each again and again until it was taken; all of them share so many connections.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from time import time
from typing import Any, Final

import aiohttp
import msgspec
from aiohttp import web

from bot.channels.telegram_setup import MOST_CONNECTIONS
from bot.channels.telegram_webhook import PATH, SECRET_HEADER
from tests.bench.holiday.figures import Figures
from tests.bench.holiday.handset import Handset, Seen
from tests.fakes.bot_api import TOKEN
from tests.fakes.bot_api.wire import read_params

SECRET: Final = "a-secret"
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0  # seconds before a redelivery; Telegram's own are some times as long
ANSWER_SECONDS: Final = 30.0
A_CONNECTION: Final = 50  # updates; after them a new one, so that they spread over all workers
BOT: Final = {"id": int(TOKEN.split(":")[0]), "is_bot": True, "first_name": "D", "username": "holiday_bot"}


class Telegram:
    """The server, and everybody's phones."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures
        self.phones: dict[int, Phone] = {}
        self.taken: list[int] = []  # the ids of the updates that the program confirmed
        self.files: dict[str, bytes] = {}
        self.url = ""
        self.target = ""  # the address of the program
        self._numbers = itertools.count(1)
        self._connections = asyncio.Semaphore(MOST_CONNECTIONS)
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Telegram:
        application = web.Application(client_max_size=2**26)
        application.router.add_post(f"/bot{TOKEN}/{{method}}", self._called)
        application.router.add_get(f"/file/bot{TOKEN}/{{file}}", self._fetched)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None
        assert self._runner is not None
        await self._session.close()
        await self._runner.cleanup()

    def phone(self, number: int, think: Callable[[], float]) -> Handset:
        """The phone of the person with this id."""
        wire = self.phones[number] = Phone(self, number)
        wire.handset = Handset("telegram", wire, self.figures, think)
        return wire.handset

    def number(self) -> int:
        return next(self._numbers)

    # -- to the program ---------------------------------------------------------------------------------

    async def deliver(self, update: dict[str, Any]) -> None:
        """Post an update until it is taken; what is in the answer is done as if it were called."""
        pause = FIRST_PAUSE
        body = msgspec.json.encode(update)
        async with self._connections:
            while not await self._posted(update["update_id"], body):
                self.figures.redelivered += 1
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        self.taken.append(update["update_id"])

    async def _posted(self, update_id: int, body: bytes) -> bool:
        assert self._session is not None
        headers = {SECRET_HEADER: SECRET, "Content-Type": "application/json"}
        if update_id % A_CONNECTION == 0:
            headers["Connection"] = "close"
        self.figures.deliveries += 1
        try:
            async with self._session.post(f"{self.target}{PATH}", data=body, headers=headers) as answer:
                content = await answer.read()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
        if status == 200 and content:
            call = json.loads(content)
            self._do(call.pop("method").lower(), call)
        elif status not in (200, 503):
            self.figures.troubles.append(f"the webhook answered {status}: {content[:200]!r}")
        return status == 200

    # -- from the program -------------------------------------------------------------------------------

    async def _called(self, request: web.Request) -> web.Response:
        method = request.match_info["method"].lower()
        if request.content_type == "application/json":
            arguments = msgspec.json.decode(await request.read())
        else:
            arguments = dict((await read_params(request)).args)
        answer = msgspec.json.encode({"ok": True, "result": self._do(method, arguments)})
        return web.Response(body=answer, content_type="application/json")

    async def _fetched(self, request: web.Request) -> web.Response:
        return web.Response(body=self.files[request.match_info["file"]])

    def _do(self, method: str, arguments: dict[str, Any]) -> Any:
        """The result of a call."""
        if method == "getme":
            return BOT
        if method == "getmycommands":
            return []
        if method == "getfile":
            return {"file_id": arguments["file_id"], "file_path": arguments["file_id"]}
        if "chat_id" not in arguments:
            return True
        phone = self.phones[int(arguments["chat_id"])]
        if method == "sendmediagroup":
            return [phone.message(phone.next_id()) for _photo in _read(arguments["media"])]
        message_id = int(arguments.get("message_id") or phone.next_id())
        phone.handset.arrives(Seen(message_id, _text_of(arguments), _data_of(arguments)))
        return phone.message(message_id)


class Phone:
    """One person's way to the program: their updates, in order."""

    handset: Handset

    def __init__(self, telegram: Telegram, number: int) -> None:
        self._telegram = telegram
        self._ids = itertools.count(1)
        self._lane = asyncio.Lock()
        self._person = {"id": number, "is_bot": False, "first_name": f"P{number}", "language_code": "en"}
        self._chat = {"id": number, "type": "private", "first_name": f"P{number}"}

    async def say(self, text: str) -> None:
        command = {"type": "bot_command", "offset": 0, "length": len(text.split()[0])}
        await self._writes({"text": text, **({"entities": [command]} if text.startswith("/") else {})})

    async def show(self, photo: bytes, caption: str) -> None:
        file = f"f{self._telegram.number()}"
        self._telegram.files[file] = photo
        size = {"file_id": file, "file_unique_id": file, "width": 32, "height": 24, "file_size": len(photo)}
        await self._writes({"photo": [size], **({"caption": caption} if caption else {})})

    async def tap(self, data: str, message: int) -> None:
        query = {"id": str(self._telegram.number()), "from": self._person, "chat_instance": "1"}
        await self._sends({"callback_query": {**query, "message": self.message(message), "data": data}})

    def next_id(self) -> int:
        return next(self._ids)

    def message(self, message_id: int) -> dict[str, Any]:
        """A message of the bot, as its sender and those who tap below it get it back."""
        return {"message_id": message_id, "from": BOT, "chat": self._chat, "date": int(time()), "text": "-"}

    async def _writes(self, content: dict[str, Any]) -> None:
        message = {**self.message(self.next_id()), "from": self._person, "text": None, **content}
        await self._sends({"message": {name: value for name, value in message.items() if value is not None}})

    async def _sends(self, update: dict[str, Any]) -> None:
        async with self._lane:
            await self._telegram.deliver({"update_id": self._telegram.number(), **update})


def _text_of(arguments: dict[str, Any]) -> str:
    return str(arguments.get("text") or arguments.get("caption") or "")


def _data_of(arguments: dict[str, Any]) -> tuple[str, ...]:
    rows = _read(arguments.get("reply_markup") or {}).get("inline_keyboard", [])
    return tuple(button.get("callback_data", "") for row in rows for button in row)


def _read(value: Any) -> Any:
    """An argument that travels as an object, or as JSON within a string."""
    return json.loads(value) if isinstance(value, str) else value
