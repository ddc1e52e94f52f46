"""Reads a YAML file so that everything wrong in it is told at once, each with its line and key."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterator
from typing import Final

import yaml

from bot.imports.results import ImportProblem, Problem
from handlers.kit.words import Text, _

MOST_CHARACTERS: Final = 1_000_000
MOST_DEPTH: Final = 12  # the deepest file we write has 6

_STANDARD: Final = "tag:yaml.org,2002:"
_UNSEEN: Final = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, format, surrogate, line and paragraph separators


class Entry:
    """A mapping in the file. Its values are asked for one by one; what does not fit is noted as a problem.

    A value that does not fit is given as an empty one, so that reading goes on: only after
    `raise_if_wrong` may values be used. `done` notes the keys that nobody asked for.
    """

    def __init__(self, node: yaml.Node, path: str, problems: list[Problem]) -> None:
        self.line = _line(node)
        self.path = path
        self._problems = problems
        self._asked: dict[str, None] = {}
        self._values: dict[str, yaml.Node] = {}
        if isinstance(node, yaml.MappingNode):
            self._take(node)
        else:
            self.wrong(_("must be a mapping: keys, each with a colon and a value"))
            self._problems = []  # what follows from that is not told

    def wrong(self, what: Text, key: str = "", line: int | None = None) -> None:
        """Note a problem of `key`, or of the whole entry."""
        at = self._values.get(key)
        self._problems.append(Problem(line or (_line(at) if at else self.line), self._path(key), what))

    def raise_if_wrong(self) -> None:
        """Raises ImportProblem with all that was noted in the file."""
        if self._problems:
            raise ImportProblem(self._problems)

    def done(self) -> None:
        """Note every key that was not asked for."""
        for key, node in self._values.items():
            if key not in self._asked:
                what = _("this key is not known here; {hint}", hint=hint(key, list(self._asked)))
                self._problems.append(Problem(_line(node), self._path(key), what))

    def has(self, key: str) -> bool:
        """Whether `key` is there with a value."""
        self._asked[key] = None
        node = self._values.get(key)
        return node is not None and node.tag != f"{_STANDARD}null"

    def text(self, key: str, *, most: int = 200, default: str | None = None) -> str:
        """One line of text, trimmed; whatever YAML takes it for: `no`, `007` and `12:30` are text here."""
        value = self._scalar(key, default)
        if len(value) > most:
            self.wrong(_("must be at most {most} characters", most=most), key)
        elif any(unicodedata.category(sign) in _UNSEEN for sign in value):
            self.wrong(_("must be one line, without characters that cannot be seen; type it anew"), key)
        else:
            return value
        return ""

    def code(self, key: str, pattern: re.Pattern[str], fits: Text) -> str:
        """A code of our own making; `fits` says what the pattern takes."""
        value = self._scalar(key, None)
        if value and not pattern.fullmatch(value):
            self.wrong(fits, key)
            return ""
        return value

    def choice(self, key: str, known: Collection[str]) -> str:
        """One of the words `known`."""
        value = self._scalar(key, None)
        if value and value not in known:
            self.wrong(_("“{value}” does not fit; {hint}", value=_short(value), hint=hint(value, known)), key)
            return ""
        return value

    def flag(self, key: str) -> bool:
        """True or false; false when it is not there."""
        if not self.has(key):
            return False
        node = self._values[key]
        if isinstance(node, yaml.ScalarNode) and node.tag == f"{_STANDARD}bool":
            return node.value.casefold() in {"true", "yes", "on"}
        self.wrong(_("must be true or false"), key)
        return False

    def whole(self, key: str, least: int, most: int) -> int:
        """A whole number from `least` to `most`."""
        value = self._scalar(key, None)
        if re.fullmatch("[0-9]{1,9}", value) and least <= int(value) <= most:
            return int(value)
        if value:
            limits = {"least": str(least), "most": str(most)}  # as they are to be typed, without 1,000
            self.wrong(_("must be a whole number from {least} to {most}", **limits), key)
        return least

    def words(self, key: str, known: Collection[str]) -> list[str]:
        """A list of different words, each one of `known`; empty when it is not there."""
        words: list[str] = []
        for node in self._items(key) or []:
            value = node.value.strip() if isinstance(node, yaml.ScalarNode) else ""
            if value in words:
                self.wrong(_("“{value}” is there twice", value=_short(value)), key, _line(node))
            elif value not in known:
                what = _("“{value}” does not fit; {hint}", value=_short(value), hint=hint(value, known))
                self.wrong(what, key, _line(node))
            words.append(value)
        return words

    def entry(self, key: str) -> Entry | None:
        """The mapping at `key`; None when it is not there."""
        return Entry(self._values[key], self._path(key), self._problems) if self.has(key) else None

    def entries(self, key: str, least: int, most: int, label: str) -> list[Entry]:
        """The mappings listed at `key`; paths name each by its value of `label`, else by its number."""
        found: list[Entry] = []
        nodes = self._items(key)
        for number, node in enumerate(nodes or [], 1):
            name = _value_of(node, label) or str(number)
            found.append(Entry(node, f"{self._path(key)}[{_short(name)}]", self._problems))
        if nodes is not None and not least <= len(nodes) <= most:
            self.wrong(_("must be a list of {least} to {most} entries", least=least, most=most), key)
        return found

    def members(self) -> Iterator[tuple[str, Entry]]:
        """Every key with the mapping at it, where the keys are the file's own."""
        for key in self._values:
            made = self.entry(key)
            if made is None:
                self.wrong(_("has no value"), key)
            else:
                yield key, made

    def _take(self, node: yaml.MappingNode) -> None:
        for key_node, value in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
            if key in self._values:
                first = _line(self._values[key])
                self.wrong(_("is there twice, first in line {first}", first=str(first)), key, _line(key_node))
            self._values[key] = value

    def _items(self, key: str) -> list[yaml.Node] | None:
        """What is listed at `key`, nothing when it is not there; None when it is no list."""
        if not self.has(key):
            return []
        node = self._values[key]
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.wrong(_("must be a list"), key)
        return None

    def _scalar(self, key: str, default: str | None) -> str:
        if not self.has(key):
            if default is None:
                self.wrong(_("“{key}” is missing", key=key))
            return default or ""
        node = self._values[key]
        value = node.value.strip() if isinstance(node, yaml.ScalarNode) else ""
        if not value and default is None:
            self.wrong(_("must be a text or number"), key)
        return value

    def _path(self, key: str) -> str:
        return ".".join(part for part in (self.path, _short(key)) if part)


def read(text: str) -> Entry:
    """The mapping that the file is. Raises ImportProblem where it is no YAML or not ours to read."""
    if len(text) > MOST_CHARACTERS:
        raise _alone(1, _("the file is too large; at most {most} characters fit", most=MOST_CHARACTERS))
    try:
        _refuse_tricks(text.removeprefix("\ufeff"))
        node = yaml.compose(text.removeprefix("\ufeff"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(part for part in (error.context, error.problem) if part)
        raise _alone(mark.line + 1 if mark else 1, _("this is not YAML: {reason}", reason=reason)) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _alone(line, _("the file has a character that is not text; save it as UTF-8")) from None
    if node is None:
        raise _alone(1, _("the file is empty"))
    if not isinstance(node, yaml.MappingNode):
        raise _alone(_line(node), _("the file must begin with a key and a colon, such as “places:”"))
    return Entry(node, "", [])


def hint(given: str, known: Collection[str]) -> Text:
    """What may have been meant by `given`, or all that fits."""
    near = [
        word
        for wanted in (given.casefold(), given)
        for word in difflib.get_close_matches(wanted, known, n=1, cutoff=0.5)
    ]
    if near:
        return _("did you mean “{near}”?", near=near[0])
    if not known:
        return _("there are none yet")
    shown = ", ".join(list(known)[:20])
    return _("these fit: {known}", known=f"{shown}, …" if len(known) > 20 else shown)


def _refuse_tricks(text: str) -> None:
    """Refuse aliases, which can stand for gigabytes, tags, deep nesting, and a second document."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            raise _alone(
                line, _("anchors and aliases (& and *) are not taken; write the value out, or in quotes")
            )
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag:
            raise _alone(line, _("tags (!) are not taken; write the value alone, or in quotes"))
        if depth > MOST_DEPTH:
            raise _alone(line, _("this is nested too deep"))
        if documents > 1:
            raise _alone(line, _("a second document (---) begins here; a file is one"))


def _alone(line: int, what: Text) -> ImportProblem:
    return ImportProblem([Problem(line, "", what)])


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _value_of(node: yaml.Node, label: str) -> str:
    if not isinstance(node, yaml.MappingNode):
        return ""
    values = (value for key, value in node.value if key.value == label and isinstance(value, yaml.ScalarNode))
    return str(next((value.value for value in values), ""))


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
