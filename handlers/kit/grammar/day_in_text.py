"""Finds the date in a longer text, where only the unmistakable ways of writing one count."""

import re
from datetime import date

from handlers.kit.grammar.day import (
    DAYS_AGO,
    ENGLISH_DATE,
    ENGLISH_DATE_DAY_FIRST,
    HAN_DATE,
    ISO_DATE,
    PLAIN_DATE,
    RELATIVE_DAY,
    WEEKDAY,
    day,
)
from handlers.kit.grammar.tables import ENGLISH_WEEKDAYS, either

_ALONE = r"(?<![^\s、,;。])(?:{})(?![^\s、,;。])"
_FULL_WEEKDAYS = either(name for name in ENGLISH_WEEKDAYS if name.endswith("day"))


def _nameless(pattern: str) -> str:
    return re.sub(r"\?P<[a-z]+>", "?:", pattern).replace("(?P=dash)", "[-/.]")


_IN_TEXT = re.compile(
    "|".join(
        (
            rf"(?<![0-9]){_nameless(ISO_DATE)}",
            rf"(?<![0-9零〇一二三四五六七八九十]){_nameless(HAN_DATE)}",
            _nameless(DAYS_AGO),
            _nameless(WEEKDAY),
            rf"(?<![a-z])(?:the\s)?{_nameless(RELATIVE_DAY)}(?![a-z])",
            rf"(?<![a-z])(?:on\s)?(?:(?:last|this)\s)?{_FULL_WEEKDAYS}(?![a-z])",
            rf"(?<![a-z]){_nameless(ENGLISH_DATE)}",
            rf"(?<![0-9]){_nameless(ENGLISH_DATE_DAY_FIRST)}",
            _ALONE.format(_nameless(PLAIN_DATE)),
            _ALONE.format(r"[0-9]{1,2}[-/][0-9]{1,2}|[0-9]{1,2}\.[0-9]{2}"),
            "(?<![0-9月])[0-9]{1,2}日(?![志常])",
        )
    )
)


def day_in_text(flat: str, today: date) -> tuple[int, int, date] | None:
    """Start, end and value of the first date in flattened text, or None."""
    for found in _IN_TEXT.finditer(flat):
        if meant := day(found[0], today):
            return found.start(), found.end(), meant
    return None
