"""Dates, times of day, spans of time and durations."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.kit import grammar

SUNDAY = date(2026, 11, 22)
WEDNESDAY = date(2026, 11, 18)
DATES = st.dates(date(1901, 1, 1), date(2198, 12, 31))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("今天", "2026-11-22"),
        ("今日", "2026-11-22"),
        ("昨天", "2026-11-21"),
        ("昨天下午", "2026-11-21"),
        ("昨晚", "2026-11-21"),
        ("前天", "2026-11-20"),
        ("明天", "2026-11-23"),
        ("3天前", "2026-11-19"),
        ("三天前", "2026-11-19"),
        ("两周前", "2026-11-08"),
        ("2 days ago", "2026-11-20"),
        ("a week ago", "2026-11-15"),
        ("上周六", "2026-11-14"),
        ("上个星期天", "2026-11-15"),
        ("本周三", "2026-11-18"),
        ("这周三", "2026-11-18"),
        ("周三", "2026-11-18"),
        ("礼拜天", "2026-11-22"),
        ("星期1", "2026-11-16"),
        ("下周三", "2026-11-25"),
        ("11月20日", "2026-11-20"),
        ("11月20号", "2026-11-20"),
        ("11月20日（周五）", "2026-11-20"),
        ("１１月２０日", "2026-11-20"),
        ("十一月二十日", "2026-11-20"),
        ("11-20", "2026-11-20"),
        ("11/20", "2026-11-20"),
        ("11.20", "2026-11-20"),
        ("11月22日", "2026-11-22"),
        ("11月23日", "2025-11-23"),
        ("12月31日", "2025-12-31"),
        ("去年5月1日", "2025-05-01"),
        ("2026-11-20", "2026-11-20"),
        ("2026/11/20", "2026-11-20"),
        ("2026.11.20", "2026-11-20"),
        ("2026年11月20日", "2026-11-20"),
        ("二〇二六年十一月二十日", "2026-11-20"),
        ("20261120", "2026-11-20"),
        ("2027-01-01", "2027-01-01"),
        ("20日", "2026-11-20"),
        ("25号", "2026-10-25"),
        ("31号", "2026-10-31"),
        ("上月20日", "2026-10-20"),
        ("today", "2026-11-22"),
        ("Yesterday", "2026-11-21"),
        ("the day before yesterday", "2026-11-20"),
        ("last saturday", "2026-11-21"),
        ("last sunday", "2026-11-15"),
        ("Saturday", "2026-11-21"),
        ("on Sun", "2026-11-22"),
        ("Nov 20", "2026-11-20"),
        ("20 Nov", "2026-11-20"),
        ("Sat, 21 Nov 2026", "2026-11-21"),
        ("November 20th, 2026", "2026-11-20"),
        ("20th of November", "2026-11-20"),
        ("2月29日", "2024-02-29"),
        ("2月30日", None),
        ("2026-13-01", None),
        ("31.4", None),
        ("0月0日", None),
        ("12", None),
        ("1120", None),
        ("9999天前", "1999-07-08"),
        ("博物馆", None),
        ("", None),
    ],
)
def test_day_on_a_sunday(typed: str, meant: str | None) -> None:
    assert grammar.day(typed, SUNDAY) == (meant and date.fromisoformat(meant))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("周四", "2026-11-12"),
        ("周三", "2026-11-18"),
        ("本周五", "2026-11-20"),
        ("last wednesday", "2026-11-11"),
    ],
)
def test_weekdays_in_the_middle_of_a_week(typed: str, meant: str) -> None:
    assert grammar.day(typed, WEDNESDAY) == date.fromisoformat(meant)


@given(DATES, DATES)
def test_every_full_date_is_read_back(meant: date, today: date) -> None:
    han = f"{meant.year}年{meant.month}月{meant.day}日"
    english = f"{meant.day} {meant:%B} {meant.year}"
    for typed in (meant.isoformat(), han, f"{meant:%Y%m%d}", f"{meant:%Y/%m/%d}", english):
        assert grammar.day(typed, today) == meant


@given(DATES, st.integers(0, 364))
def test_a_date_without_a_year_is_the_latest_one(today: date, back: int) -> None:
    meant = today - timedelta(days=back)
    if (meant.month, meant.day) != (2, 29):
        assert grammar.day(f"{meant.month}月{meant.day}日", today) == meant


@given(
    st.dates(),
    st.sampled_from(["昨天", "上上周一", "9999天前", "明天", "下周日", "2月29日", "31日", "last sat"]),
)
def test_the_ends_of_the_calendar_do_no_harm(today: date, typed: str) -> None:
    meant = grammar.day(typed, today)
    assert meant is None or date.min <= meant <= date.max


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("9:30", "09:30"),
        ("09：30", "09:30"),
        ("9点", "09:00"),
        ("9点钟", "09:00"),
        ("9点半", "09:30"),
        ("九点半", "09:30"),
        ("9点一刻", "09:15"),
        ("9时30分", "09:30"),
        ("9点5分", "09:05"),
        ("下午3点", "15:00"),
        ("下午3:30", "15:30"),
        ("下午15:30", "15:30"),
        ("晚上8点20", "20:20"),
        ("晚上12点", "00:00"),
        ("凌晨1点", "01:00"),
        ("中午12点", "12:00"),
        ("中午1点", "13:00"),
        ("中午11点半", "11:30"),
        ("上午12点", "12:00"),
        ("15：00", "15:00"),
        ("3pm", "15:00"),
        ("3:30 PM", "15:30"),
        ("3 p.m.", "15:00"),
        ("12am", "00:00"),
        ("12 pm", "12:00"),
        ("noon", "12:00"),
        ("930", None),
        ("9", None),
        ("25:00", None),
        ("9:60", None),
        ("9:5", None),
        ("上午13点", None),
        ("13pm", None),
        ("2小时", None),
        ("", None),
    ],
)
def test_clock(typed: str, meant: str | None) -> None:
    assert grammar.clock(typed) == (meant and time.fromisoformat(meant))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("9:00-11:30", "09:00 11:30"),
        ("9：00—11：30", "09:00 11:30"),
        ("9:00~11:30", "09:00 11:30"),
        ("9点到11点半", "09:00 11:30"),
        ("从9点到11点", "09:00 11:00"),
        ("上午9点至下午3点", "09:00 15:00"),
        ("下午2点到4点", "14:00 16:00"),
        ("9点到3点", "09:00 15:00"),
        ("9am-11am", "09:00 11:00"),
        ("9-11am", "09:00 11:00"),
        ("1-3pm", "13:00 15:00"),
        ("11-1pm", "11:00 13:00"),
        ("from 9am to 11:30 am", "09:00 11:30"),
        ("9-11点", "09:00 11:00"),
        ("22:00-6:00", "22:00 06:00"),
        ("9-11", None),
        ("9:00", None),
        ("9:00-9:00", None),
        ("9:00-25:00", None),
        ("2026-11-20", None),
        ("", None),
    ],
)
def test_clock_range(typed: str, meant: str | None) -> None:
    expected = tuple(time.fromisoformat(part) for part in meant.split()) if meant else None
    assert grammar.clock_range(typed) == expected


@given(st.times())
def test_every_minute_of_the_day_is_read_back(moment: time) -> None:
    meant = moment.replace(second=0, microsecond=0)
    assert grammar.clock(f"{meant:%H:%M}") == meant
    assert grammar.clock(f"{meant.hour}点{meant.minute}分") == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2小时", 120),
        ("两小时", 120),
        ("两个小时", 120),
        ("半小时", 30),
        ("半个钟头", 30),
        ("一个半小时", 90),
        ("2个半小时", 150),
        ("2小时半", 150),
        ("90分钟", 90),
        ("90分", 90),
        ("一刻钟", 15),
        ("1.5h", 90),
        ("１．５ｈ", 90),
        ("1h30", 90),
        ("1h30m", 90),
        ("1h 30min", 90),
        ("1小时30分", 90),
        ("1小时零5分钟", 65),
        ("2.5小时", 150),
        ("2 hours", 120),
        ("2 hrs", 120),
        ("an hour", 60),
        ("half an hour", 30),
        ("one and a half hours", 90),
        ("1 hour and 30 minutes", 90),
        ("30 min", 30),
        ("约2小时。", 120),
        ("1.33h", 80),
        ("1.5", None),
        ("2天", None),
        ("小时", None),
        ("2小时3", 123),
        ("", None),
    ],
)
def test_minutes(typed: str, meant: int | None) -> None:
    assert grammar.minutes(typed) == meant


def test_a_bare_number_counts_only_in_a_unit_that_was_asked_for() -> None:
    assert grammar.minutes("1.5", "hours") == 90
    assert grammar.minutes("90", "minutes") == 90
    assert grammar.minutes("两", "hours") == 120
    assert grammar.minutes("90分钟", "hours") == 90
    assert grammar.minutes("", "hours") is None
    assert grammar.minutes("soon", "hours") is None


@given(st.integers(0, 99), st.integers(0, 59))
def test_every_length_is_read_back(hours: int, minutes: int) -> None:
    for typed in (f"{hours}小时{minutes}分", f"{hours} hours {minutes} minutes", f"{hours}h{minutes:02}"):
        assert grammar.minutes(typed) == hours * 60 + minutes
