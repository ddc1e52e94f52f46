"""Has a spreadsheet written by another process, which gets the rows as they come: nobody's reply waits.

A process and not a thread, since writing would hold the interpreter that answers people; with pipes and not
`multiprocessing`, whose two helpers would cost more memory than the book.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Final

from handlers.export_book import Cell, Heading

ROOT: Final = Path(__file__).resolve().parent.parent
MOST_AHEAD: Final = 64 * 1024  # bytes that may wait for the other process


class Unwritten(RuntimeError):
    """The other process ended before its file was complete; the text is what it said last."""


class Writer:
    """A book that another process writes to `file`, from the beginning of the block to its end.

    Its temporary files lie beside `file`. The file is complete when the block has ended without an error;
    otherwise the other process ends unfinished, as it does when this one is killed. Raises Unwritten.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    async def __aenter__(self) -> Writer:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "handlers.export_scribe", str(self._file)),
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=PIPE,
            limit=MOST_AHEAD,
            creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
        )
        assert self._process.stdin is not None
        self._pipe = self._process.stdin
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind is None:
            await self._tell("null")
        elif self._process.returncode is None:
            self._process.kill()
        await self._end(wanted=kind is None)

    @property
    def returncode(self) -> int | None:
        """How the other process ended; None while it has not."""
        return self._process.returncode

    async def sheet(self, title: str, headings: Sequence[Heading]) -> None:
        """Begin a sheet; the rows added from now on go there."""
        told = [(heading.title, heading.width, heading.cells) for heading in headings]
        await self._tell(json.dumps({"title": title, "headings": told}))

    async def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write rows, each with a cell for every heading. Moments must be in local time, without a zone."""
        await self._tell(json.dumps(rows, default=_moment))

    async def _tell(self, order: str) -> None:
        try:
            self._pipe.write(order.encode() + b"\n")
            await self._pipe.drain()
        except (BrokenPipeError, ConnectionResetError):
            await self._end(wanted=True)  # which says why

    async def _end(self, *, wanted: bool) -> None:
        """Let the process come to its end."""
        self._pipe.close()
        said = b""
        try:
            with suppress(BrokenPipeError, ConnectionResetError):
                _out, said = await self._process.communicate()
        finally:
            if self._process.returncode is None:
                self._process.kill()
        if wanted and self._process.returncode != 0:
            last = (said.decode(errors="replace").strip().splitlines() or ["nothing said"])[-1]
            raise Unwritten(f"exit code {self._process.returncode}: {last}")


def _moment(cell: object) -> list[str]:
    if isinstance(cell, date | datetime):
        return [cell.isoformat()]
    raise TypeError(type(cell).__name__)
