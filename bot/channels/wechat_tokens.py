"""The access token of one account, shared by all workers and fetched by one of them at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
from sqlalchemy import insert, select, text, update

from bot.db import Database, Outages, connected
from bot.pace import Times
from models import Note

EARLY: Final = 120.0  # seconds before its end a token is no longer used; both tokens hold for the last 300
AGAIN: Final = 30.0  # seconds in which a second refusal fetches no third token
WAIT: Final = 40.0  # seconds for the worker that is fetching; more than that takes
LOCKS: Final = 0x446F6366  # PostgreSQL's first number of these locks; the second is made of the note's key
_LOCK: Final = text("SELECT pg_advisory_lock(:locks, hashtext(:name))")

Fetch = Callable[[str], Awaitable[tuple[str, float]]]


class Held(msgspec.Struct, frozen=True):
    """A token of the account `of`, and until when it is used, in seconds since 1970."""

    of: str
    token: str
    until: float


class Tokens:
    """Keeps the token of the account `of` in memory, and in the note `name` where there is a database.

    `fetch` is given the token that is refused now, or nothing, and returns the one to use and the seconds
    it holds; what it raises reaches all who wait for that token.
    """

    def __init__(
        self, database: Database | None, name: str, of: str, fetch: Fetch, times: Times | None = None
    ) -> None:
        self._database = database
        self._name = name
        self._of = of
        self._fetch = fetch
        self._times = times or Times()
        self._held = Held(of, "", 0.0)
        self._renewing: asyncio.Task[None] | None = None
        self._renewed_at = float("-inf")

    async def get(self, refused: str = "") -> str:
        """The token to use. Not the one `refused`, unless it came back: then asking again will not help.

        Raises what `fetch` raises, or Unavailable.
        """
        if not self._fits(self._held, refused) and not self._in_vain(refused):
            await self._renewal(refused)
        return self._held.token

    def _fits(self, held: Held, refused: str) -> bool:
        return held.of == self._of and held.token != refused and held.until > self._now()

    def _in_vain(self, refused: str) -> bool:
        """Whether the newest token, fetched a moment ago because another was refused, is refused too."""
        lately = self._times.steady() - self._renewed_at < AGAIN
        return bool(refused) and refused == self._held.token and lately

    async def _renewal(self, refused: str) -> None:
        """One renewal serves all who come while it is under way, even if the one who began it goes away."""
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew(refused))
            self._renewing.add_done_callback(_looked_at)
        await asyncio.shield(self._renewing)

    async def _renew(self, refused: str) -> None:
        held = await self._stored()
        if not self._fits(held, refused):
            async with self._alone():
                held = await self._stored()
                if not self._fits(held, refused):
                    held = await self._fetched(refused)
        self._held = held
        if refused:
            self._renewed_at = self._times.steady()

    async def _fetched(self, refused: str) -> Held:
        token, seconds = await self._fetch(refused)
        self._held = Held(self._of, token, self._now() + max(seconds - EARLY, seconds / 2))
        await self._store(self._held)
        return self._held

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """No other worker fetches until the end of the block; on SQLite there is none. Raises Unavailable."""
        if self._database is None or self._database.sqlite:
            yield
            return
        async with connected(self._database.alone(WAIT)) as connection:
            with Outages():
                await connection.execute(_LOCK, {"locks": LOCKS, "name": self._name})
            yield

    async def _stored(self) -> Held:
        if self._database is None:
            return self._held
        async with self._database.reading() as db:
            value = await db.scalar(select(Note.value).where(Note.key == self._name))
        return self._held if value is None else msgspec.convert(value, Held)

    async def _store(self, held: Held) -> None:
        if self._database is None:
            return
        values: dict[str, Any] = {"value": msgspec.to_builtins(held), "updated_at": self._times.now()}
        async with self._database.transaction() as db:
            if (await db.execute(update(Note).where(Note.key == self._name).values(values))).rowcount == 0:
                await db.execute(insert(Note).values(key=self._name, **values))

    def _now(self) -> float:
        return self._times.now().timestamp()


def _looked_at(task: asyncio.Task[None]) -> None:
    """Take note of an error that nobody waits for any more; the next who needs a token meets it again."""
    if not task.cancelled():
        task.exception()
