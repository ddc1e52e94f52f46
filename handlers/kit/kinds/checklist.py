"""A checklist's card: every item normal, abnormal or not applicable; one by one, in a batch, or all at once.

An answer is `{"3": {"state": "bad", "at": 41, "how": "tap"}}`: by item number, the seconds since the start
and how it was given. The items are the snapshotted fact `items`, a list of
`{key, category, zh, en, photo, severity, on_spot}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.kit import grammar
from handlers.kit.asking import Asking
from handlers.kit.kinds.photos import as_json
from handlers.kit.messages import Input, Option
from handlers.kit.question import MISSING, Answer, Look, Misfit, Question, Reading, Step
from handlers.kit.words import Both, Text, _, joined, lines, n_, p_

Items = Sequence[Mapping[str, Any]]

STATES: dict[str, tuple[str, Text]] = {
    "ok": ("✅", p_("item", "Normal")),
    "bad": ("⚠️", p_("item", "Abnormal")),
    "na": ("➖", p_("item", "N/A")),
}
_REST, _ITEM = "rest", "#"
LOOSE = "~photos"  # the path of photos sent before anyone said which item they show


class Checklist(Question):
    """The items and their states; notes and photos that come with a state answer `details/<n>/...`."""

    gives = dict
    corrects = True

    def __init__(self, prompt: Any, *, details: str, items: str = "items", **common: Any) -> None:
        super().__init__(prompt, **common)
        self.details = details
        self.items = items

    def all_items(self, step: Step) -> Items:
        items: Items = step.moment.facts[self.items]
        return items

    def load(self, raw: Any) -> dict[str, Any]:
        if not isinstance(raw, dict) or any(answer["state"] not in STATES for answer in raw.values()):
            raise ValueError(raw)
        return raw

    def complete(self, value: Any, step: Step) -> bool:
        return len(value) == len(self.all_items(step))

    def progress(self, step: Step) -> tuple[int, int]:
        return len(step.value or {}), len(self.all_items(step))

    def asking(self, step: Step) -> Asking:
        items, states = self.all_items(step), step.value or {}
        if step.look == "" and self.complete(states, step):
            return self._choose_item(step, items, states)
        number = self._current(step)
        item = items[number - 1]
        options = tuple(
            Option(f"{number}{code}", joined(mark, label, between=" "))
            for code, (mark, label) in STATES.items()
        )
        rest = _("✅ The rest is normal") if states else _("✅ All normal")
        left = len(items) - len(states)
        extras = (Option(_REST, rest),) if left > 0 else ()
        prompt = _("Item {number}: {item}", number=number, item=name_of(item))
        return Asking(
            step.path,
            prompt,
            self._hint(len(items)),
            frozenset({"tap", "text", "photo"}),
            options,
            extras,
            columns=3,
            above=card(items, states, number),
        )

    def _choose_item(self, step: Step, items: Items, states: Mapping[str, Any]) -> Asking:
        options = tuple(Option(f"{_ITEM}{n}", f"{mark_of(states, n)}{n}") for n in range(1, len(items) + 1))
        prompt = _("Which item do you want to change?")
        return Asking(
            step.path,
            prompt,
            self._hint(len(items)),
            frozenset({"tap", "text", "photo"}),
            options,
            columns=5,
            above=card(items, states, 0),
        )

    def _hint(self, most: int) -> Text:
        return _(
            "Tap, or write for example “3,7 abnormal, rest normal” or “3 extinguisher expired” "
            "(items 1 to {most}).",
            most=most,
        )

    def _current(self, step: Step) -> int:
        """The item looked at, else the first one without a state."""
        if step.look and step.look.isdecimal() and 1 <= int(step.look) <= len(self.all_items(step)):
            return int(step.look)
        states = step.value or {}
        return next((n for n in range(1, len(self.all_items(step)) + 1) if str(n) not in states), 1)

    def back(self, step: Step) -> str | None:
        current = self._current(step)
        return str(current - 1) if current > 1 else None

    def read(self, given: Input, step: Step) -> Reading:
        if given.data is not None:
            return self._tapped(given.data, step)
        if not given.text.strip():
            return self._loose_photo(given, step)
        one = _word(given.text, step)
        # A bare 正常 speaks of the item that is being asked, never of one answered long ago.
        if one and (step.look or not self.complete(step.value or {}, step)):
            return self._answer(step, {self._current(step): (one, "", False)}, "text")
        batch = grammar.batch(given.text, len(self.all_items(step)))
        if batch is None:
            return Misfit()
        if isinstance(batch, grammar.BatchError):
            return Misfit(_problem(batch, len(self.all_items(step))))
        return self._batch(given, step, batch)

    def _tapped(self, data: str, step: Step) -> Reading:
        if data.startswith(_ITEM):
            return Look(data.removeprefix(_ITEM))
        if data == _REST:
            return self._answer(step, self._rest(step, "ok", set()), "batch")
        number, state = data.rstrip("abdkno"), data.lstrip("0123456789")
        if state not in STATES or not number or not 1 <= int(number) <= len(self.all_items(step)):
            return Misfit()
        return self._answer(step, {int(number): (state, "", False)}, "tap")

    def _batch(self, given: Input, step: Step, batch: grammar.Batch) -> Reading:
        named = {n: (one.state, one.note, one.fixed) for n, one in batch.items.items()}
        if batch.rest is not None:
            named |= self._rest(step, batch.rest, set(named))
        details: dict[str, object] = {}
        loose = _list(step, LOOSE) + as_json(given.photos)
        abnormal = [n for n, (state, *_more) in named.items() if state == "bad"]
        if loose and abnormal:
            details[f"{self.details}/{abnormal[0]}/photos"] = loose
            details[LOOSE] = []
        elif given.photos:
            details[LOOSE] = loose
        return self._answer(step, named, "text" if len(named) == 1 else "batch", details)

    def _rest(self, step: Step, state: str, named: set[int]) -> dict[int, tuple[str, str, bool]]:
        """The same state for every item that has none yet and is not `named`."""
        states = step.value or {}
        numbers = range(1, len(self.all_items(step)) + 1)
        return {n: (state, "", False) for n in numbers if n not in named and str(n) not in states}

    def _answer(
        self,
        step: Step,
        named: Mapping[int, tuple[str, str, bool]],
        how: str,
        details: Mapping[str, object] | None = None,
    ) -> Answer:
        value = dict(step.value or {})
        also: dict[str, object] = dict(details or {})
        for number, (state, note, fixed) in named.items():
            value[str(number)] = {"state": state, "at": step.moment.elapsed, "how": how}
            if note and state != "bad":
                value[str(number)]["note"] = note
            elif note:
                also[f"{self.details}/{number}/note"] = note
            if fixed and self.all_items(step)[number - 1]["on_spot"]:
                also[f"{self.details}/{number}/fixed"] = "yes"
        return Answer(value, also)

    def _loose_photo(self, given: Input, step: Step) -> Reading:
        if not given.photos:
            return Misfit()
        kept = {LOOSE: _list(step, LOOSE) + as_json(given.photos)}
        return Answer(
            step.value or {},
            kept,
            _("Photo kept. Which item is it of? Write for example “3 extinguisher expired”."),
        )

    def show(self, step: Step) -> Text:
        return digest(self.all_items(step), step.value)


def digest(items: Items, states: Mapping[str, Any]) -> Text:
    """How many are normal, and a line for each that is not or has a note."""
    normal = sum(one["state"] == "ok" for one in states.values())
    telling = [
        n for n in range(1, len(items) + 1) if states[str(n)]["state"] != "ok" or states[str(n)].get("note")
    ]
    head = n_("✅ {count} item normal", "✅ {count} items normal", normal)
    return lines(head, *(_line(n, items[n - 1], states, 0) for n in telling))


def card(items: Items, states: Mapping[str, Any], current: int) -> Text:
    """Every item with its state; those without one in full, those done cut short."""
    return lines(*(_line(n, item, states, current) for n, item in enumerate(items, 1)))


def _line(number: int, item: Mapping[str, Any], states: Mapping[str, Any], current: int) -> Text:
    note = states.get(str(number), {}).get("note")
    mark = "▶️" if number == current else mark_of(states, number)
    name = short(name_of(item)) if str(number) in states else name_of(item)
    return joined(f"{mark} {number}.", name, f"（{note}）" if note else None, between=" ")


def mark_of(states: Mapping[str, Any], number: int) -> str:
    answer = states.get(str(number))
    return STATES[answer["state"]][0] if answer else "⬜"


def name_of(item: Mapping[str, Any]) -> Both:
    return Both(item["zh"], item["en"])


def short(name: Both) -> Both:
    """The first words of a long item, enough to recognise it."""
    return Both(_cut(name.zh, 16), _cut(name.en, 34))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _word(text: str, step: Step) -> str:
    """The state that one typed word means for the current item, or an empty string."""
    said = grammar.normalise(text).casefold()
    words = {
        "ok": {"ok", "normal", "good", "fine", "正常", "是", "yes", "y", "√", "好", "合格"},
        "bad": {"bad", "abnormal", "fault", "异常", "不正常", "否", "no", "n", "×", "x", "不合格"},
        "na": {"na", "n/a", "not applicable", "不适用", "无此项"},
    }
    return next((state for state, known in words.items() if said in known), "")


def _problem(error: grammar.BatchError, most: int) -> Text:
    if error.code == "out_of_range":
        return _("There is no item {number}; the items are 1 to {most}.", number=error.number, most=most)
    if error.code == "unclear":
        return _("Item {number}: is it normal or abnormal?", number=error.number)
    return _("Item {number} is named twice with different states.", number=error.number)


def _list(step: Step, path: str) -> list[Any]:
    kept = step.others.get(path, MISSING)
    return list(kept) if isinstance(kept, list) else []


def checklist(prompt: Any, *, details: str, **settings: Any) -> Any:
    """The items of the fact `items`; `details` names the repeated part that asks about abnormal ones."""
    return Checklist(prompt, details=details, **settings)
