"""What a phone with Telegram and a window of the web chat have in common: what came, and waiting for it."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from tests.bench.holiday.figures import Figures

PATIENCE = 150.0  # seconds: longer than the claim of a worker that died while it was sending


class Unanswered(Exception):
    """Somebody never got the answer they waited for."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as its reader sees it; `data` is what its buttons carry."""

    id: int
    text: str
    data: tuple[str, ...]

    @property
    def face(self) -> str:
        return "\n".join((self.text, *self.data))


class Wire(Protocol):
    """The way to the program."""

    async def say(self, text: str) -> None: ...

    async def tap(self, data: str, message: int) -> None: ...

    async def show(self, photo: bytes, caption: str) -> None: ...


class Handset:
    """A device as tests/fixtures/devices.py describes it, whose user thinks before they act.

    `think` gives the seconds. Answers are told to `figures` under the name of the channel.
    """

    def __init__(self, channel: str, wire: Wire, figures: Figures, think: Callable[[], float]) -> None:
        self.channel = channel
        self.wire = wire
        self.figures = figures
        self.think = think
        self.received: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self._fresh: list[Seen] = []  # since the last action
        self._at: Seen | None = None  # the one seen last
        self._wanted = re.compile("")
        self._waiting: asyncio.Future[Seen] | None = None

    async def says(self, text: str, wanted: str) -> str:
        await self._acts()
        return await self._answered(wanted, self.wire.say(text))

    async def taps(self, button: str, wanted: str) -> str:
        assert self._at is not None  # something was seen
        shown = self._at
        [data] = [data for data in shown.data if button in data]
        await self._acts()
        return await self._answered(wanted, self.wire.tap(data, shown.id))

    async def shows(self, photo: bytes, caption: str, wanted: str) -> str:
        await self._acts()
        return await self._answered(wanted, self.wire.show(photo, caption))

    async def sees(self, wanted: str) -> str:
        """Wait for a message that came since the last action. Raises Unanswered."""
        pattern = re.compile(wanted)
        self._at = next((one for one in reversed(self._fresh) if pattern.search(one.face)), None)
        if self._at is None:
            self._wanted, self._waiting = pattern, asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(PATIENCE):
                    self._at = await self._waiting
            except TimeoutError:
                story = [one.face for one in self._fresh]
                raise Unanswered(f"{self.channel}: no {wanted!r} in {story}") from None
            finally:
                self._waiting = None
        match = pattern.search(self._at.face)
        assert match is not None  # or it would not have been seen
        return match[1] if pattern.groups else match[0]

    def arrives(self, seen: Seen) -> None:
        """A message, new or changed."""
        self.received[seen.text, seen.data] += 1
        self._fresh.append(seen)
        waiting = self._waiting
        if waiting is not None and not waiting.done() and self._wanted.search(seen.face):
            waiting.set_result(seen)

    async def _acts(self) -> None:
        await asyncio.sleep(self.think())
        self._fresh.clear()

    async def _answered(self, wanted: str, sent: Coroutine[Any, Any, None]) -> str:
        """Send, and wait for the answer, which may be there before the sending is confirmed."""
        begun = self.figures.now()
        delivering = asyncio.ensure_future(sent)
        try:
            found = await self.sees(wanted)
            self.figures.answered(self.channel, begun)
            await delivering
        finally:
            delivering.cancel()
        return found
