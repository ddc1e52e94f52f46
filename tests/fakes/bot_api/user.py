"""A person with a phone: writes, taps and sends photos to the bot, and reads what it answers."""

import re
import secrets
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from tests.fakes.bot_api.rules import Json
from tests.fakes.bot_api.world import Callback, Chat, Message, Stored, Toast, copied

if TYPE_CHECKING:
    from tests.fakes.bot_api.server import FakeBotAPI

WAIT = 5.0  # seconds


class User:
    """Drives one private chat. `actions` counts what the person did: one for each message, album or tap.

    Text goes to the bot as it is, however strange: clients are free to send what Telegram lets through.
    """

    def __init__(self, api: "FakeBotAPI", chat: Chat) -> None:
        self._api = api
        self.chat = chat
        self.person = chat.person
        self.id = chat.id
        self.actions = 0
        self._mark = 0  # the order of changes at the last action

    # -- writing ----------------------------------------------------------------------------------------

    async def sends(self, text: str) -> Message:
        return self._says(_text(text))

    async def starts(self, payload: str = "") -> Message:
        """Opens the bot by a link; `payload` is at most 64 characters of A-Za-z0-9_-."""
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,64}", payload):
            raise ValueError(f"a start link cannot carry {payload!r}")
        return await self.sends(f"/start {payload}".strip())

    async def replies(self, message: Message, text: str) -> Message:
        quoted = {key: value for key, value in message.raw.items() if key != "reply_to_message"}
        return self._says({**_text(text), "reply_to_message": quoted})

    async def sends_photo(self, data: bytes, caption: str = "", media_group_id: str | None = None) -> Message:
        """A photo in several sizes, the largest with the very bytes given."""
        sizes = self._api.world.files.add_photo(data)
        group = {"media_group_id": media_group_id} if media_group_id else {}
        content = {"photo": [size.json() for size in sizes], **_caption(caption), **group}
        return self._says(content, sizes)

    async def sends_album(self, photos: Sequence[bytes | tuple[bytes, str]]) -> list[Message]:
        """2-10 photos, each alone or with its caption: one action, one update for each photo."""
        group, before = str(secrets.randbits(62)), self.actions
        pairs = [photo if isinstance(photo, tuple) else (photo, "") for photo in photos]
        messages = [await self.sends_photo(data, caption, group) for data, caption in pairs]
        self.actions = before + 1
        return messages

    async def sends_document(
        self, data: bytes, name: str = "file.bin", mime: str = "application/octet-stream", caption: str = ""
    ) -> Message:
        stored = self._api.world.files.add("document", data, "", {"file_name": name, "mime_type": mime})
        return self._says({"document": stored.json(), **_caption(caption)}, [stored])

    async def sends_voice(self, data: bytes, seconds: int = 3) -> Message:
        about = {"duration": seconds, "mime_type": "audio/ogg"}
        stored = self._api.world.files.add("voice", data, ".oga", about)
        return self._says({"voice": stored.json()}, [stored])

    async def sends_location(self, latitude: float, longitude: float) -> Message:
        return self._says({"location": {"latitude": latitude, "longitude": longitude}})

    async def sends_contact(self, phone: str, *, of: int | None = None) -> Message:
        """The own contact, or a foreign one when `of` gives another user id."""
        contact = {"phone_number": phone, "first_name": self.person["first_name"], "user_id": of or self.id}
        return self._says({"contact": contact})

    def _says(self, content: Json, files: list[Stored] | None = None) -> Message:
        self._acts()
        self.chat.known = True
        message = self._api.world.post(self.chat, self.person, content, files)
        self._api.inject({"message": copied(message.raw)})
        return message

    def _acts(self) -> None:
        if self.chat.blocked:
            raise RuntimeError("the bot is blocked: call unblocks() first")
        self.actions += 1
        self._mark = self._api.world.changes.count

    # -- tapping ----------------------------------------------------------------------------------------

    async def taps(self, button: str, message: Message | None = None) -> str:
        """Taps the button with this label or data, in `message` or the newest one that has it.

        Returns the callback query's id; AssertionError when no such button can be seen.
        """
        shown = [message] if message else [m for m in reversed(self.chat.visible()) if m.from_bot]
        for candidate in shown:
            data = None if candidate.deleted else candidate.callback_data(button)
            if data is not None:
                return await self.taps_raw(data, candidate)
        raise AssertionError(f"no button {button!r}; the chat:\n{self.chat.story()}")

    async def taps_raw(self, data: str, message: Message) -> str:
        """A callback query with any data at all, as a forged or outdated client may send it."""
        self._acts()
        query_id = str(secrets.randbits(63))
        self._api.world.callbacks[query_id] = Callback(self.chat, self._api.world.clock.now())
        query = {"id": query_id, "from": self.person, "message": copied(message.raw), "data": data}
        self._api.inject({"callback_query": {**query, "chat_instance": str(self.id)}})
        return query_id

    # -- the bot as such --------------------------------------------------------------------------------

    async def blocks_bot(self) -> None:
        self._membership(blocked=True)

    async def unblocks(self) -> None:
        self._membership(blocked=False)

    def _membership(self, *, blocked: bool) -> None:
        self.chat.blocked = blocked
        self.chat.known = True
        states: list[Json] = [
            {"user": self._api.world.bot, "status": "member"},
            {"user": self._api.world.bot, "status": "kicked", "until_date": 0},
        ]
        old, new = states if blocked else reversed(states)
        change = {"chat": self.chat.json(), "from": self.person, "date": int(self._api.world.clock.now())}
        self._api.inject({"my_chat_member": {**change, "old_chat_member": old, "new_chat_member": new}})

    # -- reading ----------------------------------------------------------------------------------------

    @property
    def answers(self) -> list[Message]:
        """The bot's messages that can be seen, oldest first."""
        return [message for message in self.chat.visible() if message.from_bot]

    @property
    def toasts(self) -> list[Toast]:
        return self.chat.toasts

    def wait_for(
        self, condition: Callable[[list[Message]], object], timeout: float = WAIT
    ) -> Coroutine[Any, Any, list[Message]]:
        """Waits until `condition(visible messages)` is true and returns them; else AssertionError."""

        def found() -> list[Message] | None:
            seen = self.chat.visible()
            return seen if condition(seen) else None

        return self._api.world.changes.until(found, timeout, self.chat.story)

    def hears(self, fragment: str = "", timeout: float = WAIT) -> Coroutine[Any, Any, Message]:
        """Waits for the bot's message with this text, new or edited since the person's last action."""

        def found() -> Message | None:
            fresh = (m for m in reversed(self.answers) if m.changed > self._mark)
            return next((m for m in fresh if fragment in m.text), None)

        return self._api.world.changes.until(found, timeout, self.chat.story)

    def sees_toast(self, callback_id: str, timeout: float = WAIT) -> Coroutine[Any, Any, Toast]:
        """Waits for the answer to a tap."""

        def found() -> Toast | None:
            return next((toast for toast in self.toasts if toast.callback_id == callback_id), None)

        return self._api.world.changes.until(found, timeout, self.chat.story)


def _text(text: str) -> Json:
    command = re.match(r"/[A-Za-z0-9_]{1,32}(@\w+)?(?=\s|$)", text)
    if not command:
        return {"text": text}
    return {"text": text, "entities": [{"type": "bot_command", "offset": 0, "length": command.end()}]}


def _caption(caption: str) -> Json:
    return {"caption": caption} if caption else {}
