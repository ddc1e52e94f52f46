"""Makes the file of a document: a PDF where typst and a font with Chinese are there, else a page to print.

Another process does the work, as for spreadsheets (handlers/export_writer.py): nobody's reply waits.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from handlers.export_writer import ROOT
from handlers.kit.words import Tongue, say
from handlers.paper import Block, Cards, Fields, Grid, Line, Paper, Photos, Picture, Words
from handlers.paper_page import page
from handlers.paper_scribe import DATA, NO_PRESS, PDF
from handlers.work import Files

SECONDS: Final = 300  # far more than the longest document takes
_KINDS: Final = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}


class Unpressed(RuntimeError):
    """The other process ended without a document; the text is what it said last."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A finished file."""

    file: Path
    suffix: str
    mime: str


async def press(paper: Paper, folder: Path, tongue: Tongue, files: Files | None = None) -> Pressed:
    """Make the file in `folder`, which is empty; `files` has the photos. Raises Unpressed."""
    plain = await asyncio.to_thread(_laid_out, paper, folder, tongue, files)
    if await _made(folder):
        return Pressed(folder / PDF, ".pdf", "application/pdf")
    whole = folder / "page.html"
    await asyncio.to_thread(lambda: whole.write_text(page(plain, folder), encoding="utf-8"))
    return Pressed(whole, ".html", "text/html")


def _laid_out(paper: Paper, folder: Path, tongue: Tongue, files: Files | None) -> dict[str, Any]:
    """Put the document into the folder, in words and pictures; returns the words."""
    scene = _Scene(folder, tongue, files)
    plain = {
        "title": say(paper.title, tongue),
        "about": say(paper.about, tongue),
        "note": say(paper.note, tongue),
        "wide": paper.wide,
        "lang": "zh" if tongue.chinese else "en",
        "blocks": [scene.block(block) for block in paper.blocks],
    }
    (folder / DATA).write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")
    return plain


class _Scene:
    """Where a document is laid out; its pictures are numbered."""

    def __init__(self, folder: Path, tongue: Tongue, files: Files | None) -> None:
        self._folder, self._tongue, self._files = folder, tongue, files
        self._pictures = 0

    def block(self, block: Block) -> dict[str, Any]:
        if isinstance(block, Fields):
            rows = [[self._said(name), self._said(value)] for name, value in block.rows]
            return {"kind": "fields", "rows": rows}
        if isinstance(block, Grid):
            cells = [[self._said(cell) for cell in row] for row in block.rows]
            headings = [self._said(heading) for heading in block.headings]
            return {"kind": "grid", "headings": headings, "widths": list(block.widths), "rows": cells}
        if isinstance(block, Words):
            return {"kind": "words", "text": self._said(block.text)}
        if isinstance(block, Photos):
            shown = [self._photo(photo) for photo in block.photos]
            return {"kind": "photos", "title": self._said(block.title), "photos": shown}
        return self._cards(block)

    def _cards(self, block: Cards) -> dict[str, Any]:
        cards = []
        for card in block.cards:
            file = self._next(".svg")
            file.write_bytes(card.drawing)
            cards.append({"file": file.name, "lines": [self._said(line) for line in card.lines]})
        return {"kind": "cards", "cards": cards}

    def _photo(self, photo: Picture) -> dict[str, str]:
        """A photo that is erased, or no picture after all, leaves its caption."""
        plain = {"file": "", "caption": self._said(photo.caption)}
        suffix = _KINDS.get(photo.mime)
        if self._files is not None and suffix is not None:
            file = self._next(suffix)
            try:
                shutil.copyfile(self._files.path(photo.sha), file)
            except FileNotFoundError:
                return plain
            plain["file"] = file.name
        return plain

    def _said(self, line: Line) -> str:
        return "" if line is None else say(line, self._tongue)

    def _next(self, suffix: str) -> Path:
        self._pictures += 1
        return self._folder / f"{self._pictures}{suffix}"


async def _made(folder: Path) -> bool:
    """Whether the other process has made the PDF; False where it cannot make any here."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "handlers.paper_scribe", str(folder)),
        env={**os.environ, "PYTHONPATH": _path(), "PYTHONUTF8": "1"},
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
    )
    try:
        async with asyncio.timeout(SECONDS):
            _out, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode not in (0, NO_PRESS):
        last = (said.decode(errors="replace").strip().splitlines() or ["nothing said"])[-1]
        raise Unpressed(f"exit code {process.returncode}: {last}")
    return process.returncode == 0


def _path() -> str:
    """Where the other process finds this program, and whatever this one was told to find beside it."""
    return os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
