"""A message's way into the engine: read, completed with its file, accepted; and the reply for its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from itertools import takewhile
from typing import Any, Final, Protocol

import structlog
from msgspec.structs import replace

from bot.channels.cutting import octets, split
from bot.channels.file_links import FileLinks
from bot.channels.telegram_files import Store
from bot.channels.wechat_draw import LONGEST, drawn
from bot.channels.wechat_errors import WeChatError
from bot.channels.wechat_read import Read, Wanted, read
from bot.channels.wechat_xml import Fields, Malformed
from bot.errors import BadMedia
from bot.messages import Accepted, Carried, Carry, Payload, Update, Window, storable
from handlers.kit.messages import Input
from handlers.kit.words import _, type_of_text

log = structlog.get_logger(__name__)

Accept = Callable[[Update], Awaitable[Accepted]]
Unanswered = Callable[[Update], Awaitable[None]]
Seen = Callable[[str, str], Awaitable[bool]]
Dead = Callable[[str, str, dict[str, Any], str], Awaitable[None]]

NOT_FETCHED: Final = _("This file could not be fetched from WeChat; please send it again.")
SHUT: Final = Window(0, timedelta(hours=48))  # of who cannot be written to but in an answer
BETWEEN: Final = "\n\n"  # messages in one answer


class Api(Protocol):
    """What this needs of the provider's API."""

    async def download(self, media_id: str) -> bytes:
        """A file that people sent. Raises WeChatError, or Unavailable."""
        ...


class Intake:
    """Takes the parsed messages of one channel; `pushes` says whether it may also write by itself, and
    `carries` whether an answer can be this message, whole. `links` are for files that can go in no other way.
    """

    def __init__(
        self,
        channel: str,
        api: Api,
        store: Store,
        *,
        accept: Accept,
        unanswered: Unanswered,
        seen: Seen,
        dead: Dead,
        pushes: Callable[[], bool],
        carries: Callable[[Payload], bool],
        links: FileLinks | None,
    ) -> None:
        self._channel = channel
        self._api = api
        self._store = store
        self._accept = accept
        self._unanswered = unanswered
        self._seen = seen
        self._dead = dead
        self._pushes = pushes
        self._carries = carries
        self._links = links

    async def take(self, fields: Fields) -> str | None:
        """Let a message take effect; returns the text for its answer, if there is any. Raises Unavailable."""
        try:
            found = read(self._channel, fields)
        except Malformed as error:
            await self._keep_dead(fields, str(error))
            return None
        if found is None:
            return None
        update = await self._complete(found)
        opens = update.opens if self._pushes() else SHUT
        make = partial(self._carry, opens.most if opens else None)
        again = partial(self._carry, 0)  # what was carried once fits, with links
        accepted = await self._accept(
            replace(update, carry=Carry(make, bundles=True, again=again), opens=opens)
        )
        text: str | None = accepted.carried
        return text

    async def late(self, fields: Fields) -> None:
        """The answer went out without the reply: have it pushed. Raises Unavailable."""
        found = read(self._channel, fields)
        if found is not None:
            await self._unanswered(found.update)

    def _carry(self, most: int | None, payloads: Sequence[Payload]) -> Carried | None:
        """What one answer takes of these messages. Where we may push, and no more are left than `most`, all
        or none: an answer and what is pushed arrive in any order. Else as many as fit, with links for
        pictures, that words come before those; and where we may not push, of a long one its start."""
        pushes = self._pushes()
        if pushes and (most is None or sum(1 + len(payload["photos"]) for payload in payloads) <= most):
            whole = self._linked(list(takewhile(self._carries, payloads)))
            fits = len(whole) == len(payloads) == _fitting(whole)
            return Carried(_together(whole), len(whole)) if fits else None
        payloads = self._linked(payloads, photos=True)
        if pushes and not _fitting(payloads):
            return None
        count = _fitting(payloads) or 1
        text = _together(payloads[:count])
        if octets(text) > LONGEST:
            text = f"{split(text, LONGEST, octets)[0]}…"
        return Carried(text, count) if text else None

    def _linked(self, payloads: Sequence[Payload], *, photos: bool = False) -> Sequence[Payload]:
        if self._links is None:
            return payloads
        return [self._links.linked(payload, photos=photos) for payload in payloads]

    async def _complete(self, found: Read) -> Update:
        """The update with its file; WeChat keeps it three days only, so it is fetched at once."""
        update, wanted = found.update, found.wanted
        if wanted is None or await self._seen(self._channel, update.external_id):
            return update
        return replace(update, input=await self._fetched(update.input, wanted))

    async def _fetched(self, given: Input, wanted: Wanted) -> Input:
        try:
            content = await self._api.download(wanted.media_id)
            if wanted.kind == "photo":
                return replace(given, photos=(await self._store.keep_photo(content),))
            return replace(given, voice=await self._store.keep_voice(content, "audio/amr"))
        except BadMedia as error:
            return Input(refused=error.reason if isinstance(error.reason, type_of_text) else NOT_FETCHED)
        except WeChatError as error:
            log.warning("a file could not be fetched", error=str(error))
            return Input(refused=NOT_FETCHED)

    async def _keep_dead(self, fields: Fields, why: str) -> None:
        log.error("a message cannot be read", channel=self._channel, reason=why)
        number = f"{fields.get('FromUserName')}:{fields.get('MsgId') or fields.get('CreateTime')}"
        await self._dead(self._channel, number[:140], storable(dict(fields)), why)


def _fitting(payloads: Sequence[Payload]) -> int:
    """How many of these messages one answer has room for, the first ones first."""
    counts = range(1, len(payloads) + 1)
    return sum(1 for _ in takewhile(lambda count: octets(_together(payloads[:count])) <= LONGEST, counts))


def _together(payloads: Sequence[Payload]) -> str:
    return BETWEEN.join(piece for payload in payloads for piece in drawn(payload))
