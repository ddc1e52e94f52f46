"""What a person reads on the web chat: the messages of their outbox, page by page and as they come."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import Row, Select, String, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels.web_input import CHANNEL
from bot.channels.web_session import name_of
from bot.db import Database
from bot.errors import Unavailable
from models import Account, Outbox

log = structlog.get_logger(__name__)

BATCH = 100  # events read at once
LOOK_EVERY = 2.0  # seconds between looks for what other worker processes have written
MOST_STREAMS = 10  # of one session: far more tabs than anybody reads
_MOST_ASKED = 500  # accounts in one query
Rows = Sequence[Row[Any]]
_COLUMNS = (Outbox.account_id, Outbox.seq, Outbox.payload, Outbox.subject, Outbox.created_at)


def event_of(row: Row[Any]) -> dict[str, Any]:
    """One message as clients get it; see docs/api.md."""
    payload = row.payload
    file = payload["file"]
    event = {
        "seq": row.seq,
        "kind": payload["kind"],
        "text": payload["text"],
        "rows": payload["rows"],
        "photos": [{"url": _media_url(photo["sha"])} for photo in payload["photos"]],
        "file": _file_of(file) if file else None,
        "replaces": int(payload["replaces"]) if payload["replaces"] else None,
        "answerable": row.subject is not None,
        "at": row.created_at.isoformat(timespec="milliseconds"),
    }
    return event | {name: payload[name] for name in ("client_id", "device") if name in payload}


def as_sse(row: Row[Any]) -> bytes:
    """One message as a server-sent event, whose id is its place in the conversation."""
    data = json.dumps(event_of(row), ensure_ascii=False)
    return f"id: {row.seq}\ndata: {data}\n\n".encode("utf-8", "replace")


def _file_of(file: dict[str, str]) -> dict[str, str]:
    return {"name": file["name"], "mime": file["mime"], "url": _media_url(file["sha"])}


def _media_url(sha: str) -> str:
    return f"api/chat/media/{sha}"  # relative: a proxy may serve the chat below a path of its own


def _of(account: str) -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(Account, Account.id == Outbox.account_id)
        .where(Account.channel == CHANNEL, Account.external_id == account)
    )


async def later(db: AsyncConnection, account: str, after: int, most: int = BATCH) -> Rows:
    """The account's messages behind `after`, in order."""
    query = _of(account).where(Outbox.seq > after).order_by(Outbox.seq).limit(most)
    return list(await db.execute(query))


async def earlier(db: AsyncConnection, account: str, before: int | None, most: int) -> Rows:
    """The account's last messages in front of `before`, or of all, in order."""
    query = _of(account) if before is None else _of(account).where(Outbox.seq < before)
    newest_first = list(await db.execute(query.order_by(Outbox.seq.desc()).limit(most)))
    return newest_first[::-1]


async def attached(db: AsyncConnection, account: str, sha: str) -> dict[str, str] | None:
    """The file with this content address as one of the account's messages carries it, or None.

    The look into the stored JSON only narrows down: somebody may have typed the address as text.
    """
    rows = await db.execute(_of(account).where(cast(Outbox.payload, String).contains(sha)))
    for row in rows:
        for file in (*row.payload["photos"], row.payload["file"]):
            if file and file["sha"] == sha:
                return dict(file)
    return None


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event; False if it did not come for so long."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


@dataclass(eq=False, slots=True)
class Stream:
    """Somebody reading: whose messages, how far they have got, and the bell that says there are more.

    `account_id` is known from their first message on.
    """

    account: str
    seen: int
    account_id: int | None = None
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    async def rung(self, seconds: float) -> bool:
        """Wait for the bell; False if it stayed silent for so long."""
        return await _set_within(self.bell, seconds)


class Streams:
    """Everybody who is reading in this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._open: set[Stream] = set()
        self._closed = asyncio.Event()

    @property
    def closing(self) -> bool:
        """Whether the server stops."""
        return self._closed.is_set()

    @contextmanager
    def reading(self, account: str, after: int) -> Iterator[Stream]:
        """A stream for as long as somebody reads it."""
        stream = Stream(account, after)
        self._open.add(stream)
        try:
            yield stream
        finally:
            self._open.discard(stream)

    def count(self, account: str) -> int:
        """How many streams of one account are open here."""
        return sum(stream.account == account for stream in self._open)

    def ring(self, account_ids: Iterable[int]) -> None:
        """Wake the readers of these accounts, as far as they are known."""
        written = set(account_ids)
        for stream in self._open:
            if stream.account_id in written:
                stream.bell.set()

    def call(self, name: str) -> None:
        """Wake the readers of the account that is called so in the open (see `name_of`)."""
        for stream in self._open:
            if name_of(stream.account) == name:
                stream.bell.set()

    def close(self) -> None:
        """Let every reader go: the server stops."""
        self._closed.set()
        for stream in self._open:
            stream.bell.set()

    async def look(self) -> None:
        """Until closed, wake those for whom another process has written something."""
        while not await _set_within(self._closed, LOOK_EVERY):
            try:
                await self._look()
            except Unavailable as error:
                log.warning("web chat cannot look for messages", error=str(error))

    async def _look(self) -> None:
        streams = list(self._open)
        for place in range(0, len(streams), _MOST_ASKED):
            some = streams[place : place + _MOST_ASKED]
            written = await self._written({stream.account for stream in some})
            for stream in some:
                if written.get(stream.account, 0) > stream.seen:
                    stream.bell.set()

    async def _written(self, accounts: set[str]) -> dict[str, int]:
        query = select(Account.external_id, Account.id, Account.seq).where(
            Account.channel == CHANNEL, Account.external_id.in_(accounts)
        )
        async with self._database.reading() as db:
            found = (await db.execute(query)).all()
        ids = {row.external_id: row.id for row in found}
        for stream in self._open:
            stream.account_id = ids.get(stream.account, stream.account_id)
        return {row.external_id: row.seq for row in found}
