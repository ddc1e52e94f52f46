"""Due work: rows with a time, each done once in a transaction of its own, whichever worker gets there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import identity, outbox
from bot.db import Database
from bot.engine import Engine, utc_now
from bot.errors import Unavailable
from bot.talk import Talk
from handlers.work import Me, Work
from models import Conversation, Due

log = structlog.get_logger(__name__)

EVERY = 5.0  # seconds between looks
MOST_ATTEMPTS = 5


class Clock:
    """Runs the timers that conversations declare, and lets abandoned drafts expire."""

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
        """Do one piece of due work; False if there is none."""
        async with self.database.reading() as db:
            if await db.scalar(select(Due.id).where(Due.status == "waiting", Due.due_at <= self.now()).limit(1)) is None:
                return False
        due_id = None
        try:
            async with self.database.transaction() as db:
                query = select(Due).where(Due.status == "waiting", Due.due_at <= self.now()).order_by(Due.due_at).limit(1)
                row = (await db.execute(query.with_for_update(skip_locked=True))).first()
                if row is None:
                    return False
                due_id = row.id
                await db.execute(update(Due).where(Due.id == due_id).values(status="done"))
                work = self._work(db)
                if row.kind == "expire":
                    await self._expire(work, int(row.key))
                else:
                    await self.engine.routes.timers[row.kind](work, row.key)
                written = await outbox.post(
                    db, work.sendings, self.engine.languages, work.now, pulling=self.engine.pulling
                )
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one broken timer must not stop all the others
            log.error("due work failed", due=due_id, exc_info=error)
            await self._put_off(due_id, f"{type(error).__name__}: {error}")
            return True
        self.engine.ring(written)
        return True

    def _work(self, db: AsyncConnection) -> Work:
        engine = self.engine
        nobody = Me(0, 0, "", "", frozenset(), engine.languages.default)
        return Work(db, nobody, engine.rules, engine.languages(None), self.now(), engine.routes, files=engine.files)

    async def _expire(self, work: Work, conversation_id: int) -> None:
        owner = await work.db.scalar(select(Conversation.person_id).where(Conversation.id == conversation_id))
        me = await identity.last_seen(work.db, owner, self.engine.languages.default) if owner else None
        if me is None:
            return
        work.me, work.tongue = me, self.engine.languages(me.locale)
        talk = Talk(work, self.engine.routes)
        stored = await talk.one(conversation_id)
        if stored is None or stored.status not in {"open", "paused"} or stored.form not in self.engine.routes.forms:
            return
        again = await talk.expire(stored)
        if again is not None:
            await work.due("expire", str(conversation_id), again)

    async def _put_off(self, due_id: int | None, error: str) -> None:
        if due_id is None:
            return
        async with self.database.transaction() as db:
            attempts = int(await db.scalar(select(Due.attempts).where(Due.id == due_id)) or 0) + 1
            status = "dead" if attempts >= MOST_ATTEMPTS else "waiting"
            later = self.now() + timedelta(minutes=attempts)
            values = {"attempts": attempts, "status": status, "due_at": later, "error": error[:2000]}
            await db.execute(update(Due).where(Due.id == due_id).values(**values))
