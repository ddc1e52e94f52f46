"""Who took part and for how long: names with minutes each, or a head count with the same for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from handlers.kit import grammar
from handlers.kit.asking import Asking
from handlers.kit.kinds.when import spoken_minutes
from handlers.kit.messages import Input, Option
from handlers.kit.question import Answer, Misfit, Question, Reading, Step
from handlers.kit.words import Text, _, joined, n_

MOST_PEOPLE = 500


class People(Question):
    """A team as `[{"name": str, "count": int, "minutes": int}]`; an entry without a name is a head count.

    `likely` gives the (people, minutes) offered as buttons, such as (1, 150) where an event took two
    hours and a half; a time by itself counts for as many people as the first of them.
    """

    gives = list

    def __init__(
        self, prompt: Any, *, likely: Callable[[Any], Sequence[tuple[int, int]]], **common: Any
    ) -> None:
        super().__init__(prompt, **common)
        self.likely = likely

    def asking(self, step: Step) -> Asking:
        options = [Option(_code(pair), _label(*pair)) for pair in self.likely(step.part)]
        hint = _("Write it like “6 people 3 hours” or “Zhang San 3h, Li Si 2h”.")
        return self.offering(step, options, hint, columns=2)

    def read(self, given: Input, step: Step) -> Reading:
        likely = self.likely(step.part)
        if given.data is not None:
            tapped = next((pair for pair in likely if _code(pair) == given.data), None)
            return Answer(counted(*tapped)) if tapped else Misfit()
        team = grammar.team(given.text)
        if not team:
            minutes = grammar.minutes(given.text, bare_unit="hours")
            return Answer(counted(likely[0][0] if likely else 1, minutes)) if _fits(minutes) else Misfit()
        if sum(count for _name, count, _minutes in team) > MOST_PEOPLE:
            return Misfit(_("At most {most} people fit in one record.", most=MOST_PEOPLE))
        if not all(_fits(minutes) for _name, _count, minutes in team):
            return Misfit(_("Each person's time is between 1 minute and 24 hours."))
        return Answer([{"name": name, "count": count, "minutes": minutes} for name, count, minutes in team])

    def load(self, raw: Any) -> list[dict[str, Any]]:
        return [
            {"name": str(one["name"]), "count": int(one["count"]), "minutes": int(one["minutes"])}
            for one in raw
        ]

    def show(self, step: Step) -> Text:
        return joined(*(_one(entry) for entry in step.value), between=", ")


def counted(count: int, minutes: int | None) -> list[dict[str, Any]]:
    """A team of `count` people who all took `minutes`."""
    return [{"name": "", "count": count, "minutes": minutes}]


def _code(pair: tuple[int, int]) -> str:
    return f"{pair[0]}x{pair[1]}"


def _label(count: int, minutes: int) -> Text:
    return _("Only me, {time}", time=spoken_minutes(minutes)) if count == 1 else _people(count, minutes)


def _fits(minutes: int | None) -> bool:
    return minutes is not None and 0 < minutes <= 24 * 60


def _one(entry: dict[str, Any]) -> Text:
    if entry["name"]:
        return _("{name} {time}", name=entry["name"], time=spoken_minutes(entry["minutes"]))
    return _people(entry["count"], entry["minutes"])


def _people(count: int, minutes: int) -> Text:
    return n_("{count} person × {time}", "{count} people × {time}", count, time=spoken_minutes(minutes))


def people(prompt: Any, **settings: Any) -> Any:
    """A team and its minutes."""
    return People(prompt, **settings)
