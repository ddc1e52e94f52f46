"""Printed documents: what is on paper, for whom, and the page to print where no PDF can be made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from PIL import Image
from pypdf import PdfReader
from sqlalchemy import update

from bot.i18n import Languages
from bot.jobs import Jobs
from handlers.kit.words import Both
from handlers.paper import Grid, Paper, Picture, Words
from handlers.paper_press import press
from handlers.papers_hazard import Rectification, Signed, notice, record
from models import Hazard, Inspection, InspectionItem, Person, PlaceDuty, Round, RoundPlan, Signature, StandIn
from tests.fixtures.shell import Shell
from tests.fixtures.shell import shell as shell
from tests.house import ZONE, House, Someone
from tests.records import NOW, hazard, id_of, inspection, item
from tests.records import on_that_day as on_that_day
from tests.test_hazard_life import Desk

ZH, EN = (Languages("zh_CN", ZONE)(code) for code in ("zh_CN", "en"))
NOTHING = "raise ImportError('not on this machine')"
NO_FONT = """
class Fonts:
    def fonts(self):
        return []
"""


def text_of(content: bytes) -> str:
    """All text of a PDF, without the spaces and breaks between."""
    pages = PdfReader(BytesIO(content)).pages
    return "".join("".join(page.extract_text() for page in pages).split())


async def files(house: House, person: Someone) -> list[tuple[str, str, bytes]]:
    """(name, kind, content) of the files that come when the jobs are done."""
    before = len(person.told)
    jobs = Jobs(house.database, house.engine, lambda: NOW)
    while await jobs.tick():
        continue
    await person.hears()
    found = [message["file"] for message in person.told[before:] if message.get("file")]
    return [(one["name"], one["mime"], await house.media.read(one["sha"])) for one in found]


async def rounds(house: House) -> None:
    """Two rounds, one with something found, signed by the leader."""
    await house.someone("王强", "guard", locale="zh")
    await house.someone("刘建国", "leader", locale="zh")
    guard, leader = await id_of(house, "王强"), await id_of(house, "刘建国")
    await house.add(
        Inspection,
        inspection("XJ-20261122-0001", guard),
        inspection("XJ-20261122-0002", guard, failed=2),
        inspection("XJ-20261001-0001", guard, NOW.date() - timedelta(days=52)),
    )
    await house.add(
        InspectionItem,
        item(2, 3, "fire", note="压力不足#panic()", fixed=False),
        item(2, 4, "fire", note="指示灯不亮", fixed=True),
        item(2, 5, "fire", "ok"),
    )
    signature = {"inspection_id": 2, "person_id": leader, "post": "second", "signed_at": NOW}
    await house.add(Signature, signature)
    await house.add(Hazard, hazard("YH-2026-0007", guard, inspection_id=2, item_key="x.3"))


async def test_the_months_log_comes_on_paper_and_as_a_spreadsheet(museum: House) -> None:
    await rounds(museum)
    leader = await museum.someone("刘建国", "leader", locale="zh")
    await leader.says("导出 巡查记录 本月")
    paper, sheet = await files(museum, leader)
    assert paper[:2] == ("巡查记录-2026-11.pdf", "application/pdf")
    said = text_of(paper[2])
    for words in ("XJ-20261122-0001", "王强", "压力不足#panic()", "YH-2026-0007", "刘建国", "2026年11月"):
        assert words in said
    assert "XJ-20261001-0001" not in said
    assert sheet[0] == "巡查记录-2026-11.xlsx"
    rows = list(load_workbook(BytesIO(sheet[2])).worksheets[0].iter_rows(values_only=True))
    assert [row[-1] for row in rows[1:]] == ["XJ-20261122-0001", "XJ-20261122-0002"]
    assert "指示灯不亮" in str(rows[2][6])


async def missed(house: House) -> None:
    """Three rounds that nobody made: before the others of that day, after them, and in another month."""
    guard, leader = await id_of(house, "王强"), await id_of(house, "刘建国")
    plan = {
        "checklist": "fire_daily", "place": "L1-P3", "schedule": {}, "remind": 0, "grace": 30,
        "since": NOW, "created_by": leader, "created_at": NOW, "post": "guard",
    }  # fmt: skip
    await house.add(RoundPlan, plan)
    round_ = {
        "plan_id": 1, "place": "L1-P3", "checklist": "fire_daily", "status": "missed", "post": "guard",
        "person_id": None, "reason": None, "reason_by": None,
    }  # fmt: skip
    for at, more in (
        (NOW - timedelta(hours=3), {}),
        (NOW + timedelta(hours=3), {"person_id": guard, "reason": "short", "reason_by": guard}),
        (NOW + timedelta(hours=4), {"reason": "领导视察，临时调岗", "reason_by": leader}),
        (NOW - timedelta(days=52), {}),
        (NOW + timedelta(hours=5), {"status": "off"}),
    ):
        local = {"due_at": at, "opens_at": at, "ends_at": at, "day": at.astimezone(ZONE).date()}
        await house.add(Round, {**round_, **local, **more})


async def test_the_log_has_the_rounds_that_were_missed_and_why(museum: House) -> None:
    await rounds(museum)
    await missed(museum)
    leader = await museum.someone("刘建国", "leader", locale="zh")
    await leader.says("导出 巡查记录 本月")
    paper, sheet = await files(museum, leader)
    said = text_of(paper[2])
    assert "已巡查2次·漏巡3次" in said
    for words in ("未说明原因", "原因：人手不足·王强", "原因：领导视察，临时调岗·刘建国", "漏巡"):
        assert words in said
    rows = list(load_workbook(BytesIO(sheet[2])).worksheets[0].iter_rows(values_only=True))[1:]
    assert [row[5] for row in rows] == ["漏巡", "正常", "异常 2 项", "漏巡", "漏巡"]
    assert [row[3] for row in rows] == ["保安员", "王强", "王强", "王强", "保安员"]
    assert rows[0][0] == "2026-11-22\n07:00"
    assert rows[0][6] == "未说明原因"
    assert rows[3][6] == "原因：人手不足 · 王强"
    assert rows[3][-1] is None


async def test_the_log_of_a_month_without_rounds_says_so(museum: House) -> None:
    leader = await museum.someone("l", "leader")
    await leader.says("/export inspection log 2026-05")
    [paper, _sheet] = await files(museum, leader)
    assert paper[0] == "inspection-log-2026-05.pdf"
    assert "Noroundsweremade" in text_of(paper[2])


async def test_what_there_is_is_offered_as_far_as_it_is_open(museum: House) -> None:
    admin, staff = await museum.someone("a", "admin"), await museum.someone("s", "staff")
    await admin.says("/export")
    assert [label for label in admin.buttons if "QR" in label or "log" in label] == [
        "📄 Inspection log, this month",
        "⬇ Inspection log, XLSX",
        "📄 QR codes of the points",
    ]
    await staff.says("/export")
    assert staff.buttons == ["⬇ All records of this month, XLSX"]
    for words in ("/export inspection log", "/export qr"):
        assert "not open to you" in await staff.says(words)
    assert "not open to you" in await staff.taps_data("a:paper:log.2026-11")
    assert await files(museum, staff) == []
    assert "Preparing" in await admin.taps("Inspection log, this month")
    assert [name for name, _mime, _content in await files(museum, admin)] == ["inspection-log-2026-11.pdf"]


async def test_other_words_bring_the_spreadsheet_of_a_topic(museum: House) -> None:
    staff = await museum.someone("s", "staff")
    await staff.says("导出 留言 本月")
    [(name, _mime, _content)] = await files(museum, staff)
    assert name == "Docent-Comments-2026-11.xlsx"
    assert "Which period" in await (await museum.someone("l", "leader")).says(
        "/export inspection log nonsense"
    )


async def test_every_point_has_a_card_in_both_languages(museum: House) -> None:
    admin = await museum.someone("a", "admin")
    await admin.says("导出 二维码 L1")
    [(_name, mime, content)] = await files(museum, admin)
    assert mime == "application/pdf"
    said = text_of(content)
    assert "L1-P3" in said
    assert "H1-P1" not in said
    assert "扫码开始巡查" in said
    assert "scantobegintheround" in said
    assert "nothing to print" not in await admin.hears()
    await admin.says("/export qr X9")
    assert await files(museum, admin) == []
    assert "nothing to print" in admin.told[-1]["text"]


def case(photo: Picture, **more: Any) -> Rectification:
    """A hazard that has come to its end."""
    at = datetime(2026, 11, 20, 2, 5, tzinfo=UTC)
    known: dict[str, Any] = {
        "museum": "示例博物馆", "number": "YH-2026-0012", "place": Both("一号厅东门", "Hall One, east door"),
        "what": "灭火器压力不足 <b>&", "category": "消防", "severity": "重大", "source": "检查",
        "found_by": "王强", "found_at": at, "photos": [photo], "came_of": "XJ-20261120-0001",
        "issued_at": at, "issuer": "张科长", "approver": "张科长 · 保卫科长", "archive": "ZG-2026-0012-1",
        "measures": "更换灭火器\n检查同批次", "funds": "500 元",
        "interim": "增设两具灭火器", "department": "保卫科", "responsible": "李军", "due": at,
        "received": Signed("责任人", "李军", at), "done": "已更换", "done_by": "李军", "done_at": at,
        "photos_after": [photo], "reviewer": "刘班长", "reviewed_at": at, "review": "合格",
        "closed": [Signed("消防安全责任人", "陈馆长", at), Signed("消防安全管理人", "赵副馆长", at)],
    }  # fmt: skip
    return Rectification(**{**known, **more})


def a_photo(house: House, colour: str = "red") -> Picture:
    """A photo that is really kept."""
    content = BytesIO()
    Image.new("RGB", (400, 300), colour).save(content, "JPEG")
    return Picture(house.media.keep(content.getvalue(), "a.jpg", "image/jpeg").sha, "image/jpeg", "整改前")


async def test_the_order_and_the_record_have_photos_and_signatures(museum: House, tmp_path: Path) -> None:
    whole = case(a_photo(museum), photos_after=[a_photo(museum, "green")])
    for make, words, pictures in (
        (
            notice,
            [
                "整改通知书",
                "YH-2026-0012",
                "更换灭火器",
                "检查同批次",
                "2026-11-2010:05",
                "增设两具灭火器",
                "保卫科·李军",
                "张科长·保卫科长",
                "ZG-2026-0012-1",
            ],
            1,
        ),
        (
            record,
            [
                "火灾隐患整改情况记录表",
                "张科长·保卫科长",
                "ZG-2026-0012-1",
                "陈馆长",
                "赵副馆长",
                "刘班长",
                "合格",
                "一号厅东门",
            ],
            2,
        ),
    ):
        folder = tmp_path / make.__name__
        folder.mkdir()
        made = await press(make(whole, ZONE), folder, ZH, museum.media)
        assert made.suffix == ".pdf"
        said = text_of(made.file.read_bytes())
        assert [word for word in words if word not in said] == []
        assert sum(len(page.images) for page in PdfReader(made.file).pages) == pictures


async def test_an_order_that_is_hardly_begun_is_a_form_to_fill_in(museum: House, tmp_path: Path) -> None:
    gone = Picture("0" * 64, "image/jpeg", "erased since")
    bare = Rectification("M", "YH-1", "Hall", "Lamp", "Fire", "minor", "inspection", "g", NOW, photos=[gone])
    made = await press(notice(bare, ZONE), tmp_path, EN, museum.media)
    said = text_of(made.file.read_bytes())
    assert "________:thehazardbelow" in said
    assert "erasedsince" in said


async def test_a_hazards_papers_are_under_its_card(museum: House, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(museum, monkeypatch)
    await desk.finds()
    assert not any("📄" in label for label in desk.chief.buttons)
    await desk.order(desk.chief)
    for who in (desk.chief, desk.staff):  # at once, under what they are told
        await who.hears()
        assert [label for label in who.buttons if "📄" in label] == ["📄 Order to rectify"]
    await desk.accept(desk.staff)
    await desk.rectify(desk.staff)
    await desk.chief.hears()
    await desk.chief.taps("Review passed")
    await desk.deputy.hears()
    await desk.deputy.taps("Sign as")
    for label, words in (
        ("Order to rectify", ["Replacethelamp", "responsible·Chen·2026-11-2210:00", "Aguardwithatorch"]),
        ("Record of rectification", ["Newlamp", "passed", "chief", "managerof", "deputy·2026-11-2210:00"]),
    ):
        await desk.staff.says("check YH-2026-0001")
        await desk.staff.taps(label)
        [(name, _mime, content)] = await files(museum, desk.staff)
        assert name.endswith("-YH-2026-0001.pdf")
        said = text_of(content)
        assert [word for word in words if word not in said] == []
    await desk.guard.says("check YH-2026-0001")
    assert not any("📄" in label for label in desk.guard.buttons)
    assert await desk.visitor.taps_data("a:paper:order.YH-2026-0001") != ""
    assert await files(museum, desk.visitor) == []


async def test_an_order_keeps_who_answers_and_who_gave_it(
    museum: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(museum, monkeypatch)
    await desk.finds()
    duty = {"person_id": None, "set_by": 1, "set_at": NOW, "sample": False}
    await museum.add(PlaceDuty, {**duty, "place": "L1", "department": "Collections"})
    await desk.order(desk.chief)
    assert "Responsible: Collections Chen" in desk.chief.told[-1]["text"]
    async with museum.database.transaction() as db:
        await db.execute(update(PlaceDuty).values(department="Another one"))
    for again in (1, 2):
        await desk.chief.says("check YH-2026-0001")
        await desk.chief.taps("📄 Order to rectify")
        [(_name, _mime, content)] = await files(museum, desk.chief)
        said = text_of(content)
        assert f"ZG-2026-0001-{again}" in said
        assert ("Collections·Chen" if again == 1 else "Anotherone·Chen") in said
        assert ("chief·Headofsecurity" if again == 1 else "director·Director") in said
        await desk.order(desk.director)


async def test_an_order_says_that_a_post_was_stood_in_for(
    museum: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(museum, monkeypatch)
    await desk.finds()
    chief, leader = await id_of(museum, "chief"), await id_of(museum, "leader")
    days = {"first_day": NOW.date(), "last_day": NOW.date(), "entered_by": chief, "entered_at": NOW}
    await museum.add(StandIn, {**days, "post": "chief", "person_id": chief, "deputy_id": leader})
    async with museum.database.transaction() as db:
        await db.execute(update(Person).where(Person.id == leader).values(acting=frozenset({"chief"})))
    await desk.order(desk.leader)
    await desk.leader.taps("📄 Order to rectify")
    [(_name, _mime, content)] = await files(museum, desk.leader)
    assert "leader·Headofsecurity(standingin)" in text_of(content)


async def test_typed_words_lead_to_a_hazards_paper(museum: House, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(museum, monkeypatch)
    await desk.finds()
    for words in ("导出 整改通知书", "/export notice"):
        assert "No hazard has that paper yet" in await desk.chief.says(words)
    assert "no such paper yet" in await desk.chief.says("导出 整改通知书 YH-2026-0001")
    await desk.order(desk.chief)
    for words in (
        "导出 整改通知书",
        "/export notice",
        "print order to rectify",
        "整改通知单",
        "导出整改通知书",
    ):
        asked = await desk.chief.says(words)
        assert "of which hazard?" in asked
        assert "check YH-2026-0001" in asked
        assert [label for label in desk.chief.buttons if "📄" in label] == [
            "📄 YH-2026-0001 exit sign is dark"
        ]
    await desk.chief.taps("📄 YH-2026-0001")
    assert [name for name, *_rest in await files(museum, desk.chief)] == ["order-YH-2026-0001.pdf"]
    await desk.staff.says("/export notice yh-2026-0001")
    assert [name for name, *_rest in await files(museum, desk.staff)] == ["order-YH-2026-0001.pdf"]
    assert "No hazard has that paper yet" in await desk.chief.says("导出 整改情况记录表")
    other = await museum.someone("other", "staff")
    assert "No hazard has that paper yet" in await other.says("/export notice")
    assert "no hazard YH-2026-0001 that you may see" in await other.says("/export notice YH-2026-0001")


@pytest.mark.parametrize("typst", [NOTHING, NO_FONT])
async def test_where_no_pdf_can_be_made_there_is_a_page_to_print(
    museum: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typst: str
) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "folder"
    elsewhere.mkdir()
    folder.mkdir()
    (elsewhere / "typst.py").write_text(typst, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(elsewhere))
    made = await press(record(case(a_photo(museum)), ZONE), folder, ZH, museum.media)
    assert (made.suffix, made.mime) == (".html", "text/html")
    page = made.file.read_text(encoding="utf-8")
    assert "灭火器压力不足 &lt;b&gt;&amp;" in page
    assert page.count("data:image/jpeg;base64,") == 2
    assert "更换灭火器<br>检查同批次" in page
    for words in ("陈馆长", "保卫科 · 李军", "张科长 · 保卫科长", "ZG-2026-0012-1"):
        assert words in page
    leader = await museum.someone("l", "leader")
    await leader.says("/export inspection log")
    [paper, _sheet] = await files(museum, leader)
    assert paper[:2] == ("inspection-log-2026-11.html", "text/html")
    assert "open it in a browser" in leader.told[-2]["text"] + leader.told[-1]["text"]


async def test_a_long_table_has_its_headings_on_every_page(tmp_path: Path) -> None:
    rows = [[f"round {number}", "all normal"] for number in range(300)]
    paper = Paper(
        "Log", "log", [Grid(["What", "Result"], [1, 2], rows), Words("The end")], note="foot", wide=True
    )
    made = await press(paper, tmp_path, EN)
    pages = [page.extract_text() for page in PdfReader(made.file).pages]
    assert len(pages) > 5
    assert all("Result" in page and "foot" in page for page in pages[:-1])
    assert "The end" in pages[-1]


def test_sheets_of_codes_are_written_at_the_command_line(shell: Shell) -> None:
    said = shell.runs("places", "sheets", "-o", "codes.pdf")
    assert said.startswith("Written to codes.pdf.")
    assert "Only this machine" in said
    assert len(PdfReader(shell.folder / "codes.pdf").pages) >= 1
    assert "no points here" in shell.fails("places", "sheets", "X9", "-o", "codes.pdf")
    assert "cannot be written" in shell.fails("places", "sheets", "-o", "no/such/folder.pdf")
