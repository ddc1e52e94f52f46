"""The envelope of an update, and a message as the outbox stores it: rendered, in JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final, Literal, NotRequired, Protocol, TypedDict

from msgspec import Struct, field
from msgspec.structs import replace

from handlers.kit.grammar import clean, normalise
from handlers.kit.messages import Attached, Input, Message
from handlers.kit.words import Tongue, say

MOST_TEXT = 10_000  # characters of one message; more than any question takes

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_AROUND = re.compile(r"^[\W_]+|[\W_]+$")  # pictures, ticks and arrows around a label
_DEEPEST = 32  # levels of a raw update that are kept; Telegram's own have fewer
LARGEST: Final = 2**63  # no more fits into a column of whole numbers


class Sender(Struct, frozen=True):
    """Who an update came from, as the channel knows them; `locale` is what their client speaks."""

    external_id: str
    name: str = ""
    locale: str | None = None


class Window(Struct, frozen=True):
    """How many messages a channel lets us write behind one of the person's, and for how long."""

    most: int
    lasts: timedelta


class Carried(Struct, frozen=True):
    """An answer to a delivery, in the channel's own form, with the first `count` of some messages in it."""

    answer: Any
    count: int = 1


class Carry(Struct, frozen=True):
    """How a channel answers a delivery with messages: `make` gives None where the first of them cannot go
    that way. One that `bundles` takes several at once, and what waited before; nobody can reply to one of its
    messages, and a delivery that is not answered comes again: what it carried then, `again` makes the same
    answer of, where that is not what `make` does."""

    make: Callable[[Sequence[Payload]], Carried | None]
    bundles: bool = False
    again: Callable[[Sequence[Payload]], Carried | None] | None = None


class Update(Struct, frozen=True):
    """One delivery from a channel. (channel, external_id) is unique for ever.

    `tapped` and `replied_to` are the channel's ids of the message a tap or reply belongs to; `link`
    is the payload of a deep link; `quiet` updates leave no trace in a transcript; `left` says that
    the person blocked us (True) or came back (False). `raw` is kept only where the update fails.
    `carry` is there where the channel can answer this delivery with a message. `opens` is what may be written
    to the sender from now on, where the channel limits that; `numbered` says that its buttons are typed by
    their numbers, see `numbered`.
    """

    channel: str
    external_id: str
    sender: Sender
    input: Input = field(default_factory=Input)
    tapped: str | None = None
    replied_to: str | None = None
    link: str | None = None
    quiet: bool = False
    left: bool | None = None
    raw: dict[str, Any] | None = None
    carry: Carry | None = None
    opens: Window | None = None
    numbered: bool = False


def sanitised(update: Update) -> Update:
    """`update` without what no database takes (NUL, lone surrogates) and what deceives the reader
    (bidirectional overrides); text is cut to MOST_TEXT characters. Done once, where updates come in."""
    given, sender = update.input, update.sender
    text, data, link = clean(given.text, MOST_TEXT), _code(given.data), _code(update.link)
    who, name = clean(sender.external_id, 100), clean(sender.name, 200)
    asked = given.text, given.data, update.link, sender.external_id, sender.name
    if (text, data, link, who, name) == asked:
        return update  # as nearly all are
    given, sender = replace(given, text=text, data=data), replace(sender, external_id=who, name=name)
    return replace(update, input=given, sender=sender, link=link)


def _code(value: str | None) -> str | None:
    return None if value is None else clean(value, MOST_TEXT)


def storable(value: Any, depth: int = 0) -> Any:
    """What a channel got, as any database keeps it: no NUL, lone surrogate, endless number or nesting."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {storable(str(key)): storable(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [storable(inner, depth + 1) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and abs(value) >= LARGEST:
        return str(value)
    return value


class Accepted(Struct, frozen=True):
    """The engine's receipt: committed. Not `fresh` means it had been before; `toast` answers a tap;
    `carried` is what the channel's answer is to be, as its `carry` made it."""

    fresh: bool
    toast: str | None = None
    carried: Any = None


class ButtonJson(TypedDict):
    label: str
    data: str
    style: str
    url: str


class FileJson(TypedDict):
    sha: str
    name: str
    mime: str


class Payload(TypedDict):
    """A rendered message. `replaces` is the channel's id of the message to edit. An echo is a
    person's own message in a transcript; `client_id` is what its device called it. `device` is that of
    `Message`. `instead` is what a channel that sends no files says in their place, `above` how many
    numbered choices stand in what was said just before, with which its own go on. `brief` asks for
    one message of words with links in place of photos, for few may be sent."""

    kind: Literal["message", "echo"]
    text: str
    rows: list[list[ButtonJson]]
    photos: list[FileJson]
    file: FileJson | None
    replaces: str | None
    client_id: NotRequired[str]
    device: NotRequired[dict[str, str]]
    instead: NotRequired[str]
    above: NotRequired[int]
    brief: NotRequired[bool]


class Channel(Protocol):
    """What the sender needs of a channel.

    A channel that `pulls` keeps no connection to push through: its readers fetch the outbox.
    """

    name: str
    pulls: bool

    async def send(self, to: str, payload: Payload) -> str:
        """Deliver to the account with external id `to`; returns the channel's id of the message.

        Raises a SendError.
        """
        ...


def rendered(message: Message, tongue: Tongue, replaces: str | None) -> Payload:
    """`message` in the language of its reader."""
    payload: Payload = {
        "kind": "message",
        "text": say(message.text, tongue),
        "rows": [
            [{"label": say(b.label, tongue), "data": b.data, "style": b.style, "url": b.url} for b in row]
            for row in message.rows
        ],
        "photos": [_file(photo) for photo in message.photos],
        "file": _file(message.file) if message.file else None,
        "replaces": replaces if message.replace else None,
    }
    if message.device:
        payload["device"] = dict(message.device)
    return payload


def numbered(payload: Payload) -> list[ButtonJson]:
    """The buttons that stand as numbers, behind those `above`, where a channel shows none: not the controls,
    which are words anyway, and none at all where people may type a number that is an answer."""
    buttons = [button for row in payload["rows"] for button in row if button["style"] != "quiet"]
    tapped = [button for button in buttons if not button["url"]]
    return [] if any(bare(button["label"]).isdecimal() for button in tapped) else tapped


def bare(label: str) -> str:
    """A label as people type it: without its picture."""
    return _AROUND.sub("", normalise(label).casefold())


def _file(attached: Attached) -> FileJson:
    return {"sha": attached.sha, "name": attached.name, "mime": attached.mime}
