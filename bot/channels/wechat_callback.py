"""Receives what WeChat and WeCom post, and answers in time, whatever becomes of it.

The provider waits 5 seconds, then it hangs up and posts the same again, up to three times; a person whose
message got no answer at all is told that the service is out of order.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from aiohttp import web

from bot.channels.telegram_errors import Backoff
from bot.channels.wechat_fields import delivery, text_of
from bot.channels.wechat_gate import Gate, Letter, Turned
from bot.channels.wechat_xml import MOST_BYTES, Fields, text_reply
from bot.errors import Unavailable

log = structlog.get_logger(__name__)

WECHAT_PATH: Final = "/wechat/callback"
WECOM_PATH: Final = "/wecom/callback"
PATIENCE: Final = 4.5  # seconds from a call until it has its answer; the provider's are 5
LAST_WORDS: Final = 5.0  # seconds for what is under way when the program stops
LONGEST_PAUSE: Final = 30.0  # seconds between attempts for what is late
PLAIN: Final = {"X-Content-Type-Options": "nosniff"}

Take = Callable[[Fields], Awaitable[str | None]]
Late = Callable[[Fields], Awaitable[None]]


@dataclass
class _Delivery:
    """A message being taken. Once `late`, it was answered without its reply, which has to be pushed."""

    work: asyncio.Task[str | None]
    late: bool = False


class Callback:
    """The handlers of GET and POST `path`.

    `take` lets a message take effect and gives the reply to go inside the answer, or None; it may raise
    Unavailable. If it has not ended `patience` seconds after the call came, the call is answered without a
    reply, `take` goes on, is tried again (first after `pause` seconds) for as long as it is Unavailable, and
    then `late` is awaited: it has the reply pushed. A message that comes again while it is being taken is not
    taken twice: all its calls get the same reply, or all that wait when it becomes late get none.
    """

    def __init__(
        self,
        path: str,
        gate: Gate,
        take: Take,
        late: Late,
        *,
        patience: float = PATIENCE,
        pause: float = 1.0,
    ) -> None:
        self._path = path
        self._gate = gate
        self._take = take
        self._late = late
        self.patience = patience
        self._pause = pause
        self._under_way: dict[tuple[str, ...], _Delivery] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        return [web.get(self._path, self.verify), web.post(self._path, self.handle)]

    async def verify(self, request: web.Request) -> web.Response:
        """The provider's look at the address: 200 with what proves that it is ours, or a 4xx."""
        try:
            echo = self._gate.echo(request.query)
        except Turned as turned:
            return self._turned(request, turned)
        return web.Response(body=echo, content_type="text/plain", headers=PLAIN)

    async def handle(self, request: web.Request) -> web.Response:
        """200 once the message is taken or the time is up; a 4xx for what is no message for us: 403 unsigned,
        400 malformed, 413 over 1 MiB, 408 too slow; 503 while the database is away: then it comes again.
        """
        until = asyncio.get_running_loop().time() + self.patience
        try:
            letter = self._gate.admit(request.query, await _body(request, until))
        except Turned as turned:
            return self._turned(request, turned)
        try:
            reply = await self._reply(letter.fields, until)
        except Unavailable as error:
            log.warning("a message has to wait", path=self._path, error=str(error))
            return web.Response(status=503)
        except Exception:
            log.exception("a message could not be taken", path=self._path)
            return web.Response(status=503)
        if not reply:
            return web.Response(text=self._gate.silence)
        return web.Response(body=_written(letter, reply), content_type="application/xml", charset="utf-8")

    async def close(self) -> None:
        """Let what is under way be finished, for some seconds."""
        under_way = {*self._tasks, *(found.work for found in self._under_way.values())}
        if under_way:
            _done, left = await asyncio.wait(under_way, timeout=LAST_WORDS)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _reply(self, fields: Fields, until: float) -> str | None:
        key = delivery(fields)
        found = self._under_way.get(key) or self._begun(key, fields)
        if found.late:
            return None
        await asyncio.wait({found.work}, timeout=max(0, until - asyncio.get_running_loop().time()))
        if found.late:
            return None
        if found.work.done():
            return found.work.result()
        found.late = True
        log.warning("a message takes long; its reply will be pushed", path=self._path)
        task = asyncio.create_task(self._followed(key, fields, found.work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return None

    def _begun(self, key: tuple[str, ...], fields: Fields) -> _Delivery:
        found = self._under_way[key] = _Delivery(asyncio.ensure_future(self._take(fields)))

        def ended(work: asyncio.Task[str | None]) -> None:
            if not work.cancelled():
                work.exception()  # seen, also where nobody waits any more
            if not found.late:
                del self._under_way[key]

        found.work.add_done_callback(ended)
        return found

    async def _followed(self, key: tuple[str, ...], fields: Fields, work: asyncio.Task[str | None]) -> None:
        """See a late message to its end: nobody will post it again."""
        try:
            await self._patiently(work, partial(self._take, fields))
            await self._patiently(self._late(fields), partial(self._late, fields))
        except Exception:
            log.exception("a late message could not be taken", path=self._path)
        finally:
            del self._under_way[key]

    async def _patiently(self, first: Awaitable[object], again: Callable[[], Awaitable[object]]) -> None:
        """Await `first`, and then what `again` gives, until it is not Unavailable."""
        backoff = Backoff(self._pause, LONGEST_PAUSE)
        attempt = first
        while True:
            try:
                await attempt
            except Unavailable as error:
                log.warning("a late message has to wait", path=self._path, error=str(error))
                await asyncio.sleep(backoff.next())
                attempt = again()
            else:
                return

    def _turned(self, request: web.Request, turned: Turned) -> web.Response:
        log.warning(
            "a call was turned away",
            path=self._path,
            status=turned.status,
            reason=str(turned),
            remote=request.remote,
        )
        return web.Response(status=turned.status)


async def _body(request: web.Request, until: float) -> bytes:
    """What was posted, as far as a message can be. Raises Turned."""
    large = Turned(413, "too large")
    if (request.content_length or 0) > MOST_BYTES:
        raise large
    try:
        async with asyncio.timeout_at(until):
            body = await request.read()
    except web.HTTPRequestEntityTooLarge:  # the application may allow less
        raise large from None
    except web.RequestPayloadError:
        raise Turned(400, "broken off or wrongly packed") from None
    except TimeoutError:
        raise Turned(408, "too slow") from None
    if len(body) > MOST_BYTES:
        raise large
    return body


def _written(letter: Letter, reply: str) -> bytes:
    """The passive reply: in an envelope if the message came in one."""
    now = int(time.time())
    to, sender = text_of(letter.fields, "FromUserName"), text_of(letter.fields, "ToUserName")
    written = text_reply(to, sender, now, reply)
    if letter.envelope is None:
        return written
    return letter.envelope.seal(written, str(now), secrets.token_hex(8)).encode()
