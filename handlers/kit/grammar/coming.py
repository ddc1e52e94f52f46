"""Dates as people type them, leaning to what is to come: 明天, 下周三, 11月30日, friday, the 3rd."""

import re
from datetime import date, timedelta

from handlers.kit.grammar.day import day, moved
from handlers.kit.grammar.normalise import key

# How far ahead a bare weekday, a bare day of the month and a month with its day are looked for. Words that
# count from today move along by just as many days, which tells them apart.
_AHEAD = (6, 32, 62, 360)
_GONE_BY = re.compile("上|昨|前|去年|last|ago|yesterday|before")


def coming_day(text: str, today: date) -> date | None:
    """The date meant, or None. What names no year, month or week is the next one from today on.

    A day named as gone by (昨天, last friday, or a date with its year) is returned as it is, for the
    caller to refuse.
    """
    found = day(text, today)
    if found is None or found >= today or _GONE_BY.search(key(text)):
        return found
    for ahead in _AHEAD:
        later = day(text, moved(today, ahead) or today)
        if later is not None and later >= today and later - found != timedelta(days=ahead):
            return later
    return found
