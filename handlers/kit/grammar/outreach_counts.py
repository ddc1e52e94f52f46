"""Pairs the numbers of an outreach log with what they count: 传单300, 300份传单, visitors 120, 6人."""

from collections.abc import Iterator
from typing import NamedTuple

from handlers.kit.grammar.number import whole
from handlers.kit.grammar.outreach_words import (
    BETWEEN,
    COUNTS_ALONE,
    FIELD_OF,
    FIELD_OF_UNIT,
    FITS,
    FITS_PEOPLE,
    TOKEN,
    UNIT_OF,
)

MOST = 9_999_999


class Count(NamedTuple):
    """A counted field and its value, and where it stands in the text."""

    start: int
    end: int
    field: str
    value: int


class _Token(NamedTuple):
    start: int
    end: int
    field: str | None
    value: int | None
    unit: str | None


def find_counts(flat: str) -> Iterator[Count]:
    """Every count in the text, left to right."""
    tokens = list(_tokens(flat))
    at = 0
    while at < len(tokens):
        first, *following = tokens[at : at + 3]
        pair = _pair(flat, first, following) if following else None
        if count := pair or _alone(first):
            yield count
        at += 2 if pair else 1


def _tokens(flat: str) -> Iterator[_Token]:
    for found in TOKEN.finditer(flat):
        if label := found["label"]:
            yield _Token(found.start(), found.end(), FIELD_OF[label], None, None)
            continue
        value = whole(found["number"])
        if value is not None and value <= MOST:
            yield _Token(found.start(), found.end(), None, value, found["unit"])


def _near(flat: str, first: _Token, second: _Token) -> bool:
    return BETWEEN.fullmatch(flat, first.end, second.start) is not None


def _pair(flat: str, first: _Token, following: list[_Token]) -> Count | None:
    """A label with its number after it, or before it unless that number is a head count (6人 观众120)."""
    second, third = following[0], following[1] if len(following) > 1 else None
    label, number = (first, second) if first.field else (second, first)
    if label.field is None or number.value is None or not _fits(label.field, number.unit):
        return None
    if not _near(flat, first, second):
        return None
    apart = first.end < second.start
    taken = third is not None and third.value is not None and _near(flat, second, third)
    if number is first and number.unit and apart and taken:
        return None
    return Count(first.start, second.end, label.field, number.value)


def _fits(field: str, unit: str | None) -> bool:
    return (UNIT_OF[unit] if unit else None) in FITS.get(field, FITS_PEOPLE)


def _alone(token: _Token) -> Count | None:
    if token.value is None or token.unit not in COUNTS_ALONE:
        return None
    field = FIELD_OF_UNIT.get(UNIT_OF[token.unit], "headcount")
    return Count(token.start, token.end, field, token.value)
