"""Cuts texts that are too long for one message: at line ends, else at spaces, else between signs."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Final

Size = Callable[[str], int]

_LONGEST_CLUSTER: Final = 32


def units(text: str) -> int:
    """Length in UTF-16 units, as Telegram counts: an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def octets(text: str) -> int:
    """Length in bytes of UTF-8, as WeChat counts: a Chinese character is three."""
    return len(text.encode("utf-8", "surrogatepass"))


def split(text: str, longest: int, size: Size = units) -> list[str]:
    """`text` in pieces of at most `longest` by `size`."""
    pieces = []
    left = text.strip()
    while size(left) > longest:
        at = _cut(left, longest, size)
        pieces.append(left[:at].rstrip())
        left = left[at:].lstrip()
    return [*pieces, left] if left else pieces


def _cut(text: str, longest: int, size: Size) -> int:
    """Where to cut a text that is longer than `longest`."""
    end = _fitting(text, longest, size)
    line = text.rfind("\n", 1, end + 1)
    if line > 0:
        return line
    space = text.rfind(" ", end // 2, end + 1)
    if space > 0:
        return space
    for at in range(end, max(end - _LONGEST_CLUSTER, 0), -1):
        if not _belong_together(text[at - 1], text[at]):
            return at
    return end


def _fitting(text: str, longest: int, size: Size) -> int:
    """How many characters from the start fit into `longest`, if not all do."""
    used = 0
    for index, char in enumerate(text):
        used += size(char)
        if used > longest:
            return index
    return len(text)


def _belong_together(left: str, right: str) -> bool:
    """Whether two characters are one sign: an emoji of several, a letter and its mark."""
    joiner = "\u200d"
    skin_tone = "\U0001f3fb" <= right <= "\U0001f3ff"
    return joiner in (left, right) or skin_tone or unicodedata.category(right) in ("Mn", "Me", "Mc")
