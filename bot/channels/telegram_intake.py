"""An update's way into the engine: read, completed with its file, accepted; and its tap answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import structlog
from msgspec.structs import replace
from telegram.error import BadRequest, TelegramError

from bot.channels.telegram_api import Api
from bot.channels.telegram_files import Fetcher
from bot.channels.telegram_post import as_answer
from bot.channels.telegram_read import NAME, Read, Unreadable, read, update_id
from bot.errors import Unavailable
from bot.messages import Accepted, Carried, Carry, Payload, Update, storable

log = structlog.get_logger(__name__)

Accept = Callable[[Update], Awaitable[Accepted]]
Seen = Callable[[str, str], Awaitable[bool]]
Dead = Callable[[str, str, dict[str, Any], str], Awaitable[None]]

Method = dict[str, Any]  # a call of the Bot API, by its name and arguments

LONGEST_TOAST: Final = 200  # characters: https://core.telegram.org/bots/api#answercallbackquery
LAST_WORDS: Final = 5.0  # seconds that answers to taps get when the program stops


class Intake:
    """Takes raw updates, from polling and webhook alike."""

    def __init__(self, api: Api, fetcher: Fetcher, accept: Accept, seen: Seen, dead: Dead) -> None:
        self._api = api
        self._fetcher = fetcher
        self._accept = accept
        self._seen = seen
        self._dead = dead
        self._answers: set[asyncio.Task[None]] = set()

    async def take(self, raw: Mapping[str, Any], *, answering: bool = False) -> Method | None:
        """Let an update take effect. When this returns it may be confirmed to Telegram, if `answering` with
        the method returned.

        One that cannot be read is kept as a dead letter. Raises Unavailable: do not confirm, try again.
        """
        found = read(raw)
        try:
            if isinstance(found, Unreadable):
                log.error("an update cannot be read", update=update_id(raw), reason=found.reason)
                await self._dead(NAME, str(update_id(raw)), storable(dict(raw)), found.reason)
            elif found is not None:
                return await self._take(found, answering=answering)
        except Unavailable:
            raise
        except Exception as error:
            # Not accepted, so not to be confirmed, whatever the reason: a full disk, say.
            log.exception("an update could not be taken", update=update_id(raw))
            raise Unavailable(type(error).__name__) from error
        return None

    async def _take(self, found: Read, *, answering: bool) -> Method | None:
        update = found.update
        if answering:
            update = replace(update, carry=Carry(partial(_carry, found)))
        if found.wanted and not await self._seen(NAME, update.external_id):
            update = replace(update, input=await self._fetcher.complete(update.input, found.wanted))
        accepted = await self._accept(update)
        if found.query_id:
            answer = asyncio.create_task(self._answer(found.query_id, accepted.toast))
            self._answers.add(answer)
            answer.add_done_callback(self._answers.discard)
        carried: Method | None = accepted.carried
        return carried

    async def _answer(self, query_id: str, toast: str | None) -> None:
        """Stop the spinner on a button, and show `toast` over the chat."""
        text = toast[:LONGEST_TOAST] if toast else None
        try:
            await self._api.call("answerCallbackQuery", callback_query_id=query_id, text=text)
        except BadRequest as error:
            if "query is too old" not in error.message.lower():
                log.warning("a tap could not be answered", error=error.message)
        except TelegramError as error:
            log.warning("a tap could not be answered", error=error.message)

    async def close(self) -> None:
        """Let the answers under way go out."""
        if self._answers:
            _done, late = await asyncio.wait(self._answers, timeout=LAST_WORDS)
            for answer in late:
                answer.cancel()


def _carry(found: Read, payloads: Sequence[Payload]) -> Carried | None:
    """A message as the answer to the webhook's call can carry it. One without text cannot be edited so."""
    if payloads[0]["replaces"] is not None and not found.editable:
        return None
    method = as_answer(found.update.sender.external_id, payloads[0])
    return Carried(method) if method is not None else None
