"""A spreadsheet file, written row by row: every text stays text, and none is cut."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

Cell = str | int | float | date | datetime | None

MOST_ROWS: Final = 1_048_576  # of a sheet, the heading among them (Excel specifications and limits)
MOST_UNITS: Final = 32_767  # UTF-16 code units of a cell; XlsxWriter leaves longer ones out
MOST_TITLE: Final = 31  # characters of a sheet's name

_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]"
)  # control signs, and what XML 1.0 forbids
_SURROGATES = re.compile("[\ud800-\udfff]")
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\']")


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's title, its width in characters, and how many cells its longest text needs."""

    title: str
    width: int = 12
    cells: int = 1


class Book:
    """An .xlsx in the making, one sheet after the other. Its rows go to temporary files beside `file` as they
    come, so size costs no memory; they are gone when it is closed.

    A sheet has a frozen heading with filters; past the last row that fits it goes on in a further sheet.
    Nothing here is for the event loop: see export_writer.py.
    """

    def __init__(self, file: Path, most_rows: int = MOST_ROWS) -> None:
        import xlsxwriter  # here: the program that people talk to never loads it, only the one that writes

        self._most_rows = most_rows
        # Texts come from people: “=1+1” and “https://…” are texts like any other.
        plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        options = {"constant_memory": True, "tmpdir": str(file.parent), **plain}
        self._book = xlsxwriter.Workbook(str(file), options)
        self._heading = self._book.add_format({"bold": True, "bg_color": "#E8EEF4", "text_wrap": True})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self._sheet: Any = None

    def sheet(self, title: str, headings: Sequence[Heading]) -> None:
        """Begin a sheet; the rows added from now on go there."""
        self._title = _NOT_IN_TITLES.sub(" ", title)
        self._headings = headings
        self._sheets = 0
        self._begin()

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write rows, each with a cell for every heading. Moments must be in local time, without a zone."""
        for row in rows:
            if self._next >= self._most_rows:
                self._begin()
            column = 0
            for heading, cell in zip(self._headings, row, strict=True):
                self._write(column, heading, cell)
                column += heading.cells
            self._next += 1

    def close(self) -> None:
        """Finish the file."""
        self._finish()
        self._book.close()

    def _begin(self) -> None:
        self._finish()
        self._sheets += 1
        number = f" {self._sheets}" if self._sheets > 1 else ""
        self._sheet = self._book.add_worksheet(self._title[: MOST_TITLE - len(number)] + number)
        self._sheet.freeze_panes(1, 0)
        self._width = 0
        for heading in self._headings:
            for part in range(1, heading.cells + 1):
                title = heading.title if part == 1 else f"{heading.title} ({part})"
                self._sheet.set_column(self._width, self._width, heading.width)
                self._sheet.write_string(0, self._width, title, self._heading)
                self._width += 1
        self._next = 1

    def _finish(self) -> None:
        if self._sheet is not None:
            self._sheet.autofilter(0, 0, self._next - 1, self._width - 1)

    def _write(self, column: int, heading: Heading, cell: Cell) -> None:
        sheet, row = self._sheet, self._next
        if isinstance(cell, datetime):
            sheet.write_datetime(row, column, cell, self._moment)
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, cell, self._day)
        elif isinstance(cell, int | float):
            sheet.write_number(row, column, cell)
        elif cell:
            parts = pieces(clean(cell))
            if len(parts) > heading.cells:
                raise ValueError(
                    f"{heading.title!r} has {heading.cells} cells for a text that needs {len(parts)}"
                )
            for place, part in enumerate(parts):
                sheet.write_string(row, column + place, part)


def clean(text: str) -> str:
    """`text` without the signs that a spreadsheet's XML cannot hold; lone surrogates become U+FFFD."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATES.sub("\ufffd", _ILLEGAL.sub("", plain))


def cells_for(characters: int) -> int:
    """How many cells a text of so many characters may need: each may take two UTF-16 units."""
    return max(1, math.ceil(2 * characters / (MOST_UNITS - 1)))


def pieces(text: str) -> list[str]:
    """`text` in parts that a cell can hold, none of them cut within a character."""
    if 2 * len(text) <= MOST_UNITS:
        return [text]
    units = text.encode("utf-16-le")
    parts, start = [], 0
    while start < len(units):
        end = min(start + 2 * MOST_UNITS, len(units))
        if end < len(units) and 0xDC <= units[end + 1] <= 0xDF:  # the second half of a pair
            end -= 2
        parts.append(units[start:end].decode("utf-16-le"))
        start = end
    return parts
