"""What people type about hazards: which ones to list, and what their own words say of what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from handlers.kit import grammar
from handlers.kit.kinds.checklist import short
from handlers.kit.kinds.place import Tree, find
from handlers.kit.words import Both, Text, p_
from handlers.labels import CATEGORIES

SCOPES: Final[Mapping[str, Text]] = {
    "open": p_("hazards", "Open"),
    "mine": p_("hazards", "Mine"),
    "late": p_("hazards", "Overdue"),
    "done": p_("hazards", "Closed"),
}
MOST_TITLE: Final = 60
MOST_CODE: Final = 24  # bytes of a place's code
# Each under one letter, for buttons have little room.
SEVERITIES: Final = {"c": "critical", "m": "major", "n": "minor"}
KINDS: Final = {"p": "people", "b": "physical", "t": "technical", "f": "fire", "a": "facility"}

_SCOPE_WORDS: Final = {
    "open": "open all 全部 所有 未整改 待整改 未销号 未办结 在办",
    "mine": "mine my 我的 本人",
    "late": "overdue late 逾期 超期 过期",
    "done": "closed done 已销号 已整改 已办结 销号",
}
_SEVERITY_WORDS: Final = {"c": "critical 重大 紧急", "m": "major 较大", "n": "minor 一般"}
_KIND_WORDS: Final = {
    "p": "people 人防",
    "b": "barriers physical 物防",
    "t": "technology technical 技防",
    "f": "fire 消防",
    "a": "facilities facility 设施",
}
# What a finder's own words are about; the first that fits, else facilities.
_ABOUT: Final = {
    "fire": "消防 灭火 消火 火 烟 焦 疏散 安全出口 通道 插座 电线 漏电 fire smoke exit extinguish socket",
    "technical": "监控 摄像 报警 门禁 安检 技防 camera alarm",
    "physical": "展柜 门 窗 锁 玻璃 护栏 围墙 卷帘 case door window lock glass fence",
    "people": "脱岗 睡岗 值班 保安 人员 guard asleep",
}
# Notes that name no fault.
_UNTOLD: Final = "异常 有异常 不正常 不合格 不符合 有问题 坏 坏了 abnormal bad broken fault faulty no x"
_AT_ONCE: Final = "重大 紧急 着火 起火 冒烟 冒火 火花 爆炸 燃气泄漏 critical urgent burning smoke spark"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which hazards to list: a scope, and what narrows it ("" for nothing)."""

    scope: str = "open"
    severity: str = ""
    kind: str = ""
    place: str = ""

    def packed(self, offset: int = 0) -> str:
        """As a button carries it, such as `5.o.c.f.H1-P2`."""
        return f"{offset}.{self.scope[0]}.{self.severity}.{self.kind}.{self.place}"

    @classmethod
    def unpacked(cls, argument: str) -> tuple[Wanted, int]:
        """(what is wanted, from which on); whatever is forged counts as not said."""
        offset, scope, severity, kind, place = (argument.split(".", 4) + [""] * 5)[:5]
        known = next((name for name in SCOPES if name[0] == scope), "open")
        from_ = int(offset) if offset.isascii() and offset.isdigit() and len(offset) < 6 else 0
        fits = place if len(place.encode()) <= MOST_CODE else ""
        given = cls(known, severity if severity in SEVERITIES else "", kind if kind in KINDS else "", fits)
        return given, from_


@dataclass(frozen=True, slots=True)
class Read:
    """What typed words ask for. `places` are those a name may mean; `unread` is what means nothing here."""

    wanted: Wanted
    places: tuple[str, ...] = ()
    unread: str = ""


def read(said: str, tree: Tree) -> Read:
    """What `逾期`, `展厅二`, `重大 消防` or all of these ask for."""
    wanted, rest = Wanted(), []
    for word in grammar.normalise(said).casefold().split():
        if scope := _meant(word, _SCOPE_WORDS):
            wanted = replace(wanted, scope=scope)
        elif severity := _meant(word, _SEVERITY_WORDS):
            wanted = replace(wanted, severity=severity)
        elif kind := _meant(word, _KIND_WORDS):
            wanted = replace(wanted, kind=kind)
        else:
            rest.append(word)
    name = " ".join(rest)
    places = tuple(find(tree, name)) if name else ()
    if len(places) == 1:
        wanted = replace(wanted, place=places[0])
    return Read(wanted, places if len(places) > 1 else (), name if name and not places else "")


def title_of(note: str, item: Both | None = None) -> Both:
    """A hazard's title in both languages: the first words of what was found, in its finder's language; where
    they name nothing, that the `item` is not in order, for its own words say how it should be."""
    said = grammar.clean(note.partition("\n")[0], MOST_TITLE)
    if item is None or (said and grammar.normalise(said).casefold().strip(" .。!！") not in _UNTOLD.split()):
        return Both(said, said)
    name = short(item)
    return Both(f"异常：{name.zh}", f"Not in order: {name.en or name.zh}")


def category_of(words: str) -> str:
    """The category that a finder's words fit best."""
    said = grammar.normalise(words).casefold()
    fits = (code for code, known in _ABOUT.items() if any(word in said for word in known.split()))
    found = next(fits, "facility")
    assert found in CATEGORIES
    return found


def severity_of(words: str) -> str:
    """Critical where the finder says so, or that something burns; else minor, until the order says more."""
    said = grammar.normalise(words).casefold()
    return "critical" if any(word in said for word in _AT_ONCE.split()) else "minor"


def _meant(word: str, known: Mapping[str, str]) -> str | None:
    return next((code for code, words in known.items() if word in words.split()), None)
