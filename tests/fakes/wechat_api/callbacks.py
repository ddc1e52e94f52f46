"""How what people do reaches the program: posted, and again up to three times where no answer comes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp

from tests.fakes.bot_api.world import Changes
from tests.fakes.wechat_api.envelope import Answer, Envelope, Odd
from tests.fakes.wechat_api.rules import Json
from tests.fakes.wechat_api.world import Clock, Received

PATIENCE = 5.0  # seconds for an answer
RESENDS = 3


@dataclass
class Attempt:
    """One request and what came of it.

    outcome: done (with `answer` where there was a reply in it), odd (no answer the provider knows; `why`),
    failed (another HTTP status than 200, or none: 0), late (the connection was cut after five seconds).
    """

    outcome: str
    status: int = 0
    answer: Answer | None = None
    why: str = ""


@dataclass
class Delivery:
    """Something a person did, all attempts to tell of it, and the reply that was shown."""

    person: str
    fields: Json
    attempts: list[Attempt] = field(default_factory=list)
    reply: Received | None = None

    @property
    def handled(self) -> bool:
        return any(attempt.outcome == "done" for attempt in self.attempts)

    @property
    def text(self) -> str:
        """The words of the passive reply, or nothing."""
        return self.reply.text if self.reply else ""


Shown = Callable[[Delivery, Answer], Received]  # puts a passive reply into the person's chat


class Callbacks:
    """Posts to `url`; the five seconds are those of the provider's clock, so only a test lets them pass."""

    def __init__(self, envelope: Envelope, clock: Clock, changes: Changes, show: Shown) -> None:
        self.envelope = envelope
        self.url = ""
        self.odd: list[Attempt] = []
        self._clock = clock
        self._changes = changes
        self._show = show
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, delivery: Delivery) -> bool:
        """Tells the program until it answers, four times at most; says whether it did."""
        for _attempt in range(1 + RESENDS):
            attempt = await self.attempt(delivery)
            if attempt.outcome in ("done", "odd"):
                break
        return delivery.handled

    async def attempt(self, delivery: Delivery) -> Attempt:
        """Tells the program once; of all replies the first in time is shown."""
        exchange = asyncio.ensure_future(self._exchange(delivery))
        late = asyncio.ensure_future(self._clock.reaches(self._clock.now() + PATIENCE))
        try:
            await asyncio.wait({exchange, late}, return_when=asyncio.FIRST_COMPLETED)
            attempt = exchange.result() if exchange.done() else Attempt("late")
        finally:
            exchange.cancel()
            late.cancel()
        delivery.attempts.append(attempt)
        if attempt.outcome == "odd":
            self.odd.append(attempt)
        if attempt.answer and not delivery.reply:
            delivery.reply = self._show(delivery, attempt.answer)
        self._changes.notify()
        return attempt

    async def verifies(self) -> bool:
        """Whether the program answers the check of its address as it must."""
        query, right = self.envelope.verifying(self._clock.now())
        async with self._open().get(self._address(), params=query, allow_redirects=False) as answer:
            return answer.status == 200 and await answer.read() == right.encode()

    async def close(self) -> None:
        if self._session:
            await self._session.close()
        self._session = None

    async def _exchange(self, delivery: Delivery) -> Attempt:
        posted = self.envelope.posted(delivery.fields, self._clock.now())
        query = posted.query | ({"openid": delivery.person} if self.envelope.signed else {})
        head = {"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"}
        try:
            async with self._open().post(
                self._address(), params=query, data=posted.body, headers=head, allow_redirects=False
            ) as answer:
                status, body = answer.status, await answer.read()
        except (aiohttp.ClientError, OSError) as error:
            return Attempt("failed", why=type(error).__name__)
        if status != 200:
            return Attempt("failed", status)
        try:
            reply = self.envelope.answer(body, delivery.person, delivery.fields["ToUserName"])
        except Odd as odd:
            return Attempt("odd", status, why=str(odd))
        return Attempt("done", status, reply)

    def _open(self) -> aiohttp.ClientSession:
        self._session = self._session or aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120))
        return self._session

    def _address(self) -> str:
        if not self.url:
            raise AssertionError("no callback address is set")
        return self.url
