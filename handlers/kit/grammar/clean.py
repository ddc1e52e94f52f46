"""Typed text made safe to store: what no database, file or screen can take is removed."""

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n?|[\x85\u2028\u2029]")
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_JOINER = "\u200d"
_LONGEST_CLUSTER = 32


def clean(text: str, limit: int) -> str:
    """At most limit characters, trimmed, without NUL, lone surrogates, bidi overrides or control characters.

    Newlines and tabs stay (every line end becomes `\\n`), and so do emoji joined by U+200D, which the
    limit never cuts in two.
    """
    if text.isascii() and text.isprintable() and len(text) <= limit:  # nothing in it to remove
        return text.strip()
    paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    safe = _UNSAFE.sub("", _LINE_ENDS.sub("\n", paired)).strip()
    return safe[: _cut(safe, max(limit, 0))].strip()


def _cut(text: str, limit: int) -> int:
    """The last place up to limit that is not inside an emoji or a letter with its marks."""
    if len(text) <= limit:
        return len(text)
    for end in range(limit, max(limit - _LONGEST_CLUSTER, 0), -1):
        if text[end - 1] != _JOINER and not _extends(text[end]):
            return end
    return limit


def _extends(char: str) -> bool:
    skin_tone = "\U0001f3fb" <= char <= "\U0001f3ff"
    tag = "\U000e0020" <= char <= "\U000e007f"
    return char == _JOINER or skin_tone or tag or unicodedata.category(char) in ("Mn", "Me", "Mc")
