"""One turn of a conversation: what a message or tap changes in a draft, as a pure function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from handlers.kit import grammar
from handlers.kit.buttons import Tap
from handlers.kit.form import Form
from handlers.kit.kinds.photos import as_json
from handlers.kit.messages import Input
from handlers.kit.question import MISSING, Answer, Look, Misfit, Moment, Reading, Step
from handlers.kit.walk import Walk, walk
from handlers.kit.words import Text, _, say

Outcome = Literal["asks", "submits", "cancels", "leaving", "pauses", "helps", "edits", "stale", "silent"]

CONTROLS = "-"  # the path of the buttons every conversation has
_WORDS: dict[str, frozenset[str]] = {
    "back": frozenset({"back", "undo", "返回", "上一步", "上一题", "撤销", "撤回", "/back"}),
    "skip": frozenset({"skip", "跳过", "略过", "/skip"}),
    "cancel": frozenset({"cancel", "quit", "取消", "退出", "/cancel"}),
    "finish": frozenset({"done", "finish", "完成", "结束", "就这样"}),
    "later": frozenset({"later", "稍后", "稍后再填", "/later"}),
    "help": frozenset({"help", "?", "帮助", "/help"}),
    "edit": frozenset({"edit", "change", "修改", "更改", "/edit"}),
    "submit": frozenset({"submit", "send", "confirm", "提交", "确认", "确定", "/submit"}),
}
# Written where an answer may be left out.
_NOTHING = frozenset({"无", "没有", "没", "暂无", "none", "nothing", "no", "n/a"})
# Said at a question that needs no answer, these skip it and all others of that sort.
_WHOLE = frozenset({"submit", "提交", "/submit"})
# On the review page these too mean submitting; elsewhere they are answers.
_ASSENT = frozenset({"ok", "yes", "y", "是", "好", "好的", "对", "可以"})


class Draft(Struct, frozen=True):
    """The stored state of a conversation; `album` is `<group id>|<path>` of the photos arriving now, with no
    path where nothing takes them."""

    answers: Mapping[str, object]
    focus: str | None = None
    revision: int = 0
    misfits: int = 0
    album: str | None = None


class Turn(Struct, frozen=True):
    """What came of an input: the draft after it, what to show, and a `note` to say first."""

    draft: Draft
    outcome: Outcome = "asks"
    note: Text | None = None
    kept: bool = False


def control_word(text: str) -> str | None:
    """The control that typed words mean, such as `back` for 返回."""
    said = grammar.normalise(text).casefold()
    return next((control for control, words in _WORDS.items() if said in words), None)


def turn(form: type[Form], draft: Draft, given: Input, moment: Moment, tap: Tap | None = None) -> Turn:
    """Apply `given` to `draft`. A tap of another revision is stale: nothing changes."""
    if tap is not None and tap.revision != draft.revision:
        return Turn(draft, "stale")
    at = walk(form, draft.answers, moment, draft.focus)
    control = tap.code if tap is not None and tap.path == CONTROLS else None
    control = control or (_typed_control(given, at) if tap is None else None)
    if control == "rest" or (control == "finish" and can_finish(at)):
        return _finish(form, draft, moment)
    if control is not None:
        return _control(control, draft, at)
    if tap is not None and (at.here is None or at.here.path != tap.path):
        return Turn(draft, "stale")
    more = _more_of_album(draft, given)
    if more is not None:
        return more
    read = replace(given, data=tap.code) if tap is not None else given
    step, reading = _read(read, at)
    return _apply(draft, step, reading, given)


def _typed_control(given: Input, at: Walk) -> str | None:
    if given.photos or given.voice:
        return None
    control = control_word(given.text)
    said = grammar.normalise(given.text).casefold()
    if at.here is None and said in _ASSENT:
        return "submit"
    if at.here is not None and at.here.question.optional and said in _WHOLE:
        return "rest"
    # Words for the review page are answers elsewhere, and so is “done” where it ends nothing.
    if at.here is not None and (
        control in {"submit", "edit"} or (control == "finish" and not can_finish(at))
    ):
        return None
    return control


def can_finish(at: Walk) -> bool:
    """Whether a form without a review page may end here, its other questions skipped."""
    begun = any(getattr(at.form, question.name) is not None for question in at.form.questions)
    return not at.form.review and at.here is not None and at.here.question.optional and begun


def _finish(form: type[Form], draft: Draft, moment: Moment) -> Turn:
    """Skip every optional question that is left."""
    skipped: dict[str, object] = {}
    at = walk(form, draft.answers, moment)
    while at.here is not None and at.here.question.optional:
        skipped[at.here.path] = None
        at = walk(form, {**draft.answers, **skipped}, moment)
    return Turn(_answered(draft, skipped, None), kept=True)


def _control(control: str, draft: Draft, at: Walk) -> Turn:
    """What one of the controls does; `go/<path>` is the review page's way to an answer."""
    if control.startswith("go/"):
        path = control.removeprefix("go/")
        known = at.step(path.split("/")[0] if at.step(path) is None else path)
        return Turn(_moved(draft, path)) if known else Turn(draft, "stale")
    if control == "back":
        return _back(draft, at)
    if control == "skip":
        return _skip(draft, at)
    if control == "submit":
        return Turn(draft, "submits") if at.here is None else Turn(draft, "stale")
    if control == "cancel":
        return Turn(draft, "leaving" if draft.answers else "cancels")
    if control == "on":
        return Turn(replace(draft, focus=None, misfits=0))
    outcomes: dict[str, Outcome] = {"discard": "cancels", "later": "pauses", "help": "helps", "edit": "edits"}
    return Turn(draft, outcomes[control]) if control in outcomes else Turn(draft, "stale")


def _back(draft: Draft, at: Walk) -> Turn:
    inside = at.here.question.back(at.here) if at.here else None
    if at.here and inside is not None:
        return Turn(_moved(draft, f"{at.here.path}/{inside}"))
    if at.before is None:
        return Turn(draft, note=_("This is the first question."))
    return Turn(_moved(draft, at.before.path))


def _skip(draft: Draft, at: Walk) -> Turn:
    if at.here is None or not at.here.question.optional:
        return Turn(draft, note=_("This one is needed and cannot be skipped."))
    if at.here.answered:  # looked at again from the review page: keep what is there
        return Turn(_moved(draft, None))
    return Turn(_answered(draft, {at.here.path: None}, None), kept=True)


def _read(given: Input, at: Walk) -> tuple[Step | None, Reading]:
    """The step that `given` answers, and how: the present one, else a correction, else late photos."""
    here = at.here
    if here is not None and here.question.optional and _means_nothing(given):
        return here, Answer(None)
    corrected = _correction(given, at)
    if corrected and (here is None or (given.photos and given.text)):
        return corrected
    reading: Reading = here.question.read(given, here) if here else Misfit()
    if here is not None and not isinstance(reading, Misfit):
        return here, reading
    if corrected:
        return corrected
    return _late(given, at) or _labelled(given, at) or (here, reading)


def _labelled(given: Input, at: Walk) -> tuple[Step, Reading] | None:
    """On the review page `<label> <answer>` mends that answer, such as 地点 幸福社区."""
    said = grammar.normalise(given.text)
    for step in at.steps if at.here is None else ():
        label = grammar.normalise(say(step.question.label, step.moment.tongue))
        rest = said[len(label) :].lstrip(" :：=") if said.casefold().startswith(label.casefold()) else ""
        if rest:
            reading = step.question.read(Input(text=rest), step)
            return None if isinstance(reading, Misfit) else (step, reading)
    return None


def _means_nothing(given: Input) -> bool:
    """Whether “none” was written, which where an answer may be left out is no answer, and takes one back."""
    sent = given.data is not None or given.photos or given.voice or given.location
    return not sent and grammar.normalise(given.text).casefold() in _NOTHING


def _correction(given: Input, at: Walk) -> tuple[Step, Reading] | None:
    """An earlier question that understands typed corrections, such as 第3项改异常, and its reading."""
    if given.data is not None or not given.text:
        return None
    for step in at.steps:
        if step.question.corrects and step is not at.here:
            reading = step.question.read(given, step)
            if isinstance(reading, Answer):
                return step, reading
    return None


def _late(given: Input, at: Walk) -> tuple[Step, Reading] | None:
    """What came outside its question, such as a second photo or a position, joins the last answer it fits."""
    for step in reversed((*at.silent, *at.steps)):
        added = step.question.adds(given, step) if step is not at.here else None
        if added is not None:
            return step, added
    return None


def _more_of_album(draft: Draft, given: Input) -> Turn | None:
    """Photos of the album that is arriving join those already kept; the question stays as it is."""
    group, _sep, path = (draft.album or "").partition("|")
    if not given.album or not path or given.album != group:
        return None
    kept = draft.answers.get(path)
    photos = list(kept) if isinstance(kept, list) else []
    return Turn(
        replace(draft, answers={**draft.answers, path: photos + as_json(given.photos)}), "silent", kept=True
    )


def _apply(draft: Draft, step: Step | None, reading: Reading, given: Input) -> Turn:
    if isinstance(reading, Misfit) or step is None:
        if not given.text and given.album and draft.album == f"{given.album}|":
            return Turn(draft, "silent")  # what was asked is asked once, however many photos came
        why = reading.why if isinstance(reading, Misfit) else None
        album = f"{given.album}|" if given.album else draft.album
        return Turn(replace(draft, misfits=draft.misfits + 1, album=album), note=given.refused or why)
    if isinstance(reading, Look):
        return Turn(_moved(draft, f"{step.path}/{reading.at}"))
    own = {} if reading.value is MISSING else {step.path: reading.value}
    changed = {**own, **reading.also}
    note = given.refused or reading.note
    return Turn(_answered(draft, changed, _album(given, step, changed)), note=note, kept=True)


def _album(given: Input, step: Step, changed: Mapping[str, object]) -> str | None:
    """Where further photos of this album go: to the answer that took the first ones, if one did."""
    if not given.album or not given.photos:
        return None
    first = given.photos[0].sha
    for path, value in changed.items():
        if isinstance(value, list) and any(
            isinstance(one, dict) and one.get("sha") == first for one in value
        ):
            return f"{given.album}|{path}"
    return f"{given.album}|"


def _moved(draft: Draft, focus: str | None) -> Draft:
    return replace(draft, focus=focus, revision=draft.revision + 1, misfits=0)


def _answered(draft: Draft, changed: Mapping[str, object], album: str | None) -> Draft:
    return Draft({**draft.answers, **changed}, None, draft.revision + 1, 0, album)
