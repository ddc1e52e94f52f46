"""Theme days: the published dates, and which of them fit an event."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.themes import FIRST_YEAR, LAST_YEAR, ThemeDay, aliases, near, theme, themes_of

# As published: the statutes and notices name the rules, three lunar calendars agree on the moon's days.
MOVING = {
    "disability": ("05-17", "05-16", "05-21", "05-20", "05-19"),
    "heritage": ("06-13", "06-12", "06-10", "06-09", "06-08"),
    "dragon_boat": ("06-19", "06-09", "05-28", "06-16", "06-05"),
    "double_ninth": ("10-18", "10-08", "10-26", "10-16", "10-05"),
    "spring_festival": ("02-17", "02-06", "01-26", "02-13", "02-03"),
}
FIXED = {
    "lei_feng": "03-05",
    "national_security": "04-15",
    "monuments": "04-18",
    "museum_day": "05-18",
    "martyrs": "09-30",
    "fire_day": "11-09",
    "constitution": "12-04",
    "volunteers": "12-05",
}
MONTHS = {"science": ("09-01", "09-30"), "fire_month": ("11-01", "11-30")}


@pytest.mark.parametrize(("index", "year"), list(enumerate(range(2026, 2031))))
def test_the_published_dates(index: int, year: int) -> None:
    found = {known.code: (first, last) for first, last, known in themes_of(year)}
    for code, days in MOVING.items():
        assert f"{found[code][0]:%m-%d}" == days[index], code
    for code, day in FIXED.items():
        assert [f"{one:%m-%d}" for one in found[code]] == [day, day], code
    for code, (first, last) in MONTHS.items():
        assert [f"{one:%m-%d}" for one in found[code]] == [first, last], code
    assert found.keys() == MOVING.keys() | FIXED.keys() | MONTHS.keys()


def test_spring_festival_lasts_to_the_lantern_festival() -> None:
    (span,) = [(first, last) for first, last, known in themes_of(2026) if known.code == "spring_festival"]
    assert span == (date(2026, 2, 17), date(2026, 3, 3))


@given(st.integers(FIRST_YEAR, LAST_YEAR))
def test_every_year_has_every_day_in_order(year: int) -> None:
    spans = themes_of(year)
    assert {known.code for _first, _last, known in spans} == aliases().keys()
    assert [first for first, _last, _known in spans] == sorted(first for first, _last, _known in spans)
    assert all(first <= last and first.year == year for first, last, _known in spans)


@pytest.mark.parametrize("year", [FIRST_YEAR - 1, LAST_YEAR + 1])
def test_other_years_are_refused(year: int) -> None:
    with pytest.raises(ValueError, match="1901 to 2099"):
        themes_of(year)


@pytest.mark.parametrize(
    ("day", "codes"),
    [
        (date(2026, 5, 18), ["museum_day", "disability"]),
        (date(2026, 5, 17), ["disability", "museum_day"]),
        (date(2026, 5, 15), ["disability", "museum_day"]),
        (date(2026, 5, 13), []),
        (date(2026, 5, 28), ["museum_day"]),
        (date(2026, 5, 29), []),
        (date(2026, 11, 9), ["fire_day", "fire_month"]),
        (date(2026, 11, 22), ["fire_month"]),
        (date(2026, 9, 30), ["martyrs", "science"]),
        (date(2027, 6, 10), ["dragon_boat", "heritage"]),
        (date(2026, 2, 25), ["spring_festival"]),
        (date(2026, 12, 5), ["volunteers", "constitution", "fire_month"]),
        (date(2026, 7, 20), []),
    ],
)
def test_what_fits_a_day(day: date, codes: list[str]) -> None:
    assert [known.code for known in near(day)] == codes


def test_a_wider_search_crosses_the_year() -> None:
    assert [known.code for known in near(date(2027, 1, 3), before=30)] == ["volunteers", "constitution"]
    assert [known.code for known in near(date(2025, 12, 30), before=0, after=60)] == ["spring_festival"]


@given(st.dates(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)))
def test_what_fits_is_near(day: date) -> None:
    spans = [span for year in (day.year - 1, day.year, day.year + 1) for span in safely(year)]
    for known in near(day):
        nearest = min(
            max(first - day, day - last) for first, last, which in spans if which.code == known.code
        )
        assert nearest <= timedelta(10)


def safely(year: int) -> list[tuple[date, date, ThemeDay]]:
    return list(themes_of(year)) if FIRST_YEAR <= year <= LAST_YEAR else []


def test_a_day_is_found_by_its_code() -> None:
    found = theme("museum_day")
    assert found is not None
    assert (found.name.zh, found.name.en) == ("国际博物馆日", "International Museum Day")
    assert theme("mothers_day") is None
    assert theme(None) is None


def test_aliases_are_names_of_one_day_each() -> None:
    known = aliases()
    assert {"国际博物馆日", "博物馆日", "5·18", "museum day"} <= set(known["museum_day"])
    every = [alias.casefold() for names in known.values() for alias in names]
    assert len(every) == len(set(every))
    assert all(alias == alias.strip() and len(alias) > 1 for alias in every)
