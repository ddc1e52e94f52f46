"""Forms: classes whose typed fields are questions, checked when the class is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from types import NoneType, UnionType
from typing import Any, ClassVar, Literal, Self, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

from handlers.kit.question import Question
from handlers.kit.words import Text

ExpiryPolicy = Literal["remind", "submit", "discard"]


class Each:
    """A part asked once for every key that `over` gives, such as every item found abnormal."""

    gives: ClassVar[type] = dict

    def __init__(
        self, part: type[Part], over: Callable[[Any], Iterable[str]], title: Callable[[Any], Text]
    ) -> None:
        self.part = part
        self.over = over
        self.title = title
        self.name = ""
        self.when: Callable[[Any], bool] | None = None
        self.optional = False
        self.asks = True

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name


class Declared:
    """A class with questions as its fields; its instances hold the answers given so far."""

    questions: ClassVar[tuple[Question | Each, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = [value for value in vars(cls).values() if isinstance(value, Question | Each)]
        cls.questions = (*cls.questions, *own)
        hints = get_type_hints(cls)
        for question in own:
            _check(cls, question, hints.get(question.name))

    @classmethod
    def blank(cls) -> Self:
        """An instance with every field unanswered (None)."""
        made = cls.__new__(cls)
        for question in cls.questions:
            setattr(made, question.name, None)
        return made


class Part(Declared):
    """A repeated part of a form: `key` is which one it is, `whole` the form it stands in."""

    key: str
    whole: Any


def each(part: type[Part], *, over: Callable[[Any], Iterable[str]], title: Callable[[Any], Text]) -> Any:
    """A repeated part; the field's value is a dict from key to part. `title` names one for people."""
    return Each(part, over, title)


class Start(Struct, frozen=True):
    """How a conversation begins: the facts it keeps for good, the answers already known, and where one of
    them is asked about again first."""

    facts: Mapping[str, Any]
    answers: Mapping[str, object]
    focus: str | None = None


class Form(Declared):
    """A conversation. Subclasses declare questions and say what submitting does.

    Class options: `name` is stored with the conversation (never change its meaning), `opens` is what
    people call it, `needs` the permission to use it, `review` whether a review page comes before
    `submit`, `mends` whether without one each answer can be changed all the same, `once` whether who leaves
    it unanswered is not asked again, `lasts` how long a draft is kept and `on_expiry` what happens then.
    """

    name: ClassVar[str]
    opens: ClassVar[Text]
    needs: ClassVar[str]
    review: ClassVar[bool]
    mends: ClassVar[bool]
    once: ClassVar[bool]
    lasts: ClassVar[timedelta]
    on_expiry: ClassVar[ExpiryPolicy]
    facts: Mapping[str, Any]

    def __init_subclass__(
        cls,
        *,
        name: str,
        opens: Text,
        needs: str,
        review: bool = True,
        mends: bool = False,
        once: bool = False,
        lasts: timedelta = timedelta(days=7),
        on_expiry: ExpiryPolicy = "remind",
    ) -> None:
        cls.name, cls.opens, cls.needs = name, opens, needs
        cls.review, cls.mends, cls.once = review, mends, once
        cls.lasts, cls.on_expiry = lasts, on_expiry
        super().__init_subclass__()

    def head(self) -> Text | None:
        """What stands over every question and the review page, such as the place inspected."""
        return None

    async def kept(self, work: Any) -> None:
        """Called in the same transaction after every answer that was kept."""

    async def dropped(self, work: Any) -> Text | None:
        """Called in the same transaction when it is discarded; says what stays all the same, if anything."""
        return None

    async def submit(self, work: Any) -> None:
        """Called in the same transaction when everything is answered and confirmed."""
        raise NotImplementedError


def _check(cls: type, question: Question | Each, hint: Any) -> None:
    """The annotation must be the kind's type, with None exactly where the answer may be missing."""
    if hint is None:
        raise TypeError(f"{cls.__name__}.{question.name} needs an annotation")
    options = set(get_args(hint)) if get_origin(hint) in (Union, UnionType) else {hint}
    may_miss = question.optional or question.when is not None or question.asks is not True
    if (NoneType in options) != may_miss:
        raise TypeError(
            f"{cls.__name__}.{question.name}: `| None` must be there exactly if it may be left out"
        )
    options.discard(NoneType)
    kinds = {get_origin(option) or option for option in options}
    if kinds != {question.gives}:
        raise TypeError(f"{cls.__name__}.{question.name} must be annotated {question.gives.__name__}")
