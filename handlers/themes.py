"""The theme days that museums hold outreach on: fixed, on an nth weekday, by the moon, or a whole month."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from typing import Final

from borax.calendars.lunardate import LunarDate

from handlers.kit.words import Both

# The years the lunar calendar is known for, with whole solar years at both ends.
FIRST_YEAR: Final = 1901
LAST_YEAR: Final = 2099

Span = tuple[date, date]
_MAY, _JUNE, _SEPTEMBER, _NOVEMBER = 5, 6, 9, 11
_SATURDAY, _SUNDAY = 5, 6


@dataclass(frozen=True, slots=True)
class ThemeDay:
    """A theme day by its stored `code`; `aliases` are what people write for it, in either language."""

    code: str
    zh: str
    en: str
    aliases: tuple[str, ...]

    @property
    def name(self) -> Both:
        return Both(self.zh, self.en)


def themes_of(year: int) -> list[tuple[date, date, ThemeDay]]:
    """The theme days of a year (1901 to 2099) by date: the first day, the last (the same, mostly), and which.

    Raises ValueError for other years.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"theme days are known from {FIRST_YEAR} to {LAST_YEAR}")
    return list(_themes_of(year))


def near(day: date, before: int = 10, after: int = 3) -> list[ThemeDay]:
    """What an event on `day`, or logged then, may have been for: the most fitting first.

    Those that ended at most `before` days before, are on, or begin at most `after` days after. The nearest
    comes first, a single day before a whole month, the earlier before the later.
    """
    found = []
    for year in range(max(FIRST_YEAR, day.year - 1), min(LAST_YEAR, day.year + 1) + 1):
        for first, last, theme in _themes_of(year):
            if first - timedelta(after) <= day <= last + timedelta(before):
                apart = max(first - day, day - last, timedelta())
                found.append((apart, last - first, first, theme.code, theme))
    return [theme for *_order, theme in sorted(found, key=lambda one: one[:-1])]


def theme(code: str | None) -> ThemeDay | None:
    """The theme day with that code; None for none, or for one no longer known."""
    return next((known for known, _rule in _THEMES if known.code == code), None)


def aliases() -> Mapping[str, tuple[str, ...]]:
    """By code, everything that a theme day is called, its names first."""
    return {known.code: (known.zh, known.en, *known.aliases) for known, _rule in _THEMES}


@cache
def _themes_of(year: int) -> tuple[tuple[date, date, ThemeDay], ...]:
    spans = ((*rule(year), known) for known, rule in _THEMES)
    return tuple(sorted(spans, key=lambda span: (span[0], span[1])))


def _fixed(month: int, day: int, year: int) -> Span:
    return date(year, month, day), date(year, month, day)


def _weekday(nth: int, weekday: int, month: int, year: int) -> Span:
    """The `nth` (from 1) `weekday` (Monday is 0) of a month."""
    first = date(year, month, 1)
    found = first + timedelta((weekday - first.weekday()) % 7 + 7 * (nth - 1))
    return found, found


def _lunar(month: int, first: int, last: int, year: int) -> Span:
    """Days of a month of the lunar year that begins in `year`."""
    return _solar(LunarDate(year, month, first)), _solar(LunarDate(year, month, last))


def _solar(day: LunarDate) -> date:
    found: date = day.to_solar_date()
    return found


def _month(month: int, year: int) -> Span:
    return date(year, month, 1), date(year, month + 1, 1) - timedelta(1)


def _on(month: int, day: int) -> Callable[[int], Span]:
    return partial(_fixed, month, day)


_THEMES: Final[tuple[tuple[ThemeDay, Callable[[int], Span]], ...]] = (
    (
        ThemeDay("spring_festival", "春节", "Spring Festival", ("新春", "过年", "元宵", "chinese new year")),
        partial(_lunar, 1, 1, 15),  # New Year's Day to the Lantern Festival
    ),
    (
        ThemeDay(
            "lei_feng",
            "学雷锋日（中国青年志愿者服务日）",
            "Lei Feng Day",
            ("学雷锋", "雷锋日", "青年志愿者服务日", "lei feng"),
        ),
        _on(3, 5),
    ),
    (
        ThemeDay(
            "national_security",
            "全民国家安全教育日",
            "National Security Education Day",
            ("国家安全教育日", "国家安全日", "国安日", "national security day"),
        ),
        _on(4, 15),
    ),
    (
        ThemeDay(
            "monuments",
            "国际古迹遗址日",
            "International Day for Monuments and Sites",
            ("古迹遗址日", "古迹日", "monuments and sites", "monuments day"),
        ),
        _on(4, 18),
    ),
    (
        ThemeDay(
            "museum_day",
            "国际博物馆日",
            "International Museum Day",
            ("博物馆日", "5·18", "5.18", "museum day"),
        ),
        _on(5, 18),
    ),
    (
        ThemeDay(
            "disability", "全国助残日", "National Day of Disabled Persons", ("助残日", "disability day")
        ),
        partial(_weekday, 3, _SUNDAY, _MAY),
    ),
    (
        ThemeDay(
            "heritage",
            "文化和自然遗产日",
            "Cultural and Natural Heritage Day",
            ("文化遗产日", "自然遗产日", "遗产日", "heritage day"),
        ),
        partial(_weekday, 2, _SATURDAY, _JUNE),
    ),
    (
        ThemeDay("dragon_boat", "端午节", "Dragon Boat Festival", ("端午", "dragon boat")),
        partial(_lunar, 5, 5, 5),
    ),
    (
        ThemeDay(
            "science",
            "全国科普月",
            "National Science Month",
            ("科普月", "全国科普日", "科普日", "science month", "science day"),
        ),
        partial(_month, _SEPTEMBER),
    ),
    (ThemeDay("martyrs", "烈士纪念日", "Martyrs' Day", ("烈士日", "martyrs day")), _on(9, 30)),
    (
        ThemeDay(
            "double_ninth",
            "重阳节（老年节）",
            "Double Ninth Festival",
            ("重阳", "重阳节", "老年节", "敬老日", "double ninth", "seniors day"),
        ),
        partial(_lunar, 9, 9, 9),
    ),
    (
        ThemeDay(
            "fire_day",
            "全国消防日",
            "Fire Safety Day",
            ("消防日", "消防宣传日", "119消防", "fire day"),
        ),
        _on(11, 9),
    ),
    (
        ThemeDay("fire_month", "消防宣传月", "Fire Safety Month", ("消防月", "fire month")),
        partial(_month, _NOVEMBER),
    ),
    (ThemeDay("constitution", "国家宪法日", "Constitution Day", ("宪法日",)), _on(12, 4)),
    (
        ThemeDay(
            "volunteers",
            "国际志愿者日",
            "International Volunteer Day",
            ("志愿者日", "volunteer day", "volunteers day"),
        ),
        _on(12, 5),
    ),
)
