"""Summaries: what counts, how it compares with the time before, and how it is told."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from statistics import median_low
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from handlers.kit.words import say
from handlers.summary import report
from handlers.summary_hazards import Hazards, within
from models import Feedback, Hazard, Inspection, InspectionItem, Outreach, OutreachMember
from tests.fixtures.sealing import tampering
from tests.house import ZONE, House, with_defaults
from tests.records import NOW, TODAY, comment, event, hazard, id_of, inspection, item, member
from tests.records import on_that_day as on_that_day

OCTOBER = date(2026, 10, 5)


async def test_inspections_count_once_however_often_corrected(museum: House) -> None:
    leader = await museum.someone("l", "leader")
    one, other = (
        await id_of(museum, "l"),
        await id_of(museum, (await museum.someone("g", "guard")).external_id),
    )
    await museum.add(
        Inspection,
        inspection("XJ-1", one, current=False, failed=2),
        inspection("XJ-1", one, revision=2, failed=1),
        inspection("XJ-2", other, presence="none", too_fast=True),
        inspection("XJ-3", other, TODAY - timedelta(days=3), presence="location", failed=2),
        inspection("XJ-4", other, OCTOBER, failed=1),
        inspection("XJ-5", other, date(2026, 9, 30), failed=5),
    )
    await museum.add(
        InspectionItem,
        item(1, 1, "people"), item(1, 2, "people"),
        item(2, 1, "fire"), item(2, 2, "fire", "ok"), item(2, 3, "facility", "na"),
        item(4, 1, "fire"), item(4, 2, "technical"),
        item(5, 1, "fire"),
    )  # fmt: skip
    heard = (await leader.says("/summary inspections")).splitlines()
    assert heard[0] == "📊 Nov 2026 · Inspections"
    assert heard[1] == "🛡 3 inspections ▲2 · 1 all normal"
    assert heard[2] == "⚠️ 3 items failed ▲2"
    assert heard[3] == "People 0 · Barriers 0 · Technology 1 · Fire safety 2 ▲1 · Facilities 0"
    # Technology 8 of 9, fire safety 7 of 9.
    rates = "People 100% · Barriers 100% · Technology 88% · Fire safety 77% · Facilities 100%"
    assert heard[4] == f"Passed 92%: {rates}"
    assert heard[5] == "Presence: code scanned 1 · located 1 · no proof 1"
    assert heard[6] == "⏱ 1 round was very fast"
    assert heard[7] == "Most active: g 2 · l 1"
    assert heard[8] == "▲▼ against 1 Oct 2026 – 22 Oct 2026"
    assert len(heard) == 9


async def test_overdue_is_told_by_the_clock_and_withdrawn_hazards_by_nobody(museum: House) -> None:
    chief = await museum.someone("c", "chief")
    finder = await id_of(museum, "c")
    late, early = NOW - timedelta(seconds=1), NOW + timedelta(hours=1)
    await museum.add(
        Hazard,
        hazard("YH-1", finder, due_at=late),
        hazard("YH-2", finder, due_at=early, severity="critical", category="people"),
        hazard("YH-3", finder, status="fixed_on_spot"),
        hazard("YH-5", finder, status="withdrawn", due_at=late),
        hazard("YH-6", finder, OCTOBER, due_at=late),
        hazard("YH-7", finder, date(2025, 1, 1), due_at=late),
    )
    async with tampering(museum) as db:  # nobody signs it here
        await db.execute(insert(Hazard).values(hazard("YH-4", finder, status="closed", due_at=late)))
    heard = (await chief.says("汇总 隐患")).splitlines()
    assert heard[1] == "⚠️ 4 hazards found ▲3 · 1 fixed on the spot"
    assert heard[2] == "0 ordered · 1 closed · 2 open · 1 overdue"
    assert heard[3] == "50% put right (2 of 4)"
    assert heard[4] == "People 1 · Barriers 0 · Technology 0 · Fire safety 3 ▲2 · Facilities 0"
    assert heard[5] == "critical 1 · major 3 · minor 0"
    assert heard[6].startswith("Recurring: ")
    assert heard[7] == "All that are open today: 4 · overdue 3"


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        (
            "en",
            (
                "⚠️ 7 hazards found · 1 fixed on the spot",
                "3 ordered · 3 closed · 3 open · 0 overdue",
                "57% put right (4 of 7) · closed in 30 h (median)",
                "Recurring: Prologue Hall (ground floor) 3 (again 2) · L9 2",
                "⚠️ 7 hazards found · 1 fixed on the spot · 3 closed · 3 open · 0 overdue",
            ),
        ),
        (
            "zh_CN",
            (
                "⚠️ 发现隐患7处 · 当场改正1处",
                "下达整改3处 · 已销号3处 · 未整改3处 · 逾期0处",
                "整改率57%（4/7） · 销号用时中位数30小时",
                "多发部位：序厅（一层） 3（再次发现2次） · L9 2",
                "⚠️ 发现隐患7处 · 当场改正1处 · 已销号3处 · 未整改3处 · 逾期0处",
            ),
        ),
    ],
)
async def test_how_well_hazards_are_put_right_and_where_they_recur(
    museum: House, locale: str, told: tuple[str, ...]
) -> None:
    await with_defaults(museum)
    chief = await museum.someone("c", "chief", locale=locale)
    me = await id_of(museum, "c")
    order: dict[str, Any] = {
        "ordered_by": me,
        "responsible_id": me,
        "due_at": NOW + timedelta(days=9),
        "status": "closed",
    }
    closed = [
        hazard(f"YH-{hours}", me, closed_at=NOW + timedelta(hours=hours, minutes=-1), place=place, **order)
        for hours, place in ((2, "H1"), (30, "H1"), (200, "L1-P2"))
    ]
    async with tampering(museum) as db:  # nobody signs them here
        await db.execute(insert(Hazard), closed)
    await museum.add(
        Hazard,
        hazard("YH-4", me, status="fixed_on_spot", closed_at=NOW, place="L9"),
        hazard("YH-5", me, place="L9"),
        hazard("YH-7", me, place="H2"),
    )
    await museum.add(
        Hazard,
        hazard("YH-6", me, place="H1", recurred=2),
        hazard("YH-8", me, status="withdrawn", place="H2", recurred=1),
    )
    heard = (await chief.says("汇总 隐患")).splitlines()
    assert [heard[line] for line in (1, 2, 3, 6)] == list(told[:4])
    assert told[4] in await chief.says("汇总")


@given(hours=st.lists(st.integers(0, 2000), min_size=1), again=st.integers(0, 3))
def test_the_median_is_that_of_all_times(hours: list[int], again: int) -> None:
    took = Counter(within(one) for one in hours)
    exact = timedelta(hours=median_low(hours) + 1)
    told = Hazards(took=took).median
    assert told is not None
    assert exact <= told < exact + timedelta(days=1)


async def test_only_approved_activities_count_and_pending_ones_stand_beside(museum: House) -> None:
    staff = await museum.someone("s", "staff")
    volunteer = await museum.someone("v", "volunteer")
    mine, desk = await id_of(museum, "v"), await id_of(museum, "s")
    await museum.add(
        Outreach,
        event("HD-1", mine, participants=1200, minors=300, elderly=5, leaflets=500, sessions=2),
        event("HD-2", mine, participants=9000, status="pending"),
        event("HD-3", mine, participants=9000, status="returned"),
        event("HD-4", desk, OCTOBER, participants=1000),
        event("HD-5", desk, participants=50, online_views=7000),
    )
    await museum.add(
        OutreachMember,
        member(1, mine, 119), member(1, None, 60, "路人甲"), member(2, mine, 95), member(3, mine, 600),
        member(5, desk, 30),
    )  # fmt: skip
    heard = await staff.says("/summary outreach")
    assert "📣 2 activities ▲1 · 3 sessions" in heard
    assert "1,250 participants ▲25%" in heard
    assert "of them 300 minors · 5 elderly · 0 disabled" in heard
    assert "500 leaflets · 7,000 online views" in heard
    assert "3 h approved\n" in heard  # 209 minutes are three hours and a half, less a minute
    assert "waiting for approval: 1 activity · 1.5 h" in heard
    assert "Most hours: v 1.5 h · s 0.5 h" in heard
    own = await volunteer.says("/summary")
    assert "📣 yours: 1 activity · 2 sessions" in own
    assert "1.5 h approved" in own
    assert "waiting for approval: 1 activity · 1.5 h" in own
    assert "Most hours" not in own


async def test_comments_have_a_mean_a_spread_and_the_time_to_answer(museum: House) -> None:
    staff = await museum.someone("s", "staff")
    written = NOW - timedelta(hours=8)
    await museum.add(
        Feedback,
        *(comment(f"LY-5{n}", rating=5) for n in range(8)),
        comment("LY-1", rating=1, kind="complaint", told_at=NOW),
        comment("LY-2", rating=4, kind="praise", status="answered", created_at=written, told_at=NOW,
                answered_at=written + timedelta(hours=2)),
        comment("LY-3", kind="complaint", status="reopened", created_at=written, told_at=NOW,
                answered_at=written + timedelta(hours=5)),
        comment("LY-4", OCTOBER, rating=3),
    )  # fmt: skip
    heard = (await staff.says("汇总 留言")).splitlines()
    assert heard[1] == "💬 11 comments ▲10 · mean 4.5 ▲1.5"
    assert heard[2:7] == ["😍 5 ████████ 8", "🙂 4 █ 1", "😐 3 0", "🙁 2 0", "😡 1 █ 1"]
    assert heard[7] == "Complaint 2 · Praise 1"
    assert heard[8] == "1 answered · after 2 h on average · 2 waiting"
    assert len(heard) == 10


async def test_everything_at_a_glance_fits_a_phone(museum: House) -> None:
    director = await museum.someone("d", "director")
    me = await id_of(museum, "d")
    await museum.add(Inspection, inspection("XJ-1", me, failed=1), inspection("XJ-2", me, OCTOBER))
    await museum.add(InspectionItem, item(1, 1, "fire"))
    await museum.add(Hazard, hazard("YH-1", me))
    await museum.add(Outreach, event("HD-1", me), event("HD-2", me, status="pending"))
    await museum.add(OutreachMember, member(2, me, 60))
    await museum.add(Feedback, comment("LY-1", rating=5, sample=True))
    heard = (await director.says("/summary")).splitlines()
    assert len(heard) == 10
    assert heard[-1] == "▲▼ against 1 Oct 2026 – 22 Oct 2026 · Contains sample data"


async def test_ones_own_summary_names_only_sample_data_that_is_in_it(museum: House) -> None:
    volunteer = await museum.someone("v", "volunteer")
    staff = await museum.someone("s", "staff")
    me, other = await id_of(museum, "v"), await id_of(museum, "s")
    await museum.add(
        Outreach,
        event("HD-1", me),
        event("HD-2", other, sample=True),
        event("HD-3", me, status="returned", sample=True),
    )
    assert "sample" not in await volunteer.says("/summary")
    assert "sample" not in await staff.says("/summary comments")
    assert "Contains sample data" in await staff.says("/summary outreach")
    assert "sample" not in await staff.says("/summary last year")


async def test_sample_data_counts_and_is_named(museum: House) -> None:
    leader = await museum.someone("l", "leader")
    me = await id_of(museum, "l")
    await museum.add(Inspection, inspection("XJ-1", me))
    assert "sample" not in await leader.says("/summary")
    await museum.add(Inspection, inspection("XJ-2", me, sample=True))
    heard = await leader.says("/summary")
    assert "2 inspections" in heard
    assert "Contains sample data" in heard


async def test_the_buttons_change_it_in_place(museum: House) -> None:
    director = await museum.someone("d", "director")
    await director.says("/summary")
    first = director.told[-1]["seq"]
    assert "✓ This month" in director.buttons
    assert "✓ Everything" in director.buttons
    assert "Next ›" not in director.buttons
    heard = await director.taps("Hazards")
    assert "📊 Nov 2026 · Hazards" in heard
    assert director.told[-1]["replaces"] == str(first)
    assert "✓ Hazards" in director.buttons
    assert "📊 Oct 2026 · Hazards" in await director.taps("Previous")
    assert "✓ Last month" in director.buttons
    assert "📊 Nov 2026 · Hazards" in await director.taps("Next")
    assert "📊 22 Nov 2026 · Hazards" in await director.taps("Today")
    assert "📊 21 Nov 2026 · Hazards" in await director.taps("Previous")
    assert "📊 second half of 2026 · Hazards" in await director.taps("Half-year")
    assert "📊 2026 · Hazards" in await director.taps("This year")
    assert "📊 16 Nov 2026 – 22 Nov 2026 · Hazards" in await director.taps("This week")
    assert "📊 16 Nov 2026 – 22 Nov 2026\n" in await director.taps("Everything")


async def test_words_that_fit_no_period_are_answered_with_what_fits(museum: House) -> None:
    leader = await museum.someone("l", "leader")
    assert "2026-05-01..2026-06-30" in await leader.says("/summary some day soon")
    assert "📊 Oct 2026 · Inspections" in await leader.says("上月检查汇总")
    assert "📊 Nov 2026 · Hazards" in await leader.says("汇总隐患")


async def test_the_report_of_the_command_line_sees_all(museum: House) -> None:
    me = await id_of(museum, (await museum.someone("g", "guard")).external_id)
    await museum.add(Inspection, inspection("XJ-1", me))
    await museum.add(Feedback, comment("LY-1", rating=5))
    tongue = museum.languages("en")
    async with museum.database.reading() as db:
        told = say(await report(db, "本月", NOW.astimezone(ZONE)), tongue)
        unclear = say(await report(db, "???", NOW.astimezone(ZONE)), tongue)
    assert "🛡 1 inspection" in told
    assert "💬 1 comment" in told
    assert "Which period?" in unclear
