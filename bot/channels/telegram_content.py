"""What a message holds: words, a photo, a voice, a place; or a kind sentence on why it cannot be taken."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from bot.channels.telegram_api import MOST_BYTES
from handlers.kit.grammar import clean
from handlers.kit.messages import Input, Location
from handlers.kit.words import Text, _

# Telegram's own limit is 4096; with a longer one a form can still say that it was too long.
LONGEST_TEXT: Final = 16_384
PICTURE_NAMES: Final = (".jpg", ".jpeg", ".png", ".webp", ".heic")

EMPTY: Final = _("Nothing readable arrived; please write it again.")
TOO_LARGE: Final = _("The file is larger than {most} MB; please send a smaller one.", most=MOST_BYTES >> 20)
NO_STICKER: Final = _("A sticker cannot be kept here; please write, or send a photo.")
NO_VIDEO: Final = _("Videos cannot be kept here; please send photos, and write what they show.")
NO_DOCUMENT: Final = _("This file cannot be kept here; please send a photo, as JPEG, PNG or WEBP.")
NO_SUCH: Final = _("This cannot be taken here; please write, or send a photo, a voice or your location.")
OTHER_CONTACT: Final = _("Only your own contact can be taken here; please share yours, or write the number.")


class Malformed(ValueError):
    """The update is not shaped as the Bot API documents; the text says where."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that belongs to an input and is still with Telegram."""

    kind: Literal["photo", "voice"]
    file_id: str
    mime: str = ""


Content = tuple[Input, Wanted | None]


def content(message: Mapping[str, Any], sender_id: str) -> Content | None:
    """What a person put into a message; None for a service message, which nobody wrote.

    Raises Malformed.
    """
    for kind, reader in _READERS.items():
        if kind in message:
            return reader(message, sender_id)
    return None


def part(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object in a field. Raises Malformed if there is none."""
    value = holder.get(name)
    if not isinstance(value, dict):
        raise Malformed(f"{name} is no object")
    return value


def _refused(why: Text) -> Content:
    return Input(refused=why), None


def _text(message: Mapping[str, Any], _sender_id: str) -> Content:
    text = message["text"]
    if not isinstance(text, str):
        raise Malformed("text is no string")
    said = clean(text, LONGEST_TEXT)
    return (Input(said), None) if said else _refused(EMPTY)


def _photo(message: Mapping[str, Any], _sender_id: str) -> Content:
    """The largest of the sizes Telegram made."""
    sizes = message["photo"]
    known = [size for size in sizes if isinstance(size, dict)] if isinstance(sizes, list) else []
    fitting = [size for size in known if _bytes(size) <= MOST_BYTES]
    if not fitting:
        return _refused(TOO_LARGE) if known else _malformed("photo has no sizes")
    largest = max(fitting, key=lambda size: _number(size, "width") * _number(size, "height"))
    return _captioned(message), Wanted("photo", _file_id(largest))


def _document(message: Mapping[str, Any], _sender_id: str) -> Content:
    """A picture that was sent as a file; any other file is not taken."""
    document = part(message, "document")
    mime, name = str(document.get("mime_type", "")), str(document.get("file_name", "")).lower()
    if not mime.startswith("image/") and not name.endswith(PICTURE_NAMES):
        return _refused(NO_DOCUMENT)
    if _bytes(document) > MOST_BYTES:
        return _refused(TOO_LARGE)
    return _captioned(message), Wanted("photo", _file_id(document))


def _voice(message: Mapping[str, Any], _sender_id: str) -> Content:
    recording = part(message, "voice" if "voice" in message else "audio")
    if _bytes(recording) > MOST_BYTES:
        return _refused(TOO_LARGE)
    mime = str(recording.get("mime_type") or "audio/ogg")
    return _captioned(message), Wanted("voice", _file_id(recording), mime)


def _location(message: Mapping[str, Any], _sender_id: str) -> Content:
    given = part(message, "location")
    latitude, longitude = _number(given, "latitude", math.nan), _number(given, "longitude", math.nan)
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise Malformed("a location that is not on earth")
    accuracy = _number(given, "horizontal_accuracy", math.nan)
    return Input(location=Location(latitude, longitude, accuracy if accuracy >= 0 else None)), None


def _contact(message: Mapping[str, Any], sender_id: str) -> Content:
    """A telephone number, if it is the sender's own and not passed on from somebody else."""
    contact = part(message, "contact")
    phone = contact.get("phone_number")
    forwarded = "forward_origin" in message or "forward_date" in message
    if str(contact.get("user_id")) != sender_id or forwarded or not isinstance(phone, str):
        return _refused(OTHER_CONTACT)
    return Input(clean(phone, 40)), None


def _saying(why: Text) -> _Reader:
    return lambda _message, _sender_id: _refused(why)


def _captioned(message: Mapping[str, Any]) -> Input:
    caption, album = message.get("caption"), message.get("media_group_id")
    return Input(
        clean(caption, LONGEST_TEXT) if isinstance(caption, str) else "",
        album=clean(album, 100) if isinstance(album, str) else None,
    )


def _file_id(file: Mapping[str, Any]) -> str:
    file_id = file.get("file_id")
    return file_id if isinstance(file_id, str) and file_id else _malformed("a file without an id")


def _bytes(file: Mapping[str, Any]) -> float:
    return _number(file, "file_size")


def _number(holder: Mapping[str, Any], name: str, default: float = 0) -> float:
    """A field's number, or `default` where there is no sensible one."""
    value = holder.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
        return default
    return float(value)


def _malformed(why: str) -> Any:
    raise Malformed(why)


_Reader = Callable[[Mapping[str, Any], str], Content]
# In this order: an animation comes with a document too, and a venue with a location.
_READERS: Final[Mapping[str, _Reader]] = {
    "text": _text,
    "photo": _photo,
    "animation": _saying(NO_VIDEO),
    "document": _document,
    "voice": _voice,
    "audio": _voice,
    "location": _location,
    "contact": _contact,
    "sticker": _saying(NO_STICKER),
    "video": _saying(NO_VIDEO),
    "video_note": _saying(NO_VIDEO),
    **dict.fromkeys(("poll", "dice", "game", "story", "checklist", "paid_media"), _saying(NO_SUCH)),
}
