"""`places` and `checklists`: the museum's own files brought in and out, and QR codes to hang up."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Final

import segno
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.cli.console import ONLY_HERE, Console, Problem, Verb
from bot.imports import (
    ImportProblem,
    Report,
    export_checklists,
    export_places,
    import_checklists,
    import_places,
)
from handlers.kit.words import _
from handlers.members import is_local
from models import Place

SCALE: Final = 10  # pixels a square, in PNG
KINDS: Final = (".png", ".svg", ".pdf")

Import = Callable[[AsyncConnection, str], Awaitable[Report]]
Export = Callable[[AsyncConnection], Awaitable[str]]


def declare(verbs: Verb) -> None:
    """Add the verbs."""
    places = verbs.add("places", _("The museum's places"))
    _exchange(places, import_places, export_places)
    qr = places.add("qr", _("A QR code to hang up at a place"), write_qr)
    qr.takes("code", about=_("The place's code, such as H1-P3"))
    qr.takes("-o", "--output", type=Path, required=True, about=_("The picture to write: .png, .svg or .pdf"))
    qr.takes("--telegram", action="store_true", about=_("Lead to Telegram, not to the web chat"))
    checklists = verbs.add("checklists", _("The museum's checklists"))
    _exchange(checklists, import_checklists, export_checklists)


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
    _write(given.file, text.encode())
    console.say(_("Written to {file}.", file=str(given.file)))


async def write_qr(console: Console, given: argparse.Namespace) -> None:
    """Write the QR code of a place: a point opens its inspection, a hall the comments about it."""
    code = given.code.upper()
    if given.output.suffix.lower() not in KINDS:
        raise Problem(_("The picture's name must end in {kinds}.", kinds=", ".join(KINDS)))
    async with console.transaction() as db:
        sort = await db.scalar(select(Place.kind).where(Place.code == code, Place.active))
        rules = await console.rules(db)
    if sort is None:
        raise Problem(_("There is no place {code}. `places export` shows them all.", code=given.code))
    if given.telegram and not rules.telegram_name:
        raise Problem(_("The bot's name is not known yet: set TELEGRAM_TOKEN and start the desk once."))
    web, start = ("p", "p") if sort == "point" else ("hall", "h")
    address = f"{rules.public_url}/chat?{web}={code}"
    if given.telegram:
        address = f"https://t.me/{rules.telegram_name}?start={start}_{code}"
    picture = BytesIO()
    kind = given.output.suffix.lower().removeprefix(".")
    segno.make(address, error="q", micro=False).save(picture, kind=kind, scale=SCALE, border=4)
    _write(given.output, picture.getvalue())
    console.say(_("{file} leads to {address}", file=str(given.output), address=address))
    if not given.telegram and is_local(rules.public_url):
        console.say(ONLY_HERE)


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise Problem(_("{file} cannot be written: {why}", file=str(file), why=str(error.strerror))) from None
