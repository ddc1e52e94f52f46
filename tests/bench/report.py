"""Writes one part of a document that several runs write: what stands between its two marks."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def write_part(file: Path, name: str, text: str) -> None:
    """Put `text` (Markdown) in place of the part `name` of `file`, or at its end if it has none yet."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    head, found, rest = before.partition(begin)
    tail = rest.partition(end)[2] if found else "\n"
    if not found and head:
        head = f"{head.rstrip()}\n\n"
    file.write_text(f"{head}{begin}\n{text.strip()}\n{end}{tail}", encoding="utf-8", newline="\n")
