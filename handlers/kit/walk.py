"""The heart of a conversation: walk a form from its start to the first question unanswered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from handlers.kit.asking import Asking
from handlers.kit.form import Each, Form, Part
from handlers.kit.question import MISSING, Moment, Question, Step


class Walk(Struct, frozen=True):
    """A form's steps up to where it stands; `here` is None when everything is answered. `silent` are the
    questions that are never asked, unless they were answered before `here`."""

    form: Form
    steps: tuple[Step, ...]
    here: Step | None
    silent: tuple[Step, ...] = ()

    def step(self, path: str) -> Step | None:
        return next((step for step in self.steps if step.path == path), None)

    @property
    def before(self) -> Step | None:
        """The step before the present one, where `back` leads."""
        end = self.steps.index(self.here) if self.here is not None else len(self.steps)
        return next((step for step in reversed(self.steps[:end]) if step.question.is_asked(step.part)), None)

    @property
    def asking(self) -> Asking | None:
        """The question to ask now with its progress, or None for the review page."""
        if self.here is None:
            return None
        asking = self.here.question.asking(self.here)
        progress = self.here.question.progress(self.here) or self._progress()
        return replace(asking, progress=progress) if progress[1] != 1 else asking

    def _progress(self) -> tuple[int, int | None]:
        """Which step this is, and of how many, unless that depends on answers still to come; inside a
        repeated part, which of the parts."""
        assert self.here is not None  # only called while a question is open
        name, _sep, rest = self.here.path.partition("/")
        if rest:
            keys = list(getattr(self.form, name))
            return keys.index(rest.partition("/")[0]) + 1, len(keys)
        place = [step.path for step in self.steps].index(self.here.path)
        names = [question.name for question in self.form.questions]
        ahead = [q for q in self.form.questions[names.index(name) + 1 :] if q.asks is True]
        undecided = any(isinstance(q, Each) or q.when is not None for q in ahead)
        return place + 1, None if undecided else len(self.steps) + len(ahead)


def walk(form: type[Form], answers: Mapping[str, object], moment: Moment, focus: str | None = None) -> Walk:
    """Walk `form` over the stored `answers` (by path) and stop where a question must be asked.

    That is the question at `focus` (a path, or a place inside one: `items/3`) if it is met, else the
    first unanswered one. An answer that no longer loads counts as unanswered.
    """
    so_far = form.blank()
    so_far.facts = moment.facts
    steps: list[Step] = []
    silent: list[Step] = []
    here: Step | None = None
    # The walk goes on behind the open question only to load what is answered there already.
    for step in _steps(form, so_far, answers, moment):
        if (step.raw is MISSING or here is not None) and not step.question.is_asked(step.part):
            silent.append(step)
            continue
        if here is not None:
            continue
        look = _look(step.path, focus) if focus is not None else None
        if look is not None or not step.answered:
            step = here = replace(step, look=look)
        steps.append(step)
    return Walk(so_far, tuple(steps), here, tuple(silent))


def _look(path: str, focus: str) -> str | None:
    """The place inside `path` that `focus` names: `` for the question itself, None if elsewhere."""
    if focus == path:
        return ""
    return focus[len(path) + 1 :] if focus.startswith(path + "/") else None


def _steps(form: type[Form], so_far: Form, answers: Mapping[str, object], moment: Moment) -> Iterator[Step]:
    for question in form.questions:
        if question.when is not None and not question.when(so_far):
            continue
        if isinstance(question, Each):
            yield from _repeated(question, so_far, answers, moment)
        else:
            yield _met(question, question.name, so_far, answers, moment)


def _repeated(each: Each, so_far: Form, answers: Mapping[str, object], moment: Moment) -> Iterator[Step]:
    parts: dict[str, Part] = {}
    setattr(so_far, each.name, parts)
    for key in each.over(so_far):
        part = each.part.blank()
        part.key, part.whole = key, so_far
        parts[key] = part
        for question in part.questions:
            if question.when is not None and not question.when(part):
                continue
            assert not isinstance(question, Each)  # parts do not nest
            yield _met(question, f"{each.name}/{key}/{question.name}", part, answers, moment)


def _met(question: Question, path: str, part: object, answers: Mapping[str, object], moment: Moment) -> Step:
    """The step at `path`; its value is set on the form so far, for the conditions that follow."""
    raw = answers.get(path, MISSING)
    if raw is None or raw is MISSING:
        return Step(path, question, part, moment, answers, raw)
    try:
        value = question.load(raw)
    except (ValueError, TypeError, KeyError):
        return Step(path, question, part, moment, answers)
    setattr(part, question.name, value)
    return Step(path, question, part, moment, answers, raw, value)
