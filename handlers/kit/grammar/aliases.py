"""Finds the museum's own words (theme days, kinds of place, types) in a message by their aliases."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from handlers.kit.grammar.normalise import flatten

Aliases = Mapping[str, Sequence[str]]


class Named(NamedTuple):
    """A code of one mapping, and where its alias stands."""

    slot: str
    code: str
    start: int
    end: int


def find_aliases(flat: str, slots: Mapping[str, Aliases]) -> dict[str, Named]:
    """For each slot the longest alias in the text that is no part of a longer one of any slot."""
    found = (
        Named(slot, code, start, start + len(alias))
        for slot, codes in slots.items()
        for code, aliases in codes.items()
        for alias in map(flatten, aliases)
        for start in _places(flat, alias.strip())
    )
    chosen: dict[str, Named] = {}
    claimed: list[Named] = []
    for named in sorted(found, key=lambda named: (named.start - named.end, named.start)):
        if any(named.start < other.end and other.start < named.end for other in claimed):
            continue
        chosen.setdefault(named.slot, named)
        claimed.append(named)
    return chosen


def _places(flat: str, alias: str) -> Iterator[int]:
    start = flat.find(alias) if alias else -1
    while start >= 0:
        if not _inside_word(flat, start, start + len(alias)):
            yield start
            return
        start = flat.find(alias, start + 1)


def _inside_word(flat: str, start: int, end: int) -> bool:
    """Whether a Latin word or a number goes on beyond the alias."""
    return _joined(flat[start - 1 : start], flat[start]) or _joined(flat[end - 1], flat[end : end + 1])


def _joined(left: str, right: str) -> bool:
    both_latin = left.isascii() and left.isalpha() and right.isascii() and right.isalpha()
    return both_latin or (left.isdecimal() and right.isdecimal())
