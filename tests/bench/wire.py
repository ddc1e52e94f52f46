"""The benchmark's own HTTP/1.1, as cheap as it can be: posting webhooks, and being the Bot API."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Final, cast
from urllib.parse import unquote_to_bytes

LENGTH: Final = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
METHOD: Final = re.compile(rb"[A-Z]+ /bot[^/ ]+/([A-Za-z]+)")

Answered = Callable[["Posting", int, bytes], None]
Dropped = Callable[["Posting"], None]
Called = Callable[[bytes, bytes], bytes]


class Whole:
    """Collects bytes until a whole message is there: its head and its body."""

    def __init__(self) -> None:
        self._bytes = b""

    def feed(self, data: bytes) -> tuple[bytes, bytes] | None:
        """The message that `data` completes, if it does; the next one is not sent before this is answered."""
        self._bytes = self._bytes + data if self._bytes else data
        end = self._bytes.find(b"\r\n\r\n")
        if end < 0:
            return None
        found = LENGTH.search(self._bytes, 0, end)
        size = end + 4 + (int(found[1]) if found else 0)
        if len(self._bytes) < size:
            return None
        whole, self._bytes = self._bytes, self._bytes[size:]
        return whole[:end], whole[end + 4 : size]


class Posting(asyncio.Protocol):
    """A kept connection to the bot; one request at a time."""

    def __init__(self, answered: Answered, dropped: Dropped) -> None:
        self._answered = answered
        self._dropped = dropped
        self._whole = Whole()
        self._transport: asyncio.Transport | None = None
        self.whose = -1  # the chat of the request under way, -1 for none

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own is no subclass

    def data_received(self, data: bytes) -> None:
        message = self._whole.feed(data)
        if message is not None:
            self._answered(self, int(message[0][9:12]), message[1])

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._dropped(self)

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def post(self, request: bytes, whose: int) -> None:
        """Send a whole request."""
        assert self._transport is not None
        self.whose = whose
        self._transport.write(request)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Serving(asyncio.Protocol):
    """A connection of a bot to the Bot API; each answer goes out `delay` seconds after its request came."""

    def __init__(self, called: Called, delay: float) -> None:
        self._called = called
        self._delay = delay
        self._whole = Whole()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own is no subclass

    def data_received(self, data: bytes) -> None:
        message = self._whole.feed(data)
        if message is None:
            return
        found = METHOD.match(message[0])
        result = self._called(found[1] if found else b"", plain(message[1]))
        answer = b'{"ok":true,"result":' + result + b"}"
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
            answer
        )
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._answer, head + answer)
        else:
            self._answer(head + answer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def _answer(self, whole: bytes) -> None:
        if self._transport is not None:
            self._transport.write(whole)


def plain(body: bytes) -> bytes:
    """A body as text to be searched: forms are decoded, JSON is left as it is."""
    return body if body[:1] in (b"{", b"") else unquote_to_bytes(body.replace(b"+", b" "))
