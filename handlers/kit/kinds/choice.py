"""Choosing one of a few options, by button, number, label, code or synonym; a scale is one of these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from handlers.kit import grammar
from handlers.kit.asking import Asking
from handlers.kit.messages import Input, Option
from handlers.kit.question import MISSING, Answer, Look, Misfit, Question, Reading, Step
from handlers.kit.words import Text, Tongue, _, say

Options = Sequence[Option] | Callable[[Any], Sequence[Option]]

PAGE = 8  # rows of options a phone shows without scrolling, with the controls still in sight
MOST_FREE = 60  # characters of an answer in one's own words
MOST_DIGITS = 4  # from which a number is none of a scale's, such as somebody's telephone
MOST_WORDS = 2000  # characters written where something was to be chosen
_NEXT_PAGE = "~"


class Choice(Question):
    """One of `options`; more than a page of rows are shown in pages. With `words`, what people write instead
    of choosing joins the answer of the sibling question of that name."""

    gives: ClassVar[type] = str
    fewest: ClassVar[int] = 4  # characters that say something; fewer are a slip

    def __init__(
        self,
        prompt: Any,
        options: Options,
        *,
        columns: int = 1,
        free: bool = False,
        words: str | None = None,
        **common: Any,
    ) -> None:
        super().__init__(prompt, **common)
        self.options = options
        self.words = words
        self.columns = columns
        # With `free`, words that match no option are themselves the answer.
        self.free = free

    def offered(self, step: Step) -> Sequence[Option]:
        return self.options(step.part) if callable(self.options) else self.options

    def asking(self, step: Step) -> Asking:
        options = self.offered(step)
        page = int(step.look) if step.look and step.look.isdecimal() else 0
        size = PAGE * self.columns
        shown = options[page * size : (page + 1) * size]
        extras: tuple[Option, ...] = ()
        if len(options) > size:
            following = page + 1 if (page + 1) * size < len(options) else 0
            extras = (Option(f"{_NEXT_PAGE}{following}", _("More…")),)
        return Asking(
            step.path,
            self.wording(step),
            self._free_hint(options) if self.free else self.hint(options, step.moment.tongue),
            frozenset({"tap", "text"}),
            tuple(shown),
            extras,
            optional=self.optional,
            columns=self.columns,
            chosen=frozenset({str(step.raw)}) if step.answered and step.raw is not None else frozenset(),
        )

    def hint(self, options: Sequence[Option], tongue: Tongue) -> Text:
        if not options:
            return _("There is nothing to choose from.")
        return _("Tap a button or type its number, 1 to {most}.", most=len(options))

    def read(self, given: Input, step: Step) -> Reading:
        options = self.offered(step)
        if given.data is not None:
            if given.data.startswith(_NEXT_PAGE):
                return Look(given.data.removeprefix(_NEXT_PAGE))
            return Answer(given.data) if given.data in {option.code for option in options} else Misfit()
        code = pick(given.text, options, step.moment.tongue, partly=not self.free)
        if code is not None:
            return Answer(code)
        words = grammar.clean(given.text, MOST_FREE + 1) if self.free else ""
        if len(words) > MOST_FREE:
            return Misfit(_("That is too long: {most} characters fit.", most=MOST_FREE))
        return Answer(words) if words else self.joined(given, step) or Misfit()

    def joined(self, given: Input, step: Step) -> Answer | Misfit | None:
        """What was written instead of choosing, behind what the sibling question holds already."""
        said = given.text.strip()
        if self.words is None or len(said) < self.fewest:
            return None
        if len(said) > MOST_WORDS:
            return Misfit(_("That is too long: {most} characters fit.", most=MOST_WORDS))
        path = step.sibling + self.words
        before = step.others.get(path)
        added = _("Added to what you wrote.")
        return Answer(MISSING, {path: f"{before}\n{said}" if before else said}, added)

    def _free_hint(self, options: Sequence[Option]) -> Text:
        if not options:
            return _("Type up to {most} characters.", most=MOST_FREE)
        return _("Tap one of the buttons, or type your own.")

    def show(self, step: Step) -> Text:
        return next(
            (option.label for option in self.offered(step) if option.code == step.value), str(step.value)
        )


class Scale(Choice):
    """A whole number from `least` to `most`, each with its own label, such as five faces. Who writes instead
    need not rate any more."""

    gives = int
    fewest = 2

    def __init__(self, prompt: Any, faces: Sequence[Text], *, least: int = 1, **common: Any) -> None:
        options = [Option(str(least + place), face, _alone(face)) for place, face in enumerate(faces)]
        super().__init__(prompt, options, columns=len(faces), **common)
        self.bounds = least, least + len(faces) - 1

    def hint(self, options: Sequence[Option], tongue: Tongue) -> Text:
        return _(
            "Tap a face or type a number from {least} to {most}.", least=self.bounds[0], most=self.bounds[1]
        )

    def load(self, raw: Any) -> int:
        value = int(raw)
        if not self.bounds[0] <= value <= self.bounds[1]:
            raise ValueError(raw)
        return value

    def read(self, given: Input, step: Step) -> Reading:
        number = None if given.data else grammar.number(given.text)
        if number is not None and self.bounds[0] <= number <= self.bounds[1]:
            return Answer(number)
        if number is not None and len(given.text.strip()) < MOST_DIGITS:
            return Misfit()
        reading = super().read(given, step)
        if not isinstance(reading, Answer):
            return reading
        return Answer(None, reading.also) if reading.also else Answer(int(str(reading.value)))

    def show(self, step: Step) -> Text:
        return self.offered(step)[int(step.value) - self.bounds[0]].label


def pick(text: str, options: Sequence[Option], tongue: Tongue, *, partly: bool = True) -> str | None:
    """The code of the option that typed `text` means, or None: exact words first, then the option's
    number, then (with `partly`) a part of exactly one label."""
    wanted = grammar.normalise(text).casefold()
    if not wanted:
        return None
    names = [(option.code, _names(option, tongue)) for option in options]
    for code, said in names:
        if wanted in said:
            return code
    answer = grammar.yes_no(wanted)
    if answer is not None and {"yes", "no"} <= {option.code for option in options}:
        return "yes" if answer else "no"
    number = grammar.number(wanted)
    if number is not None:
        return options[number - 1].code if 1 <= number <= len(options) else None
    within = [code for code, said in names if len(wanted) > 1 and any(wanted in name for name in said)]
    return within[0] if partly and len(within) == 1 else None


def _names(option: Option, tongue: Tongue) -> set[str]:
    label = grammar.normalise(say(option.label, tongue)).casefold()
    bare = label.lstrip("✅❌➖🔧📷☑✓ ").strip()
    return {option.code.casefold(), label, bare, *(also.casefold() for also in option.also)}


def _alone(face: Text) -> tuple[str, ...]:
    """The face of a label such as `🙂 4`, as somebody types it."""
    return (face.split()[0],) if isinstance(face, str) and " " in face else ()


def choice(prompt: Any, options: Options, **settings: Any) -> Any:
    """One of `options` (stored by code). `columns` lays out the buttons; `free` takes other words too."""
    return Choice(prompt, options, **settings)


def scale(prompt: Any, faces: Sequence[Text], **settings: Any) -> Any:
    """A number counted from `least` (1), one per face."""
    return Scale(prompt, faces, **settings)
