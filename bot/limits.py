"""How much one person may send: a sliding window in memory, generous to staff and firm with floods."""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic

VISITOR_MESSAGES = 20  # a minute
MEMBER_MESSAGES = 120  # a minute: a guard tapping through a checklist
VISITOR_PHOTOS = 10  # an hour
_MOST_KEYS = 50_000
_CONFLICT_RETRIES = 5

_Windows = OrderedDict[str, list[float]]  # a deque is ten times the size of one moment


class Limits:
    """Counts what happened lately under a key. Each worker counts for itself, which is near enough."""

    def __init__(self) -> None:
        # By the length of their windows: so those at the front are the ones that nothing happened in lately.
        self._seen: dict[float, _Windows] = {}

    def allow(self, key: str, most: int, seconds: float) -> bool:
        """Count one more event under `key`; False once there are more than `most` in `seconds`."""
        now = monotonic()
        windows = self._seen.setdefault(seconds, OrderedDict())
        _forget(windows, now - seconds)
        window = windows.setdefault(key, [])
        windows.move_to_end(key)
        while window and window[0] <= now - seconds:
            del window[0]
        if len(window) >= most:
            return False
        window.append(now)
        return True

    def discount(self, key: str, seconds: float) -> None:
        """Take back what `allow` counted last."""
        if window := self._seen[seconds].get(key):
            window.pop()

    def may_retry(self, update: str) -> bool:
        """Whether an update that ran into another transaction may be run again."""
        return self.allow(f"conflict:{update}", _CONFLICT_RETRIES, 60)

    def __len__(self) -> int:
        """How many keys are remembered."""
        return sum(map(len, self._seen.values()))


class Trial:
    """The limits for a transaction that may come to nothing; what it counted can then be taken back."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._counted: list[tuple[str, float]] = []

    def allow(self, key: str, most: int, seconds: float) -> bool:
        """As `Limits.allow`."""
        allowed = self._limits.allow(key, most, seconds)
        if allowed:
            self._counted.append((key, seconds))
        return allowed

    def take_back(self) -> None:
        """Have nothing counted."""
        for key, seconds in self._counted:
            self._limits.discount(key, seconds)


def _forget(windows: _Windows, before: float) -> None:
    """Drop the windows in which nothing happened since `before`, and the oldest of far too many."""
    while windows:
        key = next(iter(windows))
        if len(windows) < _MOST_KEYS and windows[key] and windows[key][-1] > before:
            return
        del windows[key]
