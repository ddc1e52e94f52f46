"""What a provider remembers: its clock, the tokens it gave out, files, and what people received."""

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import Literal

from tests.fakes.wechat_api.rules import Json, Refusal

DAY = 86_400
MEDIA_LIFE = (
    3 * DAY
)  # https://developers.weixin.qq.com/doc/service/api/material/temporary/api_uploadtempmedia
TOKEN_LIFE = 7200
WAIT = 5.0  # seconds a test waits for something to happen

Via = Literal["reply", "push", "system"]


class Clock:
    """Seconds since 1970 that pass only when the test says so."""

    def __init__(self) -> None:
        self._now = float(int(time.time()))
        self._moved = asyncio.Event()

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds
        self._moved.set()
        self._moved = asyncio.Event()

    async def reaches(self, moment: float) -> None:
        """Waits until it is `moment`."""
        while self._now < moment:
            await self._moved.wait()


class Tokens:
    """The access tokens of one account; they hold for two hours.

    `early` is how many seconds before a token's end a new one is given out beside it. `given` counts them.
    https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken
    https://developer.work.weixin.qq.com/document/path/91039
    """

    def __init__(self, clock: Clock, early: float) -> None:
        self._clock = clock
        self._early = early
        self._ends: dict[str, float] = {}
        self._void: set[str] = set()
        self.newest = ""

    @property
    def given(self) -> int:
        return len(self._ends)

    def current(self) -> tuple[str, int]:
        """The token to use from now on and the seconds it holds; a new one only where it is time."""
        if self.newest in self._void or self._left(self.newest) <= self._early:
            self._issue()
        return self.newest, int(self._left(self.newest))

    def renewed(self) -> tuple[str, int]:
        """A new token; all given out before are void at once."""
        self.revoke()
        return self.current()

    def revoke(self) -> None:
        """No token given out so far holds any more."""
        self._void.update(self._ends)

    def check(self, token: str) -> None:
        """Refuses a missing (41001), unknown (40014), void (40001) or old (42001) token."""
        if not token:
            raise Refusal(41001, "access_token missing")
        if token not in self._ends:
            raise Refusal(40014, "invalid access_token")
        if token in self._void:
            raise Refusal(40001, "invalid credential, access_token is invalid or not latest")
        if self._left(token) <= 0:
            raise Refusal(42001, "access_token expired")

    def _issue(self) -> None:
        self.newest = f"82_{secrets.token_urlsafe(96)}"
        self._ends[self.newest] = self._clock.now() + TOKEN_LIFE

    def _left(self, token: str) -> float:
        return self._ends.get(token, 0.0) - self._clock.now()


@dataclass(frozen=True)
class Media:
    """A file on the provider's side, until `ends`."""

    kind: str
    name: str
    mime: str
    data: bytes
    ends: float


class MediaShelf:
    """Files by their media id, each for three days."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, Media] = {}

    def add(self, kind: str, name: str, mime: str, data: bytes) -> str:
        """Keeps a file; returns its media id."""
        media_id = secrets.token_urlsafe(48)
        self._kept[media_id] = Media(kind, name, mime, data, self._clock.now() + MEDIA_LIFE)
        return media_id

    def get(self, media_id: object, kind: str | None = None) -> Media:
        """A file, of this kind where one is asked for. Refused with 40007 where there is none (any more)."""
        found = self._kept.get(str(media_id))
        if found is None or found.ends <= self._clock.now():
            raise Refusal(40007, "invalid media_id")
        if kind is not None and found.kind != kind:
            raise Refusal(40121, "invalid media_id type")
        return found


@dataclass
class Received:
    """Something in a person's chat, in the order in which it came.

    kind: text, image, voice, file, msgmenu, card, or notice where the provider itself speaks. `choices` are
    the (id, words) of a msgmenu or the (key, words) of a card's buttons that can still be tapped.
    """

    kind: str
    text: str
    via: Via
    at: float
    raw: Json = field(default_factory=dict)
    media: Media | None = None
    choices: list[tuple[str, str]] = field(default_factory=list)
    task: str = ""  # a card's task_id
    replaced: str = ""  # what stands where a card's buttons were

    @property
    def labels(self) -> list[str]:
        return [words for _, words in self.choices]

    def __str__(self) -> str:
        return f"{self.via} {self.kind}: {self.text} {self.labels or ''}{self.replaced}"
