"""Who took part and for how long: 6人3小时, 张三3小时 李四2小时, Zhang San 3h, Li Si 2h."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from handlers.kit.grammar.minutes import DURATION, minutes_of
from handlers.kit.grammar.normalise import flatten, visible
from handlers.kit.grammar.number import whole
from handlers.kit.grammar.tables import WORD_NUMBER, either, listed

_LONGEST = 1_000
_NOT_IN_NAMES = either(
    listed(
        "and each people persons person volunteers volunteer hours hour hrs hr h min mins minutes for of "
        "us with"
    )
)
_LATIN = rf"(?!{_NOT_IN_NAMES}(?![a-z]))[a-z][a-z'.\-]{{0,29}}"
_NAME = rf"(?:[一-鿿·]{{2,14}}?|{_LATIN}(?:\s{_LATIN}){{0,2}})"
_AND = r"\s?(?:、|,|/|&|(?<=[一-鿿]{2})[和与及](?=[一-鿿]{2})|(?<![a-z])and(?![a-z]))\s?"
_PEOPLE = r"(?:名|个|位)?\s?(?:人|志愿者|队员|people|persons?|volunteers?|of\sus)(?![次a-z])"
_EACH = r"(?:每人|人均|平均|每位|各自|各|都|均|each|for)"
SHARE = re.compile(
    rf"(?:(?<![0-9.])(?P<count>{WORD_NUMBER})\s?{_PEOPLE}|(?P<me>我自己|我|本人|(?<![a-z])(?:me|myself|i)(?![a-z]))"
    rf"|(?P<names>{_NAME}(?:{_AND}{_NAME}){{0,19}}))"
    rf"\s?[:,、x×*]?\s?{_EACH}?\s?(?:{DURATION.pattern})(?:\s?each(?![a-z]))?(?!\s?(?:之?后|以后|之?内|later|ago))"
)
_FILLER = re.compile(
    either(listed("另外 还有 其余 其他 以及 和 与 共 一共 总共 团队 志愿者 队员 参加 我们 了 and plus also"))
)
_SEPARATORS = " \n\t,、;；。.!！:()（）"


class Share(NamedTuple):
    """A person by name (empty for whoever writes) or a head count without one, and the minutes of each."""

    name: str
    people: int
    minutes: int


class FoundShares(NamedTuple):
    """Shares, and where they stand in the text."""

    start: int
    end: int
    shares: tuple[Share, ...]


def team(text: str) -> tuple[Share, ...] | None:
    """Everybody named or counted, with minutes; None unless the whole text says so."""
    shown = visible(text)
    if len(shown) > _LONGEST:
        return None
    flat, end = flatten(shown), 0
    everybody: list[Share] = []
    for found in find_shares(flat, shown, bool):
        if not _says_nothing(flat[end : found.start]):
            return None
        everybody += found.shares
        end = found.end
    return tuple(everybody) if everybody and _says_nothing(flat[end:]) else None


def find_shares(flat: str, shown: str, is_name: Callable[[str], bool]) -> Iterator[FoundShares]:
    """Every share in the text; words before a time that are no name are left alone."""
    at = 0
    while found := SHARE.search(flat, at):
        shares = _shares(found, shown, is_name)
        if shares:
            yield shares
        at = found.end() if shares else max(found.start() + 1, found.end("names"))


def _shares(found: re.Match[str], shown: str, is_name: Callable[[str], bool]) -> FoundShares | None:
    minutes = minutes_of(found)
    if minutes is None:
        return None
    if found["me"]:
        return FoundShares(found.start(), found.end(), (Share("", 1, minutes),))
    if found["count"]:
        count = whole(found["count"])
        return FoundShares(found.start(), found.end(), (Share("", count, minutes),)) if count else None
    return _named(found, shown, is_name, minutes)


def _named(
    found: re.Match[str], shown: str, is_name: Callable[[str], bool], minutes: int
) -> FoundShares | None:
    """The names directly before the time, back to the first word that is not one."""
    base, start, shares = found.start("names"), found.end("names"), list[Share]()
    gaps = [gap.span() for gap in re.finditer(_AND, found["names"])]
    begins, ends = [0, *(end for _, end in gaps)], [*(begin for begin, _ in gaps), len(found["names"])]
    for begin, end in reversed(list(zip(begins, ends, strict=True))):
        name = shown[base + begin : base + end]
        if not is_name(name):
            break
        start = base + begin
        shares.insert(0, Share(name, 1, minutes))
    return FoundShares(start, found.end(), tuple(shares)) if shares else None


def _says_nothing(words: str) -> bool:
    return not _FILLER.sub("", words).strip(_SEPARATORS)
