"""What Telegram itself remembers: chats, messages, files, callback queries, and the clock they live by."""

import asyncio
import hashlib
import io
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from PIL import Image, UnidentifiedImageError

from tests.fakes.bot_api.rules import Json

T = TypeVar("T")
PHOTO_SIDES = (90, 320, 800)  # pixels of the longer side of the smaller copies Telegram keeps


class Clock:
    """Real seconds since 1970, which a test may push forward."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


class Changes:
    """Wakes everyone who waits for the world to change; safe within one event loop."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self.count = 0

    def notify(self) -> None:
        self.count += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def next(self, seconds: float) -> bool:
        """Waits up to `seconds` for the next change; False when there was none."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def until(self, found: Callable[[], T | None], seconds: float, story: Callable[[], str]) -> T:
        """Waits until `found()` is true and returns it; AssertionError with `story()` after `seconds`."""
        deadline = time.monotonic() + seconds
        while not (result := found()):
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"not within {seconds} s; so far:\n{story()}")
            await self.next(left)
        return result


@dataclass(frozen=True)
class Stored:
    """One file on Telegram's side. `about` holds the type's own fields: width, duration, file_name ..."""

    file_id: str
    unique_id: str
    kind: str
    data: bytes
    path: str
    about: Json

    def json(self) -> Json:
        ids = {"file_id": self.file_id, "file_unique_id": self.unique_id, "file_size": len(self.data)}
        return {**ids, **self.about}


class Files:
    """Every file by `file_id` and by download path; a photo is one file for each size."""

    def __init__(self) -> None:
        self._files: dict[str, Stored] = {}
        self._photos: dict[str, list[Stored]] = {}

    def add(self, kind: str, data: bytes, suffix: str, about: Json) -> Stored:
        """Keeps a file under a new `file_id`; equal content has an equal `file_unique_id`."""
        unique = hashlib.sha256(kind.encode() + data).hexdigest()[:15]
        path = f"{kind}s/file_{len(self._files)}{suffix}"
        stored = Stored(secrets.token_urlsafe(40), unique, kind, data, path, about)
        self._files[stored.file_id] = stored
        return stored

    def add_photo(self, data: bytes) -> list[Stored]:
        """The sizes of a photo, smallest first; the last holds the very bytes given."""
        sizes = [
            self.add("photo", copy, ".jpg", {"width": width, "height": height})
            for copy, width, height in _copies(data)
        ]
        self._photos.update({size.file_id: sizes for size in sizes})
        return sizes

    def photo(self, file_id: str) -> list[Stored]:
        return self._photos[file_id]

    def by_id(self, file_id: str) -> Stored | None:
        return self._files.get(file_id)

    def by_path(self, path: str) -> Stored | None:
        return next((stored for stored in self._files.values() if stored.path == path), None)


def _copies(data: bytes) -> list[tuple[bytes, int, int]]:
    try:
        image = Image.open(io.BytesIO(data)).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError):
        return [(data, 1280, 960)]  # what a person sends may be no image: the bot has to find out itself
    copies = []
    for side in (side for side in PHOTO_SIDES if side < max(image.size)):
        small = image.copy()
        small.thumbnail((side, side))
        buffer = io.BytesIO()
        small.save(buffer, "JPEG")
        copies.append((buffer.getvalue(), *small.size))
    return [*copies, (data, *image.size)]


def is_image(data: bytes) -> bool:
    try:
        Image.open(io.BytesIO(data)).verify()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):  # PNG's verify raises SyntaxError
        return False
    return True


@dataclass
class Message:
    """A message as its reader sees it. `raw` is the Bot API's own object; the rest is read from it."""

    raw: Json
    from_bot: bool
    files: list[Stored] = field(default_factory=list)
    markup: Json | None = None  # also keyboards under the input field, which `raw` never shows
    edited: int = 0
    deleted: bool = False
    changed: int = 0  # the place of its last change in the order of all changes

    @property
    def message_id(self) -> int:
        return int(self.raw["message_id"])

    @property
    def text(self) -> str:
        """Text or caption."""
        return str(self.raw.get("text") or self.raw.get("caption") or "")

    @property
    def buttons(self) -> list[list[tuple[str, str]]]:
        """Rows of (label, callback data, or the URL of a link)."""
        rows = self.raw.get("reply_markup", {}).get("inline_keyboard", [])
        return [[(b["text"], b.get("callback_data") or b.get("url", "")) for b in row] for row in rows]

    @property
    def labels(self) -> list[str]:
        return [label for row in self.buttons for label, _ in row]

    @property
    def keyboard(self) -> list[list[str]]:
        """Labels of the keyboard shown instead of the phone's own one."""
        rows = (self.markup or {}).get("keyboard", [])
        return [[b if isinstance(b, str) else b["text"] for b in row] for row in rows]

    @property
    def photo(self) -> bytes | None:
        return self._bytes_of("photo")

    @property
    def document(self) -> bytes | None:
        return self._bytes_of("document")

    @property
    def voice(self) -> bytes | None:
        return self._bytes_of("voice")

    @property
    def file_name(self) -> str:
        return str(self.raw.get("document", {}).get("file_name", ""))

    @property
    def album(self) -> str:
        return str(self.raw.get("media_group_id", ""))

    @property
    def reply_to(self) -> int:
        """The id of the message this one replies to, or 0."""
        return int(self.raw.get("reply_to_message", {}).get("message_id", 0))

    def callback_data(self, button: str) -> str | None:
        """The data behind a button named by its label or its data."""
        rows = self.raw.get("reply_markup", {}).get("inline_keyboard", [])
        named = (b for row in rows for b in row if button in (b["text"], b.get("callback_data")))
        return next((b["callback_data"] for b in named if "callback_data" in b), None)

    def _bytes_of(self, kind: str) -> bytes | None:
        return self.files[-1].data if self.files and self.files[-1].kind == kind else None

    def __str__(self) -> str:
        who = "bot" if self.from_bot else "person"
        media = f" <{self.files[-1].kind}>" if self.files else ""
        return f"#{self.message_id} {who}{media}: {self.text}  {self.buttons or ''}"


@dataclass(frozen=True)
class Toast:
    """What answering a callback query showed at the top of the screen, or as an alert."""

    callback_id: str
    text: str
    alert: bool


@dataclass
class Chat:
    """The private chat of one person with the bot."""

    person: Json
    known: bool = False  # the person wrote first
    blocked: bool = False
    messages: dict[int, Message] = field(default_factory=dict)
    toasts: list[Toast] = field(default_factory=list)

    @property
    def id(self) -> int:
        return int(self.person["id"])

    def json(self) -> Json:
        names = {key: self.person[key] for key in self.person if key in {"first_name", "username"}}
        return {"id": self.id, "type": "private", **names}

    def visible(self) -> list[Message]:
        return [message for message in self.messages.values() if not message.deleted]

    def find(self, message_id: int) -> Message | None:
        message = self.messages.get(message_id)
        return None if message is None or message.deleted else message

    def story(self) -> str:
        return "\n".join(str(message) for message in self.visible()) or "(an empty chat)"


@dataclass
class Callback:
    """A tap that waits for its answer."""

    chat: Chat
    born: float
    answered: bool = False


class World:
    """Everything behind the API; message ids rise over all chats of the bot, as Telegram's do."""

    def __init__(self, bot: Json) -> None:
        self.bot = bot
        self.clock = Clock()
        self.changes = Changes()
        self.files = Files()
        self.chats: dict[int, Chat] = {}
        self.callbacks: dict[str, Callback] = {}
        self._messages = 0

    def meet(self, person: Json) -> Chat:
        return self.chats.setdefault(int(person["id"]), Chat(person))

    def post(self, chat: Chat, sender: Json, content: Json, files: list[Stored] | None = None) -> Message:
        """Puts a message into a chat; `content` is the part of the object that depends on its kind."""
        self._messages += 1
        head = {"message_id": self._messages, "from": sender, "chat": chat.json()}
        raw = {**head, "date": int(self.clock.now()), **content}
        message = Message(raw, sender["is_bot"], files or [])
        chat.messages[message.message_id] = message
        self.touch(message)
        return message

    def touch(self, message: Message) -> None:
        self.changes.notify()
        message.changed = self.changes.count


def copied(value: Any) -> Any:
    """A snapshot, as one gets it over the wire; a lone surrogate survives."""
    return json.loads(json.dumps(value))
