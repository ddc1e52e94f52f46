"""`places` and `checklists`: the museum's own files brought in and out, and QR codes to hang up."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.cli import qr, sheets
from bot.cli.console import ONLY_HERE, Console, Problem, Run, Verb
from bot.imports import (
    ImportProblem,
    Report,
    export_checklists,
    export_places,
    import_checklists,
    import_places,
)
from handlers import place_codes
from handlers.kit.words import Text, _
from handlers.members import is_local
from models import Place

Import = Callable[[AsyncConnection, str], Awaitable[Report]]
Export = Callable[[AsyncConnection], Awaitable[str]]


def declare(verbs: Verb) -> None:
    """Add the verbs."""
    places = verbs.add("places", _("The museum's places"))
    _exchange(places, import_places, export_places)
    hung = printed(places, _("A QR code to hang up at a place"), write_qr)
    hung.takes("--telegram", action="store_true", about=_("Lead to Telegram, not to the web chat"))
    printing = places.add("sheets", _("The QR codes of all points on A4, to cut out"), sheets.write_sheets)
    printing.takes("code", nargs="?", about=_("Only those in this place, such as H1"))
    printing.takes("-o", "--output", type=Path, required=True, about=_("The file to write"))
    checklists = verbs.add("checklists", _("The museum's checklists"))
    _exchange(checklists, import_checklists, export_checklists)


def printed(verb: Verb, about: Text, run: Run) -> Verb:
    """Declare a verb `qr` below `verb`, which makes a picture for a place."""
    made = verb.add("qr", about, run)
    made.takes("code", about=_("The place's code, such as H1-P3"))
    return made.takes(
        "-o", "--output", type=Path, required=True, about=_("The picture to write: .png, .svg or .pdf")
    )


def _exchange(verb: Verb, take: Import, give: Export) -> None:
    reads = _("Read a YAML file; nothing changes if anything in it is wrong")
    importing = verb.add("import", reads, partial(bring_in, take))
    importing.takes("file", type=Path, about=_("The file"))
    writes = _("Write what is in use as a YAML file")
    exporting = verb.add("export", writes, partial(bring_out, give))
    exporting.takes("file", type=Path, nargs="?", about=_("The file; without it, it is printed"))


async def bring_in(take: Import, console: Console, given: argparse.Namespace) -> None:
    """Import a file and print what changed."""
    try:
        text = given.file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Problem(_("{file} is not UTF-8 text; save it as UTF-8.", file=str(given.file))) from None
    except OSError as error:
        why = str(error.strerror)
        raise Problem(_("{file} cannot be read: {why}", file=str(given.file), why=why)) from None
    try:
        async with console.transaction() as db:
            report = await take(db, text)
    except ImportProblem as error:
        raise Problem(error.text) from None
    console.say(report.text)


async def bring_out(give: Export, console: Console, given: argparse.Namespace) -> None:
    """Export to a file, or to standard output."""
    async with console.transaction() as db:
        text = await give(db)
    if given.file is None:
        sys.stdout.write(text)
        return
    qr.write(given.file, text.encode())
    console.say(_("Written to {file}.", file=str(given.file)))


async def write_qr(console: Console, given: argparse.Namespace) -> None:
    """Write the QR code of a place: a point opens its inspection, a hall the comments about it."""
    qr.check_kind(given.output)
    async with console.transaction() as db:
        link = await link_to(db, given.code)
        rules = await console.rules(db)
    if given.telegram and not rules.telegram_name:
        raise Problem(_("The bot's name is not known yet: set TELEGRAM_TOKEN and start the desk once."))
    start, _sep, code = link.partition("_")
    web = "hall" if start == "h" else start
    address = f"{rules.public_url}/chat?{web}={code}"
    if given.telegram:
        address = f"https://t.me/{rules.telegram_name}?start={link}"
    qr.draw(address, given.output)
    console.say(_("{file} leads to {address}", file=str(given.output), address=address))
    if not given.telegram and is_local(rules.public_url):
        console.say(ONLY_HERE)


async def link_to(db: AsyncConnection, code: str) -> str:
    """The payload of a link to a place in use: `p_` and its code to a point, `h_` to all others.

    Raises Problem.
    """
    known = code.upper()
    query = select(Place.kind, Place.token).where(Place.code == known, Place.active)
    found = (await db.execute(query)).first()
    if found is None:
        raise Problem(_("There is no place {code}. `places export` shows them all.", code=code))
    return f"p_{place_codes.carried(known, found.token)}" if found.kind == "point" else f"h_{known}"
