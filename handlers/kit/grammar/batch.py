"""Batch answers to a numbered checklist: 3、7异常其余正常, 3灭火器过期, 5 n/a, 全部正常.

What counts as the number of an item:

- a number at the start, after a separator (`，、；。` or a new line) or right after a state word
  (`3√4x`, `3异常7正常`), also in lists and ranges (`3、7`, `3和7`, `3-5`, `1到4`) and after 第, # or `item`;
- after an item's free text and only a space, when that text ended in Chinese, is not the name of a
  reading (`湿度 48`), and the number is in range and followed by words (`3灭火器过期 7应急灯不亮`), or when
  the number is marked as in a list (`7.`, `7)`, `7、`);
- never when a measure word or a unit follows directly (`2楼`, `2具`, `22度`, `48%`, `5月`, `3项异常`), or a
  decimal point, a time or a date; but 楼道, 排烟, 天窗… are words, not measures, and `3 楼道` with a space
  is item 3. `3号` is item 3 when the message begins so, or when a state follows.

Every word must be accounted for: a message with words that belong to no item is not an answer, so that
`门坏了，其余正常` never records that all is well.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from handlers.kit.grammar.batch_items import find_items
from handlers.kit.grammar.batch_notes import UNCLEAR, Twin, Verdict, judge
from handlers.kit.grammar.batch_words import (
    ALL,
    EXCEPT,
    REST,
    REST_AFTER_EXCEPT,
    STATE_OF,
    says_nothing,
)
from handlers.kit.grammar.normalise import flatten, visible

LONGEST = 4_000
Problem = Literal["out_of_range", "contradiction", "unclear"]
_OPPOSITE = {"ok": "bad", "bad": "ok"}


class Mark(NamedTuple):
    """One item's answer: `ok`, `bad` or `na`, the note as written, and whether it was put right at once."""

    state: str
    note: str = ""
    fixed: bool = False


@dataclass(frozen=True)
class Batch:
    """Answers by item number, and the state of all items not named (None: nothing was said of them)."""

    items: dict[int, Mark]
    rest: str | None = None


@dataclass(frozen=True)
class BatchError:
    """Why a batch cannot be taken, and the item it is about.

    out_of_range: there is no such item; contradiction: it was given two different states;
    unclear: what was written says neither normal nor abnormal (`11 22.5℃`, `3无`).
    """

    code: Problem
    number: int


class _Piece(NamedTuple):
    """A stretch of the message that names items, or (without ranges) the state of all the others."""

    start: int
    end: int
    ranges: tuple[tuple[int, int], ...] = ()
    rest: str | None = None


def batch(text: str, count: int) -> Batch | BatchError | None:
    """The answers in a message to items 1..count, what is wrong with them, or None for ordinary words."""
    shown = visible(text)
    if not shown.strip() or len(shown) > LONGEST:
        return None
    words = Twin(flatten(shown), shown)
    pieces = _pieces(words.flat, count)
    if not pieces or not _accounted_for(words.flat, pieces):
        return None
    named = [number for piece in pieces for pair in piece.ranges for number in pair]
    stray = next((number for number in named if not 1 <= number <= count), None)
    return _answers(words, pieces) if stray is None else BatchError("out_of_range", stray)


def _pieces(flat: str, count: int) -> list[_Piece]:
    opening = ALL.search(flat)
    if not opening or not says_nothing(flat[: opening.start()]):
        return list(_found(flat, 0, count))
    if opening["count"] and int(opening["count"]) != count:
        return []
    everything = STATE_OF.get(opening["state"], "ok")
    first = _Piece(opening.start(), opening.end(), rest=everything)
    return [first, *_found(flat, opening.end(), count)]


def _found(flat: str, start: int, count: int) -> Iterator[_Piece]:
    """The items and the words for all others, in the order written."""
    exception = EXCEPT.search(flat)
    excepted = exception is not None and says_nothing(flat[: exception.start()])
    for rest in (REST_AFTER_EXCEPT if excepted else REST).finditer(flat, start):
        yield from _items(flat, start, rest.start(), count)
        yield _Piece(rest.start(), rest.end(), rest=STATE_OF[rest["state"]])
        start = rest.end()
    yield from _items(flat, start, len(flat), count)


def _items(flat: str, start: int, stop: int, count: int) -> Iterator[_Piece]:
    return (_Piece(item.start, item.end, item.ranges) for item in find_items(flat, start, stop, count))


def _accounted_for(flat: str, pieces: list[_Piece]) -> bool:
    """Whether all words belong to an item, or say nothing."""
    ends = [0, *(piece.end for piece in pieces)]
    starts = [*(piece.start for piece in pieces), len(flat)]
    takes_words = [False, *(bool(piece.ranges) for piece in pieces)]
    gaps = zip(ends, starts, takes_words, strict=True)
    return all(takes or says_nothing(flat[end:start]) for end, start, takes in gaps)


def _answers(words: Twin, pieces: list[_Piece]) -> Batch | BatchError | None:
    rests = {piece.rest for piece in pieces if piece.rest}
    rest = next(iter(rests), None)
    verdicts = list(_verdicts(words, pieces))
    if len(rests) > 1 or (rest is None and all(not verdict.state for _, verdict in verdicts)):
        return None
    items: dict[int, Mark] = {}
    for numbers, verdict in verdicts:
        state = verdict.state or _OPPOSITE.get(rest or "", UNCLEAR)
        for number in numbers:
            mark = _merged(items.get(number), verdict._replace(state=state))
            if not isinstance(mark, Mark):
                return BatchError(mark, number)
            items[number] = mark
    return Batch(items, rest)


def _verdicts(words: Twin, pieces: list[_Piece]) -> Iterator[tuple[list[int], Verdict]]:
    for piece, following in zip(pieces, [*pieces[1:], None], strict=True):
        if piece.ranges:
            stop = following.start if following else len(words.flat)
            yield _numbers(piece), judge(words.part(piece.end, stop))


def _numbers(piece: _Piece) -> list[int]:
    numbers = (n for pair in piece.ranges for n in range(min(pair), max(pair) + 1))
    return list(dict.fromkeys(numbers))


def _merged(before: Mark | None, now: Verdict) -> Mark | Problem:
    if now.state == UNCLEAR:
        return "unclear"
    if before is None:
        return Mark(*now)
    if before.state != now.state:
        return "contradiction"
    notes = dict.fromkeys(note for note in (before.note, now.note) if note)
    return Mark(now.state, "；".join(notes), before.fixed or now.fixed)
