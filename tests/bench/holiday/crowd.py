"""Everybody: who they are, which device they hold, and how they come to take it up."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import aiohttp

from bot.channels.web_session import new_token
from bot.db import Database
from tests.bench.holiday.day import Day, Role, Turn
from tests.bench.holiday.figures import Figures
from tests.bench.holiday.handset import Handset, Unanswered
from tests.bench.holiday.people import Follower, Guard, Manager, Visitor, Volunteer
from tests.bench.holiday.telegram import Telegram
from tests.bench.holiday.webchat import Window
from tests.bench.holiday.wechat import WeChat
from tests.fixtures.introducing import introduce

FIRST_ID: Final = 7_000_000_000  # beyond 32 bits, as today's ids are
ROLES: Final[Mapping[Role, Sequence[str]]] = {
    "guard": ["guard"],
    "volunteer": ["volunteer"],
    "manager": ["leader", "director", "chief", "leader", "deputy", "leader"],
    "desk": ["staff", "staff", "admin"],
    "visitor": [""],
}
ON_THE_WEB: Final[Mapping[Role, float]] = {"visitor": 0.3, "volunteer": 0.3, "desk": 1.0}
ON_WECHAT: Final = 0.3  # of the visitors who do not use the web chat
THINKING: Final = (0.3, 1.5)  # seconds before an action, where an hour has so many:
USUAL_HOUR: Final = 22.0


class Walks(Protocol):
    """Whoever does something."""

    async def walk(self) -> None: ...


@dataclass
class Person:
    """Somebody with a device: a phone's number at Telegram, a chat of WeChat, or a window of the web chat."""

    walker: Walks | None  # None: they only read
    handset: Handset
    external_id: str
    window: Window | None = None
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)


class Crowd:
    """Everybody by role and number, each made when first asked for."""

    def __init__(
        self,
        day: Day,
        chance: random.Random,
        telegram: Telegram,
        wechat: WeChat,
        session: aiohttp.ClientSession,
        figures: Figures,
        items: Sequence[Mapping[str, Any]],
    ) -> None:
        self.day = day
        self.chance = chance
        self.telegram = telegram
        self.wechat = wechat
        self.session = session
        self.figures = figures
        self.items = items  # of the guards' checklist
        self.people: dict[tuple[Role, int], Person] = {}

    async def members(self, database: Database) -> None:
        """Make those who work here known to the program."""
        counts: dict[Role, int] = {
            "guard": self.day.guards,
            "volunteer": self.day.volunteers,
            "manager": self.day.managers,
            "desk": len(ROLES["desk"]),
        }
        known: dict[str, list[tuple[str, str]]] = {"telegram": [], "web": []}
        for role, count in counts.items():
            for who in range(count):
                person = self.person(role, who)
                post = ROLES[role][who % len(ROLES[role])]
                known["web" if person.window else "telegram"].append((person.external_id, post))
        for channel, people in known.items():
            await introduce(database, channel, people)

    def person(self, role: Role, who: int) -> Person:
        if (role, who) not in self.people:
            self.people[role, who] = self._made(role, who)
        return self.people[role, who]

    async def takes(self, turn: Turn) -> None:
        """Play somebody's turn, when they have done with what they were at."""
        person = self.person(turn.role, turn.who)
        assert person.walker is not None
        async with person.busy, AsyncExitStack() as stack:
            try:
                if person.window is not None:
                    await stack.enter_async_context(person.window.listening())
                await person.walker.walk()
            except Unanswered as error:
                self.figures.troubles.append(str(error))

    async def watch(self, stack: AsyncExitStack) -> None:
        """Have the desk read all that comes, until the end of `stack`."""
        for who in range(len(ROLES["desk"])):
            window = self.person("desk", who).window
            assert window is not None
            await stack.enter_async_context(window.listening())

    def walkers(self, role: Role) -> Iterator[Any]:
        return (person.walker for (whose, _who), person in self.people.items() if whose == role)

    @property
    def chats(self) -> dict[str, Counter[tuple[str, tuple[str, ...]]]]:
        """What came to each at Telegram."""
        return {
            person.external_id: person.handset.received
            for person in self.people.values()
            if person.handset.channel == "telegram"
        }

    @property
    def windows(self) -> dict[str, Window]:
        """Who came by the web chat, by the external id of their account."""
        return {person.external_id: person.window for person in self.people.values() if person.window}

    def _made(self, role: Role, who: int) -> Person:
        chance = random.Random(self.chance.random())
        if chance.random() < ON_THE_WEB.get(role, 0):
            token = new_token()
            window = Window(self.session, token, _address(len(self.people)), self.figures, self._thinks)
            return Person(
                self._walker(role, who, window.handset, chance), window.handset, window.account, window
            )
        if role == "visitor" and chance.random() < ON_WECHAT:
            openid = f"o-{len(self.people)}"
            handset = self.wechat.follower(openid, self._thinks)
            return Person(Follower(handset, chance), handset, openid)
        number = FIRST_ID + len(self.people)
        handset = self.telegram.phone(number, self._thinks)
        return Person(self._walker(role, who, handset, chance), handset, str(number))

    def _walker(self, role: Role, who: int, handset: Handset, chance: random.Random) -> Walks | None:
        if role == "visitor":
            return Visitor(handset, chance)
        if role == "guard":
            return Guard(handset, chance, self.items)
        if role == "volunteer":
            return Volunteer(handset, chance, who)
        return Manager(handset, chance) if role == "manager" else None

    def _thinks(self) -> float:
        return self.chance.uniform(*THINKING) * min(1.0, self.day.hour_seconds / USUAL_HOUR)


def _address(number: int) -> str:
    """A network address of one's own."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
