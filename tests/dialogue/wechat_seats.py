"""Where a person of a dialogue sits with WeChat: as a follower of the Official Account, or with WeCom."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from sqlalchemy import Select, func, select

from bot.app import App
from models import UNSENT, Account, Outbox
from tests.dialogue.seats import WAIT, picture
from tests.fakes.wechat_api import Follower, Member, Received
from tests.fakes.wechat_api.rules import leaves
from tests.fakes.wechat_api.server import Provider

VOICE = b"#!AMR\n" + bytes(200)
PAUSE = 3.0  # seconds of the provider's clock between two actions of one person
ENDS = ("Cancel", "取消")  # what is offered as long as a conversation is open

_NUMBERED = re.compile(r"(\d+)\. (.+)")
_WORDS = re.compile(r"\[(.+)\]")
_LINK = re.compile(r".+: https?://\S+")

P = TypeVar("P", Follower, Member)


@dataclass(frozen=True)
class Offer:
    """A choice in a chat; `number` stands before it, unless it can only be typed as a word. One that can be
    `tapped` has neither."""

    label: str
    number: str = ""
    tapped: bool = False


class WeChatSeat(Generic[P]):
    """What both have in common.

    Neither knows captions: a photo is sent before its words where a conversation is open, which keeps it
    until they come, and else after them. Neither tells which message a person quotes: who wants to answer one
    takes the first choice under it. An album is photos one by one, and a short word over the chat a message.
    """

    captions = False

    def __init__(self, provider: Provider[P], person: P, app: App) -> None:
        self.provider: Provider[P] = provider
        self.person: P = person
        self.app = app
        self.actions = 0
        self._after = 0

    async def does(self, step: dict[str, Any]) -> None:
        self.actions += 1
        self.provider.clock.advance(PAUSE)
        await self._reads()
        if "replies_to" in step:
            await self._choose(self._under(step["replies_to"]))
            await self._reads()
            await self.person.says(step["says"])
        elif "says" in step:
            await self._says(step["says"])
        elif "taps" in step:
            await self._choose(self._offer(step["taps"]))
        elif "photo" in step or "album" in step:
            await self._shows(step.get("album") or [step["photo"]], step.get("caption", ""))
        elif "voice" in step:
            await self.person.sends_voice(VOICE)
        elif "location" in step:
            await self.person.sends_location(*step["location"])
        elif "follows" in step:
            await self._scans(step["follows"])

    async def _says(self, text: str) -> None:
        """Tap the menu where it has this, else type it."""
        if text in [leaf.get("key") for leaf in leaves(self.provider.menu)]:
            await self.person.taps_menu(text)
        else:
            await self.person.says(text)

    async def _shows(self, names: list[str], caption: str) -> None:
        is_open = not set(ENDS).isdisjoint(await self.buttons())
        if caption and not is_open:
            await self.person.says(caption)
            await self._reads()
        self.actions += 1 if caption else 0
        for name in names:
            await self.person.sends_image(picture(name))
            await self._reads()
        if caption and is_open:
            await self.person.says(caption)

    async def _choose(self, offer: Offer) -> None:
        """Tap it where it can be tapped, else type its number or, every other time, its label."""
        if offer.tapped:
            await self._taps(offer.label)
        else:
            await self.person.says(offer.number if offer.number and self.actions % 2 else offer.label)

    def _offer(self, wanted: str) -> Offer:
        """The newest choice whose label contains `wanted`."""
        for received in reversed(self.person.received):
            for offers in offered(received):
                if exact := next((offer for offer in offers if offer.label == wanted), None):
                    return exact
                if partly := next((offer for offer in offers if wanted in offer.label), None):
                    return partly
        raise AssertionError(f"no choice {wanted!r}\n{self.person.story()}")

    def _under(self, wanted: str) -> Offer:
        """The first choice under the newest message with these words."""
        for received in reversed(self.person.received):
            if wanted in received.text and (offers := next(offered(received), None)):
                return offers[0]
        raise AssertionError(f"no message {wanted!r} with a choice\n{self.person.story()}")

    async def _reads(self) -> None:
        """Wait for all that is on its way here and may come now."""
        query = (
            select(func.count(Outbox.id))
            .join(Account, Account.id == Outbox.account_id)
            .where(Account.external_id == self.person.id, UNSENT, Outbox.status != "dead")
        )
        async with asyncio.timeout(WAIT):
            while await self._count(query.where(Account.open_at(datetime.now(UTC)))):  # noqa: ASYNC110
                await asyncio.sleep(0.01)  # the outbox has no event to wait for

    async def _count(self, query: Select[Any]) -> int:
        async with self.app.database.reading() as db:
            return await db.scalar(query) or 0

    async def stirs(self) -> None:
        await asyncio.sleep(0.02)

    async def fresh(self) -> str:
        return "\n\n".join(received.text for received in self.person.received[self._after :])

    async def mark(self) -> None:
        self._after = len(self.person.received)

    async def buttons(self) -> list[str]:
        await self._reads()
        received = self.person.received
        return [offer.label for offer in next(offered(received[-1]), [])] if received else []

    async def toast(self) -> str:
        return await self.fresh()

    async def story(self) -> str:
        return str(self.person.story())

    async def _taps(self, label: str) -> None:
        raise NotImplementedError

    async def _scans(self, link: str) -> None:
        raise NotImplementedError


class FollowerSeat(WeChatSeat[Follower]):
    """A person with WeChat. Files come as links."""

    async def _taps(self, label: str) -> None:
        await self.person.taps_choice(label)

    async def _scans(self, link: str) -> None:
        await self.person.scans(link)


class MemberSeat(WeChatSeat[Member]):
    """A person with WeCom, who scans with the scanner in the app's menu."""

    async def _taps(self, label: str) -> None:
        await self.person.taps_card(label)

    async def _scans(self, link: str) -> None:
        prefix, _sep, code = link.partition("_")
        name = {"h": "hall"}.get(prefix, prefix)
        await self.person.scans_for_menu("scan", f"{self.app.url}/chat?{name}={quote(code)}")


def offered(received: Received) -> Iterator[list[Offer]]:
    """The choices in something received, those of its last message first: one answer may hold several."""
    tapped = [Offer(label, tapped=True) for label in received.labels]
    blocks = reversed(received.text.split("\n\n"))
    if tapped:
        yield [*tapped, *(offer for offer in _typed(next(blocks)) if not offer.number)]
    for block in blocks:
        if offers := _typed(block):
            yield offers


def _typed(block: str) -> list[Offer]:
    """The choices at the end of a block of lines: `1. A`, or `🙁 2  😐 3`, then `[Back | Cancel]`."""
    found: list[Offer] = []
    for line in reversed(block.split("\n")):
        if numbered := _NUMBERED.fullmatch(line):
            found.insert(0, Offer(numbered[2], numbered[1]))
        elif not found and (words := _WORDS.fullmatch(line)):
            found = [Offer(word) for word in words[1].split(" | ")]
        elif "  " in line or (found and not found[0].number):  # of labels that are numbers already
            found = [*(Offer(label) for label in line.split("  ")), *found]
        elif not _LINK.fullmatch(line):
            break
    return found
