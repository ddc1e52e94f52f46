"""Jobs: due work that takes long, done outside transactions under a lease, its progress told in the chat."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import ColumnElement, Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import endings, identity
from bot.db import Database
from bot.due import DueWork
from bot.engine import Engine, utc_now
from bot.errors import Unavailable
from bot.sender import OPEN
from handlers.kit.messages import Message
from handlers.kit.words import Text, _
from handlers.work import Me, Sending, Work
from models import Account, Due, Outbox

log = structlog.get_logger(__name__)

BEAT: Final = 4.0  # seconds between renewals; as often at most the progress is told
LEASE: Final = timedelta(seconds=60)  # what is not renewed for so long belonged to a worker that died

SORRY = _("Sorry, what you asked for could not be made. Please try again later.")


@dataclass(frozen=True, slots=True)
class Lease:
    """A job in hand: `until` is what its row says while nobody else has it, `said` the progress told last,
    `told` the place in the chat of the message that tells it."""

    id: int
    payload: Mapping[str, Any]
    until: datetime
    said: Text | None = None

    @property
    def account(self) -> int | None:
        return self.payload.get("account")

    @property
    def told(self) -> int | None:
        return self.payload.get("told")

    def news(self, work: Work) -> Message | None:
        """The progress, if there is any to tell that has not been told."""
        if self.account is None or work.progress is None or work.progress == self.said:
            return None
        return Message(work.progress, replace=True)


class Jobs(DueWork):
    """Runs the jobs that conversations declare, one at a time; nobody's timers wait for them."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        now: Callable[[], datetime] = utc_now,
        beat: float = BEAT,
    ) -> None:
        super().__init__(database, engine, now)
        self._beat = beat

    def _mine(self) -> ColumnElement[bool]:
        return Due.kind.in_(self.engine.routes.jobs)

    async def _do(self, row: Row[Any]) -> list[int] | None:
        async with self.database.transaction() as db:
            me = await self._whose(db, row.payload.get("account"))
            claim = {"status": "done"} if me is None else {"due_at": self.now() + LEASE}
            until = await self._take(db, row, **claim)
        if until is None:
            return None
        if me is None:
            return []
        lease = Lease(row.id, row.payload, until)
        async with self.database.snapshot() as db:
            work = self._work(db, me)
            task = asyncio.ensure_future(self.engine.routes.jobs[row.kind](work, row.key))
            held = await self._seen_through(task, lease, work)
        return await self._finish(held, work) if held is not None else []

    async def _whose(self, db: AsyncConnection, account: int | None) -> Me | None:
        """In whose name it is done; without an account it is the program's own."""
        if account is None:
            return Me(0, 0, "", "", frozenset(), self.engine.languages.default)
        return await identity.of_account(db, account, self.engine.languages.default)

    async def _seen_through(
        self, task: asyncio.Future[None], lease: Lease | None, work: Work
    ) -> Lease | None:
        """Wait for the job, renewing its lease; None where it was asked for anew meanwhile, or taken over by
        another worker. Raises what the job does."""
        try:
            while lease is not None and not (await asyncio.wait({task}, timeout=self._beat))[0]:
                lease = await self._renewed(lease, work)
            if lease is not None:
                await task
            return lease
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _renewed(self, lease: Lease, work: Work) -> Lease | None:
        try:
            async with self.database.transaction() as db:
                renewed = await _changed(db, lease, due_at=self.now() + LEASE)
                if renewed is None:
                    return None
                renewed, written = await self._tell(db, renewed, work)
        except Unavailable as error:  # it may be back before the lease ends
            log.warning("a lease was not renewed", due=lease.id, error=str(error))
            return lease
        self.engine.ring(written)
        return renewed

    async def _tell(self, db: AsyncConnection, lease: Lease, work: Work) -> tuple[Lease, list[int]]:
        """Tell the progress: in a new message first, then by changing that one."""
        news = lease.news(work)
        if news is None or lease.account is None or await _is_busy(db, lease.account):
            return lease, []
        written = await self._post(db, [Sending(lease.account, news)], await _shown(db, lease))
        told = lease.told or await db.scalar(select(Account.seq).where(Account.id == lease.account))
        payload = {**lease.payload, "told": told}
        await db.execute(update(Due).where(Due.id == lease.id).values(payload=payload))
        return replace(lease, payload=payload, said=work.progress), written

    async def _finish(self, lease: Lease, work: Work) -> list[int]:
        """Send what the job has to say, in the transaction that marks it done."""
        async with self.database.transaction() as db:
            if await _changed(db, lease, status="done") is None:
                return []
            shown, news = await _shown(db, lease), lease.news(work)
            last = [Sending(account, news) for account in shown or () if news is not None]
            await endings.write(db, [work])
            return await self._post(db, [*last, *work.sendings], shown)

    async def _given_up(self, db: AsyncConnection, row: Row[Any]) -> list[int]:
        account = row.payload.get("account")
        return [] if account is None else await self._post(db, [Sending(account, Message(SORRY))])


async def _changed(db: AsyncConnection, lease: Lease, **values: Any) -> Lease | None:
    """Change the row of a job in hand; None where it is in hand no more."""
    mine = (Due.id == lease.id, Due.status == "waiting", Due.due_at == lease.until)
    if (await db.execute(update(Due).where(*mine).values(**values))).rowcount == 0:
        return None
    until = (await db.execute(select(Due.due_at).where(Due.id == lease.id))).scalar_one()
    return replace(lease, until=until)


async def _is_busy(db: AsyncConnection, account: int) -> bool:
    """Whether something is on its way to the account still: progress is not worth a queue."""
    waiting = select(Outbox.id).where(Outbox.account_id == account, Outbox.status.in_(OPEN)).limit(1)
    return (await db.execute(waiting)).first() is not None


async def _shown(db: AsyncConnection, lease: Lease) -> dict[int, str] | None:
    """By its account, what the channel calls the message that tells of the job, if it has arrived."""
    if lease.account is None or lease.told is None:
        return None
    mine = (Outbox.account_id == lease.account, Outbox.seq == lease.told)
    name = await db.scalar(select(Outbox.external_id).where(*mine))
    return {lease.account: name} if name else None
