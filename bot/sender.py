"""The sender: takes messages from the outbox to their channels, in order for each chat, at their pace."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import structlog
from sqlalchemy import Row, select, update
from sqlalchemy.orm import aliased

from bot.db import Database
from bot.errors import Gone, Refused, TryLater, Unavailable, Unreachable
from bot.messages import Channel
from models import Account, Outbox

log = structlog.get_logger(__name__)

BATCH = 50
CLAIM = timedelta(seconds=90)  # a claim older than this belongs to a worker that died
KEEP_TRYING = timedelta(hours=24)
IDLE = 5.0  # seconds between looks when nobody calls
CHAT_BURST, CHAT_RATE = 3, 1.0  # messages at once, then a second
ALL_RATE = 25.0  # messages a second over all chats; the channel allows about 30


@dataclass(slots=True)
class Bucket:
    """A token bucket that lends: each send says how long it has to wait for its turn."""

    rate: float
    burst: int
    free_at: float = 0.0

    def wait(self) -> float:
        """Seconds until the next send is due; reserves it."""
        now = monotonic()
        start = max(self.free_at, now - self.burst / self.rate)
        self.free_at = start + 1 / self.rate
        return max(0.0, self.free_at - now)


class Sender:
    """Sends for every channel that does not pull. Several workers may run one each."""

    def __init__(
        self, database: Database, channels: Mapping[str, Channel], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.database = database
        self.channels = {name: channel for name, channel in channels.items() if not channel.pulls}
        self.clock = clock
        self.sent = 0
        self._bell = asyncio.Event()
        self._chats: dict[int, Bucket] = {}
        self._all = Bucket(ALL_RATE, int(ALL_RATE))
        self._halted_until = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Say that there is something to send."""
        self._bell.set()

    async def run(self) -> None:
        """Send until cancelled."""
        pause = IDLE
        while self.channels:
            try:
                await asyncio.wait_for(self._bell.wait(), pause)
            except TimeoutError:
                pass  # time to look by ourselves
            self._bell.clear()
            try:
                claimed = await self._claim()
            except Unavailable as error:
                log.warning("outbox not reachable", error=str(error))
                pause = 1.0
                continue
            for row in claimed:
                task = asyncio.create_task(self._deliver(row))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            pause = IDLE if not claimed else 0.05

    async def _claim(self) -> list[Row[Any]]:
        """Claim the next message of every chat that has one due and none under way."""
        now = self.clock()
        earlier = aliased(Outbox)
        open_states = ("pending", "sending")
        due = (
            select(Outbox.id)
            .join(Account, Account.id == Outbox.account_id)
            .where(
                Outbox.not_before <= now,
                (Outbox.status == "pending") | ((Outbox.status == "sending") & (Outbox.claimed_until < now)),
                Account.channel.in_(self.channels),
                ~select(earlier.id)
                .where(earlier.account_id == Outbox.account_id, earlier.status.in_(open_states), earlier.seq < Outbox.seq)
                .exists(),
            )
            .order_by(Outbox.not_before)
            .limit(BATCH)
        )
        async with self.database.reading() as db:
            if (await db.execute(due.limit(1))).first() is None:
                return []
        async with self.database.transaction() as db:
            ids = list(await db.scalars(due.with_for_update(skip_locked=True, of=Outbox)))
            claim = update(Outbox).where(Outbox.id.in_(ids)).values(status="sending", claimed_until=now + CLAIM)
            await db.execute(claim)
            rows = (
                select(
                    Outbox.id, Outbox.account_id, Outbox.payload, Outbox.attempts, Outbox.created_at,
                    Account.channel, Account.external_id.label("to"),
                )  # fmt: skip
                .join(Account, Account.id == Outbox.account_id)
                .where(Outbox.id.in_(ids))
            )
            return list(await db.execute(rows))

    async def _deliver(self, row: Row[Any]) -> None:
        """Send one message at its pace and store what came of it."""
        pace = self._chats.setdefault(row.account_id, Bucket(CHAT_RATE, CHAT_BURST))
        if len(self._chats) > 10_000:
            self._chats = {row.account_id: pace}
        await asyncio.sleep(max(pace.wait(), self._all.wait(), self._halted_until - monotonic(), 0))
        values = await self._try(row)
        if values.get("status") == "dropped":
            await self._drop_all(row.account_id)
        await self._store(row.id, values)
        self._bell.set()

    async def _try(self, row: Row[Any]) -> dict[str, Any]:
        """The columns to store after an attempt."""
        now = self.clock()
        try:
            external_id = await self.channels[row.channel].send(row.to, row.payload)
        except TryLater as error:
            if error.everyone:
                self._halted_until = monotonic() + error.after
            return {"status": "pending", "not_before": now + timedelta(seconds=error.after), "error": str(error)}
        except Gone as error:
            return {"status": "dropped", "error": str(error)}
        except Refused as error:
            log.error("message refused", outbox=row.id, error=str(error))
            return {"status": "dead", "error": str(error)}
        except Unreachable as error:
            if now - row.created_at > KEEP_TRYING:
                return {"status": "dead", "error": f"gave up after {KEEP_TRYING}: {error}"}
            return {
                "status": "pending",
                "attempts": row.attempts + 1,
                "not_before": now + timedelta(seconds=backoff(row.attempts)),
                "error": str(error),
            }
        self.sent += 1
        return {"status": "sent", "external_id": external_id, "sent_at": now, "error": None}

    async def _store(self, outbox_id: int, values: dict[str, Any]) -> None:
        """Store the outcome, however long the database takes to come back: what was sent is sent."""
        attempt = 0
        while True:
            try:
                async with self.database.transaction() as db:
                    await db.execute(update(Outbox).where(Outbox.id == outbox_id).values(**values, claimed_until=None))
                return
            except Unavailable:
                await asyncio.sleep(backoff(attempt))
                attempt += 1

    async def _drop_all(self, account_id: int) -> None:
        """Nothing more goes to an account that blocked us, until it writes again."""
        async with self.database.transaction() as db:
            await db.execute(update(Account).where(Account.id == account_id).values(blocked=True))
            waiting = update(Outbox).where(Outbox.account_id == account_id, Outbox.status == "pending")
            await db.execute(waiting.values(status="dropped"))


def backoff(attempts: int) -> float:
    """Seconds to wait after `attempts` failures: doubling from one, at most five minutes, with jitter."""
    return float(min(300, 2**min(attempts, 9)) * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
