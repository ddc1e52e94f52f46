"""The period and topic that somebody's words ask for, and how a period is called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from handlers.kit import grammar
from handlers.kit.grammar import Period
from handlers.kit.grammar.tables import either
from handlers.kit.words import Text, _, n_, p_
from handlers.summary_scope import ALL, TOPICS

_SAID: Final = {
    "inspections": "检查 巡查 巡检 安全检查 inspection inspections",
    "rounds": "巡查完成 巡查完成率 完成率 计划巡查 巡查计划 巡查任务 到位率 round rounds",
    "hazards": "隐患 hazard hazards",
    "outreach": "活动 宣传 宣传活动 志愿 志愿服务 outreach activity activities",
    "comments": "留言 意见 评价 留言建议 comment comments feedback",
    ALL: "全部 所有 all everything",
}
_TOPIC_OF: Final = {word: topic for topic, words in _SAID.items() for word in words.split()}
_TOPIC: Final = re.compile(rf"(?<![a-z])(?:{either(_TOPIC_OF)})(?![a-z])")
_FILLING: Final = re.compile(r"的|情况|数据|汇总|小结|总结|(?<![a-z])(?:summary|of|for|in|the)(?![a-z])")
_MOST: Final = 60  # characters; nobody asks for a period with more

DEFAULT: Final = "this month"
_MONTHS: Final = (
    p_("month", "Jan"), p_("month", "Feb"), p_("month", "Mar"), p_("month", "Apr"),
    p_("month", "May"), p_("month", "Jun"), p_("month", "Jul"), p_("month", "Aug"),
    p_("month", "Sep"), p_("month", "Oct"), p_("month", "Nov"), p_("month", "Dec"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A period and a topic, `all` among them; `code` is what buttons carry and `read` reads back."""

    period: Period
    topic: str

    @property
    def code(self) -> str:
        return f"{self.period.code}.{self.topic}"


def asked(said: str, today: date) -> Asked | None:
    """What `本月 检查`, `2026-05 comments` or nothing at all asks for; None if it is not understood."""
    typed = grammar.normalise(said[:200]).casefold()
    if len(typed) > _MOST:
        return None
    found = _TOPIC.search(typed)
    rest = _TOPIC.sub(" ", typed, count=1) if found else typed
    when = grammar.normalise(_FILLING.sub(" ", rest))
    period = grammar.period(when or DEFAULT, today)
    return Asked(period, _TOPIC_OF[found[0]] if found else ALL) if period else None


def read(code: str, today: date) -> Asked | None:
    """The period and topic of a button; None if it is none of ours."""
    when, _sep, topic = code.rpartition(".")
    period = grammar.period(when, today)
    return Asked(period, topic) if period and (topic == ALL or topic in TOPICS) else None


def called(period: Period) -> Text:
    """A period as people call it: Nov 2026, the first half of 2026, a day, or from one day to another."""
    year = str(period.start.year)  # a string, for a year takes no thousands separator
    if period.kind == "day":
        return _("{day}", day=period.start)
    if period.kind == "month":
        return p_("period", "{month} {year}", month=_MONTHS[period.start.month - 1], year=year)
    if period.kind == "quarter":
        return p_("period", "Q{number} {year}", number=(period.start.month + 2) // 3, year=year)
    if period.kind == "half" and period.start.month == 1:
        return p_("period", "first half of {year}", year=year)
    if period.kind == "half":
        return p_("period", "second half of {year}", year=year)
    if period.kind == "year":
        return p_("period", "{year}", year=year)
    return p_("period", "{start} – {end}", start=period.start, end=period.end)


def lasting(seconds: float) -> Text:
    """A stretch of time in the unit that suits it."""
    if seconds < 90 * 60:
        return n_("{count} minute", "{count} minutes", max(1, round(seconds / 60)))
    if seconds < 48 * 3600:
        return _("{hours} h", hours=round(seconds / 3600, 1))
    return _("{days} days", days=round(seconds / 86400, 1))
