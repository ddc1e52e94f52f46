"""What comes in from a person and what goes out to one, the same for every channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from handlers.kit.words import Text

Style = Literal["main", "plain", "danger", "quiet"]


@dataclass(frozen=True, slots=True)
class Media:
    """A kept photo, recording or document: content-addressed by the SHA-256 of what we stored."""

    sha: str
    mime: str
    size: int
    original_sha: str = ""
    name: str = ""

    @property
    def is_photo(self) -> bool:
        return self.mime.startswith("image/")


@dataclass(frozen=True, slots=True)
class Location:
    """A place on earth, in degrees; `accuracy` in metres where the device tells it."""

    latitude: float
    longitude: float
    accuracy: float | None = None


class Input(Struct, frozen=True):
    """One thing a person did: wrote, tapped, or sent.

    `data` is a button's payload, `album` groups photos sent together, `about` is the subject of
    the message that was replied to, `refused` says why something sent could not be taken. `heard` says that
    the text is what a machine made of a recording.
    """

    text: str = ""
    data: str | None = None
    photos: tuple[Media, ...] = ()
    voice: Media | None = None
    location: Location | None = None
    album: str | None = None
    about: str | None = None
    refused: Text | None = None
    heard: bool = False

    @property
    def is_command(self) -> bool:
        return self.text.lstrip().startswith("/")

    @property
    def empty(self) -> bool:
        return not (self.text or self.data or self.photos or self.voice or self.location)


class Button(Struct, frozen=True):
    """Something to tap: `data` comes back as `Input.data` (at most 64 bytes), or `url` opens."""

    label: Text
    data: str = ""
    style: Style = "plain"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes out with a message, by its content address."""

    sha: str
    name: str
    mime: str


class Message(Struct, frozen=True):
    """One message to a person.

    `replace` edits the message whose button was tapped instead of adding one; `subject` is what a
    reply to this message is about, such as `feedback:31`. `device` is what a channel that owns its
    screen should do on showing this: {"forget": "yes"} wipes what the device keeps of the conversation,
    {"locale": "en"} shows the page in that language; other channels ignore it.
    """

    text: Text
    rows: tuple[tuple[Button, ...], ...] = ()
    replace: bool = False
    photos: tuple[Attached, ...] = ()
    file: Attached | None = None
    subject: str | None = None
    device: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer: the stored `code` and the label people see; `also` are typed synonyms."""

    code: str
    label: Text
    also: tuple[str, ...] = ()
