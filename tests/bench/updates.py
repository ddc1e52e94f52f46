"""Updates as Telegram posts them, put together from prepared bytes."""

from __future__ import annotations

import json
from itertools import count
from typing import Any, Final

from tests.bench.subjects.words import CHECKLISTS, QUESTIONS

PATH: Final = "/telegram/webhook"
SECRET: Final = "bench-secret"
FIRST_CHAT: Final = 5_000_000_000  # past 32 bits, as new accounts are
BOT: Final = {"id": 42, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}

_HEAD = (
    f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
).encode()
# A message with buttons is the same for all subjects: they are compared at reading as much as it takes.
_MARKUP = {"inline_keyboard": [[{"text": label, "callback_data": code}] for code, label in CHECKLISTS]}


class Post:
    """Writes the requests of one fresh bot: update numbers count up from the same start."""

    def __init__(self) -> None:
        self._numbers = count(100_000_001)

    def words(self, who: Who, message: int, text: str) -> bytes:
        """The request that posts a typed message; a command is marked as Telegram marks it."""
        marked = {"entities": [{"offset": 0, "length": len(text), "type": "bot_command"}]}
        said = json.dumps({"text": text, **(marked if text.startswith("/") else {})}).encode()[1:]
        head = b'{"update_id":%d,"message":{"message_id":%d,' % (next(self._numbers), message)
        return _request(head + who.from_and_chat + b'"date":1764000000,' + said + b"}")

    def tap(self, who: Who, message: int, data: bytes) -> bytes:
        """The request that posts the tap of a button under `message`."""
        number = next(self._numbers)
        head = b'{"update_id":%d,"callback_query":{"id":"%d77",' % (number, number)
        under = b'"message":{"message_id":%d,' % message
        instance = b'"chat_instance":"-3141592653589793238","data":"' + data + b'"}}'
        return _request(head + who.sender + under + who.under + instance)


class Who:
    """A person's prepared parts of updates, and of the API's answers."""

    __slots__ = ("from_and_chat", "plain", "sender", "under", "with_buttons")

    def __init__(self, chat: int) -> None:
        number = str(chat - FIRST_CHAT)
        names = {"id": chat, "first_name": "Person", "last_name": number, "username": f"person{number}"}
        sender = {"is_bot": False, "language_code": "en", **names}
        sent: dict[str, Any] = {"from": BOT, "chat": {"type": "private", **names}, "date": 1764000000}
        self.sender = b'"from":%s,' % _bytes(sender)
        self.from_and_chat = b'"from":%s,"chat":%s,' % (_bytes(sender), _bytes(sent["chat"]))
        self.plain = _bytes({**sent, "text": QUESTIONS[5]})[1:]
        self.with_buttons = _bytes({**sent, "text": QUESTIONS[1], "reply_markup": _MARKUP})[1:]
        self.under = self.with_buttons + b","


def _bytes(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _request(body: bytes) -> bytes:
    return _HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
