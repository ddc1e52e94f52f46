"""How much one person may send: a sliding window in memory, generous to staff and firm with floods."""

from __future__ import annotations

from collections import OrderedDict, deque
from time import monotonic

VISITOR_MESSAGES = 20  # a minute
MEMBER_MESSAGES = 120  # a minute: a guard tapping through a checklist
VISITOR_PHOTOS = 10  # an hour
_MOST_KEYS = 50_000
_CONFLICT_RETRIES = 5


class Limits:
    """Counts what happened lately under a key. Each worker counts for itself, which is near enough."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def allow(self, key: str, most: int, seconds: float) -> bool:
        """Count one more event under `key`; False once there are more than `most` in `seconds`."""
        now = monotonic()
        window = self._seen.setdefault(key, deque())
        self._seen.move_to_end(key)
        while window and window[0] <= now - seconds:
            window.popleft()
        if len(window) >= most:
            return False
        window.append(now)
        if len(self._seen) > _MOST_KEYS:
            self._seen.popitem(last=False)
        return True

    def may_retry(self, update: str) -> bool:
        """Whether an update that ran into another transaction may be run again."""
        return self.allow(f"conflict:{update}", _CONFLICT_RETRIES, 60)
