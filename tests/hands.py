"""A clock for tests: its hands move when something sleeps by it, or when the test says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.pace import Times


class Hands(Times):
    """Sleeping takes no time: it moves the hands to where the sleep would have ended."""

    def __init__(self, start: datetime | None = None) -> None:
        self.start = start or datetime.now(UTC)
        self.passed = 0.0  # seconds since the start
        self._later: list[tuple[float, Callable[[], None]]] = []

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.passed)

    def steady(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.move(seconds)

    def move(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self.passed += max(0.0, seconds)
        for when, do in list(self._later):
            if when <= self.passed:
                self._later.remove((when, do))
                do()

    def at(self, seconds: float, do: Callable[[], None]) -> None:
        """Have something done when so many seconds have passed since the start."""
        self._later.append((seconds, do))
