"""Draws a message as a chat without buttons shows it: numbered choices, and words for the ways out."""

from __future__ import annotations

from typing import Any, Final, cast

from bot.channels.cutting import octets, split
from bot.messages import Payload, numbered
from handlers.kit.grammar import clean

# Texts of more than 2,048 bytes are refused; near 600 Chinese characters is what arrived whole.
LONGEST: Final = 1_800  # bytes
MOST_IN_A_MENU: Final = 10


def drawn(payload: Payload) -> list[str]:
    """The text of `payload`, what it says instead of its files, and all its buttons, in pieces of at most
    LONGEST bytes."""
    parts = payload["text"], payload.get("instead", ""), choices(payload)
    text = "\n\n".join(part for part in parts if part)
    return split(clean(text, len(text)), LONGEST, octets)


def choices(payload: Payload) -> str:
    """What may be typed: `1. Normal` for what is to be chosen, or `🙂 4` where labels are numbers already;
    the controls in one line."""
    buttons = [button for row in payload["rows"] for button in row]
    taken = {button["data"] for button in numbered(payload)}
    first = payload.get("above", 0) + 1
    lines = [f"{place}. {button['label']}" for place, button in enumerate(numbered(payload), first)]
    lines += [f"{button['label']}: {button['url']}" for button in buttons if button["url"]]
    words = [button for button in buttons if not button["url"] and button["data"] not in taken]
    numbers = [button["label"] for button in words if button["style"] != "quiet"]
    controls = [button["label"].strip("‹› ") for button in words if button["style"] == "quiet"]
    lines += ["  ".join(numbers)] if numbers else []
    return "\n".join([*lines, *([f"[{' | '.join(controls)}]"] if controls else [])])


def menu(payload: Payload) -> dict[str, Any] | None:
    """The message as a `msgmenu`: a tap sends its label as words, with its id. None without choices, with too
    many, or with a link, which is drawn in a text only.

    https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
    """
    taken = numbered(payload)
    whole = drawn(payload)
    if not taken or len(whole) != 1 or len(taken) > MOST_IN_A_MENU or "instead" in payload:
        return None
    rest = {**payload, "rows": [[button for button in row if button not in taken] for row in payload["rows"]]}
    return {
        "head_content": "\n\n".join(drawn({**payload, "rows": []})),
        "list": [{"id": button["data"], "content": button["label"]} for button in taken],
        "tail_content": choices(cast(Payload, rest)) or " ",
    }
