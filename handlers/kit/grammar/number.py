"""Numbers as people type them: 12, １２, 1,200, 1.2万, 1万2, 三百二十, three."""

import re
from decimal import Decimal

from handlers.kit.grammar.normalise import key
from handlers.kit.grammar.tables import ARABIC, BIG_UNITS, COUNTERS, DIGITS, ENGLISH_NUMBERS, SMALL_UNITS

_ABOUT = r"(?:大约|大概|约|一共|总共|共|about|~)?\s?"
_SIGN = r"(?P<sign>-|负|零下)?\s?"
_COUNTED = re.compile(rf"{_ABOUT}{_SIGN}(?P<value>\S+?)\s?{COUNTERS}?\s?[.。!,;、]?")
_MEASURED = re.compile(
    rf"{_ABOUT}{_SIGN}(?P<value>\S+?)\s?(?:℃|°c?|摄氏度|度|%|‰|元|米|公里|[a-z]{{1,5}}[²³23]?|{COUNTERS})?\s?[.。!;、]?"
)
_ARABIC = re.compile(ARABIC)
_DIGIT_BY_DIGIT = re.compile("[零〇一二三四五六七八九]{1,12}")
_POINT = re.compile("(?P<whole>.+)点(?P<part>[零〇一二三四五六七八九]{1,9})")
_TOKEN = re.compile(rf"(?P<figure>[0-9]+(?:\.[0-9]+)?)|(?P<char>[{''.join(DIGITS)}十百千万亿kw])")
_TOO_BIG = 10**15


def number(text: str) -> int | None:
    """A whole number with an optional counter (`300人`), or None; never 10**15 or more."""
    value = _signed(_COUNTED.fullmatch(key(text)))
    return int(value) if value is not None and value == value.to_integral_value() else None


def decimal(text: str) -> Decimal | None:
    """A number that may have a fraction and a unit (`22.5℃`, `48%`, `两点五`), or None."""
    return _signed(_MEASURED.fullmatch(key(text)))


def quantity(text: str) -> Decimal | None:
    """The value of a bare numeral in normalised lower-case text, or None."""
    if text in ENGLISH_NUMBERS:
        return Decimal(ENGLISH_NUMBERS[text])
    if _ARABIC.fullmatch(text):
        return _small(Decimal(text.replace(",", "")))
    if _DIGIT_BY_DIGIT.fullmatch(text):
        return Decimal("".join(str(DIGITS[char]) for char in text))
    if point := _POINT.fullmatch(text):
        whole = quantity(point["whole"])
        part = "".join(str(DIGITS[char]) for char in point["part"])
        return None if whole is None or whole % 1 else whole + Decimal(f"0.{part}")
    return _spoken(text.replace(",", ""))


def whole(text: str) -> int | None:
    """`quantity` where only a whole number makes sense."""
    value = quantity(text)
    return int(value) if value is not None and value == value.to_integral_value() else None


def _signed(found: re.Match[str] | None) -> Decimal | None:
    value = quantity(found["value"]) if found else None
    if found is None or value is None:
        return None
    return -value if found["sign"] else value


def _small(value: Decimal) -> Decimal | None:
    return value if value < _TOO_BIG else None


def _spoken(text: str) -> Decimal | None:
    """Digits and falling units; a single digit at the end counts tenths of the last unit (1万2, 三百二)."""
    tokens = list(_TOKEN.finditer(text))
    figures = [token["figure"] for token in tokens if token["figure"]]
    if sum(len(token[0]) for token in tokens) != len(text) or ("." in text and len(figures) > 1):
        return None
    total = section = Decimal(0)
    digit: Decimal | None = None
    small, big, last, after_zero = 10_000, 10**12, 1, False
    for token in tokens:
        word = token[0]
        if word in SMALL_UNITS:
            unit = SMALL_UNITS[word]
            if unit >= small or (digit is None and unit != 10):
                return None
            section += unit * (Decimal(1) if digit is None else digit)
            small = last = unit
            digit, after_zero = None, False
        elif word in BIG_UNITS:
            unit, section = BIG_UNITS[word], section + (digit or 0)
            if unit >= big or not section:
                return None
            total += section * unit
            big = last = unit
            section, small, digit, after_zero = Decimal(0), 10_000, None, False
        elif digit is not None:
            return None
        elif DIGITS.get(word) == 0:
            after_zero = True
        else:
            digit = Decimal(DIGITS[word]) if word in DIGITS else Decimal(word)
    if digit is not None and last > 1 and digit >= last:
        return None
    tenths = last // 10 if last > 1 and not after_zero and digit is not None and digit < 10 else 1
    return _small(total + section + (digit or 0) * tenths)
