"""Who took part and for how long: names with minutes each, or a head count with the same for all."""

from __future__ import annotations

from collections.abc import Callable
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

    `likely` gives the minutes offered for the person alone (0 for none), such as the event's length.
    """

    gives = list

    def __init__(self, prompt: Any, *, likely: Callable[[Any], int], **common: Any) -> None:
        super().__init__(prompt, **common)
        self.likely = likely

    def asking(self, step: Step) -> Asking:
        minutes = self.likely(step.part)
        options = (Option(f"me{minutes}", _("Only me, {time}", time=spoken_minutes(minutes))),) if minutes else ()
        hint = _("Write it like “6 people 3 hours” or “Zhang San 3h, Li Si 2h”.")
        return Asking(
            step.path, self.wording(step), hint, frozenset({"tap", "text"}), options, optional=self.optional
        )

    def read(self, given: Input, step: Step) -> Reading:
        if given.data is not None:
            minutes = given.data.removeprefix("me")
            return Answer(alone(int(minutes))) if minutes.isdecimal() else Misfit()
        team = grammar.team(given.text)
        if not team:
            minutes_alone = grammar.minutes(given.text, bare_unit="hours")
            return Answer(alone(minutes_alone)) if _fits(minutes_alone) else Misfit()
        if sum(count for _name, count, _minutes in team) > MOST_PEOPLE:
            return Misfit(_("At most {most} people fit in one record.", most=MOST_PEOPLE))
        if not all(_fits(minutes) for _name, _count, minutes in team):
            return Misfit(_("Each person's time is between 1 minute and 24 hours."))
        return Answer([{"name": name, "count": count, "minutes": minutes} for name, count, minutes in team])

    def load(self, raw: Any) -> list[dict[str, Any]]:
        return [{"name": str(one["name"]), "count": int(one["count"]), "minutes": int(one["minutes"])} for one in raw]

    def show(self, step: Step) -> Text:
        return joined(*(_one(entry) for entry in step.value), between=", ")


def alone(minutes: int | None) -> list[dict[str, Any]]:
    """A team of only the person writing."""
    return [{"name": "", "count": 1, "minutes": minutes}]


def _fits(minutes: int | None) -> bool:
    return minutes is not None and 0 < minutes <= 24 * 60


def _one(entry: dict[str, Any]) -> Text:
    time = spoken_minutes(entry["minutes"])
    if entry["name"]:
        return _("{name} {time}", name=entry["name"], time=time)
    return n_("{count} person × {time}", "{count} people × {time}", entry["count"], time=time)


def people(prompt: Any, **settings: Any) -> Any:
    """A team and its minutes."""
    return People(prompt, **settings)
