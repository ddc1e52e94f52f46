"""The people: each goes through conversations step by step, by webhook posts, at any pace."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from typing import Final

from tests.bench.botapi import BotApi
from tests.bench.subjects.words import QUESTIONS
from tests.bench.updates import FIRST_CHAT, Post, Who
from tests.bench.wire import Posting

STEPS: Final = len(QUESTIONS)  # the opening command, four taps, the note
LAST: Final = STEPS - 1
AGAIN_AFTER: Final = 0.1  # seconds until an update that was not confirmed is posted again
CHOICES: Final = 3  # the first buttons under a question; what follows are a form's own controls


class Person:
    """Somebody with a telephone, at `step` (0 to 5) of their `round`-th conversation."""

    __slots__ = ("buttons", "chat", "confirmed", "due", "message", "request", "round", "shown", "step", "who")

    def __init__(self, chat: int) -> None:
        self.chat = chat
        self.who = Who(chat)
        self.step = 0
        self.round = 0
        self.message = 1
        self.buttons: list[bytes] = []
        self.request = b""
        self.due = 0.0
        self.confirmed = self.shown = True  # the step's update is confirmed, and the next question is there

    @property
    def waits(self) -> bool:
        return not (self.confirmed and self.shown)

    @property
    def note(self) -> str:
        """What they type at the end; no two conversations have the same."""
        return f"nothing odd was seen by {self.chat - FIRST_CHAT} on round {self.round}"


class Crowd:
    """All people of one run against one bot. `ready` is called with whoever has been answered.

    `latencies` are seconds from when a step was due until the next question was shown; `finished` are the
    notes of conversations that were confirmed and thanked for; `odd` counts messages that were no answer.
    Who is `lenient` goes on from a later question than the one they wait for.
    """

    def __init__(self, delay: float = 0.0) -> None:
        self.api = BotApi(self._heard, self._who, delay)
        self.port = 0
        self.people: dict[int, Person] = {}
        self.ready: Callable[[Person], None] = self.rest
        self.latencies: list[float] = []
        self.finished: list[str] = []
        self.taps = self.odd = 0
        self.lenient = False
        self._post = Post()
        self._idle: deque[Posting] = deque()
        self._all: set[Posting] = set()
        self._waiting = 0
        self._nobody_waits = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def person(self, number: int) -> Person:
        """The person of that number, known from then on."""
        chat = FIRST_CHAT + number
        if chat not in self.people:
            self.people[chat] = Person(chat)
        return self.people[chat]

    def act(self, person: Person, due: float | None = None) -> None:
        """Have a person do their step, which was `due` then or is now."""
        person.due = perf_counter() if due is None else due
        person.confirmed = person.shown = False
        person.request = self._request(person)
        self._waiting += 1
        self._send(person)

    def rest(self, person: Person) -> None:
        """The `ready` under which nobody goes on."""

    def go_on(self, person: Person) -> None:
        """The `ready` under which everybody ends the conversation they are in."""
        if person.step:
            self.act(person)

    async def settle(self, quiet: float = 10.0) -> list[Person]:
        """Wait until everybody is answered, or nobody was for `quiet` seconds; returns who still waits."""
        while self._waiting:
            heard = len(self.latencies)
            self._nobody_waits.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(quiet):
                    await self._nobody_waits.wait()
            if self._waiting and len(self.latencies) == heard:
                break
        return [person for person in self.people.values() if person.waits]

    def forget(self, person: Person) -> None:
        """Count somebody no more as waiting."""
        person.confirmed = person.shown = True
        self._waiting -= 1

    async def leave(self) -> None:
        """Close every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for posting in list(self._all):
            posting.close()

    def _request(self, person: Person) -> bytes:
        if person.step == 0:
            return self._post.words(person.who, person.message, "/bench")
        if person.step == LAST:
            return self._post.words(person.who, person.message, person.note)
        self.taps += 1
        choice = (person.chat + person.round + person.step) % CHOICES
        return self._post.tap(person.who, person.message, person.buttons[choice])

    def _send(self, person: Person) -> None:
        while self._idle:
            posting = self._idle.popleft()
            if posting.is_open:
                posting.post(person.request, person.chat)
                return
        task = asyncio.create_task(self._connect(person))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, person: Person) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                _, posting = await loop.create_connection(self._posting, "127.0.0.1", self.port)
            except OSError:  # the bot is away: Telegram tries again
                await asyncio.sleep(AGAIN_AFTER)
                continue
            self._all.add(posting)
            posting.post(person.request, person.chat)
            return

    def _posting(self) -> Posting:
        return Posting(self._answered, self._dropped)

    def _answered(self, posting: Posting, status: int, body: bytes) -> None:
        person = self.people[posting.whose]
        posting.whose = -1
        self._idle.append(posting)
        if not 200 <= status < 300:
            self._once_more(person)
            return
        if body:
            self.api.in_answer(body)
        person.confirmed = True
        self._on(person)

    def _dropped(self, posting: Posting) -> None:
        self._all.discard(posting)
        if posting.whose >= 0:
            self._once_more(self.people[posting.whose])

    def _once_more(self, person: Person) -> None:
        asyncio.get_running_loop().call_later(AGAIN_AFTER, self._send, person)

    def _who(self, chat: int) -> Who:
        return self.people[chat].who

    def _heard(self, chat: int, message: int, question: int, buttons: list[bytes]) -> None:
        person = self.people[chat]
        if message:
            person.message = message
        if buttons:
            person.buttons = buttons
        ahead = question - person.step - 1
        if person.shown or ahead < 0 or (ahead and not self.lenient):
            self.odd += 1
            return
        person.step += ahead
        person.shown = True
        self.latencies.append(perf_counter() - person.due)
        self._on(person)

    def _on(self, person: Person) -> None:
        """Go on, where the step is both confirmed and answered."""
        if not (person.confirmed and person.shown):
            return
        self._waiting -= 1
        if not self._waiting:
            self._nobody_waits.set()
        if person.step == LAST:
            self.finished.append(person.note)
            person.round += 1
        person.step = (person.step + 1) % STEPS
        self.ready(person)
