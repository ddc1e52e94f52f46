"""How much one person may send: counted in a sliding window, and forgotten when it has passed."""

from __future__ import annotations

import pytest

from bot import limits
from bot.limits import Limits


class Clock:
    """Stands still until told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(limits, "monotonic", clock)
    return clock


def test_so_many_in_any_minute_and_no_more(clock: Clock) -> None:
    counted = Limits()
    assert [counted.allow("a", 2, 60) for _time in range(3)] == [True, True, False]
    assert counted.allow("b", 2, 60), "everybody is counted apart"
    clock.now += 61
    assert [counted.allow("a", 2, 60) for _time in range(3)] == [True, True, False]


def test_those_who_have_left_are_forgotten(clock: Clock) -> None:
    """A holiday's visitors must not stay in memory."""
    counted = Limits()
    for minute in range(50):
        clock.now = 1000.0 + 60 * minute
        for visitor in range(20):
            assert counted.allow(f"{minute} {visitor}", 1, 60)
        counted.allow("an hour", 1, 3600)
    assert len(counted) == 21, "those of the last minute, and the one who is counted for an hour"
    assert not counted.allow("an hour", 1, 3600)


def test_a_flood_of_strangers_takes_no_more_room_than_there_is(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_MOST_KEYS", 10)
    counted = Limits()
    for stranger in range(30):
        counted.allow(f"{stranger}", 1, 60)
    assert len(counted) == 10
    assert not counted.allow("29", 1, 60), "the newest are known"
    assert counted.allow("0", 1, 60), "the oldest are not"


def test_one_who_is_refused_all_the_time_is_let_in_again(clock: Clock) -> None:
    counted = Limits()
    assert counted.allow("a", 1, 60)
    for _second in range(59):
        clock.now += 1
        assert not counted.allow("a", 1, 60)
    clock.now += 2
    assert counted.allow("a", 1, 60)
