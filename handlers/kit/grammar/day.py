"""Dates as people type them, leaning to the past: 昨天, 上周六, 11月20日, last saturday, Nov 20."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from handlers.kit.grammar.normalise import key
from handlers.kit.grammar.number import whole
from handlers.kit.grammar.tables import ENGLISH_MONTHS, ENGLISH_WEEKDAYS, WEEKDAYS, either

FIRST_YEAR, LAST_YEAR = 1900, 2199

_RELATIVE = {
    -3: "大前天 大前日",
    -2: "前天 前日 前晚",
    -1: "昨天 昨日 昨儿 昨晚 昨夜 yesterday",
    0: "今天 今日 今儿 今早 今晨 今晚 today tonight",
    1: "明天 明日 明早 明晚 tomorrow",
    2: "后天",
}
_OFFSETS = {word: offset for offset, words in _RELATIVE.items() for word in words.split()} | {
    "day before yesterday": -2,
    "the day before yesterday": -2,
}
_YEARS_BACK = {"今年": 0, "本年": 0, "去年": 1, "前年": 2}
_WEEKS_AHEAD = {"上上": -2, "上": -1, "last": -1, "本": 0, "这": 0, "this": 0, "下": 1, "next": 1}

_NUM = r"[0-9]{1,2}|[一二三四五六七八九十]{1,3}"
_YEAR = (
    r"(?:(?P<year>(?:19|20|21)[0-9]{2}|[零〇一二三四五六七八九]{4})\s?年\s?|(?P<ago>今年|本年|去年|前年)\s?)"
)
_MONTH_WORD = rf"(?P<month>{either(ENGLISH_MONTHS)})(?![a-z])\.?"
_NTH = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?(?![0-9a-z])"
_AD = r"(?:,?\s?(?P<year>(?:19|20|21)[0-9]{2})(?![0-9]))?"

RELATIVE_DAY = either(_OFFSETS)
DAYS_AGO = (
    rf"(?P<count>{_NUM}|[0-9]{{3,4}}|两|a|an)\s?"
    r"(?P<unit>天|日|周|个?星期|个?礼拜|days?|weeks?)\s?(?:之?以?前|ago)"
)
WEEKDAY = (
    r"(?P<week>上上|上|本|这|下)?\s?(?:一?个)?\s?(?:周|星期|礼拜)\s?"
    r"(?P<name>[一二三四五六日天]|[1-7](?![0-9天个]))(?!期)"
)
ENGLISH_WEEKDAY = rf"(?:on\s)?(?:(?P<week>last|this|next)\s)?(?P<name>{either(ENGLISH_WEEKDAYS)})(?![a-z])"
HAN_DATE = rf"{_YEAR}?(?P<month>{_NUM})\s?月\s?(?P<day>{_NUM})\s?[日号]?"
ISO_DATE = (
    r"(?P<year>(?:19|20|21)[0-9]{2})(?P<dash>[-/.])(?P<month>[0-9]{1,2})(?P=dash)(?P<day>[0-9]{1,2})(?![0-9])"
)
SHORT_DATE = r"(?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})(?![0-9])"
PLAIN_DATE = r"(?P<year>(?:19|20|21)[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})(?![0-9])"
DAY_OF_MONTH = rf"(?P<which>上个?月|本月|这个月|当月)?\s?(?:the\s)?(?P<day>{_NUM})(?:[日号]|st|nd|rd|th)"
ENGLISH_DATE = rf"{_MONTH_WORD}\s?{_NTH}{_AD}"
ENGLISH_DATE_DAY_FIRST = rf"(?:the\s)?{_NTH}\s?(?:of\s)?{_MONTH_WORD}{_AD}"

_TAIL = re.compile(
    r"[\s,、]*(?:\(?(?:周|星期|礼拜)[一二三四五六日天]\)?)?\s?(?:凌晨|早上|早晨|上午|中午|下午|傍晚|晚上)?[\s.。,!]*$"
)
_HEAD = re.compile(rf"^(?:{either(ENGLISH_WEEKDAYS)}(?:,\s?|\s)(?=[0-9a-z]))")


def day(text: str, today: date) -> date | None:
    """The date meant, or None.

    Without a year, a month or a week it is the most recent one up to and including today. A day named
    as coming (明天, 下周三, or a date with its year) is returned as it is, for the caller to refuse.
    """
    typed = key(text)
    for words in dict.fromkeys((typed, _TAIL.sub("", typed), _HEAD.sub("", typed))):
        if found := _first(words, today):
            return found
    return None


def _first(words: str, today: date) -> date | None:
    for pattern, meaning in _RULES:
        if found := pattern.fullmatch(words):
            return meaning(found, today)
    return None


def moved(start: date, days: int) -> date | None:
    """The date that many days later, or None beyond the calendar."""
    try:
        return start + timedelta(days=days)
    except OverflowError:
        return None


def calendar_day(year: int, month: int, day_of_month: int) -> date | None:
    """The date, or None when there is no such day."""
    try:
        return date(year, month, day_of_month)
    except ValueError:
        return None


def _relative(found: re.Match[str], today: date) -> date | None:
    return moved(today, _OFFSETS[found[0]])


def _days_ago(found: re.Match[str], today: date) -> date | None:
    count = 1 if found["count"] in ("a", "an") else whole(found["count"])
    length = 1 if found["unit"] in ("天", "日", "day", "days") else 7
    return None if count is None else moved(today, -count * length)


def _weekday(found: re.Match[str], today: date) -> date | None:
    wanted = WEEKDAYS[found["name"]]
    if found["week"] is None:
        return moved(today, -((today.weekday() - wanted) % 7))
    return moved(today, wanted - today.weekday() + 7 * _WEEKS_AHEAD[found["week"]])


def _english_weekday(found: re.Match[str], today: date) -> date | None:
    """`last saturday` is the latest one before today, as it is spoken, whichever week that was."""
    wanted = ENGLISH_WEEKDAYS[found["name"]]
    if found["week"] == "last":
        return moved(today, -((today.weekday() - wanted - 1) % 7) - 1)
    if found["week"] == "next":
        return moved(today, (wanted - today.weekday() - 1) % 7 + 1)
    if found["week"] == "this":
        return moved(today, wanted - today.weekday())
    return moved(today, -((today.weekday() - wanted) % 7))


def _dated(found: re.Match[str], today: date) -> date | None:
    groups = found.groupdict()
    month = ENGLISH_MONTHS.get(groups["month"]) or whole(groups["month"])
    day_of_month = whole(groups["day"])
    if month is None or day_of_month is None:
        return None
    if year := groups.get("year"):
        return calendar_day(whole(year) or 0, month, day_of_month)
    if ago := groups.get("ago"):
        return calendar_day(today.year - _YEARS_BACK[ago], month, day_of_month)
    return _latest(month, day_of_month, today)


def _latest(month: int, day_of_month: int, today: date) -> date | None:
    """The latest such day up to today; eight years back finds every 29 February but one a century."""
    years = range(today.year, today.year - 9, -1)
    days = (calendar_day(year, month, day_of_month) for year in years)
    return next((found for found in days if found and found <= today), None)


def _day_of_month(found: re.Match[str], today: date) -> date | None:
    wanted = whole(found["day"]) or 0
    this = calendar_day(today.year, today.month, wanted)
    end_of_last = moved(today, -today.day)
    last = calendar_day(end_of_last.year, end_of_last.month, wanted) if end_of_last else None
    if found["which"]:
        return last if found["which"].startswith("上") else this
    return this if this and this <= today else last


_Meaning = Callable[[re.Match[str], date], date | None]
_RULES: tuple[tuple[re.Pattern[str], _Meaning], ...] = tuple(
    (re.compile(pattern), meaning)
    for pattern, meaning in (
        (RELATIVE_DAY, _relative),
        (DAYS_AGO, _days_ago),
        (WEEKDAY, _weekday),
        (ENGLISH_WEEKDAY, _english_weekday),
        (HAN_DATE, _dated),
        (ISO_DATE, _dated),
        (PLAIN_DATE, _dated),
        (SHORT_DATE, _dated),
        (DAY_OF_MONTH, _day_of_month),
        (ENGLISH_DATE, _dated),
        (ENGLISH_DATE_DAY_FIRST, _dated),
    )
)
