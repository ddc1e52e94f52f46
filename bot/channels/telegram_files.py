"""Fetches what people sent as files from Telegram, and keeps it."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

import structlog
from msgspec.structs import replace
from telegram.error import BadRequest, TelegramError

from bot.channels.telegram_api import Api, TooMany
from bot.channels.telegram_content import TOO_LARGE, Wanted
from bot.channels.telegram_errors import Pace
from bot.errors import BadMedia, Refused, Unreachable
from bot.messages import FileJson
from handlers.kit.messages import Input, Media
from handlers.kit.words import _, type_of_text

log = structlog.get_logger(__name__)

TRIES: Final = 5
# In all; Telegram itself waits about a minute for a webhook's answer, then it calls again.
SECONDS: Final = 45.0
SECONDS_EACH: Final = 15.0
AT_ONCE: Final = 16  # files under way, each up to 20 MiB in memory
NOT_FETCHED: Final = _("This file could not be fetched from Telegram; please send it again.")


class Store(Protocol):
    """What this channel needs of the media store; both `keep_` methods raise BadMedia."""

    async def keep_photo(self, data: bytes) -> Media: ...
    async def keep_voice(self, data: bytes, mime: str) -> Media: ...
    async def read(self, sha: str) -> bytes: ...


async def content_of(store: Store, file: FileJson) -> bytes:
    """A kept file that a message takes along. Raises Refused where it is not there, or Unreachable."""
    try:
        return await store.read(file["sha"])
    except (FileNotFoundError, ValueError) as error:
        raise Refused(f"the file {file['sha']} is not in the media store") from error
    except OSError as error:
        raise Unreachable(f"the media store cannot be read: {error}") from error


class Fetcher:
    """Completes inputs with their files."""

    def __init__(self, api: Api, store: Store, pace: Pace) -> None:
        self._api = api
        self._store = store
        self._pace = pace
        self._room = asyncio.Semaphore(AT_ONCE)

    async def complete(self, given: Input, wanted: Wanted) -> Input:
        """`given` with its file; or an input that says why it could not be had.

        Then the words that came with it are left out too: they make sense with the file only. Raises
        OSError where the file cannot be stored.
        """
        try:
            data = await self._fetched(wanted)
            if wanted.kind == "photo":
                return replace(given, photos=(await self._store.keep_photo(data),))
            return replace(given, voice=await self._store.keep_voice(data, wanted.mime))
        except BadMedia as error:
            return Input(refused=error.reason if isinstance(error.reason, type_of_text) else NOT_FETCHED)

    async def _fetched(self, wanted: Wanted) -> bytes:
        """The file's content. Raises BadMedia when it is too large, or not to be had for some time."""
        backoff = self._pace.backoff()
        last: Exception = TimeoutError()
        try:
            async with asyncio.timeout(SECONDS):
                for _try in range(TRIES):
                    try:
                        async with self._room:
                            return await self._api.download(wanted.file_id, seconds=SECONDS_EACH)
                    except TelegramError as error:
                        last = error
                    if isinstance(last, BadRequest) and "too big" in last.message.lower():
                        raise BadMedia(TOO_LARGE)
                    asked = last.seconds if isinstance(last, TooMany) else 0.0
                    await asyncio.sleep(max(asked, backoff.next()))
        except TimeoutError:
            log.warning("fetching a file took too long", seconds=SECONDS)
        log.warning("a file could not be fetched", tries=TRIES, error=str(last))
        raise BadMedia(NOT_FETCHED)
