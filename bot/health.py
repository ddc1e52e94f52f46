"""Whether the program is alive, whether it can work, and its figures, for those who watch over it."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from time import monotonic
from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bot.config import Settings
from bot.db import Database
from bot.errors import Unavailable
from bot.metrics import Metrics

LEAST_FREE: Final = 50 * 2**20  # bytes
FRESH: Final = 1.0  # seconds an answer about readiness serves for, however many ask


class Health:
    """The addresses `/healthz`, `/readyz` and `/metrics`."""

    def __init__(self, settings: Settings, database: Database, metrics: Metrics) -> None:
        self._settings = settings
        self._database = database
        self._metrics = metrics
        self._checking = asyncio.Lock()
        self._found: dict[str, str] = {}
        self._found_at = float("-inf")

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/healthz", self.alive),
            web.get("/readyz", self.ready),
            web.get("/metrics", self.figures),
        ]

    async def alive(self, _request: web.Request) -> web.Response:
        """200 as long as the program runs at all."""
        return web.Response(text="ok\n")

    async def ready(self, _request: web.Request) -> web.Response:
        """200 when updates can be taken: the database can be written and there is room; 503 otherwise."""
        async with self._checking:
            if monotonic() - self._found_at > FRESH:
                self._found = {"database": await self._database_state(), "disk": self._disk_state()}
                self._found_at = monotonic()
        ready = set(self._found.values()) == {"ok"}
        return web.json_response(self._found, status=200 if ready else 503)

    async def figures(self, _request: web.Request) -> web.Response:
        """What Prometheus collects."""
        page = await self._metrics.page(self._database)
        return web.Response(body=page, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _database_state(self) -> str:
        try:
            await self._database.ping()
        except Unavailable:
            return "cannot be written"
        return "ok"

    def _disk_state(self) -> str:
        return "ok" if free_bytes(self._settings) > LEAST_FREE else "nearly full"


def free_bytes(settings: Settings) -> int:
    """The room left where the photos are, or where the database is if that is less."""
    folders = [settings.media_dir]
    if settings.database_file is not None:
        folders.append(settings.database_file.parent)
    return min(shutil.disk_usage(_existing(folder)).free for folder in folders)


def _existing(folder: Path) -> Path:
    """The nearest folder at or above `folder` that is there."""
    absolute = folder.absolute()
    return next(path for path in (absolute, *absolute.parents) if path.is_dir())
