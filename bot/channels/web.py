"""The built-in web chat: the page, and the JSON API behind it that any client may use (docs/api.md)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final, NoReturn, Protocol
from urllib.parse import quote

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.channels import web_stream
from bot.channels.web_http import LANGUAGE_COOKIE, SECURITY, Trouble, address_of, is_foreign, language_of
from bot.channels.web_input import CHANNEL, UNREADABLE, Kept, Posted, read_first_part, read_json, read_posted
from bot.channels.web_page import CHECKED, FOR_EVER, ChatPages, Shelf
from bot.channels.web_session import YEAR, Sessions, new_token
from bot.channels.web_stream import BATCH, MOST_STREAMS, Stream, Streams
from bot.db import Database
from bot.errors import Refused, Unavailable
from bot.i18n import LANGUAGES, Speech, best
from bot.limits import Limits
from bot.media import MediaStore
from bot.messages import Accepted, Payload, Update
from handlers.kit.messages import Input
from handlers.kit.words import _, say

PER_SESSION: Final = 60  # messages a minute
PER_ADDRESS: Final = 600  # messages a minute: all visitors of a museum may share its address
HEARTBEAT: Final = 20.0  # seconds; proxies drop what is silent for a minute
RETRY_AFTER: Final = 5  # seconds
# Shown within the page; everything else is only ever offered to be saved.
INLINE: Final = ("image/jpeg", "image/png", "image/webp", "audio/")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


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
        self, desk: Desk, database: Database, media: MediaStore, *, museum: str, public_url: str, locale: str
    ) -> None:
        self._desk = desk
        self._database = database
        self._media = media
        self._museum = museum
        self._public_url = public_url
        self._locale = locale
        self._sessions = Sessions(secure=public_url.startswith("https://"))
        self._streams = Streams(database)
        self._limits = Limits()
        self._shelf = Shelf()
        self._pages = ChatPages(self._shelf, museum)

    async def send(self, to: str, payload: Payload) -> NoReturn:
        """Raises Refused: readers of this channel fetch what is in the outbox."""
        raise Refused("the web chat is read, not sent to")

    def ring(self, account_ids: Iterable[int]) -> None:
        """Wake the readers of accounts that something was written to."""
        self._streams.ring(account_ids)

    def routes(self) -> list[web.RouteDef]:
        """The chat's addresses, to be added to an application together with `running`."""
        return [
            web.get("/", self._safely(self._home)),
            web.get("/chat", self._safely(self._chat)),
            web.get("/manifest.webmanifest", self._safely(self._manifest)),
            web.get("/sw.js", self._safely(self._worker)),
            web.get("/static/{name}", self._safely(self._static)),
            web.post("/api/chat/session", self._safely(self._session)),
            web.post("/api/chat/messages", self._safely(self._messages)),
            web.get("/api/chat/events", self._safely(self._events)),
            web.get("/api/chat/history", self._safely(self._history)),
            web.get("/api/chat/media/{sha:[0-9a-f]{64}}", self._safely(self._file)),
        ]

    async def running(self, app: web.Application) -> AsyncIterator[None]:
        """Look for what other processes write while the application runs (for `app.cleanup_ctx`)."""
        looking = asyncio.create_task(self._streams.look())
        app.on_shutdown.append(self._close)
        yield
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking

    async def _close(self, _app: web.Application) -> None:
        self._streams.close()

    def _safely(self, handler: Handler) -> Handler:
        """`handler` behind the checks and headers that all share, its troubles said to the person."""

        async def safe(request: web.Request) -> web.StreamResponse:
            try:
                if request.method == "POST" and is_foreign(request, self._public_url):
                    raise Trouble(403, _("This request came from another page and was not let in."))
                response = await handler(request)
            except Trouble as trouble:
                response = self._said(request, trouble)
            except Unavailable:
                away = _("The desk cannot be reached right now. Nothing is lost: please try again in a moment.")
                response = self._said(request, Trouble(503, away, retry_after=RETRY_AFTER))
            if not response.prepared:
                response.headers.update(SECURITY)
            return response

        return safe

    def _said(self, request: web.Request, trouble: Trouble) -> web.Response:
        sentence = say(trouble.sentence, self._tongue(request))
        if trouble.retry_after is None:
            return web.json_response({"error": sentence}, status=trouble.status)
        headers = {"Retry-After": str(trouble.retry_after)}
        return web.json_response({"error": sentence, "retry": True}, status=trouble.status, headers=headers)

    def _tongue(self, request: web.Request) -> Speech:
        return self._desk.tongue(language_of(request, self._locale))

    # The page and its files

    async def _home(self, request: web.Request) -> NoReturn:
        raise web.HTTPFound("chat", headers=SECURITY)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        response = self._pages.page(self._tongue(request)).answer(request, CHECKED)
        response.headers["Vary"] = "Accept-Encoding, Accept-Language, Cookie"
        if chosen := best(request.query.get("lang")):
            response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=YEAR, path="/", samesite="Lax")
        return response

    async def _manifest(self, request: web.Request) -> web.StreamResponse:
        return self._pages.manifest().answer(request, CHECKED)

    async def _worker(self, request: web.Request) -> web.StreamResponse:
        return self._shelf["sw.js"].answer(request, CHECKED)

    async def _static(self, request: web.Request) -> web.StreamResponse:
        try:
            page = self._shelf[request.match_info["name"]]
        except KeyError:
            raise web.HTTPNotFound from None
        return page.answer(request, FOR_EVER if request.query.get("v") == page.version else CHECKED)

    # The API

    async def _session(self, request: web.Request) -> web.StreamResponse:
        """Begin or go on with a session."""
        asked = await read_json(request)
        bearer = asked.get("bearer") is True
        locale = best(str(asked.get("locale") or "")) or language_of(request, self._locale)
        answer = {"museum": self._museum, "locale": locale, "locales": list(LANGUAGES)}
        if bearer:
            return web.json_response(answer | {"token": new_token()})
        response = web.json_response(answer)
        if not self._sessions.has_cookie(request):
            self._sessions.set_cookie(response, new_token())
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
            # A second delivery is read to its end as well, but its photos are not decoded again.
            if not await self._desk.seen(CHANNEL, posted.mark(account)):
                await kept.take(parts)
        except (ValueError, HttpProcessingError):  # what aiohttp raises for a body that is no multipart
            raise Trouble(400, UNREADABLE) from None
        return await self._take(request, account, posted, kept)

    async def _take(self, request: web.Request, account: str, posted: Posted, kept: Kept) -> web.Response:
        locale = best(posted.locale) or language_of(request, self._locale)
        accepted = await self._desk.accept(posted.update(account, posted.given(kept), locale))
        return web.json_response({"fresh": accepted.fresh, "toast": accepted.toast})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Messages as they come, as server-sent events (HTML, 9.2)."""
        account = self._account(request)
        after = max(_number(request.query.get("after"), 0), _number(request.headers.get("Last-Event-ID"), 0))
        if self._streams.count(account) >= MOST_STREAMS:
            raise Trouble(429, _("The chat is open in too many places. Please close some."), retry_after=RETRY_AFTER)
        with self._streams.reading(account, after) as stream:
            await self._fetch(stream, first := [])
            response = web.StreamResponse(headers=SECURITY)
            response.content_type = "text/event-stream"
            response.headers.update({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
            await response.prepare(request)
            await response.write(b"retry: 2000\n\n")
            with suppress(ConnectionResetError, Unavailable):  # the reader left, or is to come back later
                await self._flow(stream, response)
        return response
