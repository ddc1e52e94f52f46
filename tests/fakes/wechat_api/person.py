"""What followers and members have in common: acting, and a chat in which answers arrive."""

from collections.abc import Callable, Coroutine
from typing import Any

from tests.fakes.bot_api.world import Changes
from tests.fakes.wechat_api.callbacks import Callbacks, Delivery
from tests.fakes.wechat_api.envelope import Answer
from tests.fakes.wechat_api.rules import Json, leaves
from tests.fakes.wechat_api.world import WAIT, Clock, MediaShelf, Received, Via

BROKEN = "该公众号提供的服务出现故障，请稍后再试"


class Ground:
    """Where people act: the provider's clock, its files, its numbers, and the way to the program."""

    def __init__(self, clock: Clock, changes: Changes, media: MediaShelf, callbacks: Callbacks) -> None:
        self.clock = clock
        self.changes = changes
        self.media = media
        self.callbacks = callbacks
        self.menu: list[Json] = []
        self._message = 7_400_000_000_000_000_000

    def number(self) -> int:
        """The next MsgId, 64 bits long."""
        self._message += 1
        return self._message


class Person:
    """One person's chat: `received` in the order it came, `deliveries` of what they did themselves."""

    def __init__(self, ground: Ground, id: str) -> None:
        self.id = id
        self.received: list[Received] = []
        self.deliveries: list[Delivery] = []
        self._ground = ground
        self._acted_at = 0
        self._mark = 0  # how much had been received at the last action

    # -- acting -------------------------------------------------------------------------------------------

    def head(self, kind: str) -> Json:
        """The fields that every callback about this person begins with."""
        # Whole seconds: nobody taps twice within one, and events are told apart by nothing else.
        self._acted_at = max(self._acted_at + 1, int(self._ground.clock.now()))
        return {"ToUserName": "", "FromUserName": self.id, "CreateTime": self._acted_at, "MsgType": kind}

    async def does(self, fields: Json) -> Delivery:
        """Tells the program what this person did; returns when it has answered or was given up."""
        delivery = Delivery(self.id, fields)
        self.deliveries.append(delivery)
        self._mark = len(self.received)
        if not await self._ground.callbacks.deliver(delivery):
            self._broken(delivery)
        return delivery

    async def message(self, kind: str, **fields: Any) -> Delivery:
        """Sends something with a MsgId."""
        return await self.does({**self.head(kind), **fields, "MsgId": self._ground.number()})

    async def event(self, name: str, key: str = "", **fields: Any) -> Delivery:
        """Causes an event."""
        return await self.does({**self.head("event"), "Event": name, "EventKey": key, **fields})

    def expects_button(self, kind: str, key: str) -> None:
        """AssertionError where there is a menu, but without this button in it."""
        there = [(leaf["type"], leaf.get("key")) for leaf in leaves(self._ground.menu)]
        assert not there or (kind, key) in there, f"no button {kind} {key!r} in the menu: {there}"

    def keep(self, kind: str, name: str, mime: str, content: bytes) -> str:
        """The media id of a file this person sends."""
        return self._ground.media.add(kind, name, mime, content)

    def _broken(self, delivery: Delivery) -> None:
        self.gets("notice", BROKEN, "system")

    # -- reading ------------------------------------------------------------------------------------------

    def gets(self, kind: str, text: str, via: Via, **more: Any) -> Received:
        """Puts something into the chat."""
        received = Received(kind, text, via, self._ground.clock.now(), **more)
        self.received.append(received)
        self._ground.changes.notify()
        return received

    def shown(self, answer: Answer) -> Received:
        """Puts a passive reply into the chat."""
        if answer.kind == "text":
            return self.gets("text", answer.content, "reply")
        media = self._ground.media.get(answer.content, answer.kind)
        return self.gets(answer.kind, "", "reply", media=media)

    @property
    def texts(self) -> list[str]:
        return [received.text for received in self.received]

    @property
    def fresh(self) -> list[Received]:
        """What came since the person's last action."""
        return self.received[self._mark :]

    def wait_for(
        self, condition: Callable[[list[Received]], object], timeout: float = WAIT
    ) -> Coroutine[Any, Any, list[Received]]:
        """Waits until `condition(all that was received)` is true and returns it; else AssertionError."""

        def found() -> list[Received] | None:
            return self.received if condition(self.received) else None

        return self._ground.changes.until(found, timeout, self.story)

    def hears(self, fragment: str = "", timeout: float = WAIT) -> Coroutine[Any, Any, Received]:
        """Waits for something with this text that came since the person's last action."""

        def found() -> Received | None:
            return next((one for one in reversed(self.fresh) if fragment in one.text), None)

        return self._ground.changes.until(found, timeout, self.story)

    def choice(self, words: str, *kinds: str) -> tuple[Received, str]:
        """The newest message of these kinds with a choice of these words or this id, and that id."""
        for received in reversed(self.received):
            for key, label in received.choices:
                if received.kind in kinds and words in (key, label):
                    return received, key
        raise AssertionError(f"no choice {words!r}; the chat:\n{self.story()}")

    def story(self) -> str:
        return "\n".join(map(str, self.received)) or "(an empty chat)"


def picture_name(content: bytes) -> tuple[str, str]:
    """The name and type under which a picture is handed out."""
    return ("image.png", "image/png") if content.startswith(b"\x89PNG") else ("image.jpg", "image/jpeg")
