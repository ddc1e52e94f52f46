"""How fast messages go out: a token bucket, and the clocks it goes by."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic


class Times:
    """The clocks of the machine; tests bring their own."""

    def now(self) -> datetime:
        """The moment, in UTC."""
        return datetime.now(UTC)

    def steady(self) -> float:
        """Seconds that never jump, from some start."""
        return monotonic()

    async def sleep(self, seconds: float) -> None:
        """Let `seconds` pass."""
        await asyncio.sleep(seconds)


@dataclass(slots=True)
class Bucket:
    """A token bucket that lends: `rate` a second, `burst` at once, everyone told how long to wait."""

    rate: float
    burst: int
    free_at: float = float("-inf")

    def ready(self, now: float) -> bool:
        """Whether one that comes `now` would not have to wait."""
        return self._next(now) <= now

    def wait(self, now: float) -> float:
        """Seconds from `now` until the next one's turn; the turn is taken."""
        self.free_at = self._next(now)
        return max(0.0, self.free_at - now)

    def _next(self, now: float) -> float:
        return max(self.free_at, now - self.burst / self.rate) + 1 / self.rate
