"""Exports: every record a row, none cut; made in nobody's way; for those who may."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from time import perf_counter

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from bot.jobs import Jobs
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
from tests.fixtures.workbooks import HOSTILE, records, sheets, unpacked
from tests.house import House, Someone
from tests.records import NOW, TODAY, comment, event, hazard, id_of, inspection, item, member
from tests.records import on_that_day as on_that_day


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


async def test_a_long_comment_from_the_database_is_whole(museum: House) -> None:
    staff = await museum.someone("s", "staff")
    text = "句子。" * 13_333
    await museum.add(Feedback, comment("LY-1", rating=1, comment=text), comment("LY-2", comment="短"))
    _name, content = await exported(museum, staff, "2026-11.comments")
    rows = records(sheets(content)["Comments"])
    parts = [rows[0][title] for title in rows[0] if title.startswith("Comment")]
    assert "".join(part or "" for part in parts) == text
    assert rows[1]["Comment"] == "短"


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
