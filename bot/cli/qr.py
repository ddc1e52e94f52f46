"""QR codes to hang up, as pictures."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Final

import segno

from bot.cli.console import Problem
from handlers.kit.words import _

SCALE: Final = 10  # pixels a square, in PNG
KINDS: Final = (".png", ".svg", ".pdf")


def check_kind(file: Path) -> None:
    """Raises Problem for a picture that cannot be drawn."""
    if file.suffix.lower() not in KINDS:
        raise Problem(_("The picture's name must end in {kinds}.", kinds=", ".join(KINDS)))


def draw(address: str, file: Path) -> None:
    """Write the picture of `address` to `file`. Raises Problem."""
    picture = BytesIO()
    kind = file.suffix.lower().removeprefix(".")
    segno.make(address, error="q", micro=False).save(picture, kind=kind, scale=SCALE, border=4)
    write(file, picture.getvalue())


def write(file: Path, content: bytes) -> None:
    """Write a file that somebody asked for. Raises Problem."""
    try:
        file.write_bytes(content)
    except OSError as error:
        raise Problem(_("{file} cannot be written: {why}", file=str(file), why=str(error.strerror))) from None
