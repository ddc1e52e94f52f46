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
    """The text of `payload` with all its buttons, and words instead of its file, in pieces of at most LONGEST
    bytes."""
    instead = payload.get("instead", "") if payload["file"] else ""
    text = "\n\n".join(part for part in (payload["text"], instead, choices(payload)) if part)
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
    """The message as a `msgmenu`: a tap sends its label as words, with its id. None without choices, or with
    too many.

    https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
    """
    taken = numbered(payload)
    whole = drawn(payload)
    if not taken or len(whole) != 1 or len(taken) > MOST_IN_A_MENU:
        return None
    rest = {**payload, "rows": [[button for button in row if button not in taken] for row in payload["rows"]]}
    return {
        "head_content": "\n\n".join(drawn({**payload, "rows": []})),
        "list": [{"id": button["data"], "content": button["label"]} for button in taken],
        "tail_content": choices(cast(Payload, rest)) or " ",
    }
