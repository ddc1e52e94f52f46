"""A process of its own that writes the spreadsheet it is told on its standard input; see export_writer.py."""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from handlers.export_book import Book, Heading

UNFINISHED: Final = 3  # the exit code where its input ended before the file was complete
_DAY: Final = len("2026-11-22")


def main(file: Path) -> int:
    """Write `file`: each line of the input is a sheet to begin, rows for it, or `null` at the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the program, and ends this input
    if hasattr(os, "nice"):
        os.nice(19)  # the replies that people wait for go first; Windows is told so at the start
    book = Book(file)
    for line in sys.stdin.buffer:
        order = json.loads(line)
        if order is None:
            book.close()
            return 0
        if isinstance(order, dict):
            book.sheet(order["title"], [Heading(*heading) for heading in order["headings"]])
        else:
            book.add([_cell(cell) for cell in row] for row in order)
    return UNFINISHED


def _cell(cell: Any) -> Any:
    """Days and moments come as `["2026-11-22"]` and `["2026-11-22T10:00:00"]`."""
    if not isinstance(cell, list):
        return cell
    [said] = cell
    return date.fromisoformat(said) if len(said) == _DAY else datetime.fromisoformat(said)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
