"""What the cheap servers of the holiday share: one to be called, and posts to the program until taken."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final, Self

import aiohttp
from aiohttp import web

from bot.channels.telegram_setup import MOST_CONNECTIONS
from tests.bench.holiday.figures import Figures

FIRST_PAUSE, LONGEST_PAUSE = (
    0.05,
    1.0,
)  # seconds before a post is repeated; the real ones wait longer
ANSWER_SECONDS: Final = 30.0
A_CONNECTION: Final = 50  # posts; after them a new one, so that they spread over all workers


class LightServer:
    """Serves `routes` at `url`, and posts to the program, which is at `target`, over so many connections."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures
        self.url = ""
        self.target = ""
        self._connections = asyncio.Semaphore(MOST_CONNECTIONS)
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None

    def routes(self) -> list[web.RouteDef]:
        """What the program may call."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=2**26)
        application.add_routes(self.routes())
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

    async def deliver(self, number: int, path: str, headers: Mapping[str, str], **what: Any) -> bytes:
        """Post until it is taken, which is a 200; returns the answer's content. `what` is as aiohttp's post
        takes it."""
        pause = FIRST_PAUSE
        async with self._connections:
            while (content := await self._posted(number, path, headers, what)) is None:
                self.figures.redelivered += 1
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        return content

    async def _posted(
        self, number: int, path: str, headers: Mapping[str, str], what: Mapping[str, Any]
    ) -> bytes | None:
        assert self._session is not None
        more = {"Connection": "close"} if number % A_CONNECTION == 0 else {}
        self.figures.deliveries += 1
        try:
            async with self._session.post(
                f"{self.target}{path}", headers={**headers, **more}, **what
            ) as answer:
                content, status = await answer.read(), answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None
        if status not in (200, 503):
            self.figures.troubles.append(f"{path} answered {status}: {content[:200]!r}")
        return content if status == 200 else None
