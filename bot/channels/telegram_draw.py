"""Draws a message as Telegram shows it: texts within its limits, rows of buttons under the last."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from bot.channels.cutting import split, units
from bot.messages import ButtonJson, Payload
from handlers.kit.grammar import clean

LONGEST_TEXT: Final = 4096  # UTF-16 units, as all of Telegram's lengths
LONGEST_CAPTION: Final = 1024
LONGEST_LABEL: Final = 64  # characters; longer ones are not readable on a telephone
MOST_IN_A_ROW: Final = 8

_STYLES = {"main": "primary", "danger": "danger"}  # https://core.telegram.org/bots/api#inlinekeyboardbutton

Keyboard = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A message's text, in pieces if it is too long for one, and the buttons under the last piece."""

    pieces: tuple[str, ...]
    keyboard: Keyboard | None

    @property
    def is_caption(self) -> bool:
        """Whether the whole text may stand under a photo or file."""
        return len(self.pieces) < 2 and all(units(piece) <= LONGEST_CAPTION for piece in self.pieces)


def drawn(payload: Payload) -> Drawn:
    """The text and buttons of `payload`; a link that no Telegram button can open is written out."""
    buttons = [button for row in payload["rows"] for button in row]
    links = [f"{button['label']}: {button['url']}" for button in buttons if not _can_be_button(button)]
    text = "\n".join([payload["text"], *links])
    rows = [
        [_button(button) for button in row[start : start + MOST_IN_A_ROW] if _can_be_button(button)]
        for row in payload["rows"]
        for start in range(0, len(row), MOST_IN_A_ROW)
    ]
    rows = [row for row in rows if row]
    return Drawn(
        tuple(split(clean(text, len(text)), LONGEST_TEXT)), {"inline_keyboard": rows} if rows else None
    )


def _can_be_button(button: ButtonJson) -> bool:
    """Telegram refuses links to hosts without a dot, such as `http://localhost:8080`."""
    return not button["url"] or "." in (urlsplit(button["url"]).hostname or "")


@lru_cache(maxsize=4096)  # most are the same again and again
def _label(said: str) -> str:
    label = " ".join(clean(said, 10 * LONGEST_LABEL).split())
    return label if len(label) <= LONGEST_LABEL else f"{clean(label, LONGEST_LABEL - 1)}…"


def _button(button: ButtonJson) -> dict[str, str]:
    action = {"url": button["url"]} if button["url"] else {"callback_data": button["data"]}
    style = _STYLES.get(button["style"])
    return {"text": _label(button["label"]), **action, **({"style": style} if style else {})}
