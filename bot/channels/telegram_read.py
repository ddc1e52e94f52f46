"""Reads an update of the Bot API: from its raw JSON, only the fields needed, trusting none of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.channels.telegram_content import Malformed, Wanted, content, part
from bot.messages import LARGEST, Sender, Update
from handlers.kit.grammar import clean
from handlers.kit.messages import Input
from handlers.kit.words import _

NAME: Final = "telegram"
# Edited messages are asked for only so that their writers can be told that edits are not read.
ALLOWED_UPDATES: Final = ("message", "edited_message", "callback_query", "my_chat_member")
EDITED: Final = _("A changed message is not read again; please send the correction as a new message.")

_LINK = re.compile(r"/start(?:@\w+)?\s+([A-Za-z0-9_-]{1,64})\s*")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True, slots=True)
class Read:
    """An update that was understood; `wanted` is a file still to be fetched, `query_id` a tap to answer,
    `editable` says that the message tapped is one of text."""

    update: Update
    wanted: Wanted | None = None
    query_id: str | None = None
    editable: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An update that is not shaped as the Bot API documents."""

    reason: str


def read(raw: Mapping[str, Any]) -> Read | Unreadable | None:
    """What an update says; None where nothing is to be said to it, such as in a group. Never raises."""
    if update_id(raw) is None:
        return Unreadable("no update_id")
    kind = next((kind for kind in _READERS if kind in raw), None)
    if kind is None:
        return None
    try:
        return _READERS[kind](raw, part(raw, kind))
    except Malformed as error:
        return Unreadable(f"{kind}: {error}")
    except Exception as error:  # whatever slipped through, no update may hold up those behind it
        return Unreadable(f"{kind}: {type(error).__name__}: {error}")


def update_id(raw: Mapping[str, Any]) -> int | None:
    """The update's number, if it has one."""
    number = raw.get("update_id")
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    return number if 0 <= number < LARGEST else None


def lane(raw: Mapping[str, Any]) -> str:
    """Whose update it is: those of one lane are handled in order."""
    for kind in _READERS:
        body = raw.get(kind)
        sender = body.get("from") if isinstance(body, dict) else None
        if isinstance(sender, dict) and "id" in sender:
            return str(sender["id"])
    return f"update {update_id(raw)}"


def _message(raw: Mapping[str, Any], message: Mapping[str, Any]) -> Read | None:
    if not _is_private(message):
        return None
    sender = _sender(message)
    found = content(message, sender.external_id)
    if found is None:
        return None  # a service message, such as a pinned one
    given, wanted = found
    link = _LINK.fullmatch(given.text)
    answered = message.get("reply_to_message")
    replied_to = _message_id(answered) if isinstance(answered, dict) else None
    if link:
        given = Input("/start")
    update = _update(raw, sender, given, replied_to=replied_to, link=link[1] if link else None)
    return Read(update, wanted)


def _edited(raw: Mapping[str, Any], message: Mapping[str, Any]) -> Read | None:
    written = isinstance(message.get("text"), str) or isinstance(message.get("caption"), str)
    if not _is_private(message) or not written:
        return None  # such as a live location, which moves by edits
    return Read(_update(raw, _sender(message), Input(refused=EDITED)))


def _tap(raw: Mapping[str, Any], query: Mapping[str, Any]) -> Read | None:
    query_id, data = query.get("id"), query.get("data")
    if not isinstance(query_id, str) or not query_id:
        raise Malformed("no id")
    if "message" not in query or not isinstance(data, str):
        return None  # a game's button, or one under somebody else's message: never ours
    message = part(query, "message")
    if not _is_private(message):
        return None
    update = _update(raw, _sender(query), Input(data=clean(data, 64)), tapped=_message_id(message))
    return Read(update, query_id=query_id, editable=isinstance(message.get("text"), str))


def _membership(raw: Mapping[str, Any], change: Mapping[str, Any]) -> Read | None:
    left = {"kicked": True, "member": False}.get(str(part(change, "new_chat_member").get("status")))
    if left is None or not _is_private(change):
        return None
    return Read(_update(raw, _sender(change), Input(), quiet=True, left=left))


def _is_private(message: Mapping[str, Any]) -> bool:
    """Whether it is from a private chat; groups and channels are not served, and get no answer."""
    kind = part(message, "chat").get("type")
    if not isinstance(kind, str):
        raise Malformed("a chat without a type")
    return kind == "private"


def _sender(holder: Mapping[str, Any]) -> Sender:
    person = part(holder, "from")
    number = person.get("id")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < LARGEST:
        raise Malformed("a sender without an id")
    names = (person.get("first_name"), person.get("last_name"))
    name = clean(" ".join(name for name in names if isinstance(name, str)), 64)
    locale = person.get("language_code")
    known = isinstance(locale, str) and _LOCALE.fullmatch(locale)
    return Sender(str(number), name, locale if known else None)


def _message_id(message: Mapping[str, Any]) -> str | None:
    number = message.get("message_id")
    return str(number) if isinstance(number, int) and not isinstance(number, bool) else None


def _update(raw: Mapping[str, Any], sender: Sender, given: Input, **details: Any) -> Update:
    return Update(NAME, str(update_id(raw)), sender, given, raw=dict(raw), **details)


_Reader = Callable[[Mapping[str, Any], Mapping[str, Any]], Read | None]
_READERS: Final[Mapping[str, _Reader]] = {
    "message": _message,
    "edited_message": _edited,
    "callback_query": _tap,
    "my_chat_member": _membership,
}
