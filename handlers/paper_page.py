"""A document as one page of HTML with all pictures inside, to be printed from any browser on A4."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

_MIMES: Final = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".svg": "image/svg+xml"}
_STYLE: Final = """
@page { size: A4 %s; margin: 16mm; }
body { font: 11pt/1.5 "Noto Serif CJK SC", "Source Han Serif SC", SimSun, "Songti SC", serif;
  margin: 16mm auto; max-width: %s; color: #000; background: #fff; }
@media print { body { margin: 0; max-width: none; } }
h1 { font-size: 17pt; text-align: center; margin: 0 0 2mm; }
.about, figcaption { text-align: center; }
table { width: 100%%; border-collapse: collapse; margin: 3mm 0; }
th, td { border: 0.6pt solid #555; padding: 1.5mm 2mm; text-align: left; vertical-align: top; }
th { background: #eef2f6; font-weight: normal; }
.fields th { width: 42mm; }
.grid { font-size: 9pt; }
thead { display: table-header-group; }
tr, figure { break-inside: avoid; }
.photos, .cards { display: grid; grid-template-columns: 1fr 1fr; gap: 4mm; }
figure { margin: 0; font-size: 9pt; }
.photos img { width: 100%%; height: 62mm; object-fit: contain; }
.cards { gap: 0; }
.cards figure { border: 0.5pt dashed #999; height: 78mm; text-align: center; padding-top: 4mm;
  box-sizing: border-box; }
.cards img { height: 44mm; }
.cards b { display: block; font-size: 13pt; }
footer { margin-top: 6mm; font-size: 8.5pt; color: #555; }
"""


def page(plain: Mapping[str, Any], folder: Path) -> str:
    """The page; `plain` is a document in words and `folder` has its pictures, see paper_press.py."""
    size, width = ("landscape", "265mm") if plain["wide"] else ("portrait", "178mm")
    body = "".join(_BLOCKS[block["kind"]](block, folder) for block in plain["blocks"])
    about = f'<p class="about">{_said(plain["about"])}</p>' if plain["about"] else ""
    return (
        f'<!doctype html><html lang="{plain["lang"]}"><meta charset="utf-8">'
        f"<title>{escape(plain['title'])}</title><style>{_STYLE % (size, width)}</style>"
        f"<h1>{_said(plain['title'])}</h1>{about}{body}<footer>{_said(plain['note'])}</footer></html>"
    )


def _fields(block: Mapping[str, Any], _folder: Path) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_said(name)}</th><td>{_said(value)}</td></tr>' for name, value in block["rows"]
    )
    return f'<table class="fields">{rows}</table>'


def _grid(block: Mapping[str, Any], _folder: Path) -> str:
    total = sum(block["widths"])
    widths = "".join(f'<col style="width: {100 * one / total:.1f}%">' for one in block["widths"])
    heads = "".join(f'<th scope="col">{_said(one)}</th>' for one in block["headings"])
    rows = "".join(f"<tr>{_cells(row)}</tr>" for row in block["rows"])
    table = f"<colgroup>{widths}</colgroup><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
    return f'<table class="grid">{table}</table>'


def _cells(row: Sequence[str]) -> str:
    return "".join(f"<td>{_said(cell)}</td>" for cell in row)


def _words(block: Mapping[str, Any], _folder: Path) -> str:
    return f"<p>{_said(block['text'])}</p>"


def _photos(block: Mapping[str, Any], folder: Path) -> str:
    shown = "".join(
        f"<figure>{_image(one['file'], folder)}<figcaption>{_said(one['caption'])}</figcaption></figure>"
        for one in block["photos"]
    )
    return f'<p>{_said(block["title"])}</p><div class="photos">{shown}</div>'


def _cards(block: Mapping[str, Any], folder: Path) -> str:
    cards = []
    for card in block["cards"]:
        first, *more = map(_said, card["lines"])
        below = "".join(f"{line}<br>" for line in more)
        cards.append(f"<figure>{_image(card['file'], folder)}<b>{first}</b>{below}</figure>")
    return f'<div class="cards">{"".join(cards)}</div>'


_BLOCKS: Final[Mapping[str, Callable[[Mapping[str, Any], Path], str]]] = {
    "fields": _fields,
    "grid": _grid,
    "words": _words,
    "photos": _photos,
    "cards": _cards,
}


def _image(name: str, folder: Path) -> str:
    if not name:
        return ""
    file = folder / name
    content = b64encode(file.read_bytes()).decode()
    return f'<img alt="" src="data:{_MIMES[file.suffix]};base64,{content}">'


def _said(text: str) -> str:
    return escape(text).replace("\n", "<br>")
