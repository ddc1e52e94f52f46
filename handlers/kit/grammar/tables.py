"""Words and pattern pieces that several grammars share; all patterns meet half-width lower-case text."""

import re
from collections.abc import Iterable


def listed(words: str) -> tuple[str, ...]:
    """The words of a table written with spaces between them; `_` stands for a space within one."""
    return tuple(word.replace("_", " ") for word in words.split())


def either(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest first."""
    longest_first = sorted(set(words), key=lambda word: (-len(word), word))
    return "(?:" + "|".join(re.escape(word) for word in longest_first) + ")"


DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
BIG_UNITS = {"万": 10_000, "w": 10_000, "亿": 100_000_000}
UNITS = {"十": 10, "百": 100, "千": 1_000, "k": 1_000} | BIG_UNITS
ENGLISH_NUMBERS = {
    word: value
    for value, word in enumerate(
        listed("zero one two three four five six seven eight nine ten eleven twelve")
    )
}

WEEKDAYS = dict(zip("一二三四五六日天1234567", (*range(6), 6, 6, *range(7)), strict=True))
ENGLISH_WEEKDAYS = {
    name: index
    for index, names in enumerate(
        (
            ("monday", "mon"),
            ("tuesday", "tue", "tues"),
            ("wednesday", "wed"),
            ("thursday", "thu", "thur", "thurs"),
            ("friday", "fri"),
            ("saturday", "sat"),
            ("sunday", "sun"),
        )
    )
    for name in names
}
_MONTH_NAMES = listed("january february march april may june july august september october november december")
ENGLISH_MONTHS = {
    alias: index for index, name in enumerate(_MONTH_NAMES, start=1) for alias in (name, name[:3])
} | {"sept": 9}


HAN_NUMBER = "[零〇一二两三四五六七八九十百千万亿]{1,12}"
ARABIC = r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,4}(?![0-9])|[0-9]{1,15})(?:\.[0-9]{1,9})?"
NUMBER = rf"(?:{ARABIC}(?:[百千万亿][0-9]{{0,4}}){{0,3}}(?:[kw](?![a-z]))?|{HAN_NUMBER})"
WORD_NUMBER = rf"(?:{NUMBER}|{either(ENGLISH_NUMBERS)}(?![a-z]))"

COUNTERS = either(
    listed(
        "人次 人 名 位 个 份 张 册 本 场 场次 次 件 套 具 处 项 条 天 元 岁 个人 people persons person "
        "visitors visitor participants leaflets leaflet copies sessions session times items"
    )
)
