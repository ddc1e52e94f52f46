"""What a sort of printed document needs: who may have it, and how it is made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from handlers.kit.words import Text, _, joined, say
from handlers.paper import Paper
from handlers.paper_press import press
from handlers.work import Work


@dataclass(frozen=True, slots=True)
class Made:
    """A finished document in the folder it was made in; `what` is said with it."""

    file: Path
    name: str
    mime: str
    what: Text


@dataclass(frozen=True, slots=True)
class Document:
    """A sort of document. Both are given what follows its name in the button: a period, a place, a number."""

    may: Callable[[Work, str], Awaitable[bool]]
    make: Callable[[Work, str, Path], Awaitable[Made | None]]


async def on_paper(work: Work, paper: Paper | None, what: Text, folder: Path) -> Made | None:
    """A document pressed into a file, called by its own name."""
    if paper is None:
        return None
    pressed = await press(paper, folder, work.tongue, work.kept_files)
    if pressed.suffix != ".pdf":
        what = joined(what, _("open it in a browser and print it there"), between=": ")
    return Made(pressed.file, f"{say(paper.name, work.tongue)}{pressed.suffix}", pressed.mime, what)
