"""Until when something has to be done: a moment to come, chosen or typed as people say it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from handlers.kit import grammar
from handlers.kit.asking import Asking
from handlers.kit.messages import Input, Option
from handlers.kit.question import Answer, Misfit, Question, Reading, Step
from handlers.kit.words import Text, _, n_

USUAL = (2, 24, 72, 168, 360, 720)  # hours


class Until(Question):
    """A moment in the future, stored in ISO 8601 with its offset; `usual` are the spans offered, in hours."""

    gives = datetime

    def __init__(self, prompt: Any, *, usual: Sequence[int] = USUAL, **common: Any) -> None:
        super().__init__(prompt, **common)
        self.usual = usual

    def asking(self, step: Step) -> Asking:
        options = [Option(f"{hours}h", _span(hours)) for hours in self.usual]
        hint = _("Write how long, or until when: “3 days”, “5 December”, “tomorrow 18:00”.")
        return self.offering(step, options, hint, columns=3)

    def read(self, given: Input, step: Step) -> Reading:
        now = step.moment.now
        found = grammar.until(given.data if given.data is not None else given.text, now)
        if found is None:
            return Misfit()
        if found <= now:
            return Misfit(_("{when} is over already.", when=found))
        if found > now + timedelta(days=3 * 365):
            return Misfit(_("That is more than three years away."))
        return Answer(found.replace(microsecond=0).isoformat())

    def load(self, raw: Any) -> datetime:
        moment = datetime.fromisoformat(raw)
        if moment.tzinfo is None:
            raise ValueError(raw)
        return moment

    def show(self, step: Step) -> Text:
        return _("{when}", when=step.value)


def _span(hours: int) -> Text:
    days, rest = divmod(hours, 24)
    if rest:
        return n_("{count} hour", "{count} hours", hours)
    return n_("{count} day", "{count} days", days)


def until(prompt: Any, **settings: Any) -> Any:
    """A moment to come."""
    return Until(prompt, **settings)
