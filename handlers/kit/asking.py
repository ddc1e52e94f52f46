"""The renderer-neutral description of a question, which each channel draws its own way."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from handlers.kit.messages import Option
from handlers.kit.words import Text

Takes = Literal["tap", "text", "photo", "voice", "location"]


class Asking(Struct, frozen=True):
    """A question as it stands now.

    `key` is the answer's path (`faults/3/note`); `above` is the state shown over the prompt, such as
    a checklist's card; `hint` is one line saying what fits; `progress` is (done, of all), the latter
    None where answers to come decide it.
    `extras` are answers that are ways of answering several at once, drawn apart from the options.
    """

    key: str
    prompt: Text
    hint: Text
    takes: frozenset[Takes]
    options: tuple[Option, ...] = ()
    extras: tuple[Option, ...] = ()
    chosen: frozenset[str] = frozenset()
    several: bool = False
    optional: bool = False
    columns: int = 1
    above: Text | None = None
    progress: tuple[int, int | None] | None = None
