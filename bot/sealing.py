"""Seals what has been submitted, soon after its commit and in nobody's way (`handlers/sealing.py`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

from bot.db import Database
from bot.engine import utc_now
from handlers import sealing

EVERY: Final = 30.0  # seconds between looks


async def keep(database: Database, now: Callable[[], datetime] = utc_now) -> None:
    """Seal what there is to seal, until cancelled. Raises Unavailable."""
    while True:
        await catch_up(database, now)
        await asyncio.sleep(EVERY)


async def catch_up(database: Database, now: Callable[[], datetime] = utc_now) -> int:
    """Seal all that is committed by now, unless another worker does; returns how many marks were worked off.

    Raises Unavailable.
    """
    count = 0
    while await _waiting(database):
        async with database.transaction() as db:
            some = await sealing.seal(db, now())
        if not some:
            break
        count += some
    return count


async def _waiting(database: Database) -> bool:
    async with database.reading() as db:
        return await sealing.waiting(db)
