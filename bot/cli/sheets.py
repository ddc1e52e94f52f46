"""`places sheets`: the QR codes of all points on A4, to print, cut out and hang up."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.cli import qr
from bot.cli.console import ONLY_HERE, Console, Problem
from handlers.kit.words import _
from handlers.members import is_local
from handlers.paper_press import press
from handlers.papers_codes import codes


async def write_sheets(console: Console, given: argparse.Namespace) -> None:
    """Write the sheets for all points, or those in a place: a PDF, or a web page where none can be made."""
    async with console.transaction() as db:
        rules = await console.rules(db)
        paper = await codes(db, rules, console.now, (given.code or "").upper())
    if paper is None:
        raise Problem(_("There are no points here to print codes for. `places export` shows all places."))
    with TemporaryDirectory(prefix="docent-sheets-", ignore_cleanup_errors=True) as folder:
        made = await press(paper, Path(folder), console.tongue)
        target = given.output.with_suffix(made.suffix)
        await asyncio.to_thread(qr.write, target, made.file.read_bytes())
    console.say(_("Written to {file}.", file=str(target)))
    if made.suffix != ".pdf":
        console.say(_("A PDF takes typst and a font with Chinese; this page prints the same from a browser."))
    if is_local(rules.public_url):
        console.say(ONLY_HERE)
