"""What buttons carry: a conversation, its revision, a question and a code; or an action and its argument."""

from __future__ import annotations

import re
import string

from msgspec import Struct

MOST_BYTES = 64  # Telegram's callback_data
_DIGITS = string.digits + string.ascii_lowercase
_ID = re.compile(r"[0-9]{1,18}")  # what fits into a database's 64 bits
_BASE36 = re.compile(r"[0-9a-z]{1,11}")


class Tap(Struct, frozen=True):
    """A tapped form button. `path` is `-` for the controls that every conversation has."""

    conversation: int
    revision: int
    path: str
    code: str


def stem(conversation: int, revision: int) -> str:
    """How the payloads of all buttons of a conversation at one revision begin."""
    return f"c:{_base36(conversation)}.{_base36(revision)}."


def behind(stem: str, path: str, code: str) -> str:
    """A form button's payload. Raises ValueError past 64 bytes, which is a mistake in a form."""
    return _fitting(f"{stem}{path}.{code}")


def for_form(conversation: int, revision: int, path: str, code: str) -> str:
    """As `behind`, for a single button."""
    return behind(stem(conversation, revision), path, code)


def for_action(name: str, argument: object = "") -> str:
    """An action button's payload, such as `a:sign:12`."""
    return _fitting(f"a:{name}:{argument}")


def read_tap(data: str) -> Tap | None:
    """The tap that `data` stands for; None if it is no form button of ours."""
    if not data.startswith("c:"):
        return None
    parts = data[2:].split(".", 3)
    if len(parts) != 4 or not all(_BASE36.fullmatch(number) for number in parts[:2]):
        return None
    return Tap(int(parts[0], 36), int(parts[1], 36), parts[2], parts[3])


def read_action(data: str) -> tuple[str, str] | None:
    """(name, argument) of an action button; None if it is none."""
    kind, _sep, rest = data.partition(":")
    if kind != "a" or not rest:
        return None
    name, _sep, argument = rest.partition(":")
    return name, argument


def id_in(argument: str) -> int:
    """The record's id that an action's argument is; 0, which no record has, for anything else."""
    return int(argument) if _ID.fullmatch(argument) else 0


def _fitting(data: str) -> str:
    if len(data.encode()) > MOST_BYTES:
        raise ValueError(f"button payload over {MOST_BYTES} bytes: {data}")
    return data


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if not number:
            return digits
