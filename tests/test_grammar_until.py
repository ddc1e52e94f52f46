"""Times to come, as people say until when something has to be done."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from handlers.kit import grammar
from handlers.kit.kinds.until import Until
from tests.house import ZONE

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=ZONE)  # a Sunday


@pytest.mark.parametrize(
    ("said", "hours"),
    [
        ("2h", 2), ("48小时", 48), ("48 小时内", 48), ("within 48 hours", 48), ("两个小时", 2),
        ("in 2 days", 48),
        ("3天", 72), ("三天内", 72), ("一周", 168), ("2个星期", 336), ("a week", 168), ("720h", 720),
    ],
)  # fmt: skip
def test_spans(said: str, hours: int) -> None:
    assert grammar.until(said, NOW) == NOW + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("12月5日", "2026-12-05 23:59"), ("12月5日前", "2026-12-05 23:59"),
        ("by 5 December", "2026-12-05 23:59"),
        ("12-05 18:00", "2026-12-05 18:00"), ("2026-12-05", "2026-12-05 23:59"),
        ("1月3日", "2027-01-03 23:59"),
        ("明天", "2026-11-23 23:59"), ("明天18:00", "2026-11-23 18:00"),
        ("tomorrow 6 pm", "2026-11-23 18:00"),
        ("今天下午5点", "2026-11-22 17:00"), ("18:30", "2026-11-22 18:30"), ("周五", "2026-11-27 23:59"),
        ("friday", "2026-11-27 23:59"), ("下周三", "2026-11-25 23:59"), ("30日", "2026-11-30 23:59"),
        ("5日前", "2026-12-05 23:59"), ("12月5日下午3点前", "2026-12-05 15:00"),
    ],
)  # fmt: skip
def test_days_and_times_lean_to_the_future(said: str, moment: str) -> None:
    assert grammar.until(said, NOW) == datetime.strptime(moment, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


@pytest.mark.parametrize("said", ["昨天", "2020-01-01", "上周五", "last friday", "8:00"])
def test_what_is_over_is_for_the_caller_to_refuse(said: str) -> None:
    found = grammar.until(said, NOW)
    assert found is not None
    assert found < NOW


@pytest.mark.parametrize(
    "said", ["", "soon", "尽快", "0天", "0h", "-3 days", "3", "99月99日", "12月32日", "天"]
)
def test_what_names_no_time_is_nothing(said: str) -> None:
    assert grammar.until(said, NOW) is None


def test_a_stored_moment_without_a_zone_is_asked_again() -> None:
    question = Until("?")
    assert question.load(NOW.isoformat()) == NOW
    with pytest.raises(ValueError, match="2026"):
        question.load("2026-12-05T23:59:00")
