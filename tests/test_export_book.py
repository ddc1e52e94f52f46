"""The workbook of an export: every text stays a text, however long; and none is left half made."""

from __future__ import annotations

import asyncio
import json
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from openpyxl import load_workbook

from handlers.export_book import MOST_UNITS, Book, Heading, cells_for, clean, pieces
from handlers.export_scribe import UNFINISHED
from handlers.export_writer import ROOT, Unwritten, Writer
from tests.fixtures.workbooks import HOSTILE, sheets, unpacked
from tests.records import on_that_day as on_that_day


def made(*rows: tuple[Any, ...], headings: list[Heading], most_rows: int = 1_048_576) -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "book.xlsx"
        book = Book(file, most_rows)
        book.sheet("a:b/c", headings)
        book.add(rows)
        book.close()
        assert list(file.parent.iterdir()) == [file]
        return file.read_bytes()


def test_texts_stay_texts() -> None:
    content = made(*((text,) for text in HOSTILE), headings=[Heading("t")])
    sheet = unpacked(content)["xl/worksheets/sheet1.xml"].decode()
    assert sheet.count('t="inlineStr"') == len(HOSTILE) + 1
    assert "<f>" not in sheet
    assert [row[0] for row in sheets(content)["a b c"][1:]] == list(HOSTILE)


def test_what_looks_like_an_escape_is_escaped() -> None:
    """Excel reads `_x0041_` as an A, ECMA-376 part 1, 22.9.2.19; `_x005F_` is the underscore."""
    content = made(("_x0041_",), headings=[Heading("t")])
    assert b"_x005F_x0041_" in unpacked(content)["xl/worksheets/sheet1.xml"]


def test_what_xml_cannot_hold_is_left_out_or_marked() -> None:
    wild = "a\x00b\x1bc\ud800d\udfffe\ufffef\r\ng\x7fh\u202ei"
    assert clean(wild) == "abc\ufffdd\ufffdef\ngh\u202ei"
    assert sheets(made((wild,), headings=[Heading("t")]))["a b c"][1] == ("abc\ufffdd\ufffdef\ngh\u202ei",)


@pytest.mark.parametrize(
    "text",
    ["长" * 32_767, "长" * 32_768, "x" * 100_000, "😀" * 40_000, "a" + "😀" * 40_000],
    ids=["fits", "one over", "three cells", "pairs", "pairs off by one"],
)
def test_a_text_longer_than_a_cell_goes_on_in_the_next(text: str) -> None:
    cells = cells_for(len(text))
    content = made((1, text, "last"), headings=[Heading("n"), Heading("text", cells=cells), Heading("z")])
    heading, row = sheets(content)["a b c"]
    assert heading[1 : cells + 1] == ("text", *(f"text ({n})" for n in range(2, cells + 1)))
    assert "".join(part or "" for part in row[1 : cells + 1]) == text
    assert (row[0], row[-1]) == (1, "last")
    assert all(len(part.encode("utf-16-le")) <= 2 * MOST_UNITS for part in pieces(text))


def test_past_the_last_row_it_goes_on_in_a_further_sheet() -> None:
    content = made(*((n,) for n in range(25)), headings=[Heading("n")], most_rows=11)
    found = sheets(content)
    assert list(found) == ["a b c", "a b c 2", "a b c 3"]
    assert all(rows[0] == ("n",) for rows in found.values())
    assert [row[0] for rows in found.values() for row in rows[1:]] == list(range(25))


def test_headings_are_frozen_and_filter() -> None:
    book = load_workbook(BytesIO(made((1, "x"), headings=[Heading("n", 9), Heading("t", 40)])))
    (sheet,) = book
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:B2"
    assert round(sheet.column_dimensions["B"].width) == 41
    assert sheet["A1"].font.bold


async def write(writer: Writer, text: str, error: type[Exception] | None = None) -> None:
    async with writer:
        await writer.sheet("t", [Heading("t")])
        await writer.add([[text]])
        if error is not None:
            raise error


async def test_a_book_that_fails_says_why_and_ends_its_process(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "book.xlsx")
    with pytest.raises(Unwritten, match="needs 2"):
        await write(writer, "x" * 40_000)
    assert writer.returncode is not None


async def test_a_book_given_up_midway_ends_its_process(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "book.xlsx")
    with pytest.raises(LookupError):
        await write(writer, "x", LookupError)
    assert writer.returncode is not None
    assert not (tmp_path / "book.xlsx").exists()


async def test_a_book_whose_maker_dies_is_never_finished(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "handlers.export_scribe", str(tmp_path / "book.xlsx")),
        stdin=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    begun = json.dumps({"title": "t", "headings": [["t", 12, 1]]}) + "\n" + json.dumps([["x"]]) + "\n"
    await asyncio.wait_for(process.communicate(begun.encode()), 60)
    assert process.returncode == UNFINISHED
    assert not (tmp_path / "book.xlsx").exists()
