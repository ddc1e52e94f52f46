"""The nightly sweep of the media store: files that no record mentions, as a crash leaves them."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import JSON, Column, Select, Text, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.routes import Routes
from handlers.work import Files, Work
from models import mentions

log = structlog.get_logger(__name__)
routes = Routes()

KIND: Final = "sweep"
KEY: Final = "media"
AGE: Final = timedelta(days=1)  # a younger file may be on its way into a record
REACH: Final = timedelta(days=90)  # a run looks no further back: earlier files have been looked at
ROWS: Final = 500  # taken from the database at once

_SHA = re.compile("[0-9a-f]{64}")


@routes.job(KIND)
async def nightly(work: Work, _key: str) -> None:
    """Clear up behind crashes: half-written files, and those that were kept for a record that never came."""
    files = work.kept_files
    await asyncio.to_thread(files.remove_leftovers)
    removed = await sweep(work.db, files, work.now)
    log.info("swept the media store", removed=removed)


async def sweep(db: AsyncConnection, files: Files, now: datetime) -> int:
    """Delete the files that nothing mentions and that are older than AGE; returns how many."""
    before = now - AGE
    orphans = await asyncio.to_thread(lambda: set(files.kept_between(now - REACH, before)))
    for column in mentions():
        if not orphans:
            break
        orphans -= await _mentioned(db, column, orphans)
    return await asyncio.to_thread(lambda: sum([files.discard(sha, before) for sha in orphans]))


async def _mentioned(db: AsyncConnection, column: Column[Any], wanted: set[str]) -> set[str]:
    """Which of the files `wanted` a column mentions."""
    found: set[str] = set()
    async for rows in (await db.stream_scalars(_texts(column))).partitions(ROWS):
        found |= wanted.intersection(sha for text in rows for sha in _SHA.findall(text))
    return found


def _texts(column: Column[Any]) -> Select[str]:
    text = cast(column, Text)
    is_json = isinstance(column.type, JSON)
    return select(text).where(text.contains('"sha"') if is_json else text.is_not(None))
