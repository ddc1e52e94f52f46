"""Summaries: which period and topic words and buttons ask for, and how changes are told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from handlers.kit import grammar
from handlers.kit.buttons import MOST_BYTES
from handlers.summary import PERIODS, keyboard
from handlers.summary_outreach import hours
from handlers.summary_say import change
from handlers.summary_scope import ALL, scope
from handlers.summary_spans import compared
from handlers.summary_words import Asked, asked, read
from tests.records import TODAY


@pytest.mark.parametrize(
    ("said", "period", "topic"),
    [
        ("", "2026-11", ALL),
        ("本月 检查", "2026-11", "inspections"),
        ("检查 本月", "2026-11", "inspections"),
        ("2026-05 comments", "2026-05", "comments"),
        ("comments 2026-05", "2026-05", "comments"),
        ("上半年", "2026-H1", ALL),
        ("下半年的活动", "2026-H2", "outreach"),
        ("今天", "2026-11-22", ALL),
        ("yesterday hazards", "2026-11-21", "hazards"),
        ("留言", "2026-11", "comments"),
        ("２０２６－０５－０１..2026-06-30 隐患", "2026-05-01..2026-06-30", "hazards"),
        ("LAST MONTH Outreach", "2026-10", "outreach"),
        ("first half of 2026", "2026-H1", ALL),
        ("今年情况汇总", "2026", ALL),
    ],
)
def test_what_words_ask_for(said: str, period: str, topic: str) -> None:
    found = asked(said, TODAY)
    assert found is not None
    assert (found.period.code, found.topic) == (period, topic)
    assert read(found.code, TODAY) == found


@pytest.mark.parametrize("said", ["一些", "检查 隐患", "2026-13", "x" * 100, "本月 本月", "\u202e本日子"])
def test_what_words_do_not_ask_for(said: str) -> None:
    assert asked(said, TODAY) is None


@pytest.mark.parametrize(
    ("code", "then"),
    [
        ("2026-11", "2026-10-01..2026-10-22"),  # still runs: as many days of the month before
        ("2026-10", "2026-09"),
        ("2026-11-22", "2026-11-21"),
        ("2026-W47", "2026-W46"),  # its last day is today
        ("2026-H2", "2026-01-01..2026-05-25"),
        ("2026", "2025-01-01..2025-11-22"),
        ("2026-12", "2026-11"),  # has not begun
        ("2026-05-01..2026-06-10", "2026-03-21..2026-04-30"),
    ],
)
def test_a_period_is_compared_with_as_much_of_the_one_before(code: str, then: str) -> None:
    period = grammar.period(code, TODAY)
    assert period is not None
    assert compared(period, TODAY).then.code == then


@pytest.mark.parametrize(
    ("now", "then", "told"),
    [
        (5, 0, ""), (0, 0, ""), (5, 5, "＝"), (5, 3, "▲2"), (3, 5, "▼2"), (0, 3, "▼3"),
        (30, 20, "▲50%"), (10, 20, "▼50%"), (0, 20, "▼100%"), (1001, 1000, "▲1"), (4.3, 4.1, "▲0.2"),
        (12.5, 12, "▲0.5"),
    ],
)  # fmt: skip
def test_how_a_change_is_told(now: float, then: float, told: str) -> None:
    assert change(now, then) == told


@pytest.mark.parametrize(("minutes", "told"), [(0, 0), (29, 0), (30, 0.5), (59, 0.5), (60, 1), (119, 1.5)])
def test_hours_are_rounded_down_to_the_half(minutes: int, told: float) -> None:
    assert hours(minutes) == told


def payloads(codes: Sequence[str]) -> list[str]:
    everything = scope(["admin"], 7)
    found = []
    for code in codes:
        period = grammar.period(code, TODAY)
        assert period is not None, code
        for topic in (ALL, *everything):
            rows = keyboard(Asked(period, topic), everything, TODAY, may_export=True)
            found += [button.data for row in rows for button in row]
    return found


def test_buttons_fit_and_read_back_as_what_they_show() -> None:
    codes = ["1900", "2199", "2026-05-03..2026-06-30", "2026-W01", "2026-H1", "2026-11-22", "2025-12"]
    data = payloads(codes)
    assert len(data) > 100
    for one in data:
        assert len(one.encode()) <= MOST_BYTES
        assert read(one.split(":", 2)[2], TODAY) is not None, one
    assert [grammar.period(words, TODAY) for words, _label in PERIODS].count(None) == 0
