"""Typed text made comparable: widths, dashes, spaces and invisible characters folded."""

import re
import unicodedata

_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_INVISIBLE_BUT_JOINER = re.compile(_INVISIBLE.pattern.replace("\u200b-\u200f", "\u200b\u200c\u200e\u200f"))
_DOT_OF_AN_IME = re.compile("(?<=[0-9])[。．](?=[0-9])")


def _width_table() -> dict[int, str]:
    """Every character whose compatibility form is one character of another width, with its plain form."""
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    spaces = (0x09, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000, 0xFE0F, 0x20E3)
    dashes = (*range(0x2010, 0x2016), 0x2212, 0x2500, 0xFE58, 0xFE63)
    table |= dict.fromkeys(spaces, " ") | dict.fromkeys(dashes, "-") | {0x301C: "~", 0x223C: "~", 0xFFE5: "¥"}
    return table


_WIDTH = _width_table()
_WIDTH_AND_CASE = {**_WIDTH, **{code: chr(code + 32) for code in range(65, 91)}}
_WIDTH_AND_CASE |= {code: chr(code - 0xFEE0 + 32) for code in range(0xFF21, 0xFF3B)}
_WIDTH_AND_CASE[ord("，")] = "、"


def normalise(text: str) -> str:
    """The text as it is compared: half-width, single spaces, trimmed, without invisible or bidi characters.

    Only folds that keep the meaning are made, so this is less than NFKC: `②` stays (`1②` is not `12`),
    `m²` and `½` stay. A Chinese full stop between two digits is a decimal point typed with an IME.
    """
    if text.isascii() and text.isprintable():  # nothing in it to fold
        return " ".join(text.split())
    folded = _INVISIBLE.sub("", text).translate(_WIDTH)
    dotted = _DOT_OF_AN_IME.sub(".", folded)
    return " ".join(unicodedata.normalize("NFC", dotted).split())


def key(text: str, limit: int = 80) -> str:
    """`normalise`, in lower case, for comparing whole answers; empty when longer than limit characters."""
    if len(text) > 4 * limit:
        return ""
    found = normalise(text).lower()
    return found if len(found) <= limit else ""


def visible(text: str) -> str:
    """The text without invisible characters, keeping joiners between emoji: what notes are cut from."""
    return _INVISIBLE_BUT_JOINER.sub("", text)


def flatten(text: str) -> str:
    """The text in half width and lower case, **of the same length**, so that offsets fit the original.

    A full-width comma becomes `、`, never a comma: `300，120` is two numbers, `300,120` may be one.
    """
    return text.translate(_WIDTH_AND_CASE)
