"""Days to come, as people type them."""

from __future__ import annotations

from datetime import date

import pytest

from handlers.kit.grammar import coming_day

TODAY = date(2026, 11, 22)  # a Sunday


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("今天", "2026-11-22"),
        ("明天", "2026-11-23"),
        ("tomorrow", "2026-11-23"),
        ("后天", "2026-11-24"),
        ("周三", "2026-11-25"),
        ("周日", "2026-11-22"),
        ("下周三", "2026-11-25"),
        ("friday", "2026-11-27"),
        ("next friday", "2026-11-27"),
        ("28号", "2026-11-28"),
        ("3号", "2026-12-03"),
        ("31号", "2026-12-31"),
        ("the 3rd", "2026-12-03"),
        ("11月30日", "2026-11-30"),
        ("12-5", "2026-12-05"),
        ("3月1日", "2027-03-01"),
        ("Jan 2", "2027-01-02"),
        ("2026-12-31", "2026-12-31"),
        # Gone by, and said so: for the caller to refuse.
        ("昨天", "2026-11-21"),
        ("3天前", "2026-11-19"),
        ("yesterday", "2026-11-21"),
        ("last friday", "2026-11-20"),
        ("上周三", "2026-11-11"),
        ("2026-11-20", "2026-11-20"),
        ("11月20日", "2026-11-20"),
    ],
)
def test_a_day_leans_to_what_is_to_come(typed: str, meant: str) -> None:
    assert coming_day(typed, TODAY) == date.fromisoformat(meant)


def test_what_is_no_day_is_none() -> None:
    for typed in ("", "soon", "13月40日", "x" * 500):
        assert coming_day(typed, TODAY) is None


def test_at_the_end_of_the_calendar_nothing_breaks() -> None:
    assert coming_day("monday", date.max) is not None
