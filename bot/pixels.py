"""Decodes a received photo and writes it anew, in a process of its own: it imports little and may die."""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import threading
from typing import Final

from PIL import Image, ImageOps

MOST_PIXELS: Final = 40_000_000
MOST_SIDE: Final = 2560
QUALITY: Final = 85
FORMATS: Final = ("JPEG", "PNG", "WEBP")


class Unfit(ValueError):
    """A photo that cannot be kept; the only argument is `pixels` (too many) or `broken`."""


def begin() -> None:
    """Make a worker process ready: Ctrl+C is for the program, and the worker goes when the program has."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def rewritten(data: bytes) -> bytes:
    """The photo as an upright RGB JPEG of at most 2560 pixels a side, without EXIF, GPS, profile or comment.

    Raises Unfit. The size is read from the header, before anything is decoded: a PNG of 10 KB may stand
    for half a gigabyte.
    """
    Image.MAX_IMAGE_PIXELS = None  # our own cap is lower, and this one only warns at first
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as photo:
            fits = photo.width * photo.height <= MOST_PIXELS
            plain = _as_jpeg(photo) if fits else b""
    except Exception as error:  # a hostile file makes a decoder raise anything, and it all means one thing
        raise Unfit("broken") from error
    if not fits:
        raise Unfit("pixels")
    return plain


def _as_jpeg(photo: Image.Image) -> bytes:
    photo.draft("RGB", (MOST_SIDE, MOST_SIDE))
    sheet = _on_white(photo)
    sheet.thumbnail((MOST_SIDE, MOST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    upright = ImageOps.exif_transpose(sheet)
    plain = io.BytesIO()
    upright.info.clear()  # whatever else the file said about itself stays behind
    upright.save(plain, "JPEG", quality=QUALITY)
    return plain.getvalue()


def _on_white(photo: Image.Image) -> Image.Image:
    if not photo.has_transparency_data:
        return photo.convert("RGB")
    seen = photo.convert("RGBA")
    sheet = Image.new("RGB", seen.size, "white")
    sheet.info.update(photo.info)  # the orientation
    sheet.paste(seen, mask=seen)
    return sheet
