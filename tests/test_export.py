"""Exports: every record a row, every text a text, none cut; made in nobody's way; for those who may."""

from __future__ import annotations

import asyncio
import json
import sys
import zipfile
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from bot.jobs import Jobs
from handlers.export_book import MOST_UNITS, Book, Heading, cells_for, clean, pieces
from handlers.export_scribe import UNFINISHED
from handlers.export_writer import ROOT, Unwritten, Writer
from models import (
    Audit,
    Due,
    Feedback,
    FeedbackReply,
    Hazard,
    Inspection,
    InspectionItem,
    Outreach,
    OutreachMember,
    Person,
    Signature,
)
from tests.fixtures.media import kept_files
from tests.house import House, Someone
from tests.records import NOW, TODAY, comment, event, hazard, id_of, inspection, item, member
from tests.records import on_that_day as on_that_day

HOSTILE = (
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@x",
    "＝1+1",
    "\tx",
    "https://evil.test",
    "{=1}",
    "００7",
)


def sheets(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every sheet by its title, headings first."""
    book = load_workbook(BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def records(rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """The rows below the headings, by heading."""
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


async def exported(house: House, person: Someone, code: str = "2026-11.all") -> tuple[str, bytes]:
    """The name and content of the file that a tap on the button brings."""
    assert await person.taps_data(f"a:export:{code}")
    clock = Jobs(house.database, house.engine, lambda: NOW)
    while await clock.tick():
        continue
    await person.hears()
    file = person.told[-1]["file"]
    assert file is not None
    return file["name"], await house.media.read(file["sha"])


async def test_every_record_is_a_row(museum: House) -> None:
    director = await museum.someone("d", "director")
    leader = await id_of(museum, (await museum.someone("l", "leader")).external_id)
    me = await id_of(museum, "d")
    where = {"latitude": 37.45, "longitude": 116.3}
    await museum.add(
        Inspection,
        inspection("XJ-1", me, current=False),
        inspection("XJ-1", me, revision=2, failed=1, location=where, note="=1+1", sample=True),
        inspection("XJ-2", leader, TODAY - timedelta(days=1), place="GONE", presence="none"),
        inspection("XJ-3", leader, TODAY - timedelta(days=40)),
    )
    await museum.add(
        InspectionItem,
        item(2, 1, "fire", note="压力不足", fixed=True, photos=[{"sha": "ab" * 32}]),
        item(2, 2, "people", "ok"),
        item(1, 1, "fire"),
    )
    signature = {"inspection_id": 2, "person_id": leader, "post": "second", "signed_at": NOW}
    await museum.add(Signature, signature, {**signature, "post": "inspector", "person_id": me})
    due = NOW - timedelta(hours=1)
    await museum.add(
        Hazard, hazard("YH-1", me, inspection_id=2, due_at=due), hazard("YH-2", me, status="withdrawn")
    )
    await museum.add(
        Outreach,
        event("HD-1", me, theme="museum_day", approved_by=leader, approved_at=NOW, participants=7),
        event("HD-2", me, status="returned", returned_because="time"),
    )
    await museum.add(OutreachMember, member(1, me, 119), member(1, None, 30, "路人"))
    await museum.add(
        Feedback,
        comment("LY-1", rating=4, comment="@好", kind="praise", topic="hygiene", place="L1-P3"),
        comment("LY-2", status="answered", answered_at=NOW, photos=[{"sha": "cd" * 32}]),
    )
    reply = {"feedback_id": 2, "person_id": me, "body": "谢谢", "satisfied": True, "created_at": NOW}
    await museum.add(FeedbackReply, reply)

    name, content = await exported(museum, director)
    assert name == "Docent-everything-2026-11.xlsx"
    found = {title: records(rows) for title, rows in sheets(content).items()}
    assert list(found) == [
        "Inspections",
        "Items",
        "Rounds",
        "Hazards",
        "Activities",
        "Members",
        "Comments",
        "Answers",
    ]
    assert [(row["Number"], row["Revision"]) for row in found["Inspections"]] == [("XJ-2", 1), ("XJ-1", 2)]
    first = found["Inspections"][1]
    assert (first["Place"], first["Inspector"], first["Signed by"]) == ("East escape stairs", "d", "l")
    assert (first["Note"], first["Position"], first["Sample data"]) == (
        "=1+1",
        "37.450000, 116.300000",
        "yes",
    )
    assert first["Started"] == datetime(2026, 11, 22, 9)  # noqa: DTZ001 - a spreadsheet knows no zones
    assert first["Signed"] == datetime(2026, 11, 22, 10)  # noqa: DTZ001
    assert found["Inspections"][0]["Place"] == "GONE"
    assert [
        (row["Item"], row["State"], row["Fixed on the spot"], row["Photos"]) for row in found["Items"]
    ] == [
        (1, "Abnormal", "yes", 1),
        (2, "Normal", None, 0),
    ]
    assert [(row["Number"], row["Overdue"], row["State"]) for row in found["Hazards"]] == [
        ("YH-1", "yes", "to be rectified"),
        ("YH-2", "no", "withdrawn by a correction"),
    ]
    assert [(row["Theme day"], row["Approved by"]) for row in found["Activities"]] == [
        ("International Museum Day", "l"),
        (None, None),
    ]
    assert [(row["Name"], row["Minutes"], row["Hours"]) for row in found["Members"]] == [
        ("d", 119, 1.5),
        ("路人", 30, 0.5),
    ]
    assert [(row["Comment"], row["Kind"], row["State"]) for row in found["Comments"]] == [
        ("@好", "Praise", "new"),
        (None, None, "answered"),
    ]
    assert [(row["Comment number"], row["Visitor satisfied"]) for row in found["Answers"]] == [
        ("LY-2", "yes")
    ]
    assert "exported" in [row.action for row in await museum.rows(select(Audit.action))]


async def test_the_file_is_in_the_language_of_its_reader(museum: House) -> None:
    staff = await museum.someone("s", "staff", locale="zh_CN")
    await museum.add(Feedback, comment("LY-1", rating=4))
    name, content = await exported(museum, staff, "2026-05-01..2026-11-30.comments")
    assert name == "馆务通-留言-2026-05-01..2026-11-30.xlsx"
    assert sheets(content)["留言"][0][:4] == ("编号", "日期", "留言时间", "地点")


@pytest.mark.parametrize(("roles", "seen"), [(["staff"], True), (["director"], False), (["admin"], True)])
async def test_contact_details_are_for_those_who_answer(museum: House, roles: list[str], seen: bool) -> None:
    person = await museum.someone("x", *roles)
    await museum.add(Feedback, comment("LY-1", rating=4, contact="13800000000"))
    _name, content = await exported(museum, person, "2026-11.comments")
    assert ("Contact" in sheets(content)["Comments"][0]) == seen
    assert (b"13800000000" in b"".join(unpacked(content).values())) == seen


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_own_records_only_where_one_sees_no_others(museum: House) -> None:
    both = await museum.someone("b", "leader", "volunteer")
    me, other = (
        await id_of(museum, "b"),
        await id_of(museum, (await museum.someone("o", "volunteer")).external_id),
    )
    await museum.add(Outreach, event("HD-1", me), event("HD-2", other), event("HD-3", other))
    await museum.add(OutreachMember, member(3, me, 60))
    await museum.add(Inspection, inspection("XJ-1", other))
    _name, content = await exported(museum, both)
    found = sheets(content)
    assert [row["Number"] for row in records(found["Activities"])] == ["HD-1", "HD-3"]
    assert [row["Number"] for row in records(found["Inspections"])] == ["XJ-1"]
    assert "Comments" not in found


async def test_who_may_not_gets_nothing(museum: House) -> None:
    guard, leader = await museum.someone("g", "guard"), await museum.someone("l", "leader")
    assert "not open to you" in await guard.taps_data("a:export:2026-11.all")
    for code in ("2026-11.comments", "2026-11.x", "all", "2026-11-31.all"):
        assert "not open to you" in await leader.taps_data(f"a:export:{code}")
    clock = Jobs(museum.database, museum.engine, lambda: NOW)
    assert not await clock.tick()


async def test_who_was_dismissed_meanwhile_gets_nothing(museum: House) -> None:
    staff = await museum.someone("s", "staff")
    assert "Preparing" in await staff.taps_data("a:export:2026-11.all")
    async with museum.database.transaction() as db:
        await db.execute(update(Person).values(active=False))
    clock = Jobs(museum.database, museum.engine, lambda: NOW)
    assert await clock.tick()
    assert not await clock.tick()
    assert await staff.hears() == ""


async def test_asking_twice_brings_one_file(museum: House) -> None:
    staff = await museum.someone("s", "staff")
    for _tap in range(3):
        await staff.taps_data("a:export:2026-11.all")
    await staff.taps_data("a:export:2026-10.all")
    clock = Jobs(museum.database, museum.engine, lambda: NOW)
    while await clock.tick():
        continue
    await staff.hears()
    assert len([message for message in staff.told if message["file"]]) == 2


@pytest.mark.slow
async def test_forty_thousand_hostile_comments_arrive_whole(museum: House) -> None:
    staff = await museum.someone("s", "staff")
    count = 40_000
    texts = [f"{HOSTILE[n % len(HOSTILE)]} {n}" for n in range(count)]
    for start in range(0, count, 4000):
        rows = [comment(f"LY-{n}", rating=1 + n % 5, comment=texts[n]) for n in range(start, start + 4000)]
        await museum.add(Feedback, *rows)
    begun = perf_counter()
    _name, content = await exported(museum, staff, "2026-11.comments")
    print(f"{count} rows: {perf_counter() - begun:.1f} s, {len(content) / 1e6:.1f} MB")
    parts = unpacked(content)
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    assert sheet.count("<row ") == count + 1
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet
    assert not any(name.endswith("calcChain.xml") for name in parts)
    read = load_workbook(BytesIO(content), read_only=True)["Comments"].iter_rows(values_only=True)
    place = next(read).index("Comment")
    assert [row[place] for row in read] == texts


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


async def test_a_long_comment_from_the_database_is_whole(museum: House) -> None:
    staff = await museum.someone("s", "staff")
    text = "句子。" * 13_333
    await museum.add(Feedback, comment("LY-1", rating=1, comment=text), comment("LY-2", comment="短"))
    _name, content = await exported(museum, staff, "2026-11.comments")
    rows = records(sheets(content)["Comments"])
    parts = [rows[0][title] for title in rows[0] if title.startswith("Comment")]
    assert "".join(part or "" for part in parts) == text
    assert rows[1]["Comment"] == "短"


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


async def test_nothing_is_left_of_an_export_but_its_file(
    museum: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff = await museum.someone("s", "staff")
    await museum.add(Feedback, comment("LY-1", comment="x" * 40_000))
    await exported(museum, staff)
    assert len(kept_files(tmp_path)) == 1
    monkeypatch.setattr("handlers.export_table.cells_for", lambda _characters: 1)
    await staff.taps_data("a:export:2026-11.comments")
    assert await Jobs(museum.database, museum.engine, lambda: NOW).tick()
    [(error,)] = await museum.rows(select(Due.error).where(Due.kind == "export", Due.status == "waiting"))
    assert "needs 2" in error
    assert len(kept_files(tmp_path)) == 1
    assert list((tmp_path / "media" / "tmp").iterdir()) == []
