"""Days, times of day and durations, typed as people say them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, time, timedelta
from typing import Any

from handlers.kit import grammar
from handlers.kit.asking import Asking
from handlers.kit.messages import Input, Option
from handlers.kit.question import Answer, Misfit, Question, Reading, Step
from handlers.kit.words import Text, _, joined, n_, p_

MOST_AHEAD = timedelta(days=366)
WEEKDAYS: tuple[Text, ...] = (
    p_("weekday", "Monday"), p_("weekday", "Tuesday"), p_("weekday", "Wednesday"), p_("weekday", "Thursday"),
    p_("weekday", "Friday"), p_("weekday", "Saturday"), p_("weekday", "Sunday"),
)  # fmt: skip


class Day(Question):
    """A day that is not in the future, stored as ISO 8601."""

    gives = date

    def asking(self, step: Step) -> Asking:
        today = step.moment.today
        options = (
            Option(today.isoformat(), _("Today")),
            Option((today - timedelta(days=1)).isoformat(), _("Yesterday")),
        )
        hint = _("Write a day such as “yesterday”, “last Saturday” or “2026-11-20”; not one in the future.")
        return self.offering(step, options, hint, columns=2)

    def read(self, given: Input, step: Step) -> Reading:
        day = grammar.day(given.data if given.data is not None else given.text, step.moment.today)
        if day is None:
            return Misfit()
        if day > step.moment.today:
            return Misfit(_("{day} is still to come.", day=day))
        return Answer(day.isoformat())

    def load(self, raw: Any) -> date:
        return date.fromisoformat(raw)

    def show(self, step: Step) -> Text:
        return _("{day}", day=step.value)


class ComingDay(Day):
    """A day from today on, or from the answer of the sibling question named by `since`; at most a year on."""

    def __init__(self, prompt: Any, *, since: str | None = None, **common: Any) -> None:
        super().__init__(prompt, **common)
        self.since = since

    def asking(self, step: Step) -> Asking:
        first, today = self._first(step), step.moment.today
        near = [first, *(first + timedelta(days=days) for days in (1, 2, 6))]
        options = tuple(Option(day.isoformat(), self._button(day, first, today)) for day in near)
        hint = _("Write a day such as “tomorrow”, “next Friday” or “2026-11-30”.")
        return self.offering(step, options, hint, columns=2)

    def read(self, given: Input, step: Step) -> Reading:
        said = given.data if given.data is not None else given.text
        day, first, today = grammar.coming_day(said, step.moment.today), self._first(step), step.moment.today
        if day is None:
            return Misfit()
        if day < today:
            return Misfit(_("{day} is past.", day=day))
        if day < first:
            return Misfit(_("{day} is before {first}, the first day.", day=day, first=first))
        if day > today + MOST_AHEAD:
            return Misfit(_("{day} is more than a year ahead.", day=day))
        return Answer(day.isoformat())

    def _button(self, day: date, first: date, today: date) -> Text:
        """A day on a button, with its weekday; as a last day with how many days it makes."""
        label = joined(_called(day, today), WEEKDAYS[day.weekday()], between=" ")
        count = (day - first).days + 1
        if not self.since:
            return label
        return n_("{label} ({count} day)", "{label} ({count} days)", count, label=label)

    def _first(self, step: Step) -> date:
        since: date | None = getattr(step.part, self.since) if self.since else None
        return since or step.moment.today


def _called(day: date, today: date) -> Text:
    if day == today:
        return _("Today")
    return _("Tomorrow") if day == today + timedelta(days=1) else _("{day}", day=day)


class Clock(Question):
    """A time of day in the museum's zone, stored as HH:MM. A range such as 9:00-11:30 also answers
    the sibling question named by `until`."""

    gives = time

    def __init__(self, prompt: Any, *, until: str | None = None, **common: Any) -> None:
        super().__init__(prompt, **common)
        self.until = until

    def asking(self, step: Step) -> Asking:
        hint = _("Write a time such as 9:30 or 3 pm.")
        return Asking(step.path, self.wording(step), hint, frozenset({"text"}), optional=self.optional)

    def read(self, given: Input, step: Step) -> Reading:
        both = grammar.clock_range(given.text) if self.until else None
        if both is not None:
            return Answer(_hhmm(both[0]), {f"{step.sibling}{self.until}": _hhmm(both[1])})
        moment = grammar.clock(given.text)
        return Answer(_hhmm(moment)) if moment is not None else Misfit()

    def load(self, raw: Any) -> time:
        return time.fromisoformat(raw)

    def show(self, step: Step) -> Text:
        return _hhmm(step.value)


class Duration(Question):
    """A length of time in whole minutes; a bare number means `bare` (hours)."""

    gives = int

    def __init__(
        self,
        prompt: Any,
        *,
        most: int = 24 * 60,
        likely: Sequence[int] | Callable[[Any], Sequence[int]] = (),
        **common: Any,
    ) -> None:
        super().__init__(prompt, **common)
        self.most = most
        self.likely = likely

    def asking(self, step: Step) -> Asking:
        likely = self.likely(step.part) if callable(self.likely) else self.likely
        options = [Option(f"{minutes}m", spoken_minutes(minutes)) for minutes in likely]
        hint = _("Write a length of time such as “2 hours”, “90 minutes” or “1.5h”.")
        return self.offering(step, options, hint, columns=3)

    def read(self, given: Input, step: Step) -> Reading:
        minutes = grammar.minutes(given.data if given.data is not None else given.text, bare_unit="hours")
        if minutes is None or not 0 < minutes <= self.most:
            return Misfit()
        return Answer(minutes)

    def load(self, raw: Any) -> int:
        return int(raw)

    def show(self, step: Step) -> Text:
        return spoken_minutes(step.value)


def spoken_minutes(minutes: int) -> Text:
    """A length of time for people: hours where they are whole or half, else hours and minutes."""
    hours, rest = divmod(minutes, 60)
    if rest == 0:
        return _("{hours} h", hours=hours)
    if rest == 30:
        return _("{hours} h", hours=hours + 0.5)
    return (
        _("{hours} h {minutes} min", hours=hours, minutes=rest) if hours else _("{minutes} min", minutes=rest)
    )


def _hhmm(moment: time) -> str:
    return moment.strftime("%H:%M")


def day(prompt: Any, *, ahead: bool = False, **settings: Any) -> Any:
    """A day up to today; with `ahead` one from today on, not before the answer named by `since`."""
    return ComingDay(prompt, **settings) if ahead else Day(prompt, **settings)


def clock(prompt: Any, **settings: Any) -> Any:
    """A time of day."""
    return Clock(prompt, **settings)


def duration(prompt: Any, **settings: Any) -> Any:
    """A length of time in minutes."""
    return Duration(prompt, **settings)
