"""Drawing a turn as a message: the question with its buttons, the review page, and the ways out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from handlers.kit.asking import Asking
from handlers.kit.buttons import behind, stem
from handlers.kit.form import Each, Form
from handlers.kit.messages import Button, Message, Option, Style
from handlers.kit.question import Step
from handlers.kit.turn import CONTROLS, can_finish
from handlers.kit.walk import Walk
from handlers.kit.words import Joined, Text, _, joined, lines, p_

WAY_OUT_AFTER = 2  # answers not understood in a row


class Pen:
    """Draws one conversation at one revision; `replace` edits the tapped message in place."""

    def __init__(self, conversation: int, revision: int, *, replace: bool) -> None:
        self._stem = stem(conversation, revision)
        self.replace = replace

    def button(self, path: str, code: str, label: Text, style: Style = "plain") -> Button:
        return Button(label, behind(self._stem, path, code), style)

    def control(self, code: str, label: Text, style: Style = "quiet") -> Button:
        return self.button(CONTROLS, code, label, style)

    def message(self, text: Text, rows: Iterable[Iterable[Button]]) -> Message:
        drawn = tuple(tuple(row) for row in rows)
        return Message(text, tuple(row for row in drawn if row), self.replace)

    def question(self, at: Walk, asking: Asking, misfits: int, note: Text | None) -> Message:
        """The question that is open. After a misfit the hint is said, after the second a way out."""
        prompt: Text = asking.prompt
        if asking.progress and at.form.review:
            done, of_all = asking.progress
            prompt = joined(f"({done}/{of_all})" if of_all else f"({done})", prompt, between=" ")
        missed = note or _("Sorry, that was not understood.") if misfits else note
        text = lines(
            at.form.head(),
            asking.above,
            "" if asking.above else None,
            missed,
            prompt,
            joined("👉", asking.hint, between=" ") if misfits else None,
            _("Or leave it for later: what you entered is kept.") if misfits >= WAY_OUT_AFTER else None,
        )
        rows = [
            *_rows(self, asking.key, asking.options, asking),
            *self._extras(asking),
            self._controls(at, asking, misfits),
        ]
        return self.message(text, rows)

    def _extras(self, asking: Asking) -> list[tuple[Button, ...]]:
        return [(self.button(asking.key, option.code, option.label, "main"),) for option in asking.extras]

    def _controls(self, at: Walk, asking: Asking, misfits: int) -> list[Button]:
        row = []
        inside = at.here is not None and at.here.question.back(at.here) is not None
        if at.before is not None or inside:
            row.append(self.control("back", _("‹ Back")))
        if asking.optional:
            row.append(self.control("skip", _("Skip ›")))
        if misfits >= WAY_OUT_AFTER:
            row.append(self.control("later", _("Later")))
        if at.form.mends and at.before is not None:
            row.append(self.control("edit", _("✎ Change")))
        if can_finish(at):
            row.append(self.control("finish", _("Done ✓"), "main"))
        return [*row, self.control("help", p_("button", "Help")), self.control("cancel", _("Cancel"))]

    def review(self, at: Walk, misfits: int, note: Text | None) -> Message:
        """Everything answered, one line each, to submit or to change."""
        form = type(at.form)
        missed = note or _("Sorry, that was not understood; nothing was changed.") if misfits else note
        hint = _("Tap Submit, or Change to mend an answer.") if misfits else None
        text = lines(
            at.form.head(), _("Please check: {form}", form=form.opens), "", review_lines(at), "", missed, hint
        )
        rows = [
            [self.control("submit", _("✔ Submit"), "main")],
            [
                self.control("edit", _("✎ Change")),
                self.control("later", _("Later")),
                self.control("cancel", _("Cancel")),
            ],
        ]
        return self.message(text, rows)

    def edits(self, at: Walk) -> Message:
        """The answers as buttons, to choose the one to change."""
        given = (step for step in at.steps if step is not at.here)
        buttons = [self.control(f"go/{step.path}", _title(at, step), "plain") for step in given]
        rows = [buttons[place : place + 2] for place in range(0, len(buttons), 2)]
        return self.message(_("What do you want to change?"), [*rows, [self.control("on", _("‹ Back"))]])

    def leaving(self, form: type[Form]) -> Message:
        """Asked before a draft with answers in it is thrown away."""
        rows = [
            [self.control("discard", _("Discard"), "danger"), self.control("later", _("Keep for later"))],
            [self.control("on", _("Go on"), "main")],
        ]
        return self.message(_("Discard “{form}” and what you entered?", form=form.opens), rows)

    def help(self, at: Walk) -> Message:
        """What fits here, and the words every conversation understands."""
        asking = at.asking
        here = at.here.question.help if at.here and at.here.question.help else None
        text = lines(
            here,
            asking.hint if asking else _("Tap Submit, or Change to mend an answer."),
            _("Words you can always type: back, skip, cancel, later, help."),
            _("Your answers are kept as you go; you can go on another day or in another app."),
        )
        return self.message(
            text, [[self.control("on", _("Go on"), "main"), self.control("later", _("Later"))]]
        )


def review_lines(at: Walk) -> Joined:
    """`label: answer` for every step that was answered; those skipped are named together at the end."""
    given = [
        _("{label}: {answer}", label=_title(at, step), answer=_shown(step))
        for step in at.steps
        if step.raw is not None
    ]
    skipped = [_title(at, step) for step in at.steps if step.raw is None]
    return lines(*given, _("Left empty: {labels}", labels=joined(*skipped)) if skipped else None)


def _shown(step: Step) -> Text:
    shown = step.question.show(step)
    several = isinstance(shown, Joined) and shown.between == "\n" and len(shown.parts) > 1
    return joined("\n", shown, between="") if several else shown


def _title(at: Walk, step: Step) -> Text:
    """The answer's name; a repeated part's name stands before it."""
    name, _sep, rest = step.path.partition("/")
    if not rest:
        return step.question.label
    repeated = next(q for q in at.form.questions if isinstance(q, Each) and q.name == name)
    return joined(repeated.title(step.part), step.question.label, between=" ")


def _rows(pen: Pen, path: str, options: Sequence[Option], asking: Asking) -> list[list[Button]]:
    buttons = [
        pen.button(
            path,
            option.code,
            joined("✓", option.label, between=" ") if option.code in asking.chosen else option.label,
        )
        for option in options
    ]
    return [buttons[place : place + asking.columns] for place in range(0, len(buttons), asking.columns)]
