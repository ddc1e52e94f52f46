"""The shape every kind of question shares: how it is asked, read, loaded and shown."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from msgspec import Struct, field

from handlers.kit.asking import Asking
from handlers.kit.messages import Input, Option
from handlers.kit.words import Text, Tongue

Condition = Callable[[Any], bool]
Wording = Text | Callable[[Any], Text]


class Missing:
    """The type of MISSING: an answer that was never given, unlike None, which was skipped."""


MISSING = Missing()


class Moment(Struct, frozen=True):
    """What an answer is read against: the museum's local time, the start, the snapshotted facts and
    the person's language (typed labels are recognised in it)."""

    now: datetime
    started: datetime
    facts: Mapping[str, Any]
    tongue: Tongue

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def elapsed(self) -> int:
        """Whole seconds since the conversation was opened."""
        return max(0, int((self.now - self.started).total_seconds()))


class Answer(Struct, frozen=True):
    """An answer as JSON, what the same message answered elsewhere (`also`, by full path), and a
    `note` to say with the next question. A value of MISSING answers elsewhere only."""

    value: object
    also: Mapping[str, object] = field(default_factory=dict)
    note: Text | None = None


class Look(Struct, frozen=True):
    """Not an answer yet: show the question again at a place inside it, such as item 3 or page 2."""

    at: str


class Misfit(Struct, frozen=True):
    """What was sent does not answer the question; `why` is said before the hint where it helps."""

    why: Text | None = None


Reading = Answer | Look | Misfit


class Step(Struct, frozen=True):
    """A question met on the walk: its path, the form so far, and the stored answer if any.

    `part` is the form, or the repeated part, that the question belongs to; `look` is where inside
    the question the person is looking (see `Look`); `others` are all stored answers by path.
    """

    path: str
    question: Question
    part: Any
    moment: Moment
    others: Mapping[str, object]
    raw: object = MISSING
    value: Any = None
    look: str | None = None

    @property
    def sibling(self) -> str:
        """The path prefix of the questions beside this one: `` or `faults/3/`."""
        return self.path[: len(self.path) - len(self.question.name)]

    @property
    def answered(self) -> bool:
        return self.raw is None or (self.raw is not MISSING and self.question.complete(self.value, self))


class Question(ABC):
    """One declared question. A kind is a subclass with a constructor function beside it.

    `label` names the answer on the review page and in exports; `when` leaves the question out (it is
    given the form so far, in which unanswered fields are None);
    `optional` lets it be skipped; what does not `asks` is only filled by what comes with other answers.
    `gives` is the type that the field's annotation must have.
    """

    gives: ClassVar[type] = str
    # Answers typed on the review page are offered to questions that understand corrections.
    corrects: ClassVar[bool] = False

    def __init__(
        self,
        prompt: Wording,
        *,
        label: Text | None = None,
        when: Condition | None = None,
        optional: bool = False,
        asks: bool | Condition = True,
        help: Text | None = None,
    ) -> None:
        self.prompt = prompt
        self.asks = asks
        self.when = when
        self.optional = optional
        self.help = help
        self.name = ""
        self._label = label

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @property
    def label(self) -> Text:
        return self._label if self._label is not None else self.name

    def is_asked(self, part: Any) -> bool:
        """Whether the question is asked at all, or only filled by what comes with other answers."""
        return self.asks(part) if callable(self.asks) else self.asks

    def wording(self, step: Step) -> Text:
        return self.prompt(step.part) if callable(self.prompt) else self.prompt

    @abstractmethod
    def asking(self, step: Step) -> Asking:
        """The question as it stands now."""

    def offering(self, step: Step, options: Sequence[Option], hint: Text, *, columns: int) -> Asking:
        """Asked plainly, with likely answers to tap in so many columns; any other may be written."""
        return Asking(
            step.path,
            self.wording(step),
            hint,
            frozenset({"tap", "text"}),
            tuple(options),
            optional=self.optional,
            columns=columns,
        )

    @abstractmethod
    def read(self, given: Input, step: Step) -> Reading:
        """What `given` answers. Never raises on anything a person can send."""

    def load(self, raw: Any) -> Any:
        """The typed value of a stored answer. Raises ValueError if it no longer fits."""
        return raw

    def complete(self, value: Any, step: Step) -> bool:
        """Whether `value` answers the whole question, or only a part of it."""
        return True

    def back(self, step: Step) -> str | None:
        """Where `back` leads inside this question; None leads to the question before it."""
        return None

    def progress(self, step: Step) -> tuple[int, int] | None:
        """(done, of all) inside this question, where it has parts."""
        return None

    def adds(self, given: Input, step: Step) -> Answer | None:
        """The answer with what came late added to it, such as a second photo; None if it takes none."""
        return None

    def show(self, step: Step) -> Text:
        """The answer as the review page says it."""
        return str(step.value)
