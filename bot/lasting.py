"""Keeps running what runs by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.errors import Unavailable
from bot.sender import backoff

log = structlog.get_logger(__name__)


async def kept_running(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run `run` to its end; what it should not have done is logged, and it begins anew."""
    failures = 0
    while True:
        try:
            return await run()
        except Unavailable as error:
            log.warning("stopped without the database", part=name, error=str(error))
        except Exception:
            log.exception("stopped by a fault", part=name)
        await asyncio.sleep(min(backoff(failures), 60))
        failures += 1
