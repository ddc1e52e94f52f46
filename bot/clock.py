"""Due work: rows with a time, each done once, whichever worker gets there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import dues, identity, outbox
from bot.db import Database
from bot.drafts import Drafts
from bot.engine import Engine, utc_now
from bot.errors import Unavailable
from bot.outbox import Parcel
from bot.talk import Talk
from handlers.kit.grammar import clean
from handlers.kit.messages import Message
from handlers.kit.words import _
from handlers.work import Me, Work
from models import Conversation, Due

log = structlog.get_logger(__name__)

EVERY = 5.0  # seconds between looks
MOST_ATTEMPTS = 5
MOST_AT_A_LOOK = 20
CLAIM = timedelta(minutes=15)  # a job not done by then belongs to a worker that died

SORRY = _("Sorry, what you asked for could not be made. Please try again later.")


class Clock:
    """Runs the timers and jobs that conversations declare, and lets abandoned drafts expire."""

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
            if await self._do(row):
                return True
        return False

    async def _do(self, row: Row[Any]) -> bool:
        try:
            written = await (self._job(row) if row.kind in self.engine.routes.jobs else self._timer(row))
        except Unavailable:
            raise
        except Exception as error:  # one broken timer must not stop all the others
            log.exception("due work failed", due=row.id)
            await self._put_off(row, f"{type(error).__name__}: {error}")
            return True
        self.engine.ring(written or [])
        return written is not None

    async def _timer(self, row: Row[Any]) -> list[int] | None:
        """Do a timer's work in the transaction that marks it done; returns the accounts written to, None
        where another worker took it."""
        async with self.database.transaction() as db:
            if await self._take(db, row, status="done") is None:
                return None
            work = self._work(db)
            if row.kind == "expire":
                await self._expire(work, int(row.key))
            else:
                await self.engine.routes.timers[row.kind](work, row.key)
            return await self._post(db, work)

    async def _job(self, row: Row[Any]) -> list[int] | None:
        """Do a job outside any writing transaction: claimed before, marked done with what it sends after."""
        async with self.database.transaction() as db:
            me = await identity.of_account(db, row.payload["account"], self.engine.languages.default)
            claim = {"status": "done"} if me is None else {"due_at": self.now() + CLAIM}
            claimed = await self._take(db, row, **claim)
        if claimed is None:
            return None
        if me is None:
            return []
        async with self.database.snapshot() as db:
            work = self._work(db, me)
            await self.engine.routes.jobs[row.kind](work, row.key)
        async with self.database.transaction() as db:
            done = update(Due).where(Due.id == row.id, Due.status == "waiting", Due.due_at == claimed)
            if (await db.execute(done.values(status="done"))).rowcount == 0:
                return []  # asked for anew meanwhile, or taken over by another worker
            return await self._post(db, work)

    async def _take(self, db: AsyncConnection, row: Row[Any], **values: Any) -> datetime | None:
        """Change `row` if nobody did meanwhile; returns when it is due then, None if it was taken."""
        query = self._waiting().where(Due.id == row.id).with_for_update(skip_locked=True)
        if (await db.execute(query)).first() is None:
            return None
        await db.execute(update(Due).where(Due.id == row.id).values(**values))
        return await db.scalar(select(Due.due_at).where(Due.id == row.id))

    def _waiting(self) -> Any:
        return select(*Due.__table__.columns).where(Due.status == "waiting", Due.due_at <= self.now())

    async def _post(self, db: AsyncConnection, work: Work) -> list[int]:
        engine = self.engine
        await dues.put(db, work.dues.values())
        parcels = [Parcel(work.sendings)]
        posted = await outbox.post(db, parcels, engine.languages, work.now, pulling=engine.pulling)
        return posted.accounts

    def _work(self, db: AsyncConnection, me: Me | None = None) -> Work:
        engine = self.engine
        me = me or Me(0, 0, "", "", frozenset(), engine.languages.default)
        tongue = engine.languages(me.locale)
        return Work(db, me, engine.rules, tongue, self.now(), engine.routes, files=engine.files)

    async def _expire(self, work: Work, conversation_id: int) -> None:
        owner = await work.db.scalar(select(Conversation.person_id).where(Conversation.id == conversation_id))
        me = await identity.last_seen(work.db, owner, self.engine.languages.default) if owner else None
        if me is None:
            return
        work.me, work.tongue = me, self.engine.languages(me.locale)
        drafts = Drafts(work.db)
        work.settle = drafts.settle
        talk = Talk(work, self.engine.routes, drafts)
        stored = await talk.one(conversation_id)
        if stored is None or stored.status not in {"open", "paused"}:
            return
        if stored.form not in self.engine.routes.forms:  # of a version that had it
            return
        again = await talk.expire(stored)
        await drafts.write()
        if again is not None:
            await work.due("expire", str(conversation_id), again)

    async def _put_off(self, row: Row[Any], error: str) -> None:
        """Try again later, a few times; then whoever waits for a job is told."""
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
            if status == "dead" and row.kind in self.engine.routes.jobs:
                work = self._work(db)
                work.send(row.payload["account"], Message(SORRY))
                written = await self._post(db, work)
        self.engine.ring(written)
