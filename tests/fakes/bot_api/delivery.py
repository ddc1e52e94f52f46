"""How updates reach the bot: getUpdates with its conflicts, and webhook calls with their retries.

Source: the Bot API documentation and the public source of the Bot API server.
"""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from tests.fakes.bot_api.rules import ApiError, Json, Params, bad
from tests.fakes.bot_api.updates import Pending, Updates
from tests.fakes.bot_api.world import Changes

MAX_LONG_POLL = 50  # seconds
MAX_SECRET = 256
RETRY_CAP = 60  # in units of the back-off
WEBHOOK_PORTS = {443, 80, 88, 8443, None}

_OTHER_POLL = "terminated by other getUpdates request; make sure that only one bot instance is running"
_WEBHOOK_ACTIVE = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


Execute = Callable[[str, bytes], Awaitable[None]]  # the content type and the body of an answer


def conflict(reason: str) -> ApiError:
    return ApiError(409, f"Conflict: {reason}")


@dataclass(frozen=True)
class Attempt:
    """One webhook call: HTTP status, or 0 when no answer came."""

    update_id: int
    status: int
    at: float


class Webhook:
    """Calls the bot: lines in parallel, each update again until a 2xx, at once and then after 2, 4, 8 ... .

    `backoff` is the length in seconds of what is one second at Telegram, so tests need not wait.
    `execute` looks for a method in the bot's answer and runs it; its result goes nowhere, as at Telegram.
    """

    def __init__(self, updates: Updates, changes: Changes, execute: Execute, backoff: float) -> None:
        self._updates = updates
        self._changes = changes
        self._execute = execute
        self._backoff = backoff
        self._lines: dict[str, asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._gate = asyncio.Semaphore(0)
        self.setting = ("", "", 0)  # url, secret token, max_connections
        self.last_error: tuple[int, str] | None = None
        self.attempts: list[Attempt] = []

    async def set(self, url: str, secret: str, max_connections: int) -> None:
        await self.close()
        self.setting, self.last_error = (url, secret, max_connections), None
        self._gate = asyncio.Semaphore(max_connections)
        self._changes.notify()
        self.wake()

    @property
    def url(self) -> str:
        return self.setting[0]

    async def close(self) -> None:
        lines, self._lines = list(self._lines.values()), {}
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)
        if self._session:
            await self._session.close()
        self._session = None

    def wake(self) -> None:
        """Starts a worker for every line that has something to deliver and no worker."""
        if not self.url:
            return
        for pending in self._updates.current():
            if pending.queue not in self._lines:
                self._lines[pending.queue] = asyncio.create_task(self._drain(pending.queue))

    async def _drain(self, queue: str) -> None:
        while pending := next((p for p in self._updates.current() if p.queue == queue), None):
            await self._deliver(pending)
        del self._lines[queue]

    async def _deliver(self, pending: Pending) -> None:
        fails = 0
        while pending in self._updates.current():
            async with self._gate:
                error, wait = await self._post(pending)
            if not error:
                self._updates.forget(pending)
                return
            self.last_error = (int(time.time()), error)
            wait = wait or (min(RETRY_CAP, 2**fails) if fails else 0)
            fails += 1
            await asyncio.sleep(wait * self._backoff)

    async def _post(self, pending: Pending) -> tuple[str, int]:
        """Calls the bot once; ("", 0) on success, else the error and the seconds it asked to wait."""
        self._session = self._session or aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        head = {"Content-Type": "application/json"}
        if secret := self.setting[1]:
            head["X-Telegram-Bot-Api-Secret-Token"] = secret
        update = json.dumps(pending.body).encode()
        status = 0
        try:
            async with self._session.post(
                self.url, data=update, headers=head, allow_redirects=False
            ) as answer:
                status = answer.status
                if not 200 <= status < 300:
                    after = answer.headers.get("Retry-After", "")
                    error = f"Wrong response from the webhook: {status} {answer.reason}"
                    return error, int(after) if after.isdigit() else 0
                content_type, body = answer.content_type, await answer.read()
        except (aiohttp.ClientError, TimeoutError) as failure:
            return f"Webhook connection closed ({type(failure).__name__})", 0
        finally:
            self.attempts.append(Attempt(pending.update_id, status, time.monotonic()))
            self._changes.notify()
        await self._execute(content_type, body)
        return "", 0

    def info(self) -> Json:
        error: Json = {}
        if self.last_error:
            error = {"last_error_date": self.last_error[0], "last_error_message": self.last_error[1]}
        setting = {"max_connections": self.setting[2]} if self.url else {}
        waiting = len(self._updates.current())
        head = {"url": self.url, "has_custom_certificate": False, "pending_update_count": waiting}
        return {**head, **setting, **error}


class Delivery:
    """The methods around updates: getUpdates, setWebhook, deleteWebhook, getWebhookInfo."""

    def __init__(self, updates: Updates, webhook: Webhook, changes: Changes, *, strict_https: bool) -> None:
        self._updates = updates
        self._webhook = webhook
        self._changes = changes
        self._strict_https = strict_https
        self._poll = 0
        self.closing = False

    async def get_updates(self, params: Params, alive: Callable[[], bool]) -> list[Json]:
        """Waits `timeout` seconds for updates from `offset` on; 409 beside a webhook or a newer poll."""
        if self._webhook.url:
            raise conflict(_WEBHOOK_ACTIVE)
        offset, limit = params.integer("offset"), params.integer("limit", 100, 1, 100)
        timeout = params.integer("timeout", 0, 0, MAX_LONG_POLL)
        self._updates.allow(params)
        found = self._updates.take(offset, limit)
        if found or not timeout:
            return found
        self._poll = mine = self._poll + 1
        self._changes.notify()
        deadline = time.monotonic() + timeout
        while not self.closing and alive():
            if self._poll != mine:
                raise conflict(_OTHER_POLL)
            if self._webhook.url:
                raise conflict("terminated by setWebhook request")
            found = self._updates.take(offset if offset > 0 else 0, limit)
            left = deadline - time.monotonic()
            if found or left <= 0:
                return found
            await self._changes.next(left)
        return []

    async def set_webhook(self, params: Params) -> tuple[bool, str]:
        url, secret = params.text("url"), params.text("secret_token")
        if not url:
            return await self.delete_webhook(params)
        self._check_url(url)
        if len(secret) > MAX_SECRET:
            raise bad("secret token is too long")
        if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
            raise bad("secret token contains unallowed characters")
        setting = (url, secret, params.integer("max_connections", 40, 1, 100))
        self._updates.allow(params)
        if self._webhook.setting == setting and not params.truth("drop_pending_updates"):
            return True, "Webhook is already set"
        self._drop(params)
        await self._webhook.set(*setting)
        return True, "Webhook was set"

    def _check_url(self, url: str) -> None:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise bad("invalid webhook URL specified")
        if not self._strict_https:
            return  # as a local Bot API server does
        if parts.scheme != "https":
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if parts.port not in WEBHOOK_PORTS:
            raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")

    async def delete_webhook(self, params: Params) -> tuple[bool, str]:
        was_set = bool(self._webhook.url)
        self._drop(params)
        await self._webhook.set("", "", 0)
        return True, "Webhook was deleted" if was_set else "Webhook is already deleted"

    def _drop(self, params: Params) -> None:
        if params.truth("drop_pending_updates"):
            self._updates.waiting = []

    def webhook_info(self, _: Params) -> Json:
        allowed = self._updates.allowed
        kinds: dict[str, Any] = {"allowed_updates": sorted(allowed)} if allowed is not None else {}
        return {**self._webhook.info(), **kinds}
