"""Periods of a summary: 上月, 2026上半年, Q1, last week, 2026-05-01..2026-06-30."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from handlers.kit.grammar.day import FIRST_YEAR, LAST_YEAR, day, moved
from handlers.kit.grammar.normalise import key
from handlers.kit.grammar.number import whole
from handlers.kit.grammar.tables import ENGLISH_MONTHS, either


@dataclass(frozen=True)
class Period:
    """The days from start to end, both included, and the one code that `period` reads back as the same.

    Codes: `2026-11-22`, `2026-W21`, `2026-05`, `2026-Q2`, `2026-H1`, `2026`, `2026-05-01..2026-06-30`.
    """

    start: date
    end: date
    code: str

    @property
    def kind(self) -> str:
        """day, week, month, quarter, half, year or span: told by the code."""
        return next((kind for kind, pattern in _CODES.items() if pattern.fullmatch(self.code)), "span")

    def previous(self) -> "Period":
        """The period before of the same kind; for a span the same number of days directly before."""
        before = self.start - timedelta(days=1)
        if self.kind in _CONTAINING:
            return _CONTAINING[self.kind](before)
        return span(before - (self.end - self.start), before)

    def following(self) -> "Period":
        """The period after of the same kind; for a span the same number of days directly after."""
        after = self.end + timedelta(days=1)
        if self.kind in _CONTAINING:
            return _CONTAINING[self.kind](after)
        return span(after, after + (self.end - self.start))


def _day(within: date) -> Period:
    return Period(within, within, within.isoformat())


def _week(within: date) -> Period:
    """The ISO week, Monday to Sunday."""
    monday = within - timedelta(days=within.weekday())
    year, number, _ = within.isocalendar()
    return Period(monday, monday + timedelta(days=6), f"{year}-W{number:02}")


def _months(year: int, first: int, count: int, code: str) -> Period:
    after = date(year, first + count, 1) if first + count <= 12 else date(year + 1, 1, 1)
    return Period(date(year, first, 1), after - timedelta(days=1), code)


def _month(within: date) -> Period:
    return _months(within.year, within.month, 1, f"{within.year}-{within.month:02}")


def _quarter(within: date) -> Period:
    number = (within.month + 2) // 3
    return _months(within.year, 3 * number - 2, 3, f"{within.year}-Q{number}")


def _half(within: date) -> Period:
    number = (within.month + 5) // 6
    return _months(within.year, 6 * number - 5, 6, f"{within.year}-H{number}")


def _year(within: date) -> Period:
    return _months(within.year, 1, 12, str(within.year))


_CONTAINING: dict[str, Callable[[date], Period]] = {
    "day": _day,
    "week": _week,
    "month": _month,
    "quarter": _quarter,
    "half": _half,
    "year": _year,
}
_CODES = {
    "day": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "week": re.compile(r"[0-9]{4}-W[0-9]{2}"),
    "month": re.compile(r"[0-9]{4}-[0-9]{2}"),
    "quarter": re.compile(r"[0-9]{4}-Q[1-4]"),
    "half": re.compile(r"[0-9]{4}-H[12]"),
    "year": re.compile(r"[0-9]{4}"),
}


def span(start: date, end: date) -> Period:
    """The days between two dates in either order; a whole month, half or year is called by its name."""
    first, last = min(start, end), max(start, end)
    for containing in _CONTAINING.values():
        named = containing(first)
        if (named.start, named.end) == (first, last):
            return named
    return Period(first, last, f"{first.isoformat()}..{last.isoformat()}")


_UNITS = {
    "week": "周 星期 个星期 礼拜 个礼拜 week",
    "month": "月 个月 月份 month",
    "quarter": "季度 个季度 季 quarter",
    "half": "半年 half",
    "year": "年 年度 year",
}
_KIND = {word: kind for kind, words in _UNITS.items() for word in words.split()}
_BEFORE = {"上上": 2, "前": 2, "上": 1, "去": 1, "last": 1, "previous": 1}
_NOW = ("本", "这", "这个", "今", "当", "this")
_RELATIVE = re.compile(rf"(?:the\s)?(?P<which>{either((*_BEFORE, *_NOW))})\s?(?P<unit>{either(_KIND)})")
_RECENT = re.compile(r"(?:最近|近|过去|the last |last |past )\s?(?P<count>\S{1,4}?)\s?(?:天|日|days?)")
_WHOLE_YEAR = {"全年": 0, "本年度": 0, "今年度": 0, "去年全年": 1, "今年全年": 0}

_YEAR = r"(?:(?P<year>(?:19|20|21)[0-9]{2})\s?年?度?|(?P<which>今年|本年|去年|前年|this year|last year))"
_YEARS_BACK = {"今年": 0, "本年": 0, "this year": 0, "去年": 1, "last year": 1, "前年": 2}
_ORDINAL = r"(?P<number>[1-4一二三四]|first|second|third|fourth|1st|2nd|3rd|4th)"
_ORDINALS = {
    word: index
    for words in ("first second third fourth", "1st 2nd 3rd 4th")
    for index, word in enumerate(words.split(), start=1)
}
_PART = (
    rf"(?P<half>[上下])半年度?|h(?P<h>[12])|q(?P<q>[1-4])|第?{_ORDINAL}\s?(?P<of>季度|季|quarter|half)"
    rf"|-?w(?P<week>[0-9]{{1,2}})|(?P<month>1[0-2]|0?[1-9]|[一二三四五六七八九]|十[一二]?)\s?月份?|-(?P<iso>1[0-2]|0[1-9])"
    rf"|(?P<name>{either(ENGLISH_MONTHS)})"
)
_PART_OF_YEAR = re.compile(
    rf"(?:{_YEAR}[\s\-]?)?(?:{_PART})(?:份|,?\s(?:of\s)?(?P<after>(?:19|20|21)[0-9]{{2}}))?"
)
_PLAIN_YEAR = re.compile(_YEAR)
_BETWEEN = re.compile(r"\s*(?:\.\.+|~|到|至|\sto\s|--+)\s*|\s+-\s+")
_YEARLESS = re.compile(r"(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3}|[a-z]{3,9})(?:\s?月|[-/. ])")
_DAY_ONLY = re.compile(r"(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})[日号]")


def period(text: str, today: date) -> Period | None:
    """The period meant, or None; without a year it is the latest that has begun by today."""
    typed = key(text).rstrip(".。!")
    return _single(typed, today) or _spanned(typed, today)


def _single(typed: str, today: date) -> Period | None:
    for reading in (_relative, _recent, _part_of_year, _plain_year):
        if found := reading(typed, today):
            return found
    named = day(typed, today)
    return _day(named) if named and FIRST_YEAR <= named.year <= LAST_YEAR else None


def _relative(typed: str, today: date) -> Period | None:
    if typed in _WHOLE_YEAR:
        return _year(today.replace(year=today.year - _WHOLE_YEAR[typed], day=1))
    found = _RELATIVE.fullmatch(typed)
    # 上半年 is the first half, not the half before; 前周 and 前月 are not said.
    if not found or found["unit"] == "半年" or (found["which"] == "前" and found["unit"] != "年"):
        return None
    containing = _CONTAINING[_KIND[found["unit"]]]
    meant = containing(today)
    for _ in range(_BEFORE.get(found["which"], 0)):
        meant = meant.previous()
    return meant


def _recent(typed: str, today: date) -> Period | None:
    found = _RECENT.fullmatch(typed)
    count = whole(found["count"]) if found else None
    start = moved(today, 1 - count) if count and count <= 3660 else None
    return span(start, today) if start else None


def _part_of_year(typed: str, today: date) -> Period | None:
    found = _PART_OF_YEAR.fullmatch(typed)
    if not found or (found["iso"] and not found["year"]):
        return None
    year = whole(found["year"] or found["after"] or "")
    if found["which"]:
        year = today.year - _YEARS_BACK[found["which"]]
    if year is not None:
        return _numbered(found, year)
    latest = _numbered(found, today.year)
    return latest if latest and latest.start <= today else _numbered(found, today.year - 1)


def _numbered(found: re.Match[str], year: int) -> Period | None:
    if found["week"]:
        return _iso_week(year, int(found["week"]))
    if found["half"] or found["h"]:
        return _half(date(year, 1 if (found["half"] or found["h"]) in ("上", "1") else 7, 1))
    if number := found["q"] or found["number"]:
        index = _ORDINALS.get(number) or whole(number) or 0
        if found["of"] == "half":
            return _half(date(year, 6 * index - 5, 1)) if index < 3 else None
        return _quarter(date(year, 3 * index - 2, 1))
    month = ENGLISH_MONTHS.get(found["name"] or "") or whole(found["month"] or found["iso"] or "")
    return _month(date(year, month, 1)) if month else None


def _iso_week(year: int, number: int) -> Period | None:
    try:
        return _week(date.fromisocalendar(year, number, 1))
    except ValueError:
        return None


def _plain_year(typed: str, today: date) -> Period | None:
    found = _PLAIN_YEAR.fullmatch(typed)
    if not found:
        return None
    year = whole(found["year"]) if found["year"] else today.year - _YEARS_BACK[found["which"]]
    return _year(date(year, 1, 1)) if year else None


def _spanned(typed: str, today: date) -> Period | None:
    for left, right in _splits(typed):
        if left.isdigit() and len(left) < 3 and right.endswith("月"):
            left += "月"
        first = _single(left, today)
        last = _single(right, _anchor(right, first, today)) if first else None
        if first and last:
            return span(min(first.start, last.start), max(first.end, last.end))
    return None


def _anchor(right: str, first: Period, today: date) -> date:
    """What the end is counted back from: with no year of its own it is the first such day after the start."""
    days = 30 if _DAY_ONLY.fullmatch(right) else 364
    if days == 364 and not _YEARLESS.match(right):
        return today
    return first.start + timedelta(days=days)


def _splits(typed: str) -> Iterator[tuple[str, str]]:
    if found := _BETWEEN.search(typed):
        yield typed[: found.start()], typed[found.end() :]
        return
    for index, char in enumerate(typed):
        if char == "-":
            yield typed[:index].strip(), typed[index + 1 :].strip()
