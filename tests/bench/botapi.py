"""A Bot API that costs next to nothing: it notices what reaches a chat and answers with prepared bytes."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Final

from tests.bench.updates import BOT, Who
from tests.bench.wire import Serving

CHAT: Final = re.compile(rb'"?chat_id"?\s*[=:]\s*"?([0-9]+)')
# Keyboards travel as JSON, as JSON inside JSON, or as JSON inside a form.
DATA: Final = re.compile(rb'callback_data\\?"\s*:\s*\\?"([^"\\]+)')
QUESTION: Final = re.compile(rb"\bq([1-6])\b")
SHOWING: Final = (b"sendMessage", b"editMessageText")
NEW: Final = b"sendMessage"
SAME_IN_ANSWER: Final = re.compile(rb'"method"\s*:\s*"([A-Za-z]+)"')
RESULTS: Final = {b"getMe": json.dumps(BOT).encode(), b"getMyCommands": b"[]"}

# What reached a chat: (chat, the new message's id or 0 for an edit, the question's number, button data).
Heard = Callable[[int, int, int, list[bytes]], None]


class BotApi:
    """Knows the people by chat; `heard` is told what they are shown. `answers` counts answered taps."""

    def __init__(self, heard: Heard, who: Callable[[int], Who], delay: float = 0.0) -> None:
        self.port = 0
        self.answers = 0
        self._heard = heard
        self._who = who
        self._delay = delay
        self._messages = count(1001)

    def called(self, method: bytes, body: bytes) -> bytes:
        """Let a method take effect; the JSON of its result."""
        if method == b"answerCallbackQuery":
            self.answers += 1
            return b"true"
        chat = CHAT.search(body)
        if method not in SHOWING or chat is None:
            return RESULTS.get(method, b"true")
        number = int(chat[1])
        buttons = DATA.findall(body)
        question = QUESTION.search(body)
        message = next(self._messages)
        self._heard(number, message if method == NEW else 0, int(question[1]) if question else 0, buttons)
        who = self._who(number)
        return b'{"message_id":%d,' % message + (who.with_buttons if buttons else who.plain)

    def in_answer(self, body: bytes) -> None:
        """Let a method take effect that came as the answer to a webhook call, if one did."""
        found = SAME_IN_ANSWER.search(body)
        if found is not None:
            self.called(found[1], body)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Open on a free port until the end of the block."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Serving(self.called, self._delay), "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
