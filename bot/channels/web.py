"""The built-in web chat: the page, and the JSON API behind it that any client may use (docs/api.md)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import Final, NoReturn, Protocol, TypeVar

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.channels.web_calls import Calls
from bot.channels.web_http import SECURITY, Handler, Trouble, address_of, attachment, is_foreign, language_of
from bot.channels.web_input import (
    CHANNEL,
    UNREADABLE,
    Kept,
    Posted,
    drain,
    read_first_part,
    read_object,
    read_posted,
)
from bot.channels.web_page import Site
from bot.channels.web_session import Sessions, account_of, name_of, new_token
from bot.channels.web_stream import (
    BATCH,
    MOST_STREAMS,
    Rows,
    Stream,
    Streams,
    as_sse,
    attached,
    earlier,
    event_of,
    later,
)
from bot.db import Database
from bot.errors import Refused, Unavailable
from bot.i18n import LANGUAGES, Speech, best
from bot.limits import Limits
from bot.media import MediaStore
from bot.messages import Accepted, Payload, Update
from handlers.kit.words import Text, _, say

PER_SESSION: Final = 60  # messages a minute
PER_ADDRESS: Final = 600  # messages a minute: all visitors of a museum may share its address
MOST_HISTORY: Final = 200  # messages on a page
HEARTBEAT: Final = 20.0  # seconds; proxies drop what is silent for a minute
RETRY_AFTER: Final = 5  # seconds
# Shown within the page; everything else is only ever offered to be saved.
INLINE: Final = ("image/jpeg", "image/png", "image/webp", "audio/")

AWAY = _("The desk cannot be reached right now. Nothing is lost: please try again in a moment.")
Otherwise = TypeVar("Otherwise", int, None)


class Desk(Protocol):
    """What the web chat needs of the engine."""

    async def accept(self, update: Update) -> Accepted: ...

    async def seen(self, channel: str, external_id: str) -> bool: ...

    def tongue(self, locale: str | None) -> Speech: ...


class WebChannel:
    """The channel `web`. Its readers fetch their messages, so nothing is ever sent to it."""

    name = CHANNEL
    pulls = True

    def __init__(
        self, desk: Desk, database: Database, media: MediaStore, *, museum: Text, public_url: str, locale: str
    ) -> None:
        self._desk = desk
        self._database = database
        self._media = media
        self._museum = museum
        self._public_url = public_url
        self._locale = locale
        self._sessions = Sessions(secure=public_url.startswith("https://"))
        self._streams = Streams(database)
        self._calls = Calls(database, self._streams.call)
        self._limits = Limits()
        self._site = Site(museum, self._tongue)

    async def send(self, to: str, payload: Payload) -> NoReturn:
        """Raises Refused: readers of this channel fetch what is in the outbox."""
        raise Refused("the web chat is read, not sent to")

    def ring(self, account_ids: Iterable[int]) -> None:
        """Wake the readers of accounts that something was written to."""
        self._streams.ring(account_ids)

    def routes(self) -> list[web.RouteDef]:
        """The chat's addresses, to be added to an application together with `running`."""
        served = (
            *self._site.served(),
            ("POST", "/api/chat/session", self._session),
            ("POST", "/api/chat/messages", self._messages),
            ("GET", "/api/chat/events", self._events),
            ("GET", "/api/chat/history", self._history),
            ("GET", "/api/chat/media/{sha:[0-9a-f]{64}}", self._file),
        )
        return [web.route(method, path, self._safely(handler)) for method, path, handler in served]

    async def running(self, app: web.Application) -> AsyncIterator[None]:
        """Look for what other processes write while the application runs (for `app.cleanup_ctx`)."""
        looking = asyncio.create_task(self._streams.look())
        calling = asyncio.create_task(self._calls.run())
        app.on_shutdown.append(self._close)
        yield
        calling.cancel()
        await asyncio.wait({calling})
        await looking  # it ends by itself: a question to the database is better not broken off

    async def _close(self, _app: web.Application) -> None:
        self._streams.close()

    def _safely(self, handler: Handler) -> Handler:
        """`handler` behind the checks and headers that all share, its troubles said to the person."""

        async def safe(request: web.Request) -> web.StreamResponse:
            try:
                self._refuse_foreign(request)
                response = await handler(request)
            except Trouble as trouble:
                response = self._said(request, trouble)
            except Unavailable:
                response = self._said(request, Trouble(503, AWAY, retry_after=RETRY_AFTER))
            if not response.prepared:
                response.headers.update(SECURITY)
            return response

        return safe

    def _refuse_foreign(self, request: web.Request) -> None:
        if request.method == "POST" and is_foreign(request, self._public_url):
            raise Trouble(403, _("This request came from another page and was not let in."))

    def _said(self, request: web.Request, trouble: Trouble) -> web.Response:
        sentence = say(trouble.sentence, self._tongue(request))
        if trouble.retry_after is None:
            return web.json_response({"error": sentence}, status=trouble.status)
        headers = {"Retry-After": str(trouble.retry_after)}
        return web.json_response({"error": sentence, "retry": True}, status=trouble.status, headers=headers)

    def _tongue(self, request: web.Request) -> Speech:
        return self._desk.tongue(language_of(request, self._locale))

    async def _session(self, request: web.Request) -> web.StreamResponse:
        """Begin or go on with a session."""
        asked = await read_object(request)
        locale = best(str(asked.get("locale") or "")) or language_of(request, self._locale)
        museum = say(self._museum, self._desk.tongue(locale))
        answer = {"museum": museum, "locale": locale, "locales": list(LANGUAGES)}
        if asked.get("bearer") is True:
            token = new_token()
            return web.json_response(answer | {"id": name_of(account_of(token)), "token": token})
        known = self._sessions.cookie(request)
        token = known or new_token()
        response = web.json_response(answer | {"id": name_of(account_of(token))})
        if not known:
            self._sessions.set_cookie(response, token)
        return response

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        """Take a message in; the answer says that it is committed."""
        account = self._account(request)
        self._within_limits(request, account)
        if request.content_type != "multipart/form-data":
            return await self._take(request, account, await read_posted(request), Kept(self._media))
        try:
            parts = await request.multipart()
            posted = await read_first_part(parts)
            kept = Kept(self._media)
            if await self._desk.seen(CHANNEL, posted.mark(account)):
                await drain(parts)
                return _receipt(Accepted(fresh=False))  # its photos need not be decoded again
            await kept.take(parts)
        except (ValueError, HttpProcessingError):  # what aiohttp raises for a body that is no multipart
            raise Trouble(400, UNREADABLE) from None
        return await self._take(request, account, posted, kept)

    async def _take(self, request: web.Request, account: str, posted: Posted, kept: Kept) -> web.Response:
        locale = best(posted.locale) or language_of(request, self._locale)
        accepted = await self._desk.accept(posted.update(account, posted.given(kept), locale))
        self._streams.call(name_of(account))
        self._calls.tell(account)
        return _receipt(accepted)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Messages as they come, as server-sent events (HTML, 9.2)."""
        account = self._account(request)
        after = max(_number(request.query.get("after"), 0), _number(request.headers.get("Last-Event-ID"), 0))
        if self._streams.count(account) >= MOST_STREAMS:
            crowded = _("The chat is open in too many places. Please close some.")
            raise Trouble(429, crowded, retry_after=RETRY_AFTER)
        with self._streams.reading(account, after) as stream:
            rows = await self._unread(stream)
            is_ahead = not rows and await self._is_ahead(stream)
            response = web.StreamResponse(headers=SECURITY)
            response.content_type = "text/event-stream"
            response.headers.update({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
            await response.prepare(request)
            with suppress(ConnectionResetError, Unavailable):  # the reader left, or comes again after a while
                await response.write(b"retry: 2000\n\n")
                if is_ahead:
                    await response.write(b"event: anew\ndata: {}\n\n")
                await self._flow(stream, rows, response)
        return response

    async def _flow(self, stream: Stream, rows: Rows, response: web.StreamResponse) -> None:
        """Write `rows` and then whatever comes, until the reader leaves or the server stops."""
        while not self._streams.closing:
            for row in rows:
                await response.write(as_sse(row))
                stream.seen = row.seq
            if len(rows) < BATCH and not await stream.rung(HEARTBEAT):
                await response.write(b": still here\n\n")
            rows = await self._unread(stream)

    async def _unread(self, stream: Stream) -> Rows:
        stream.bell.clear()
        async with self._database.reading() as db:
            rows = await later(db, stream.account, stream.seen)
        if rows:
            stream.account_id = rows[0].account_id
        return rows

    async def _is_ahead(self, stream: Stream) -> bool:
        """Whether the reader has seen what is not there, for a backup has taken the database's place."""
        async with self._database.reading() as db:
            newest = await earlier(db, stream.account, None, 1)
        return stream.seen > (newest[0].seq if newest else 0)

    async def _history(self, request: web.Request) -> web.StreamResponse:
        """A page of the conversation: the last messages, those before one, or those after one."""
        account = self._account(request)
        limit = min(max(_number(request.query.get("limit"), 50), 1), MOST_HISTORY)
        async with self._database.reading() as db:
            if "after" in request.query:
                rows = await later(db, account, _number(request.query["after"], 0), limit + 1)
                page = rows[:limit]
            else:
                rows = await earlier(db, account, _number(request.query.get("before"), None), limit + 1)
                page = rows[-limit:]
        answer = {"messages": [event_of(row) for row in page], "more": len(rows) > limit}
        response = web.json_response(answer, headers={"Cache-Control": "no-store"})
        response.enable_compression()
        return response

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """A photo, recording or document that stands in one of the session's own messages."""
        sha = request.match_info["sha"]
        async with self._database.reading() as db:
            file = await attached(db, self._account(request), sha)
        path = self._media.path(sha)
        if file is None or not path.is_file():
            raise Trouble(404, _("This file is not there."))
        headers = {"Cache-Control": "private, max-age=31536000, immutable", "Content-Type": file["mime"]}
        if not file["mime"].startswith(INLINE):
            headers["Content-Disposition"] = attachment(file["name"])
        return web.FileResponse(path, headers=headers)

    def _account(self, request: web.Request) -> str:
        account = self._sessions.account(request)
        if account is None:
            raise Trouble(401, _("This chat is not open yet. Please load the page again."))
        return account

    def _within_limits(self, request: web.Request, account: str) -> None:
        session = self._limits.allow(f"session:{account}", PER_SESSION, 60)
        if not session or not self._limits.allow(f"address:{address_of(request)}", PER_ADDRESS, 60):
            raise Trouble(429, _("That was a lot at once. Please wait a moment."), retry_after=RETRY_AFTER)


def _receipt(accepted: Accepted) -> web.Response:
    return web.json_response({"fresh": accepted.fresh, "toast": accepted.toast})


def _number(said: str | None, otherwise: Otherwise) -> int | Otherwise:
    """A sequence number from an address; what is none counts as not said."""
    return int(said) if said is not None and re.fullmatch(r"[0-9]{1,15}", said) else otherwise
