"""Words of one's own, with room for what people send along: a voice message or photos."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from handlers.kit import grammar
from handlers.kit.asking import Asking, Takes
from handlers.kit.kinds.photos import as_json
from handlers.kit.messages import Input, Option
from handlers.kit.question import MISSING, Answer, Misfit, Question, Reading, Step
from handlers.kit.words import Text, _


class Words(Question):
    """Free text up to `most` characters. A voice recording or photos sent here are stored as the
    answers of the sibling questions named by `voice` and `photos`. Text that `grows` is never replaced: who
    comes back to it and writes adds to it. `unfit` says why words do not do, if they do not, `implies` what
    they answer of sibling questions."""

    gives = str

    def __init__(
        self,
        prompt: Any,
        *,
        most: int = 2000,
        voice: str | None = None,
        photos: str | None = None,
        grows: bool = False,
        unfit: Callable[[str], Text | None] = lambda _words: None,
        implies: Callable[[str], Mapping[str, object]] = lambda _words: {},
        **common: Any,
    ) -> None:
        super().__init__(prompt, **common)
        self.most = most
        self.voice = voice
        self.photos = photos
        self.grows = grows
        self.unfit = unfit
        self.implies = implies

    def asking(self, step: Step) -> Asking:
        takes: set[Takes] = {"text"}
        takes |= {"voice"} if self.voice else set()
        takes |= {"photo"} if self.photos else set()
        keep = (Option("keep", _("Keep it as it is")),) if step.answered and step.raw else ()
        return Asking(
            step.path,
            self.wording(step),
            _("Type up to {most} characters.", most=self.most),
            frozenset(takes),
            extras=keep,
            optional=self.optional,
        )

    def read(self, given: Input, step: Step) -> Reading:
        if given.data == "keep" and step.answered:
            return Answer(step.raw)
        if given.data is not None:
            return Misfit()
        also: dict[str, object] = {}
        if self.photos and given.photos:
            also[step.sibling + self.photos] = as_json(given.photos)
        if self.voice and given.voice:
            also[step.sibling + self.voice] = as_json((given.voice,))
        words = grammar.clean(given.text, self.most + 1).strip()
        if self.grows and words and isinstance(step.raw, str):
            words = f"{step.raw}\n{words}"
        if len(words) > self.most:
            return Misfit(_("That is too long: {most} characters fit.", most=self.most))
        why = self.unfit(words) if words else None
        if words and why is None:
            implied = {step.sibling + name: value for name, value in self.implies(words).items()}
            return Answer(words, {**implied, **also})
        if not also:
            return Misfit(why)
        if self.optional:  # a recording or a photo can speak for itself
            return Answer(None, also)
        return Answer(MISSING, also, _("Kept. Now please say in a few words what it is."))

    def load(self, raw: Any) -> str:
        if not isinstance(raw, str):
            raise ValueError(raw)
        return raw


def text(prompt: Any, **settings: Any) -> Any:
    """Free text of up to `most` characters (2000)."""
    return Words(prompt, **settings)
