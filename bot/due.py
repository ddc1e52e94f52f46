"""Due work: rows with a time, each done once, whichever worker gets there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import outbox
from bot.db import Database
from bot.engine import Engine, utc_now
from bot.errors import Unavailable
from bot.outbox import Parcel
from handlers.kit.grammar import clean
from handlers.work import Me, Sending, Work
from models import Due

log = structlog.get_logger(__name__)

EVERY = 5.0  # seconds between looks
MOST_ATTEMPTS = 5
MOST_AT_A_LOOK = 20


class DueWork:
    """Does the due work of some kinds, one piece after the other."""

    def __init__(self, database: Database, engine: Engine, now: Callable[[], datetime] = utc_now) -> None:
        self.database = database
        self.engine = engine
        self.now = now

    async def run(self) -> None:
        """Do what is due until cancelled."""
        while True:
            try:
                while await self.tick():
                    continue
            except Unavailable as error:
                log.warning("due work not reachable", error=str(error))
            await asyncio.sleep(EVERY)

    async def tick(self) -> bool:
        """Do one piece of due work; False if there is none, or none that nobody else is doing."""
        async with self.database.reading() as db:
            rows = (await db.execute(self._waiting().order_by(Due.due_at).limit(MOST_AT_A_LOOK))).all()
        for row in rows:
            if await self._try(row):
                return True
        return False

    def _mine(self) -> ColumnElement[bool]:
        """Which kinds of work are done here."""
        raise NotImplementedError

    async def _do(self, row: Row[Any]) -> list[int] | None:
        """Do the work; returns the accounts written to, None where another worker took it."""
        raise NotImplementedError

    async def _given_up(self, db: AsyncConnection, row: Row[Any]) -> list[int]:
        """Called in the transaction that marks work as failed for good; returns the accounts written to."""
        return []

    async def _try(self, row: Row[Any]) -> bool:
        try:
            written = await self._do(row)
        except Unavailable:
            raise
        except Exception as error:  # one broken timer must not stop all the others
            log.exception("due work failed", due=row.id)
            await self._put_off(row, f"{type(error).__name__}: {error}")
            return True
        self.engine.ring(written or [])
        return written is not None

    async def _take(self, db: AsyncConnection, row: Row[Any], **values: Any) -> datetime | None:
        """Change `row` if nobody did meanwhile; returns when it is due then, None if it was taken."""
        query = self._waiting().where(Due.id == row.id).with_for_update(skip_locked=True)
        if (await db.execute(query)).first() is None:
            return None
        await db.execute(update(Due).where(Due.id == row.id).values(**values))
        return await db.scalar(select(Due.due_at).where(Due.id == row.id))

    def _waiting(self) -> Any:
        due = (Due.status == "waiting", Due.due_at <= self.now(), self._mine())
        return select(*Due.__table__.columns).where(*due)

    async def _post(
        self, db: AsyncConnection, sendings: Sequence[Sending], shown: Mapping[int, str] | None = None
    ) -> list[int]:
        engine = self.engine
        parcels = [Parcel(sendings, shown=shown or {})]
        posted = await outbox.post(db, parcels, engine.languages, self.now(), pulling=engine.pulling)
        return posted.accounts

    def _work(self, db: AsyncConnection, me: Me | None = None) -> Work:
        engine = self.engine
        me = me or Me(0, 0, "", "", frozenset(), engine.languages.default)
        tongue = engine.languages(me.locale)
        return Work(db, me, engine.rules, tongue, self.now(), engine.routes, files=engine.files)

    async def _put_off(self, row: Row[Any], error: str) -> None:
        """Try again later, a few times."""
        written: list[int] = []
        async with self.database.transaction() as db:
            attempts = row.attempts + 1
            status = "dead" if attempts >= MOST_ATTEMPTS else "waiting"
            later = self.now() + timedelta(minutes=attempts)
            values = {"attempts": attempts, "status": status, "due_at": later, "error": clean(error, 2000)}
            # Only as it was: another worker may have done it since.
            mine = (Due.id == row.id, Due.status == "waiting", Due.attempts == row.attempts)
            if (await db.execute(update(Due).where(*mine).values(**values))).rowcount == 0:
                return
            if status == "dead":
                written = await self._given_up(db, row)
        self.engine.ring(written)
