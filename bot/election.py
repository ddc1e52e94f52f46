"""Which of several workers does what only one may do: the one that holds a lock in the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db import Database, Outages, connected
from bot.errors import Unavailable

log = structlog.get_logger(__name__)

EVERY: Final = 5.0  # seconds between looks whether the lock is free, or still ours
LOCK: Final = 0x446F63656E75  # PostgreSQL's number for it; the one after that of bot/migrate.py


async def lead(database: Database, work: Callable[[], Awaitable[None]], every: float = EVERY) -> None:
    """Do `work` whenever this worker is the one to do it, until cancelled or the work is done.

    On SQLite there is no other worker. On PostgreSQL the lock lives as long as its connection: if that
    breaks, `work` is cancelled, for another worker may have it by then.
    """
    if database.sqlite:
        await work()
        return
    while True:
        try:
            if await _lead_once(database, work, every):
                return
        except Unavailable as error:
            log.warning("no election without the database", error=str(error))
        await asyncio.sleep(every)


async def _lead_once(database: Database, work: Callable[[], Awaitable[None]], every: float) -> bool:
    """Try for the lock, and do `work` under it; says whether the work was done."""
    async with connected(database.alone(every)) as connection:
        with Outages():
            taken = await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK})
            return bool(taken) and await _under_lock(connection, work, every)


async def _under_lock(connection: AsyncConnection, work: Callable[[], Awaitable[None]], every: float) -> bool:
    task = asyncio.ensure_future(work())
    try:
        while not (await asyncio.wait({task}, timeout=every))[0]:
            await connection.execute(text("SELECT 1"))
        await task
    finally:
        task.cancel()
        await asyncio.wait({task})
    return True
