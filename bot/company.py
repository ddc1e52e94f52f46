"""Several people's updates in one transaction: those that wait while one is under way share the next."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from msgspec import Struct

from bot.errors import Unavailable
from bot.messages import Accepted, Update

MOST: Final = 128  # updates that share a transaction
GATHER: Final = 0.005  # seconds in which others may come along, where one transaction is under way already

Together = Callable[[Sequence[Update]], Awaitable[list[Accepted]]]
_Lane = deque["_Waiting"]


class _Waiting(Struct, frozen=True):
    update: Update
    done: asyncio.Future[Accepted]


class Company:
    """Updates on their way into `together`, which takes at most one of each sender, and all or none. One that
    is under way goes on though nobody waits for it any more.

    `abreast` is how many transactions may be under way at once. One update that fails takes no other
    with it: each of its company is then taken alone.
    """

    def __init__(self, together: Together, abreast: int) -> None:
        self._together = together
        self._abreast = abreast
        self._under_way: set[asyncio.Task[None]] = set()
        self._lanes: dict[tuple[str, str], _Lane] = {}  # by sender, who waited longest first
        self._busy: set[tuple[str, str]] = set()
        self._gathering: asyncio.TimerHandle | None = None

    async def join(self, update: Update) -> Accepted:
        """Have `update` take effect, behind those its sender sent before. Raises what that raised."""
        waiting = _Waiting(update, asyncio.get_running_loop().create_future())
        self._lanes.setdefault(_sender(update), deque()).append(waiting)
        self._gather()
        return await waiting.done

    async def settle(self) -> None:
        """Wait until nothing is under way, or waits."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _gather(self) -> None:
        """Begin at once where nothing is under way; else let others come along first."""
        if not self._under_way:
            self._begin()
        elif len(self._under_way) < self._abreast and self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(GATHER, self._begin)

    def _begin(self) -> None:
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        while len(self._under_way) < self._abreast and (company := self._next()):
            task = asyncio.create_task(self._take(company))
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if self._lanes:
            self._gather()

    def _next(self) -> list[_Waiting]:
        """The first waiting update of each sender who has none under way."""
        senders = [sender for sender in self._lanes if sender not in self._busy][:MOST]
        company = []
        for sender in senders:
            lane = self._lanes[sender]
            company.append(lane.popleft())
            if not lane:
                del self._lanes[sender]
        self._busy.update(senders)
        return company

    async def _take(self, company: list[_Waiting]) -> None:
        try:
            await self._settle(company)
        finally:
            self._busy.difference_update(_sender(waiting.update) for waiting in company)

    async def _settle(self, company: list[_Waiting]) -> None:
        try:
            accepted = await self._together([waiting.update for waiting in company])
        except Exception as error:
            if len(company) > 1 and not isinstance(error, Unavailable):
                for waiting in company:
                    await self._settle([waiting])
                return
            for waiting in company:
                if not waiting.done.done():
                    waiting.done.set_exception(error)
        else:
            for waiting, receipt in zip(company, accepted, strict=True):
                if not waiting.done.done():
                    waiting.done.set_result(receipt)


def _sender(update: Update) -> tuple[str, str]:
    return update.channel, update.sender.external_id
