"""The sender: takes messages from the outbox to their channels, in order for each chat, at their pace."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import structlog
from sqlalchemy import ColumnElement, Row, Select, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import brevity
from bot.db import Database
from bot.errors import Gone, NotNow, Refused, TryLater, Unavailable, Unreachable
from bot.messages import Channel
from bot.pace import Bucket, Times
from bot.presence import Presence
from models import UNSENT, Account, Outbox

log = structlog.get_logger(__name__)

AT_ONCE: Final = 50  # messages under way
KEEP_TRYING: Final = timedelta(hours=24)
MOST_ODD: Final = 3  # attempts at a message that fails in a way no channel should
IDLE: Final = 5.0  # seconds between looks when nobody calls
AWAY: Final = 1.0  # the same while the database is away
FAREWELL: Final = 5.0  # seconds that stopping waits for what is under way
CHAT_RATE, CHAT_BURST = 1.0, 3  # messages a second to one chat, and how many seconds' worth at once
ALL_RATE: Final = 25.0  # messages a second over all chats; Telegram allows about 30

GRACE: Final = 2.0  # seconds that the last words of a worker that died may take to arrive
TROUBLE: Final = 60.0  # seconds after a channel was in trouble in which every message goes its own way

_OUTBOX: Final[Any] = Outbox.__table__
OPEN: Final = ("pending", "sending")
Outcome = Callable[[str, str], None]


def _unnoticed(channel: str, outcome: str) -> None:
    """Nobody counts."""


class Sender:
    """Sends for every channel that does not pull: `chat_rate` messages a second to one chat, `all_rate` over
    all. Several workers may run one each, at their share of that; `outcome` is told the channel and the
    status after each attempt."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        *,
        times: Times | None = None,
        share: float = 1.0,
        chat_rate: float = CHAT_RATE,
        all_rate: float = ALL_RATE,
        outcome: Outcome = _unnoticed,
    ) -> None:
        self.database = database
        self.channels = {name: channel for name, channel in channels.items() if not channel.pulls}
        self.times = times or Times()
        self.outcome = outcome
        self._bell = asyncio.Event()
        self._chats: dict[int, Bucket] = {}
        self._chat_rate = chat_rate
        self._all = Bucket(all_rate * share, int(all_rate * share) or 1)
        self._most = int(AT_ONCE * share) or 1
        self._halted_until: dict[str, float] = {}  # by channel
        self._troubled_until = 0.0
        self._tasks: dict[asyncio.Task[None], int] = {}  # what is under way: the id of its message
        self._presence = Presence(database)
        self._left: dict[int, float] = {}  # messages claimed by nobody alive, and when that was seen first

    def wake(self) -> None:
        """Say that there is something to send."""
        self._bell.set()

    def room(self, account_id: int) -> bool:
        """Whether a message may go to this account at once in a way that tells nobody what came of it; if so,
        its turn is taken. Not soon after a channel was in trouble: there it could be lost."""
        now = self.times.steady()
        chat = self._pace(account_id)
        waits = now < max(self._troubled_until, *self._halted_until.values(), 0.0)
        if waits or not (chat.ready(now) and self._all.ready(now)):
            return False
        chat.wait(now)
        self._all.wait(now)
        return True

    async def run(self) -> None:
        """Send until cancelled; then finish what is under way."""
        try:
            while True:
                self._bell.clear()
                try:
                    claimed = await self.step()
                    pause = IDLE
                except Unavailable as error:
                    log.warning("outbox not reachable", error=str(error))
                    claimed, pause = 0, AWAY
                if not claimed:
                    # Not wait_for: before Python 3.12 it may swallow a cancellation that comes with the bell.
                    with suppress(TimeoutError):  # nobody called: time to look by ourselves
                        async with asyncio.timeout(pause):
                            await self._bell.wait()
        finally:
            await self.settle(FAREWELL)
            await self.close()

    async def close(self) -> None:
        """Leave what is still claimed to others."""
        await self._presence.close()

    async def settle(self, seconds: float | None = None) -> None:
        """Wait until nothing is under way, at most `seconds`; then let go of the rest."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=seconds)
        for task in late:
            task.cancel()

    async def step(self) -> int:
        """Begin to send what is due, as much as there is room for; returns how many messages."""
        room = self._most - len(self._tasks)
        if room <= 0:
            return 0
        claimed = await self._claim(room)
        for row in claimed:
            task = asyncio.create_task(self._deliver(row))
            self._tasks[task] = row.id
            task.add_done_callback(self._done)
        return len(claimed)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        self._bell.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a message's outcome could not be stored", exc_info=error)

    async def _claim(self, most: int) -> list[Row[Any]]:
        """Claim the next message of every chat that has one due and none under way."""
        me = await self._presence.number()
        async with self.database.reading() as db:
            due = self._due(me, await self._given_up(db, me)).limit(most)
            if (await db.execute(due.limit(1))).first() is None:
                return []
        async with self.database.transaction() as db:
            ids = list(await db.scalars(due.with_for_update(skip_locked=True, of=Outbox)))
            claim = update(Outbox).where(Outbox.id.in_(ids))
            await db.execute(claim.values(status="sending", claimed_by=me))
            rows = (
                select(
                    *_OUTBOX.columns,
                    Account.channel,
                    Account.external_id.label("to"),
                    Account.push_left,
                    Account.push_until,
                    brevity.WAITING,
                )
                .join(Account, Account.id == Outbox.account_id)
                .where(Outbox.id.in_(ids))
            )
            return list(await db.execute(rows))

    async def _given_up(self, db: AsyncConnection, me: int) -> list[int]:
        """The abandoned messages, some time after they were first seen to be so: the last words of a worker
        that was killed may still be on their way, and would come behind what is said now."""
        query = select(Outbox.id).where(UNSENT, self._abandoned(me))
        now = self.times.steady()
        self._left = {number: self._left.get(number, now) for number in await db.scalars(query)}
        if now in self._left.values():
            asyncio.get_running_loop().call_later(GRACE, self.wake)
        return [number for number, seen in self._left.items() if now - seen >= GRACE]

    def _abandoned(self, me: int) -> ColumnElement[bool]:
        """Claimed, and sent by nobody."""
        lost = (Outbox.claimed_by == me) & Outbox.id.not_in(list(self._tasks.values()))
        return (Outbox.status == "sending") & (lost | ~self._presence.alive(Outbox.claimed_by))

    def _due(self, me: int, given_up: Collection[int]) -> Select[Any]:
        # What was put off waits for its time, all else for nothing: the clock may have been set back since.
        pending = (Outbox.status == "pending") & (
            (Outbox.not_before <= self.times.now()) | Outbox.error.is_(None)
        )
        # By chat, the first that is not done: found among the few of those, not among all that ever was sent.
        first = select(Outbox.account_id, func.min(Outbox.seq)).where(UNSENT, Outbox.status != "dead")
        return (
            select(Outbox.id)
            .join(Account, Account.id == Outbox.account_id)
            .where(UNSENT, pending | (Outbox.id.in_(given_up) & self._abandoned(me)))
            .where(Account.channel.in_(self._open_channels()), Account.open_at(self.times.now()))
            .where(tuple_(Outbox.account_id, Outbox.seq).in_(first.group_by(Outbox.account_id)))
            .order_by(Outbox.not_before, Outbox.id)
        )

    def _open_channels(self) -> list[str]:
        """The channels that did not ask us to wait."""
        now = self.times.steady()
        return [name for name in self.channels if self._halted_until.get(name, 0.0) <= now]

    async def _deliver(self, row: Row[Any]) -> None:
        """Send one message at its pace and store what came of it."""
        now = self.times.steady()
        waits = (
            self._pace(row.account_id).wait(now),
            self._all.wait(now),
            self._halted_until.get(row.channel, 0.0) - now,
        )
        await self.times.sleep(max(0.0, *waits))
        values = await self._try(row)
        self.outcome(row.channel, values["status"])
        await self._store(row, values)
        if "not_before" in values:
            again = (values["not_before"] - self.times.now()).total_seconds()
            asyncio.get_running_loop().call_later(max(0.0, again), self.wake)

    def _pace(self, account_id: int) -> Bucket:
        if len(self._chats) > 10_000:
            self._chats.clear()
        return self._chats.setdefault(
            account_id, Bucket(self._chat_rate, int(self._chat_rate * CHAT_BURST) or 1)
        )

    async def _try(self, row: Row[Any]) -> dict[str, Any]:
        """The columns to store after an attempt."""
        try:
            external_id = await self.channels[row.channel].send(row.to, brevity.sendable(row))
        except TryLater as error:
            self._troubled_until = self.times.steady() + TROUBLE
            if error.everyone:
                self._halted_until[row.channel] = self.times.steady() + error.after
            return self._again(error, error.after)
        except NotNow as error:
            return {"status": "pending", "error": str(error), "push_left": 0}
        except Gone as error:
            return {"status": "dropped", "error": str(error)}
        except Refused as error:
            log.warning("message refused", outbox=row.id, error=str(error))
            return {"status": "dead", "error": str(error)}
        except Unreachable as error:
            self._troubled_until = self.times.steady() + TROUBLE
            if self.times.now() - row.created_at > KEEP_TRYING:
                return {"status": "dead", "error": f"gave up after {KEEP_TRYING}: {error}"}
            return {**self._again(error, backoff(row.attempts)), "attempts": row.attempts + 1}
        except Exception as error:  # a channel's own fault must not stop the chats behind it
            log.exception("message failed", outbox=row.id)
            if row.attempts + 1 >= MOST_ODD:
                return {"status": "dead", "error": repr(error)[:2000]}
            return {**self._again(error, backoff(row.attempts)), "attempts": row.attempts + 1}
        return {"status": "sent", "external_id": external_id, "sent_at": self.times.now(), "error": None}

    def _again(self, error: Exception, after: float) -> dict[str, Any]:
        later = self.times.now() + timedelta(seconds=after)
        return {"status": "pending", "not_before": later, "error": str(error)[:2000]}

    async def _store(self, row: Row[Any], values: dict[str, Any]) -> None:
        """Store the outcome, however long the database takes to come back: what was sent is sent."""
        attempt = 0
        while True:
            try:
                return await self._write(row, values)
            except Unavailable:
                await self.times.sleep(backoff(attempt))
                attempt += 1

    async def _write(self, row: Row[Any], values: dict[str, Any]) -> None:
        async with self.database.transaction() as db:
            account = update(Account).where(Account.id == row.account_id)
            message = {name: value for name, value in values.items() if name != "push_left"}
            # The account first, always: whoever writes to it locks it before its messages.
            if values["status"] == "dropped":  # nothing more goes to who blocked us, until they write again
                await db.execute(account.values(blocked=True))
                waiting = update(Outbox).where(
                    Outbox.account_id == row.account_id, Outbox.status == "pending"
                )
                await db.execute(waiting.values(status="dropped"))
            elif "push_left" in values:
                shut = func.coalesce(Account.push_until, self.times.now())  # or it would be tried for ever
                # Who wrote meanwhile has opened it again.
                same = Account.push_until.is_not_distinct_from(row.push_until)
                await db.execute(account.where(same).values(push_left=0, push_until=shut))
            elif row.push_left is not None and values["status"] == "sent":
                await db.execute(account.values(push_left=Account.push_left - brevity.parts(row)))
            await db.execute(update(Outbox).where(Outbox.id == row.id).values(**message, claimed_by=None))


def backoff(attempts: int) -> float:
    """Seconds to wait after `attempts` failures: doubling from one, at most five minutes, with jitter."""
    return float(min(300, 2 ** min(attempts, 9)) * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
