"""Receives updates by polling, and confirms each only after it was taken.

Telegram forgets every update below the offset a poll names. So the offset is the oldest update not yet
taken; those above it are delivered again by each poll until then, and are known by their numbers. A poll
brings 100 at most: beyond that many, people would wait for the oldest, whose file has 45 seconds to arrive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog
from telegram.error import TelegramError

from bot.channels.telegram_api import Api
from bot.channels.telegram_errors import Backoff, Pace, pause_after
from bot.channels.telegram_read import ALLOWED_UPDATES, lane, update_id
from bot.errors import Unavailable

log = structlog.get_logger(__name__)

Raw = Mapping[str, Any]
Take = Callable[[Raw], Awaitable[object]]

MARGIN: Final = 10.0  # seconds an answer may take beyond the time a poll is held open


class Polling:
    """The loop. Updates of one chat are taken in order, those of several chats at the same time."""

    def __init__(self, api: Api, take: Take, pace: Pace) -> None:
        self._api = api
        self._take = take
        self._pace = pace
        self._next = 0
        self._working: dict[int, asyncio.Task[None]] = {}
        self._taken: set[int] = set()  # taken, but not confirmed
        self._last_of: dict[str, asyncio.Task[None]] = {}  # the newest update of each chat under way
        self._rounds: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Poll until cancelled or stopped. Only one program may do so for a bot: others get a conflict."""
        self._ended.clear()
        self._rounds = asyncio.create_task(self._forever())
        try:
            await asyncio.wait({self._rounds})
        finally:
            self._rounds.cancel()
            await self._wind_down()
            self._ended.set()

    async def stop(self) -> None:
        """End `run`: what is under way is finished and confirmed."""
        if self._rounds is not None:
            self._rounds.cancel()
            await self._ended.wait()

    async def _forever(self) -> None:
        backoff = self._pace.backoff()
        hooked = True
        while True:
            try:
                if hooked:  # while a webhook is set, Telegram refuses to be polled
                    await self._api.call("deleteWebhook", drop_pending_updates=False)
                    hooked = False
                await self._round()
                backoff.reset()
            except TelegramError as error:
                await asyncio.sleep(pause_after(error, backoff, "receiving updates"))
            except Exception:
                log.exception("a poll went wrong")
                await asyncio.sleep(backoff.next())

    async def _round(self) -> None:
        confirming = self._offset
        batch = await self._poll(0 if self._working else self._pace.long_poll)
        self._taken = {number for number in self._taken if number >= confirming}
        # 0 is the oldest there is: once all is confirmed no number is held on to, for after a quiet week
        # they begin anywhere (https://core.telegram.org/bots/api#update).
        self._next = max(update_id(raw) or 0 for raw in batch) + 1 if batch else 0
        fresh = [raw for raw in batch if self._is_new(raw)]
        for raw in fresh:
            self._start(raw)
        # With the oldest not yet taken, Telegram answers at once with what is known already: no hurry.
        if self._working:
            await asyncio.wait(list(self._working.values()), timeout=self._pace.glance)
        elif batch and not fresh:
            await asyncio.sleep(self._pace.glance)

    @property
    def _offset(self) -> int:
        return min(self._working, default=self._next)

    async def _poll(self, hold: int, limit: int = 100) -> list[Raw]:
        """What Telegram has from the offset on; it may hold the poll open for `hold` seconds."""
        found = await self._api.call(
            "getUpdates",
            offset=self._offset,
            limit=limit,
            timeout=hold,
            allowed_updates=list(ALLOWED_UPDATES),
            seconds=hold + MARGIN,
        )
        if not isinstance(found, list):
            raise TelegramError("the updates are no list")
        return [raw for raw in found if isinstance(raw, dict)]

    def _is_new(self, raw: Raw) -> bool:
        number = update_id(raw)
        if number is None:
            log.error("an update without a number: it can be neither told apart nor confirmed")
            return False
        return number not in self._working and number not in self._taken

    def _start(self, raw: Raw) -> None:
        number, chat = update_id(raw), lane(raw)
        assert number is not None  # _is_new has looked
        task = asyncio.create_task(self._work(number, raw, chat, self._last_of.get(chat)))
        self._working[number] = self._last_of[chat] = task

    async def _work(self, number: int, raw: Raw, chat: str, before: asyncio.Task[None] | None) -> None:
        """Take one update, however often it needs, after the one before it in the same chat."""
        if before is not None:
            await asyncio.wait({before})
        await self._until_taken(number, raw)
        self._taken.add(number)
        del self._working[number]
        if self._last_of.get(chat) is asyncio.current_task():
            del self._last_of[chat]

    async def _until_taken(self, number: int, raw: Raw) -> None:
        backoff = Backoff(self._pace.first, self._pace.database)
        while True:
            try:
                await self._take(raw)
            except Unavailable as error:
                log.warning("an update has to wait", update=number, error=str(error))
                await asyncio.sleep(backoff.next())
            else:
                return

    async def _wind_down(self) -> None:
        """Finish what is under way, give up the rest, and confirm what was taken."""
        working = list(self._working.values())
        if working:
            await asyncio.wait(working, timeout=self._pace.farewell)
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        try:
            if self._taken:
                await self._poll(0, limit=1)
        except TelegramError as error:
            log.info("the last updates are not confirmed; they will come again", error=error.message)
        self._next = 0  # from the oldest not confirmed, should `run` be called again
        self._working.clear()
        self._taken.clear()
        self._last_of.clear()
