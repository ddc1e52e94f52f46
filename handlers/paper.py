"""What a printed document is made of, whether it becomes a PDF or a page for the browser's printer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from handlers.kit.words import Text

Line = Text | None


@dataclass(frozen=True, slots=True)
class Fields:
    """A form: what each field is called and what it says; None leaves it empty."""

    rows: Sequence[tuple[Text, Line]]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table whose headings stand on every page; `widths` are shares of the page's."""

    headings: Sequence[Text]
    widths: Sequence[int]
    rows: Sequence[Sequence[Line]]


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph."""

    text: Text


@dataclass(frozen=True, slots=True)
class Picture:
    """A kept photo, by its content address."""

    sha: str
    mime: str
    caption: Text = ""


@dataclass(frozen=True, slots=True)
class Photos:
    """Photos, two beside each other."""

    title: Text
    photos: Sequence[Picture]


@dataclass(frozen=True, slots=True)
class Card:
    """A card to be cut out: a drawing (SVG) and the lines below it, the first of them large."""

    drawing: bytes
    lines: Sequence[Text]


@dataclass(frozen=True, slots=True)
class Cards:
    """Cards, six a page."""

    cards: Sequence[Card]


Block = Fields | Grid | Words | Photos | Cards


@dataclass(frozen=True, slots=True)
class Paper:
    """A document on A4. `name` is that of its file, without what says the kind of file; `about` stands under
    the title, `note` at the foot of every page."""

    title: Text
    name: Text
    blocks: Sequence[Block]
    about: Text = ""
    note: Text = ""
    wide: bool = False


def moment(at: datetime | None, zone: ZoneInfo) -> str | None:
    """A moment as documents have it, in the museum's time: `2026-11-22 10:05`."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at is not None else None
