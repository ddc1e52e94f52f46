"""A whole number, typed in figures or words, with a few likely ones to tap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers.kit import grammar
from handlers.kit.asking import Asking
from handlers.kit.messages import Input, Option
from handlers.kit.question import Answer, Misfit, Question, Reading, Step
from handlers.kit.words import Text, _


class Number(Question):
    """A whole number from `least` to `most`; `most` may depend on the answers before."""

    gives = int

    def __init__(
        self, prompt: Any, *, least: int = 0, most: Any = 1_000_000, likely: Sequence[int] = (), **common: Any
    ) -> None:
        super().__init__(prompt, **common)
        self.least = least
        self.most = most
        self.likely = likely

    def limit(self, step: Step) -> int:
        return int(self.most(step.part) if callable(self.most) else self.most)

    def asking(self, step: Step) -> Asking:
        most = self.limit(step)
        options = [Option(str(number), str(number)) for number in self.likely if number <= most]
        hint = _("Type a whole number from {least} to {most}.", least=self.least, most=most)
        return self.offering(step, options, hint, columns=4)

    def read(self, given: Input, step: Step) -> Reading:
        number = grammar.number(given.data if given.data is not None else given.text)
        if number is None:
            return Misfit()
        if not self.least <= number <= self.limit(step):
            return Misfit(_("{number} does not fit here.", number=number))
        return Answer(number)

    def complete(self, value: Any, step: Step) -> bool:
        """An answer that was changed to be over the limit (fewer people than minors) is asked for again."""
        return int(value) <= self.limit(step)

    def load(self, raw: Any) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int) or raw < self.least:
            raise ValueError(raw)
        return raw

    def show(self, step: Step) -> Text:
        return _("{number}", number=step.value)


def number(prompt: Any, **settings: Any) -> Any:
    """A whole number between `least` (0) and `most`; `likely` ones become buttons."""
    return Number(prompt, **settings)
