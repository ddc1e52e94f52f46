"""What people do on a holiday, each with the memory of what they told the program and were told it kept."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.fixtures import walking
from tests.fixtures.devices import Device
from tests.fixtures.walking import KINDS, TOPICS, Mark, Said, Walker

HALLS: Final = ("H1", "H2", "H3", "H4", "H6")  # of the shipped places, as are the points
POINTS: Final = ("L1-P3", "C1-P1", "H1-P2", "H2-P3", "H3-P3", "H6-P1", "H4-P1", "H5-P2", "B1-P2")
CHECKLIST: Final = "fire_daily"  # of all these points, and of no other at them
FAULTS_OF_A_ROUND: Final = {0: 7, 1: 2, 2: 1}  # of ten rounds, how many find so many

SAVED: Final = r"saved as (LY-\d{8}-\d{4,})"


class Guard(walking.Guard):
    """Walks a round: mostly nothing is wrong, and one tap says so."""

    def __init__(self, device: Device, chance: random.Random, items: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(device, chance, POINTS[0], items)

    async def walk(self) -> None:
        self.point = self.chance.choice(POINTS)
        await super().walk()

    async def looks(self, marks: dict[int, Mark]) -> None:
        counts, weights = zip(*FAULTS_OF_A_ROUND.items(), strict=True)
        for _fault in range(self.chance.choices(counts, weights)[0]):
            await self.chance.choice((self.names, self.photographs))(marks)


class Visitor(walking.Visitor):
    """Leaves one comment: half of all with one tap, some in their own words, few with all there is to say."""

    async def walk(self) -> None:
        kind = self.chance.choices((self._taps, self._writes, super().walk), (55, 30, 15))[0]
        await kind()

    async def _taps(self) -> None:
        """Scan the code of a hall, and tap a face."""
        rating = self.chance.randint(1, 5)
        await self.device.says(f"/start h_{self.chance.choice(HALLS)}", r"\.rating\.")
        number = await self.device.taps(f".rating.{rating}", SAVED)
        self.comments.append(Said(number, rating))

    async def _writes(self) -> None:
        """Simply write, then tap a face and perhaps a kind."""
        rating, words = self.chance.randint(1, 5), self.phrase()
        number = await self.device.says(words, SAVED)
        said = Said(number, None, words)
        self.comments.append(said)
        await self.device.sees(r"\.rating\.")
        await self.device.taps(f".rating.{rating}", r"\.kind\.")
        said.rating = rating
        said.kind = self.chance.choice(KINDS)
        await self.device.taps(f".kind.{said.kind}", r"\.topic\.")
        await self.device.taps(".-.finish", rf"The answer to {number} comes to this chat")


class Follower(Walker):
    """A visitor on WeChat, who types: half of all scan a hall's code and send their rating, some say more."""

    def __init__(self, device: Device, chance: random.Random) -> None:
        super().__init__(chance)
        self.device = device
        self.comments: list[Said] = []

    async def walk(self) -> None:
        says, chance = self.device.says, self.chance
        await says(f"/start h_{chance.choice(HALLS)}", "How was your visit")
        rating = chance.randint(1, 5)
        said = Said(await says(str(rating), SAVED), rating)
        self.comments.append(said)
        if chance.random() < 0.5:
            return
        said.comment = self.phrase()
        await says(said.comment, "What kind of comment")
        said.kind = chance.choice(KINDS)
        await says(said.kind, "What is it about")
        said.topic = chance.choice(TOPICS)
        await says(said.topic, "phone number or e-mail")
        await says("skip", f"The answer to {said.number} comes to this chat")


@dataclass(frozen=True, slots=True)
class Logged:
    """One activity, as the one who logged it remembers it."""

    number: str
    place: str
    leaflets: int
    participants: int
    minutes: tuple[int, ...]  # of each member


class Volunteer(Walker):
    """Logs an activity in one message."""

    def __init__(self, device: Device, chance: random.Random, who: int) -> None:
        super().__init__(chance)
        self.device = device
        self.place = f"第{who + 1}小学"  # nobody else was there, so nobody is asked whether it is the same
        self.logs: list[Logged] = []

    async def walk(self) -> None:
        chance = self.chance
        leaflets, participants, people = chance.randint(1, 400), chance.randint(1, 200), chance.randint(1, 6)
        minutes = 30 * chance.randint(1, 8)
        line = f"讲座 {self.place} 传单{leaflets} 观众{participants} {people}人{minutes}分钟"
        await self.device.says(line, r"\.-\.submit")
        number = await self.device.taps(".-.submit", r"Logged: (HD-\d{8}-\d{4,})")
        self.logs.append(Logged(number, self.place, leaflets, participants, (minutes,) * people))


class Manager(Walker):
    """Looks at the figures of today, then at those of the week."""

    def __init__(self, device: Device, chance: random.Random) -> None:
        super().__init__(chance)
        self.device = device

    async def walk(self) -> None:
        await self.device.says("/summary today", "a:summary:this week")
        await self.device.taps("a:summary:this week", "a:summary:this month")
