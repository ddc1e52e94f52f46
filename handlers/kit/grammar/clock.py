"""Times of day and spans between two: 下午3点半, 3:30 PM, 9点到11点半, 9am-11am."""

import re
from dataclasses import dataclass, replace
from datetime import time

from handlers.kit.grammar.normalise import key
from handlers.kit.grammar.number import whole
from handlers.kit.grammar.tables import either

_MORNING = ("上午", "早上", "早晨", "清晨", "凌晨", "早", "am")
_NOON = ("中午",)
_AFTERNOON = ("下午", "午后", "傍晚", "晚上", "晚间", "夜里", "晚", "pm")
_EVENING = ("晚上", "晚间", "夜里", "晚")
_PARTS = either((*_MORNING[:-1], *_NOON, *_AFTERNOON[:-1]))
_HAN = "[零〇一二两三四五六七八九十]{1,3}"
_MINUTE_WORDS = {"半": 30, "一刻": 15, "1刻": 15, "三刻": 45, "3刻": 45}

_ONE = (
    rf"(?<![0-9.])(?P<part>{_PARTS})?\s?(?P<hour>[0-9]{{1,2}}|{_HAN})"
    rf"(?P<mark>\s?:\s?(?P<colon>[0-9]{{2}})(?![0-9:])"
    rf"|\s?[点时](?:钟|整)?(?:\s?(?P<minute>半|[一三13]刻|[0-9]{{1,2}}(?![0-9:])|{_HAN})\s?分?)?)?"
    r"(?:\s?(?P<half>[ap])\.?m\b\.?)?"
)
_OTHER = re.sub(r"\?P<([a-z]+)>", r"?P<\1_2>", _ONE)
_BETWEEN = r"\s?(?:-{1,2}|~|到|至|to|until|till)\s?"
_RANGE = re.compile(rf"(?<![0-9.])(?:从|from\s)?{_ONE}{_BETWEEN}{_OTHER}(?![0-9])")
_CLOCK = re.compile(_ONE)
_NAMED = {"noon": time(12), "midday": time(12), "正午": time(12), "midnight": time(0), "午夜": time(0)}


@dataclass(frozen=True)
class _Spoken:
    """A time as spoken: part of the day (or None), hour and minute, and whether it can stand alone."""

    part: str | None
    hour: int
    minute: int
    whole: bool

    def time(self) -> time | None:
        hour = _hour_of_day(self.part, self.hour)
        return time(hour, self.minute) if hour is not None and self.minute < 60 else None


def clock(text: str) -> time | None:
    """One time of day, or None; a bare number (`930`, `9`) is not one."""
    typed = key(text).strip(".。, ")
    if typed in _NAMED:
        return _NAMED[typed]
    found = _CLOCK.fullmatch(typed)
    spoken = _spoken(found) if found else None
    return spoken.time() if spoken and spoken.whole else None


def clock_range(text: str) -> tuple[time, time] | None:
    """Start and end, or None; an end before the start (22:00-6:00) is the next day's."""
    found = _RANGE.fullmatch(key(text).strip(".。, "))
    return _range_of(found) if found else None


def time_in_text(flat: str) -> tuple[int, int, time, time | None] | None:
    """Where the first span of time stands in flattened text, or else the first time, with its values."""
    for found in _RANGE.finditer(flat):
        if both := _range_of(found):
            return found.start(), found.end(), *both
    for found in _CLOCK.finditer(flat):
        spoken = _spoken(found)
        figures = spoken and spoken.whole and (spoken.part or found["hour"].isascii())
        moment = spoken.time() if spoken and figures else None
        if moment:
            return found.start(), found.end(), moment, None
    return None


def _range_of(found: re.Match[str]) -> tuple[time, time] | None:
    """The two times of a span: each side lends the other what it left out."""
    first, last = _spoken(found), _spoken(found, "_2")
    if not first or not last or not (first.whole or last.whole):
        return None
    start, end = first.time(), last.time()
    if first.part is None and last.part is not None:
        lent = replace(first, part=last.part).time()
        start = lent if lent and end and lent < end else start
    elif last.part is None:
        end = _after(start, last, first.part)
    return (start, end) if start and end and start != end else None


def _after(start: time | None, last: _Spoken, part: str | None) -> time | None:
    """The end as said, unless only the afternoon's reading of it comes after the start (9点到3点)."""
    said = last.time()
    if start is None or said is None or said >= start or (start.hour > 12 and part is None):
        return said
    later = replace(last, part="pm").time()
    return later if later and later > start else said


def _spoken(found: re.Match[str], side: str = "") -> _Spoken | None:
    hour = whole(found[f"hour{side}"])
    minute_word = found[f"colon{side}"] or found[f"minute{side}"] or "0"
    minute = _MINUTE_WORDS.get(minute_word, whole(minute_word))
    half = found[f"half{side}"]
    part = f"{half}m" if half else found[f"part{side}"]
    marked = bool(found[f"mark{side}"] or half)
    return None if hour is None or minute is None else _Spoken(part, hour, minute, marked)


def _hour_of_day(part: str | None, hour: int) -> int | None:
    """The hour from 0 to 23, or None; 晚上12点 and 12am are midnight, 中午1点 is 13."""
    if hour > 23 or (part in ("am", "pm") and not 1 <= hour <= 12):
        return None
    if part in _MORNING:
        return _morning(part, hour)
    if part in _EVENING and hour == 12:
        return 0
    if (part in _AFTERNOON and hour < 12) or (part in _NOON and hour < 3):
        return hour + 12
    return hour


def _morning(part: str | None, hour: int) -> int | None:
    if hour == 12:
        return 0 if part in ("am", "凌晨") else 12
    return hour if hour < 12 else None
