"""Receives updates by webhook: Telegram posts each one, again and again until told that it was taken."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec
import structlog
from aiohttp import web

from bot.channels.telegram_api import decoded
from bot.channels.telegram_intake import Method
from bot.channels.telegram_read import update_id
from bot.errors import Unavailable

log = structlog.get_logger(__name__)

PATH: Final = "/telegram/webhook"
SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
MOST_BYTES: Final = 2**20
# Telegram's own pauses double up to a minute; with this header they stay short (its WebhookActor.cpp).
RETRY_AFTER: Final = {"Retry-After": "2"}


class Take(Protocol):
    """`Intake.take`."""

    async def __call__(self, raw: Mapping[str, Any], *, answering: bool) -> Method | None: ...


class Webhook:
    """The handler of POST `/telegram/webhook`; `secret` is what Telegram shows with each update."""

    def __init__(self, take: Take, secret: str) -> None:
        if not secret:
            raise ValueError("a webhook needs a secret")
        self._take = take
        self._secret = secret.encode()

    def routes(self) -> list[web.RouteDef]:
        return [web.post(PATH, self.handle)]

    async def handle(self, request: web.Request) -> web.Response:
        """200 once the update is taken, with the first reply where that fits in; 401 without the secret, 403
        with a wrong one, 413 over 1 MiB, 400 for what is no update, 503 while the database is away: then
        Telegram calls again.
        """
        shown = request.headers.get(SECRET_HEADER)
        if shown is None:
            return web.Response(status=401)
        if not hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), self._secret):
            log.warning("a webhook call with a wrong secret", remote=request.remote)
            return web.Response(status=403)
        try:
            body = await _body(request)
        except web.RequestPayloadError:  # such as what says it is compressed, and is not
            return web.Response(status=400)
        if body is None:
            return web.Response(status=413)
        raw = _update(body)
        if raw is None:
            return web.Response(status=400)
        try:
            method = await self._take(raw, answering=True)
        except Unavailable as error:
            log.warning("an update has to wait", update=update_id(raw), error=str(error))
            return web.Response(status=503, headers=RETRY_AFTER)
        if method is None:
            return web.Response()
        return web.Response(body=msgspec.json.encode(method), content_type="application/json")


async def _body(request: web.Request) -> bytes | None:
    """What was posted, or None if it is more than an update can be."""
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:  # a MiB, as the application is made
        return None
    return body if len(body) <= MOST_BYTES else None


def _update(body: bytes) -> dict[str, Any] | None:
    try:
        raw = decoded(body)
    except (ValueError, RecursionError):
        return None
    return raw if isinstance(raw, dict) and update_id(raw) is not None else None
