"""Opening hours, public holidays with their working weekends, and when rounds fall due."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from handlers.calendar import (
    NINE_TO_FIVE,
    USUAL_WEEK,
    Opening,
    Schedule,
    is_before_holidays,
    is_holiday,
    is_working_day,
    working_days_after,
)

NINE, NOON = time(9), time(12)


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


# 国务院办公厅关于2026年部分节假日安排的通知 (国办发明电〔2025〕7号, 4 November 2025): the statutory day,
# the first and the last day off, and the weekends worked for them.
BREAKS = {
    "元旦": ((1, 1), (1, 1), (1, 3), ((1, 4),)),
    "春节": ((2, 17), (2, 15), (2, 23), ((2, 14), (2, 28))),
    "清明节": ((4, 5), (4, 4), (4, 6), ()),
    "劳动节": ((5, 1), (5, 1), (5, 5), ((5, 9),)),
    "端午节": ((6, 19), (6, 19), (6, 21), ()),
    "中秋节": ((9, 25), (9, 25), (9, 27), ()),
    "国庆节": ((10, 1), (10, 1), (10, 7), ((9, 20), (10, 10))),
}


def of_2026(day: tuple[int, int]) -> date:
    return date(2026, *day)


@pytest.mark.parametrize("name", BREAKS)
def test_the_holidays_of_2026(name: str) -> None:
    statutory, first, last, worked = BREAKS[name]
    assert not any(is_working_day(day) for day in days(of_2026(first), of_2026(last)))
    assert is_holiday(of_2026(statutory))
    assert all(is_working_day(of_2026(day)) for day in worked)


def test_every_other_day_of_2026_is_worked_from_monday_to_friday() -> None:
    spans = (days(of_2026(first), of_2026(last)) for _day, first, last, _worked in BREAKS.values())
    off = {day for span in spans for day in span}
    worked = {of_2026(day) for *_days, these in BREAKS.values() for day in these}
    for day in days(date(2026, 1, 1), date(2026, 12, 31)):
        if day not in off | worked:
            assert is_working_day(day) == (day.weekday() < 5), day


@pytest.mark.parametrize(
    ("day", "count", "then"),
    [
        (date(2026, 2, 13), 5, date(2026, 2, 27)),  # the 14th is worked, then nine days are off
        (date(2026, 2, 13), 1, date(2026, 2, 14)),
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2026, 11, 20), 2, date(2026, 11, 24)),
        (date(2026, 11, 20), 0, date(2026, 11, 20)),
    ],
)
def test_working_days_are_counted_over_holidays_and_worked_weekends(
    day: date, count: int, then: date
) -> None:
    assert working_days_after(day, count) == then


def test_the_last_working_day_before_each_holiday_of_2026() -> None:
    found = [day for day in days(date(2026, 1, 1), date(2026, 12, 31)) if is_before_holidays(day)]
    assert [f"{day:%m-%d}" for day in found] == [
        "02-14",
        "04-03",
        "04-30",
        "06-18",
        "09-24",
        "09-30",
        "12-31",
    ]


class TestOpening:
    def test_mondays_are_closed_unless_they_are_holidays(self) -> None:
        opening = Opening()
        assert opening.hours(date(2026, 11, 23)) is None
        assert opening.hours(date(2026, 11, 24)) == NINE_TO_FIVE
        assert opening.hours(date(2026, 10, 5)) == NINE_TO_FIVE  # a Monday in the week of National Day
        assert Opening(on_holidays=False).hours(date(2026, 10, 5)) is None

    def test_a_day_that_differs_goes_before_all(self) -> None:
        late = (time(9), time(21))
        opening = Opening(USUAL_WEEK, days={date(2026, 11, 24): None, date(2026, 11, 23): late})
        assert opening.hours(date(2026, 11, 24)) is None
        assert opening.hours(date(2026, 11, 23)) == late


NOVEMBER = days(date(2026, 11, 1), date(2026, 11, 30))


def falls(schedule: Schedule, opening: Opening, within: list[date]) -> list[tuple[int, str]]:
    return [(day.day, f"{at:%H:%M}") for day in within for at in schedule.due(day, opening)]


class TestDue:
    def test_times_of_every_day(self) -> None:
        found = falls(Schedule("times", (NOON, NINE, NINE)), Opening(), NOVEMBER)
        assert found == [(day, at) for day in range(1, 31) for at in ("09:00", "12:00")]

    def test_times_of_opening_days_only(self) -> None:
        found = falls(Schedule("times", (NINE,), open_days=True), Opening(), NOVEMBER)
        assert [day for day, _at in found] == [day for day in range(1, 31) if day not in {2, 9, 16, 23, 30}]

    def test_every_few_hours_while_open(self) -> None:
        opening = Opening(days={date(2026, 11, 3): (time(13), time(16, 30)), date(2026, 11, 4): None})
        within = days(date(2026, 11, 1), date(2026, 11, 4))
        assert falls(Schedule("hours", every=3), opening, within) == [
            (1, "09:00"), (1, "12:00"), (1, "15:00"), (3, "13:00"), (3, "16:00"),
        ]  # fmt: skip

    def test_until_midnight(self) -> None:
        opening = Opening(days={date(2026, 11, 1): (time(20), time(23, 59))})
        assert falls(Schedule("hours", every=2), opening, NOVEMBER[:1]) == [(1, "20:00"), (1, "22:00")]

    def test_weekly(self) -> None:
        found = falls(Schedule("weekly", (NINE,), weekday=4), Opening(), NOVEMBER)
        assert [day for day, _at in found] == [6, 13, 20, 27]

    @pytest.mark.parametrize(("monthday", "day"), [(15, 15), (31, 30), (30, 30), (1, 1)])
    def test_monthly_on_a_day_or_the_last(self, monthday: int, day: int) -> None:
        found = falls(Schedule("monthly", (NINE,), monthday=monthday), Opening(), NOVEMBER)
        assert found == [(day, "09:00")]

    def test_before_holidays(self) -> None:
        within = days(date(2026, 9, 1), date(2026, 9, 30))
        assert falls(Schedule("holidays", (NINE,)), Opening(), within) == [(24, "09:00"), (30, "09:00")]

    @pytest.mark.parametrize("kind", ["times", "hours", "weekly", "monthly", "holidays"])
    def test_it_is_stored_and_loaded_the_same(self, kind: str) -> None:
        made = Schedule(kind, (NINE, NOON), open_days=True, every=3, weekday=2, monthday=31)  # type: ignore[arg-type]  # one of the kinds
        assert Schedule.load(made.dump()) == made
