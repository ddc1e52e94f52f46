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

import msgspec
from aiohttp import web

from bot.channels.telegram_webhook import PATH, SECRET_HEADER
from tests.bench.holiday.figures import Figures
from tests.bench.holiday.handset import Handset, Seen
from tests.bench.holiday.light import LightServer
from tests.fakes.bot_api import TOKEN
from tests.fakes.bot_api.wire import read_params

SECRET: Final = "a-secret"
BOT: Final = {"id": int(TOKEN.split(":")[0]), "is_bot": True, "first_name": "D", "username": "holiday_bot"}


class Telegram(LightServer):
    """The server, and everybody's phones."""

    def __init__(self, figures: Figures) -> None:
        super().__init__(figures)
        self.phones: dict[int, Phone] = {}
        self.taken: list[int] = []  # the ids of the updates that the program confirmed
        self.files: dict[str, bytes] = {}
        self._numbers = itertools.count(1)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(f"/bot{TOKEN}/{{method}}", self._called),
            web.get(f"/file/bot{TOKEN}/{{file}}", self._fetched),
        ]

    def phone(self, number: int, think: Callable[[], float]) -> Handset:
        """The phone of the person with this id."""
        wire = self.phones[number] = Phone(self, number)
        wire.handset = Handset("telegram", wire, self.figures, think)
        return wire.handset

    def number(self) -> int:
        return next(self._numbers)

    async def take(self, update: dict[str, Any]) -> None:
        """Have the program take an update; what is in the answer is done as if it were called."""
        headers = {SECRET_HEADER: SECRET, "Content-Type": "application/json"}
        content = await self.deliver(update["update_id"], PATH, headers, data=msgspec.json.encode(update))
        if content:
            call = json.loads(content)
            self._do(call.pop("method").lower(), call)
        self.taken.append(update["update_id"])

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
            await self._telegram.take({"update_id": self._telegram.number(), **update})


def _text_of(arguments: dict[str, Any]) -> str:
    return str(arguments.get("text") or arguments.get("caption") or "")


def _data_of(arguments: dict[str, Any]) -> tuple[str, ...]:
    rows = _read(arguments.get("reply_markup") or {}).get("inline_keyboard", [])
    return tuple(button.get("callback_data", "") for row in rows for button in row)


def _read(value: Any) -> Any:
    """An argument that travels as an object, or as JSON within a string."""
    return json.loads(value) if isinstance(value, str) else value
