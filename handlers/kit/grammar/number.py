"""Numbers as people type them: 12, １２, 1,200, 1.2万, 1万2, 三百二十, three."""

import re
from decimal import Decimal

from handlers.kit.grammar.normalise import key
from handlers.kit.grammar.tables import ARABIC, BIG_UNITS, COUNTERS, DIGITS, ENGLISH_NUMBERS, UNITS, either

_ABOUT = r"(?:大约|大概|约|一共|总共|共|about|~)?\s?"
_SIGN = r"(?P<sign>-|负|零下)?\s?"
_COUNTED = re.compile(rf"{_ABOUT}{_SIGN}(?P<value>\S+?)\s?{COUNTERS}?\s?[.。!,;、]?")
_MEASURED = re.compile(
    rf"{_ABOUT}{_SIGN}(?P<value>\S+?)\s?(?:℃|°c?|摄氏度|度|%|‰|元|米|公里|[a-z]{{1,5}}[²³23]?|{COUNTERS})?\s?[.。!;、]?"
)
_ARABIC = re.compile(ARABIC)
_DIGIT_BY_DIGIT = re.compile("[零〇一二三四五六七八九]{1,12}")
_POINT = re.compile("(?P<whole>.+)点(?P<part>[零〇一二三四五六七八九]{1,9})")
_PART = re.compile(
    rf"(?P<zero>[零〇])?(?P<digit>[0-9]+(?:\.[0-9]+)?|[一二两三四五六七八九])?(?P<unit>{either(UNITS)})?"
)
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
        before = quantity(point["whole"])
        part = "".join(str(DIGITS[char]) for char in point["part"])
        return None if before is None or before % 1 else before + Decimal(f"0.{part}")
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
    parts = _parts(text)
    if not parts or ("." in text and sum(digit is not None for digit, _, _ in parts) > 1):
        return None
    total = section = Decimal(0)
    small, big, last = 10_000, 10**12, 1
    for digit, unit, _ in parts[:-1]:
        if unit in BIG_UNITS.values():
            section += digit or 0
            if unit >= big or not section:
                return None
            total, section, small, big = total + section * unit, Decimal(0), 10_000, unit
        else:
            if unit >= small or (digit is None and unit != 10):
                return None
            section, small = section + unit * (1 if digit is None else digit), unit
        last = unit
    digit, _, after_zero = parts[-1]
    if digit is None:
        return _small(total + section)
    if last > 1 and digit >= last:
        return None
    tenths = last // 10 if last > 1 and digit < 10 and not after_zero else 1
    return _small(total + section + digit * tenths)


def _parts(text: str) -> list[tuple[Decimal | None, int, bool]]:
    """The digits of a spoken number with the unit of each and whether a zero came before.

    The last part has the unit 1, and no digit when the number ends in a unit; empty when it is no number.
    """
    parts: list[tuple[Decimal | None, int, bool]] = []
    at = 0
    while found := _PART.match(text, at):
        digit = found["digit"]
        value = None if digit is None else Decimal(DIGITS.get(digit, digit))
        unit = found["unit"]
        parts.append((value, UNITS[unit] if unit else 1, found["zero"] is not None))
        at = found.end()
        if not unit:
            break
    return parts if at == len(text) and text else []
