"""Times to come, until which something has to be done: 3天, 48小时内, 12月5日前, 明天 18:00, in two weeks."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from handlers.kit.grammar.clock import clock
from handlers.kit.grammar.day import calendar_day, day
from handlers.kit.grammar.normalise import key
from handlers.kit.grammar.number import whole
from handlers.kit.grammar.tables import ENGLISH_WEEKDAYS, either

END_OF_DAY = time(23, 59)
_UNITS = {
    **dict.fromkeys(("小时", "个小时", "钟头", "个钟头", "hours", "hour", "hrs", "h"), timedelta(hours=1)),
    **dict.fromkeys(("天", "days", "day", "d"), timedelta(days=1)),
    **dict.fromkeys(("周", "星期", "个星期", "礼拜", "个礼拜", "weeks", "week", "w"), timedelta(weeks=1)),
}  # fmt: skip
_NUM = r"[0-9]{1,3}|[一二两三四五六七八九十]{1,3}|one|two|three|four|five|six|seven|a|an"
_SPAN = re.compile(
    rf"(?:within|in)?\s?(?P<count>{_NUM})\s?(?P<unit>{either(_UNITS)})\s?(?:之?内|以内|之?后|以后)?"
)
_EDGE = re.compile(r"^(?:by|until|till|before|不晚于|到)\s?|\s?(?:之前|以前|前|为止)$")
_PAST_WEEK = re.compile("上|last")
_WEEKDAY = re.compile(rf"周|星期|礼拜|(?<![a-z])(?:{either(ENGLISH_WEEKDAYS)})(?![a-z])")
_YEAR = re.compile("[0-9]{4}|年")
_MONTH = re.compile("[a-z]{3}|[月/.-]")


def until(text: str, now: datetime) -> datetime | None:
    """The moment meant, in the zone of `now`, or None. A day alone means its end; a weekday, a date or a time
    without more is the next to come. What lies in the past is returned as it is, for the caller to refuse."""
    typed = key(text, 40).strip(" .。,，")
    span = _SPAN.fullmatch(typed)
    if span is not None:
        count = 1 if span["count"] in ("a", "an") else whole(span["count"])
        return now + count * _UNITS[span["unit"]] if count else None
    typed = _EDGE.sub("", _EDGE.sub("", typed))
    if (at := clock(typed)) is not None:
        return _moment(now.date(), at, now)
    for place in range(1, len(typed) + 1):  # the shortest first: “今天下午” is a day, too
        coming = _coming(typed[:place].strip(), now.date())
        at = END_OF_DAY if place == len(typed) else clock(typed[place:])
        if coming is not None and at is not None:
            return _moment(coming, at, now)
    return None


def _moment(day_: date, at: time, now: datetime) -> datetime:
    return datetime.combine(day_, at, now.tzinfo)


def _coming(words: str, today: date) -> date | None:
    """The day meant, the next one where neither year, month nor week is said."""
    found = day(words, today)
    if found is None or found >= today or _YEAR.search(words) or _PAST_WEEK.search(words):
        return found
    if _WEEKDAY.search(words):
        return found + timedelta(weeks=1) if today - found < timedelta(weeks=1) else found
    if _MONTH.search(words):
        return calendar_day(found.year + 1, found.month, found.day)
    if words[0].isnumeric():
        months = (today.month, today.month + 1)
        days = (calendar_day(today.year + (m - 1) // 12, (m - 1) % 12 + 1, found.day) for m in months)
        return next((one for one in days if one is not None and one >= today), found)
    return found
