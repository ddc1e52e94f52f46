"""Finds the numbers in a message that stand for checklist items, by the rules told in `batch`."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from handlers.kit.grammar.batch_words import COUNTER, ENDS_WITH_STATE, LABEL, SEPARATORS, STATE, says_nothing
from handlers.kit.grammar.number import whole

_SIGN = r"第\s?|#\s?|(?<![a-z])items?\s?"
_NUMBER = rf"(?:(?P<sign>{_SIGN})?(?P<low>[0-9]{{1,3}})|第\s?(?P<han>[一二三四五六七八九十]{{1,3}}))"
_TO = r"(?:\s?(?:-{1,2}|~|到|至|to\s)\s?第?\s?(?P<high>[0-9]{1,3})(?![0-9]))?"
_NO_FIGURE = r"(?![0-9]|\.[0-9]|:[0-5][0-9](?![0-9.号楼层具个])|\s?/\s?[0-9]|-[0-9])"
_ONE = re.compile(rf"{_NUMBER}{_TO}{_NO_FIGURE}")
_START = re.compile(rf"(?:{_SIGN})?[0-9]+(?:[.:/][0-9]+)*|第\s?[一二三四五六七八九十]")
_JOIN = re.compile(r"[^\S\n]*(?:[、,&+]|和|与|及|以及|(?<![a-z])and(?![a-z])|[^\S\n])[^\S\n]*(?=[0-9第#])")
_TAIL = re.compile(r"\s?(?:项|号)")
_ORDINAL = re.compile(r"第\s?(?:[0-9]+|[一二三四五六七八九十]+)\s?项")
_ENDS_IN_LATIN = re.compile("[a-z]$")
_COUNTER = re.compile(COUNTER)
_LOOSE_COUNTER = re.compile(rf"\s?{COUNTER}")
_AFTER_HAO = re.compile(rf"\s?(?:$|[,、;\n:]|和|与|{STATE})")
_BEGINS_WITH_HAO = re.compile(r"\W*第?\s?[0-9]{1,3}\s?号")
_LIST_MARK = re.compile(r"[.)、:](?![0-9])")
_WORDS_FOLLOW = re.compile(rf"\s?(?:[^\W\d_a-z]|{STATE})")
_WINDOW = 60
_MOST, _MOST_AFTER_A_SPACE = 100, 8
_STRONG = frozenset(",、;；。.!！|\n)")


class Found(NamedTuple):
    """The numbers of one group as (first, last) pairs, and where it stands in the text."""

    start: int
    end: int
    ranges: tuple[tuple[int, int], ...]
    marked: bool


def find_items(flat: str, start: int, stop: int, count: int) -> Iterator[Found]:
    """Every group of item numbers in flat[start:stop], up to the first words that belong to none."""
    text, last, at, begun = flat[:stop], start, start, False
    while candidate := _START.search(text, at):
        before, here = text[last : candidate.start()], candidate.start()
        if not begun and not says_nothing(before):
            return
        strong = not begun or _separated(before)
        group = _group(text, here, _COUNTER, _MOST) if strong else _after_a_space(text, before, here, count)
        if group:
            yield group
            last, begun = group.end, True
        at = group.end if group else candidate.end()


def _separated(before: str) -> bool:
    """Whether a number may begin a new item after these words of the item before."""
    spoken = before.rstrip(SEPARATORS)
    if not spoken or not _STRONG.isdisjoint(before[len(spoken) :]):
        return True
    tail = before if len(before) <= _WINDOW else "…字" + before[-_WINDOW:]
    return ENDS_WITH_STATE.search(tail) is not None


def _after_a_space(text: str, before: str, at: int, count: int) -> Found | None:
    """A new item after free text: marked as one, or after Chinese, in range and followed by words."""
    spoken = before.rstrip(SEPARATORS)
    spaced = len(spoken) < len(before)
    if not spaced and not _ORDINAL.match(text, at):
        return None
    group = _group(text, at, _LOOSE_COUNTER, _MOST_AFTER_A_SPACE)
    if group is None or group.marked:
        return group
    in_range = all(1 <= number <= count for pair in group.ranges for number in pair)
    named = _ENDS_IN_LATIN.search(spoken[-1:]) or LABEL.search(spoken[-_WINDOW:])
    return group if in_range and not named and _WORDS_FOLLOW.match(text, group.end) else None


def _group(text: str, at: int, counter: re.Pattern[str], most: int) -> Found | None:
    ranges: list[tuple[int, int]] = []
    end, next_at, marked = at, at, False
    while len(ranges) < most and (one := _ONE.match(text, next_at)):
        signed = bool(one["sign"] or one["han"])
        in_list = bool(ranges or signed or one["high"])
        after = _after_tail(text, one.end(), counter, in_list=in_list, signed=signed)
        low = whole(one["low"] or one["han"])
        if after is None or low is None:
            break
        ranges.append((low, int(one["high"]) if one["high"] else low))
        end = after
        marked = marked or signed or _LIST_MARK.match(text, after) is not None
        join = _JOIN.match(text, end)
        if join is None:
            break
        next_at = join.end()
    return Found(at, end, tuple(ranges), marked) if ranges else None


def _after_tail(text: str, end: int, counter: re.Pattern[str], *, in_list: bool, signed: bool) -> int | None:
    """Where the number ends with its 项 or 号, or None when it counts something else."""
    tail = _TAIL.match(text, end)
    if tail and tail[0].endswith("号"):
        if signed or _BEGINS_WITH_HAO.match(text) or _AFTER_HAO.match(text, tail.end()):
            return tail.end()
        return None
    if tail and in_list:
        return tail.end()
    return None if counter.match(text, end) else end
