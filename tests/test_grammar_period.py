"""Periods of summaries."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.kit import grammar

TODAY = date(2026, 11, 22)  # a Sunday
DATES = st.dates(date(1910, 1, 1), date(2198, 12, 31))


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("今天", "2026-11-22"),
        ("昨天", "2026-11-21"),
        ("today", "2026-11-22"),
        ("11月20日", "2026-11-20"),
        ("本周", "2026-W47"),
        ("这周", "2026-W47"),
        ("上周", "2026-W46"),
        ("this week", "2026-W47"),
        ("last week", "2026-W46"),
        ("2026-W21", "2026-W21"),
        ("本月", "2026-11"),
        ("这个月", "2026-11"),
        ("上月", "2026-10"),
        ("上个月", "2026-10"),
        ("last month", "2026-10"),
        ("上半年", "2026-H1"),
        ("下半年", "2026-H2"),
        ("2026上半年", "2026-H1"),
        ("去年下半年", "2025-H2"),
        ("H1", "2026-H1"),
        ("2026H1", "2026-H1"),
        ("2026-h2", "2026-H2"),
        ("first half of 2026", "2026-H1"),
        ("Q1", "2026-Q1"),
        ("2025 Q4", "2025-Q4"),
        ("一季度", "2026-Q1"),
        ("第三季度", "2026-Q3"),
        ("本季度", "2026-Q4"),
        ("上季度", "2026-Q3"),
        ("last quarter", "2026-Q3"),
        ("今年", "2026"),
        ("去年", "2025"),
        ("last year", "2025"),
        ("2026", "2026"),
        ("２０２６年", "2026"),
        ("2026-05", "2026-05"),
        ("2026年5月", "2026-05"),
        ("2026年05月份", "2026-05"),
        ("5月", "2026-05"),
        ("五月", "2026-05"),
        ("12月", "2025-12"),
        ("去年5月", "2025-05"),
        ("May", "2026-05"),
        ("May 2025", "2025-05"),
        ("December", "2025-12"),
        ("2026-05-01..2026-06-30", "2026-05-01..2026-06-30"),
        ("2026-05-01~2026-06-30", "2026-05-01..2026-06-30"),
        ("2026-05-01至2026-06-30", "2026-05-01..2026-06-30"),
        ("2026-05-01 到 2026-06-30", "2026-05-01..2026-06-30"),
        ("2026-05-01-2026-06-30", "2026-05-01..2026-06-30"),
        ("2026-05-01 to 2026-06-30", "2026-05-01..2026-06-30"),
        ("2026-06-30..2026-05-01", "2026-05-01..2026-06-30"),
        ("5月1日到6月30日", "2026-05-01..2026-06-30"),
        ("11月20日至22日", "2026-11-20..2026-11-22"),
        ("11月1日到今天", "2026-11-01..2026-11-22"),
        ("12月1日到1月31日", "2025-12-01..2026-01-31"),
        ("5-6月", "2026-05-01..2026-06-30"),
        ("1月到6月", "2026-H1"),
        ("2026-05..2026-06", "2026-05-01..2026-06-30"),
        ("2026-05-01..2026-05-31", "2026-05"),
        ("最近7天", "2026-W47"),
        ("last 30 days", "2026-10-24..2026-11-22"),
        ("2026-13", None),
        ("2026-W54", None),
        ("检查", None),
        ("..", None),
        ("第五季度", None),
        ("", None),
    ],
)
def test_period(typed: str, code: str | None) -> None:
    found = grammar.period(typed, TODAY)
    assert (found.code if found else None) == code


@pytest.mark.parametrize(
    ("code", "before"),
    [
        ("2026-11-22", "2026-11-21"),
        ("2026-W01", "2025-W52"),
        ("2026-01", "2025-12"),
        ("2026-03", "2026-02"),
        ("2026-Q1", "2025-Q4"),
        ("2026-H2", "2026-H1"),
        ("2026", "2025"),
        ("2026-05-01..2026-06-30", "2026-03-01..2026-04-30"),
        ("2026-11-10..2026-11-19", "2026-10-31..2026-11-09"),
    ],
)
def test_previous(code: str, before: str) -> None:
    found = grammar.period(code, TODAY)
    assert found is not None
    assert found.previous().code == before


def test_a_running_month_is_the_whole_month() -> None:
    found = grammar.period("本月", TODAY)
    assert found is not None
    assert (found.start, found.end) == (date(2026, 11, 1), date(2026, 11, 30))


def test_a_half_year_that_has_not_begun_is_last_years() -> None:
    found = grammar.period("下半年", date(2026, 3, 1))
    assert found is not None
    assert found.code == "2025-H2"


WORDS = (
    "今天",
    "上周",
    "本月",
    "上月",
    "上半年",
    "下半年",
    "今年",
    "Q3",
    "5月",
    "last week",
    "最近10天",
    "11月1日到今天",
)


@given(DATES, st.sampled_from(WORDS), st.integers(0, 5))
def test_codes_are_read_back_and_periods_touch(today: date, typed: str, back: int) -> None:
    found = grammar.period(typed, today)
    assert found is not None
    for _ in range(back):
        earlier = found.previous()
        assert earlier.end == found.start - timedelta(days=1)
        assert earlier.kind == found.kind or "span" in (found.kind, earlier.kind)
        found = earlier
    assert grammar.period(found.code, date(1999, 1, 1)) == found


@given(DATES, DATES)
def test_any_two_days_make_a_period(one: date, other: date) -> None:
    found = grammar.period(f"{one}..{other}", TODAY)
    assert found is not None
    assert (found.start, found.end) == (min(one, other), max(one, other))
    assert grammar.period(found.code, TODAY) == found
