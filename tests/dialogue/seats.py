"""Where a person of a dialogue sits: at Telegram, or at the web chat in a browser."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO
from typing import Any, Protocol
from urllib.parse import quote

from PIL import Image
from playwright.async_api import Error, Locator, Page

from tests.fakes.bot_api import User

WAIT = 10.0  # seconds
# A whole Ogg/Opus stream of silence would be long; the head is what its kind is known by.
# What the desk has said in the page, from top to bottom.
TEXTS = """[...document.querySelectorAll('#messages .message.desk')]
    .map((message) => message.querySelector('.text')?.innerText ?? '')"""
# Resolves when that is no more what was told, or at the next change of the page, in half a second at last.
STIRS = f"""(told) => new Promise((resolve) => {{
    const observer = new MutationObserver(resolve);
    observer.observe(document, {{childList: true, characterData: true, subtree: true}});
    if (JSON.stringify({TEXTS}) !== JSON.stringify(told)) resolve();
    setTimeout(resolve, 500);
}})"""
VOICE = b"OggS\x00\x02" + bytes(22) + b"\x01\x13OpusHead\x01\x01" + bytes(200)


class Seat(Protocol):
    """What a person can do on any channel, and what they see of it; `actions` counts what they did. With
    `captions` a photo and its words are one message."""

    captions: bool

    @property
    def actions(self) -> int: ...

    async def does(self, step: dict[str, Any]) -> None:
        """Do what the step says, once."""

    async def fresh(self) -> str:
        """All text new or changed since the last `mark`."""

    async def stirs(self) -> None:
        """Wait until there may be more than `fresh` told last, and not for long."""

    async def mark(self) -> None:
        """From now on what arrives is fresh."""

    async def buttons(self) -> list[str]:
        """The labels under the newest message."""

    async def toast(self) -> str:
        """The last short word shown over the chat since the last `mark`."""

    async def story(self) -> str:
        """The whole chat, for a failing test."""


async def hears(seat: Seat, wanted: Sequence[str]) -> str:
    """Wait until all of `wanted` is in what is fresh. Raises AssertionError with the chat's story."""
    deadline = asyncio.get_running_loop().time() + WAIT
    while True:
        heard = await seat.fresh()
        missing = [fragment for fragment in wanted if fragment not in heard]
        if not missing:
            return heard
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"never heard {missing}; fresh: {heard!r}\n{await seat.story()}")
        await seat.stirs()


async def toasts(seat: Seat, wanted: str) -> None:
    """Wait until the toast has `wanted` in it."""
    deadline = asyncio.get_running_loop().time() + WAIT
    while wanted not in await seat.toast():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"no toast {wanted!r} but {await seat.toast()!r}\n{await seat.story()}")
        await asyncio.sleep(0.02)  # polling a page has no event to wait for


def picture(name: str) -> bytes:
    """A small JPEG, another for every name, also when it has been encoded anew."""
    colour = tuple(hashlib.sha256(name.encode()).digest()[:3])
    buffer = BytesIO()
    Image.new("RGB", (64, 48), colour).save(buffer, "JPEG")
    return buffer.getvalue()


class TelegramSeat:
    """A person with Telegram on their phone, at the fake Bot API."""

    captions = True

    def __init__(self, user: User) -> None:
        self.user = user
        self._after = 0
        self._toasts = 0

    @property
    def actions(self) -> int:
        return self.user.actions

    async def does(self, step: dict[str, Any]) -> None:
        user = self.user
        if "replies_to" in step:
            quoted = next(m for m in reversed(user.answers) if step["replies_to"] in m.text)
            await user.replies(quoted, step["says"])
        elif "says" in step:
            await user.sends(step["says"])
        elif "taps" in step:
            await user.taps(self._label(step["taps"]))
        elif "photo" in step:
            await user.sends_photo(picture(step["photo"]), step.get("caption", ""))
        elif "album" in step:
            first, *rest = [picture(name) for name in step["album"]]
            await user.sends_album([(first, step.get("caption", "")), *rest])
        elif "voice" in step:
            await user.sends_voice(VOICE)
        elif "location" in step:
            await user.sends_location(*step["location"])
        elif "follows" in step:
            await user.starts(step["follows"])

    def _label(self, wanted: str) -> str:
        """The newest button whose label contains `wanted`."""
        for message in reversed(self.user.answers):
            labels = [label for row in message.buttons for label, _data in row]
            if exact := next((label for label in labels if label == wanted), None):
                return exact
            if partly := next((label for label in labels if wanted in label), None):
                return partly
        raise AssertionError(f"no button {wanted!r}\n{self.user.chat.story()}")

    async def stirs(self) -> None:
        await asyncio.sleep(0.02)

    async def fresh(self) -> str:
        return "\n\n".join(message.text for message in self.user.answers if message.changed > self._after)

    async def mark(self) -> None:
        self._after = max((message.changed for message in self.user.answers), default=0)
        self._toasts = len(self.user.toasts)

    async def buttons(self) -> list[str]:
        return [label for row in self.user.answers[-1].buttons for label, _data in row]

    async def toast(self) -> str:
        return " ".join(toast.text for toast in self.user.toasts[self._toasts :])

    async def story(self) -> str:
        return str(self.user.chat.story())


class BrowserSeat:
    """A person at the web chat, in a real browser."""

    captions = True

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.actions = 0
        self._seen: list[str] = []
        self._told: list[str] = []

    async def does(self, step: dict[str, Any]) -> None:
        self.actions += 1
        page = self.page
        if "replies_to" in step:
            message = page.locator(".message.desk", has_text=step["replies_to"]).last
            await message.locator(".reply").click()
            await self._writes(step["says"])
        elif "says" in step:
            await self._writes(step["says"])
        elif "taps" in step:
            await (await self._button(step["taps"])).click()
        elif "photo" in step or "album" in step:
            names = step.get("album") or [step["photo"]]
            files: list[Any] = [
                {"name": name, "mimeType": "image/jpeg", "buffer": picture(name)} for name in names
            ]
            await page.locator("#files").set_input_files(files)
            await self._writes(step.get("caption", ""))
        elif "voice" in step:
            await page.locator("#record").click()
            await page.locator("#finish").click()
        elif "location" in step:
            latitude, longitude = step["location"]
            await page.context.set_geolocation({"latitude": latitude, "longitude": longitude})
            await page.locator("#more").click()
            await page.locator("#place").click()
        elif "follows" in step:
            prefix, _sep, code = step["follows"].partition("_")
            name = {"p": "p", "h": "hall", "i": "i", "l": "l"}[prefix]
            await page.goto(f"{self.url}/chat?{name}={quote(code)}")
            self._seen = []

    async def _button(self, wanted: str) -> Locator:
        """The newest message's button with this label, or else the first with a part of it."""
        label = self.page.locator(".choice", has_text=wanted)
        choices = self.page.locator(".message.desk", has=label).last.locator(".choice", has_text=wanted)
        labels = [text.strip() for text in await choices.all_inner_texts()]
        return choices.nth(labels.index(wanted) if wanted in labels else 0)

    async def _writes(self, text: str) -> None:
        if text:
            await self.page.locator("#field").fill(text)
        await self.page.locator("#send").click()

    async def _texts(self) -> list[str]:
        await self.page.wait_for_load_state()  # a change of language loads the page anew
        self._told = await self.page.evaluate(TEXTS)
        return self._told

    async def stirs(self) -> None:
        with suppress(Error):  # the page went away meanwhile
            await self.page.evaluate(STIRS, self._told)

    async def fresh(self) -> str:
        try:
            now = await self._texts()
        except Error:  # the page went away while it was read
            return ""
        changed = [
            text for place, text in enumerate(now) if place >= len(self._seen) or self._seen[place] != text
        ]
        return "\n\n".join(changed)

    async def mark(self) -> None:
        await self.page.wait_for_load_state()
        self._seen = await self.page.evaluate(f"document.getElementById('toast').textContent = '', {TEXTS}")

    async def buttons(self) -> list[str]:
        newest = self.page.locator(".message.desk").last
        return await newest.locator(".choice").all_inner_texts()

    async def toast(self) -> str:
        return await self.page.locator("#toast").inner_text()

    async def story(self) -> str:
        return "\n---\n".join(await self._texts())
