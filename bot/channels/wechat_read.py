"""Reads a message or event of WeChat or WeCom, parsed already: what it says, trusting none of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from bot.channels.telegram_content import LONGEST_TEXT, NO_SUCH, NO_VIDEO
from bot.channels.wechat_fields import delivery
from bot.channels.wechat_xml import Fields, Malformed
from bot.messages import Sender, Update, Window
from handlers.kit.grammar import clean
from handlers.kit.messages import Input, Location

# Behind a message five may be sent within 48 hours; behind a tap, a scan or a follow three within a minute.
# https://developers.weixin.qq.com/doc/service/guide/product/message/Service_Center_messages.html
WROTE: Final = Window(5, timedelta(hours=48))
TAPPED: Final = Window(3, timedelta(minutes=1))
FOLLOWED_BY_CODE: Final = "qrscene_"  # stands before the scene of the code through which somebody follows
# Of links, before an underscore (see `Routes.links`), by what stands for them in the address of our page.
PREFIXES: Final = {"p": "p", "hall": "h", "i": "i", "l": "l"}


class Wanted(Struct, frozen=True):
    """A file that belongs to an input and is still with the provider, for three days."""

    kind: Literal["photo", "voice"]
    media_id: str


class Read(Struct, frozen=True):
    """A message that was understood; `wanted` is a file still to be fetched."""

    update: Update
    wanted: Wanted | None = None


def read(channel: str, fields: Fields) -> Read | None:
    """What a message says; None where nothing is to be said to it. Raises Malformed."""
    kind = _text(fields, "MsgType")
    if kind == "event":
        return _event(channel, fields)
    given, wanted = _READERS.get(kind, _refused)(fields)
    # A choice in a menu of ours is a tap like any other.
    return Read(_update(channel, fields, given, WROTE if given.data is None else TAPPED), wanted)


def _event(channel: str, fields: Fields) -> Read | None:
    kind, key = _text(fields, "Event").lower(), str(fields.get("EventKey") or "")
    happened = _EVENTS.get(kind)
    if happened is None:
        return None
    details = happened(fields, key)
    given = details.pop("given", Input())
    return Read(_update(channel, fields, given, TAPPED, **details))


def _update(channel: str, fields: Fields, given: Input, opens: Window, **details: Any) -> Update:
    sender = _text(fields, "FromUserName")
    what = hashlib.sha256(repr(delivery(fields)).encode()).hexdigest()[:32]  # a key may be longer than an id
    limited = None if channel == "wecom" or details.get("left") else opens
    raw = {name: value for name, value in fields.items() if name != "Encrypt"}
    return Update(
        channel,
        f"{sender}:{what}",
        Sender(sender),
        given,
        raw=raw,
        opens=limited,
        numbered=True,
        **details,
    )


def _followed(_fields: Fields, key: str) -> dict[str, Any]:
    """A greeting with the menu, or what the code is about that was scanned."""
    link = link_in(key.removeprefix(FOLLOWED_BY_CODE))
    return {"left": None, "link": link} if link else {"given": Input("/start")}


def _left(_fields: Fields, _key: str) -> dict[str, Any]:
    return {"left": True, "quiet": True}


def _scanned(_fields: Fields, key: str) -> dict[str, Any]:
    link = link_in(key)
    return {"link": link} if link else {"given": Input("/start")}


def _menu(_fields: Fields, key: str) -> dict[str, Any]:
    return {"given": Input(clean(key, 200))}


def _card(fields: Fields, key: str) -> dict[str, Any]:
    """A button of a card; the code, good once, with which the card can be changed."""
    return {"given": Input(data=clean(key, 64)), "tapped": str(fields.get("ResponseCode") or "") or None}


def _read_code(fields: Fields, _key: str) -> dict[str, Any]:
    """The menu's own scanner, which the person watches."""
    found = str(_part(fields, "ScanCodeInfo").get("ScanResult") or "")
    link = link_in(found)
    return {"link": link} if link else {"given": Input(clean(found, LONGEST_TEXT))}


def _place_chosen(fields: Fields, _key: str) -> dict[str, Any]:
    return {"given": Input(location=_place(_part(fields, "SendLocationInfo")))}


def link_in(code: str) -> str | None:
    """The payload of one of our links in a scanned text: the scene itself, or in an address of our page or
    of a Telegram bot."""
    if _is_link(code):
        return clean(code, 64)
    try:
        asked = parse_qsl(urlsplit(code).query)
    except ValueError:
        return None
    found = [f"{PREFIXES[name]}_{value}" for name, value in asked if name in PREFIXES]
    found += [value for name, value in asked if name == "start" and _is_link(value)]
    return clean(found[0], 64) if found else None


def _is_link(text: str) -> bool:
    prefix, _sep, code = text.partition("_")
    return prefix in PREFIXES.values() and bool(code)


def _words(fields: Fields) -> tuple[Input, None]:
    """Words; or the choice in a menu of ours, which comes as its label with its id."""
    chosen = fields.get("bizmsgmenuid")
    if isinstance(chosen, str) and chosen:
        return Input(data=clean(chosen, 64)), None
    return Input(clean(str(fields.get("Content") or ""), LONGEST_TEXT)), None


def _photo(fields: Fields) -> tuple[Input, Wanted]:
    return Input(), Wanted("photo", _text(fields, "MediaId"))


def _voice(fields: Fields) -> tuple[Input, Wanted]:
    heard = clean(str(fields.get("Recognition") or ""), LONGEST_TEXT)
    return Input(heard, heard=bool(heard)), Wanted("voice", _text(fields, "MediaId"))


def _location(fields: Fields) -> tuple[Input, None]:
    return Input(location=_place(fields)), None


def _link(fields: Fields) -> tuple[Input, None]:
    return Input(clean(f"{fields.get('Title') or ''} {fields.get('Url') or ''}", LONGEST_TEXT)), None


def _video(_fields: Fields) -> tuple[Input, None]:
    return Input(refused=NO_VIDEO), None


def _refused(_fields: Fields) -> tuple[Input, None]:
    return Input(refused=NO_SUCH), None


def _place(fields: Fields) -> Location:
    try:
        latitude, longitude = float(_text(fields, "Location_X")), float(_text(fields, "Location_Y"))
    except ValueError:
        raise Malformed("a location without numbers") from None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise Malformed("a location that is not on earth")
    return Location(latitude, longitude)


def _part(fields: Fields, name: str) -> Fields:
    value = fields.get(name)
    if not isinstance(value, dict):
        raise Malformed(f"no {name}")
    return value


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise Malformed(f"no {name}")
    return value


_READERS: Final[Mapping[str, Callable[[Fields], tuple[Input, Wanted | None]]]] = {
    "text": _words,
    "image": _photo,
    "voice": _voice,
    "location": _location,
    "link": _link,
    "video": _video,
    "shortvideo": _video,
}
_EVENTS: Final[Mapping[str, Callable[[Fields, str], dict[str, Any]]]] = {
    "subscribe": _followed,
    "unsubscribe": _left,
    "scan": _scanned,
    "click": _menu,
    "scancode_waitmsg": _read_code,
    "location_select": _place_chosen,
    "template_card_event": _card,
}
