"""The web chat through its API (docs/api.md): each person with a stream and a connection to write by."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
import msgspec

from bot.channels.web_session import account_of
from tests.bench.holiday.figures import Figures
from tests.bench.holiday.handset import Handset, Seen

PAUSE: Final = 0.2  # seconds before a client tries again; the page's own pauses are some times as long
ANSWER_SECONDS: Final = 30.0


class Window:
    """One person's session."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        token: str,
        address: str,
        figures: Figures,
        think: Callable[[], float],
    ) -> None:
        self.account = account_of(token)
        self.handset = Handset("web", self, figures, think)
        self.seqs: list[int] = []  # of all that came
        self.taken: list[str] = []  # what the desk's inbox calls the messages that it confirmed
        self._session = session
        self._figures = figures
        self._ids = itertools.count(1)
        # Behind a proxy everybody comes from the address they really have.
        self._headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Hear what comes until the end of the block, from the beginning of the conversation; what is on its
        way at the end is looked up, as it is when somebody opens the page again."""
        listening = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            listening.cancel()
            await asyncio.wait({listening})
        while not await self._caught_up():  # noqa: ASYNC110 - a pause between attempts
            await asyncio.sleep(PAUSE)

    async def say(self, text: str) -> None:
        if text.startswith("/start "):
            await self._posts({"link": text.removeprefix("/start ")})
        else:
            await self._posts({"text": text})

    async def tap(self, data: str, message: int) -> None:
        await self._posts({"data": data, "tapped": message})

    async def show(self, photo: bytes, caption: str) -> None:
        await self._posts({"text": caption} if caption else {}, photo)

    async def _posts(self, message: dict[str, Any], photo: bytes | None = None) -> None:
        """Post a message, under one id, until it is taken."""
        client_id = f"message-{next(self._ids):04}"
        body = json.dumps({"client_id": client_id, "locale": "en", **message})
        while not await self._posted(body, photo):
            self._figures.redelivered += 1
            await asyncio.sleep(PAUSE)
        self.taken.append(f"{self.account[:16]}:{client_id}")

    async def _posted(self, body: str, photo: bytes | None) -> bool:
        given: dict[str, Any] = {"data": body.encode(), "headers": {**self._headers, **_JSON}}
        if photo is not None:
            given = {"data": _form(body, photo), "headers": self._headers}
        self._figures.deliveries += 1
        try:
            async with self._session.post("/api/chat/messages", **given) as answer:
                content = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
        if answer.status not in (200, 503):
            self._figures.troubles.append(f"the web chat answered {answer.status}: {content[:200]!r}")
        return answer.status == 200

    async def _listen(self) -> None:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=ANSWER_SECONDS)
        while True:
            try:
                async with self._session.get(
                    "/api/chat/events", params=self._after(), headers=self._headers, timeout=timeout
                ) as stream:
                    async for line in stream.content:
                        if line.startswith(b"data: "):
                            self._hears(msgspec.json.decode(line[6:]))
            except (aiohttp.ClientError, TimeoutError, OSError):
                pass  # a worker died: the client comes back, as the page does
            await asyncio.sleep(PAUSE)

    async def _caught_up(self) -> bool:
        """Read what the stream did not bring; False if that has to be tried again."""
        try:
            async with self._session.get(
                "/api/chat/history", params=self._after(), headers=self._headers
            ) as answer:
                if answer.status != 200:
                    return False
                page = msgspec.json.decode(await answer.read())
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
        for event in page["messages"]:
            self._hears(event)
        return not page["more"]

    def _after(self) -> dict[str, str]:
        return {"after": str(self.seqs[-1] if self.seqs else 0)}

    def _hears(self, event: dict[str, Any]) -> None:
        self.seqs.append(event["seq"])
        if event["kind"] == "message":
            data = tuple(button["data"] for row in event["rows"] for button in row)
            self.handset.arrives(Seen(event["seq"], event["text"], data))


@asynccontextmanager
async def browsers(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    """The connections of all windows to the program at `url`."""
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=2)
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with aiohttp.ClientSession(url, connector=connector, timeout=timeout) as session:
        yield session


def _form(body: str, photo: bytes) -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("message", body, content_type="application/json")
    form.add_field("photo", photo, filename="a.jpg", content_type="image/jpeg")
    return form


_JSON: Final = {"Content-Type": "application/json"}
