"""What every message and event of WeChat and WeCom has, and by what it is known when it comes again."""

from __future__ import annotations

import re
from typing import Final

from bot.channels.wechat_xml import Fields, Malformed

EVENT: Final = "event"

# Ids are of the provider's making; the lengths are what the database keeps, and more than they have.
_NEEDED: Final = {
    "ToUserName": re.compile(r".{1,100}"),
    "FromUserName": re.compile(r".{1,100}"),
    "CreateTime": re.compile(r"[0-9]{1,12}"),  # seconds of Unix time
    "MsgType": re.compile(r"[A-Za-z_]{1,60}"),
}
_EVENT: Final = re.compile(r"[A-Za-z_]{1,60}")
_MESSAGE_ID: Final = re.compile(r"[0-9]{1,30}")


def text_of(found: Fields, name: str) -> str:
    """The text of a leaf; empty where it is missing or is no leaf."""
    value = found.get(name)
    return value if isinstance(value, str) else ""


def checked(found: Fields) -> Fields:
    """`found`, which is a message with a MsgId or an event with its name. Raises Malformed."""
    for name, shape in _NEEDED.items():
        _check(found, name, shape)
    if text_of(found, "MsgType") == EVENT:
        _check(found, "Event", _EVENT)
    else:
        _check(found, "MsgId", _MESSAGE_ID)
    return found


def delivery(found: Fields) -> tuple[str, ...]:
    """What all deliveries of one message have in common, and no other's: sender and MsgId, or of an event its
    sender, time, name and key. For checked fields.

    https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_event_pushes.html
    """
    names = ("CreateTime", "Event", "EventKey") if text_of(found, "MsgType") == EVENT else ("MsgId",)
    return tuple(text_of(found, name) for name in ("FromUserName", *names))


def _check(found: Fields, name: str, shape: re.Pattern[str]) -> None:
    if not shape.fullmatch(text_of(found, name)):
        raise Malformed(f"{name} is missing or wrong")
