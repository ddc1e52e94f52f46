"""Text that is written once in English and said later, in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from msgspec import Struct


class Phrase(Struct, frozen=True):
    """A translatable sentence with named gaps; `plural` and `number` where a number decides the form."""

    source: str
    gaps: Mapping[str, object] = MappingProxyType({})
    plural: str | None = None
    number: int = 0
    context: str | None = None


@dataclass(frozen=True, slots=True)
class Both:
    """A name from the museum's own data, kept in both languages."""

    zh: str
    en: str


class Joined(Struct, frozen=True):
    """Several texts said one after the other."""

    parts: tuple[Text, ...]
    between: str = "\n"


type_of_text = (str, Phrase, Both, Joined)
Text = str | Phrase | Both | Joined


class Tongue(Protocol):
    """A language that can say phrases; the program's catalogues implement it."""

    chinese: bool

    def gettext(self, source: str) -> str: ...
    def ngettext(self, one: str, many: str, count: int) -> str: ...
    def pgettext(self, context: str, source: str) -> str: ...
    def form(self, value: object) -> str:
        """A date, time or number as people of this language write it."""
        ...


def _(source: str, /, **gaps: object) -> Phrase:
    """Mark `source` for translation; `gaps` fill its `{names}` when it is said."""
    return Phrase(source, gaps)


def n_(one: str, many: str, count: int, /, **gaps: object) -> Phrase:
    """Like `_`, with a plural; `{count}` is filled by itself."""
    return Phrase(one, {"count": count, **gaps}, many, count)


def p_(context: str, source: str, /, **gaps: object) -> Phrase:
    """Like `_`, where the same English word means different things (`context` tells them apart)."""
    return Phrase(source, gaps, context=context)


def lines(*parts: Text | None) -> Joined:
    """The texts one under the other; None is left out, an empty text makes an empty line."""
    return Joined(tuple(part for part in parts if part is not None))


def joined(*parts: Text | None, between: str = " · ") -> Joined:
    """The texts side by side; None is left out."""
    return Joined(tuple(part for part in parts if part is not None), between)


def say(text: Text, tongue: Tongue) -> str:
    """`text` in the language of `tongue`."""
    if isinstance(text, str):
        return text
    if isinstance(text, Both):
        return text.zh if tongue.chinese else (text.en or text.zh)
    if isinstance(text, Joined):
        return text.between.join(say(part, tongue) for part in text.parts)
    if text.plural is not None:
        pattern = tongue.ngettext(text.source, text.plural, text.number)
    elif text.context is not None:
        pattern = tongue.pgettext(text.context, text.source)
    else:
        pattern = tongue.gettext(text.source)
    if not text.gaps:
        return pattern
    return pattern.format(**{name: _said(value, tongue) for name, value in text.gaps.items()})


def _said(value: object, tongue: Tongue) -> str:
    return say(value, tongue) if isinstance(value, type_of_text) else tongue.form(value)
