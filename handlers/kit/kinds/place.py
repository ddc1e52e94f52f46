"""A place of the museum, found by going down its tree or by typing a part of its name or its code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from handlers.kit import grammar
from handlers.kit.asking import Asking
from handlers.kit.kinds.choice import PAGE
from handlers.kit.messages import Input, Option
from handlers.kit.question import Answer, Look, Misfit, Question, Reading, Step
from handlers.kit.words import Both, Text, _, joined

# code -> (parent code or "", Chinese name, English name), in the museum's own order
Tree = Mapping[str, tuple[str, str, str]]

_DOWN, _HERE, _MORE = ">", "=", "~"


class Place(Question):
    """A place's code. The tree is the fact named `tree`; `look` is `<place code>~<page>`.

    `likely` places stand first. With `whole` a tap on a place with others below it is an answer; those below
    are found by typing.
    """

    gives = str

    def __init__(
        self,
        prompt: Any,
        *,
        tree: str = "places",
        likely: Callable[[Any], Sequence[str]] = lambda _part: (),
        whole: bool = False,
        **common: Any,
    ) -> None:
        super().__init__(prompt, **common)
        self.tree = tree
        self.likely = likely
        self.whole = whole

    def places(self, step: Step) -> Tree:
        tree: Tree = step.moment.facts.get(self.tree, {})
        return tree

    def asking(self, step: Step) -> Asking:
        tree = self.places(step)
        code, _sep, page = (step.look or "").partition(_MORE)
        at = code or _root(tree)
        first = int(page) * PAGE if page.isdecimal() else 0
        options = self._options(step, tree, at)
        extras = []
        if len(options) > PAGE:
            following = int(page or 0) + 1 if first + PAGE < len(options) else 0
            extras.append(Option(f"{_MORE}{at}{_MORE}{following}", _("More…")))
        if at in tree:
            extras.append(Option(f"{_HERE}{at}", _("Here: {place}", place=name_of(tree, at))))
            above = tree[at][0]
            if above in tree:
                extras.append(Option(f"{_DOWN}{above}", _("Up one level")))
        wording = self.wording(step)
        return Asking(
            step.path,
            joined(wording, name_of(tree, at), between=" › ") if code in tree else wording,
            _("Tap a place, or type its code or a part of its name."),
            frozenset({"tap", "text"}),
            tuple(options[first : first + PAGE]),
            tuple(extras),
            optional=self.optional,
            columns=2,
        )

    def _options(self, step: Step, tree: Tree, at: str) -> list[Option]:
        """The places below `at`; before those at the top the likely ones."""
        likely = [code for code in self.likely(step.part) if code in tree] if at == _root(tree) else []
        below = [code for code, (parent, *_names) in tree.items() if parent == at and code not in likely]
        return [
            *(Option(f"{_HERE}{code}", joined("📍", name_of(tree, code), between=" ")) for code in likely),
            *(Option(f"{self._leads(tree, code)}{code}", name_of(tree, code)) for code in below),
        ]

    def _leads(self, tree: Tree, code: str) -> str:
        return _DOWN if _has_below(tree, code) and not self.whole else _HERE

    def read(self, given: Input, step: Step) -> Reading:
        tree = self.places(step)
        if given.data is not None:
            kind, code = given.data[:1], given.data[1:]
            if (kind == _DOWN and code in tree) or kind == _MORE:
                return Look(code)
            return Answer(code) if kind == _HERE and code in tree else Misfit()
        found = find(tree, given.text)
        if len(found) == 1:
            return Answer(found[0])
        return Misfit(_("Several places are called that; please choose.")) if found else Misfit()

    def load(self, raw: Any) -> str:
        if not isinstance(raw, str):
            raise ValueError(raw)
        return raw

    def show(self, step: Step) -> Text:
        tree = self.places(step)
        return name_of(tree, step.value) if step.value in tree else str(step.value)


class Position(Question):
    """Where the person's device is: `{latitude, longitude, accuracy}`, taken whenever it is sent."""

    gives = dict

    def asking(self, step: Step) -> Asking:
        return Asking(
            step.path, self.wording(step), _("Send your location."), frozenset({"location"}), optional=True
        )

    def read(self, given: Input, step: Step) -> Reading:
        return self.adds(given, step) or Misfit()

    def adds(self, given: Input, step: Step) -> Answer | None:
        at = given.location
        if at is None:
            return None
        value = {"latitude": at.latitude, "longitude": at.longitude, "accuracy": at.accuracy}
        return Answer(value, note=_("📍 Location noted."))

    def load(self, raw: Any) -> dict[str, Any]:
        return {
            "latitude": float(raw["latitude"]),
            "longitude": float(raw["longitude"]),
            "accuracy": raw["accuracy"],
        }

    def show(self, step: Step) -> Text:
        return f"{step.value['latitude']:.5f}, {step.value['longitude']:.5f}"


def find(tree: Tree, text: str) -> list[str]:
    """The codes of the places that typed `text` may mean: its exact code or name, else a part of one."""
    wanted = grammar.normalise(text).casefold()
    if not wanted:
        return []
    exact = [
        code
        for code, (_up, zh, en) in tree.items()
        if wanted in {code.casefold(), zh.casefold(), en.casefold()}
    ]
    return exact or [
        code for code, (_up, zh, en) in tree.items() if wanted in zh.casefold() or wanted in en.casefold()
    ]


def named_in(tree: Tree, text: str) -> list[str]:
    """The codes of the places that are named within `text`, the longest names first."""
    said = grammar.normalise(text).casefold()
    found = [
        (len(name), code)
        for code, names in tree.items()
        for name in (code, _bare(names[1]), _bare(names[2]))
        if len(name) > 1 and name.casefold() in said
    ]
    return list(dict.fromkeys(code for _length, code in sorted(found, key=lambda one: -one[0])))


def _bare(name: str) -> str:
    """A place's name without what stands in brackets, which nobody says: 公共区（一层）."""
    return grammar.normalise(name).partition("(")[0].strip()


def name_of(tree: Tree, code: str) -> Both:
    _up, zh, en = tree[code]
    return Both(zh, en)


def _root(tree: Tree) -> str:
    """Where browsing begins: the only site, or the top of several."""
    sites = [code for code, (parent, *_names) in tree.items() if parent not in tree]
    return sites[0] if len(sites) == 1 else ""


def _has_below(tree: Tree, code: str) -> bool:
    return any(parent == code for parent, *_names in tree.values())


def place(prompt: Any, **settings: Any) -> Any:
    """A place of the museum, by its code."""
    return Place(prompt, **settings)


def position(**settings: Any) -> Any:
    """Room for the device's location; it is never asked for."""
    return Position(_("Send your location."), asks=False, **settings)
