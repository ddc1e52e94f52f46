"""Lengths of time as people type them, in minutes: 一个半小时, 1.5h, 1h30, 90分钟."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from handlers.kit.grammar.normalise import key
from handlers.kit.grammar.number import quantity
from handlers.kit.grammar.tables import WORD_NUMBER

_HOUR = r"(?:个?(?:小时|钟头)|个钟(?!头)|h(?:ours?|rs?|our)?(?![a-z]))"
_MINUTE = r"(?:分钟|分(?!之)|m(?:in(?:ute)?s?)?(?![a-z]))"

DURATION = re.compile(
    rf"(?P<and_half>{WORD_NUMBER})\s?个半(?:小时|钟头)"
    rf"|(?P<halves>{WORD_NUMBER})\sand\sa\shalf\s{_HOUR}"
    r"|(?P<half>半个?(?:小时|钟头)|half\san\shour)"
    rf"|(?P<hour>an\shour)"
    rf"|(?P<hours>{WORD_NUMBER})\s?{_HOUR}"
    rf"(?:(?P<plus>半)|\s?(?:and\s|零)?(?P<rest>{WORD_NUMBER})\s?{_MINUTE}|(?<=[时h])(?P<glued>[0-5]?[0-9])(?![0-9.人名位份张场]))?"
    rf"|(?P<quarters>[一二三123])刻钟"
    rf"|(?P<minutes>{WORD_NUMBER})\s?{_MINUTE}"
)
_AROUND = " .。,!约"
Unit = Literal["hours", "minutes"]
_LENGTH = {"hours": 60, "minutes": 1}


def minutes(text: str, bare_unit: Unit | None = None) -> int | None:
    """Whole minutes (half a minute rounds up), or None; a bare number counts in bare_unit when given."""
    typed = key(text).strip(_AROUND)
    if found := DURATION.fullmatch(typed):
        return minutes_of(found)
    value = quantity(typed) if bare_unit and typed else None
    return _rounded(value * _LENGTH[bare_unit]) if bare_unit and value is not None else None


def minutes_of(found: re.Match[str]) -> int | None:
    """The minutes of a DURATION match."""
    if found["half"]:
        return 30
    if found["hour"]:
        return 60
    if found["quarters"]:
        return _rounded((quantity(found["quarters"]) or Decimal(0)) * 15)
    if found["minutes"]:
        return _rounded(quantity(found["minutes"]))
    hours = quantity(found["and_half"] or found["halves"] or found["hours"])
    if hours is None:
        return None
    if found["and_half"] or found["halves"] or found["plus"]:
        return _rounded((hours + Decimal("0.5")) * 60)
    rest = found["rest"] or found["glued"]
    more = quantity(rest) if rest else Decimal(0)
    return None if more is None else _rounded(hours * 60 + more)


def _rounded(value: Decimal | None) -> int | None:
    return None if value is None else int(value.to_integral_value(ROUND_HALF_UP))
