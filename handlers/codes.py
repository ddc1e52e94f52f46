"""Codes that people type: made at random, grouped for reading, forgiving when read, kept only as hashes."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final

from handlers.kit import grammar

# Crockford's base32 (https://www.crockford.com/base32.html): no I, L, O or U, five bits a character.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans("OIL", "011")
_DIGITS = frozenset("23456789")  # what no word has, even misread

# How long each sort of code is, in characters; the length alone tells which sort was typed.
LINK: Final = 8  # 40 bits, for ten minutes and few guesses
FIRST_ADMIN: Final = 10  # 50 bits, for fifteen minutes and few guesses
INVITE: Final = 28  # 140 bits, for days

_LONGEST_TYPED = 300  # a link with the code in it fits
_BEFORE_THE_CODE = re.compile(r".*[:=_]", re.DOTALL)  # “code: …”, or the link it came in


def make(length: int) -> str:
    """A new secret code. It always has a letter and a digit, which tells it from a word and from a number."""
    while True:
        code = "".join(secrets.choice(ALPHABET) for _place in range(length))
        if _is_mixed(code):
            return code


def grouped(code: str) -> str:
    """`code` as people read and type it: `4K7M-Q9XW`, `4K7MQ-9XWPD`."""
    size = 5 if len(code) % 4 else 4
    return "-".join(code[place : place + size] for place in range(0, len(code), size))


def read(typed: str, length: int) -> str | None:
    """The code of `length` that was typed, in any case or width, with spaces and dashes, alone or at the
    end of a link; None if it is none."""
    if len(typed) > _LONGEST_TYPED:
        return None
    bare = _BEFORE_THE_CODE.sub("", grammar.normalise(typed)).replace(" ", "").replace("-", "").upper()
    code = bare.translate(_LOOKALIKES)
    fits = len(code) == length and _is_mixed(bare) and set(code) <= set(ALPHABET)
    return code if fits else None


def hashed(code: str) -> str:
    """What is stored of a code: its SHA-256, in hexadecimal."""
    return hashlib.sha256(code.encode()).hexdigest()


def _is_mixed(code: str) -> bool:
    return not _DIGITS.isdisjoint(code) and any(char.isalpha() for char in code)
