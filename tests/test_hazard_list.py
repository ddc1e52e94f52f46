"""Hazards as a list: whose they are, what narrows it, and page by page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.engine import utc_now
from handlers.hazard_words import Wanted, category_of, read, severity_of
from models import Hazard
from tests.fixtures.hazard_flow import accepted, found
from tests.house import House, with_defaults
from tests.records import id_of

TREE = {
    "M": ("", "示例博物馆", "Sample Museum"),
    "H1": ("M", "序厅（一层）", "Prologue Hall (ground floor)"),
    "H1-P1": ("H1", "浮雕墙", "Relief wall"),
    "H2": ("M", "历史展厅（一层）", "History Hall (ground floor)"),
}


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("", Wanted()),
        ("逾期", Wanted("late")),
        ("我的 重大", Wanted("mine", "c")),
        ("重大　消防 逾期", Wanted("late", "c", "f")),
        ("h1-p1", Wanted(place="H1-P1")),
        ("浮雕墙 一般", Wanted("open", "n", "", "H1-P1")),
        ("overdue Relief Wall fire", Wanted("late", "", "f", "H1-P1")),
    ],
)
def test_typed_words_narrow_the_list(said: str, wanted: Wanted) -> None:
    asked = read(said, TREE)
    assert (asked.wanted, asked.places, asked.unread) == (wanted, (), "")
    assert Wanted.unpacked(wanted.packed(15)) == (wanted, 15)


def test_a_name_of_several_places_and_of_none() -> None:
    assert read("逾期 厅", TREE).places == ("H1", "H2")
    assert read("地下车库", TREE).unread == "地下车库"


@pytest.mark.parametrize("forged", ["", ".", "-5.o...", "x.y.z.q.H1", "9" * 30, "5.l.c.f.H1-P1.x"])
def test_a_forged_button_asks_for_something_harmless(forged: str) -> None:
    wanted, offset = Wanted.unpacked(forged)
    assert wanted.scope in ("open", "late")
    assert 0 <= offset < 10**6
    assert len(f"a:hazards:{Wanted('mine', 'c', 'f', 'X' * 24).packed(99999)}") <= 64


def test_a_finder_s_words_say_what_sort_it_is() -> None:
    assert category_of("二楼灭火器压力不足") == "fire"
    assert category_of("The camera is dark") == "technical"
    assert category_of("展柜玻璃有裂纹") == "physical"
    assert category_of("地面湿滑") == "facility"
    assert severity_of("配电箱冒烟") == "critical"
    assert severity_of("Lamp flickers") == "minor"


async def test_five_at_a_time_the_most_urgent_first(museum: House) -> None:
    leader = await museum.someone("l", "leader")
    me = await id_of(museum, "l")
    for number in range(7):
        await found(museum.engine, me, title_en=f"Fault {number}", severity="major" if number else "minor")
    heard = await leader.says("/hazards")
    assert "1 to 5 of 7" in heard
    assert "Fault 1" in heard
    assert "Fault 0" not in heard, "it has the most time"
    heard = await leader.taps("More")
    assert "6 to 7 of 7" in heard
    assert "Fault 0" in heard
    assert "1 to 5 of 7" in await leader.taps("Earlier")
    assert "YH-" in await leader.taps("Fault 1")


async def test_mine_are_those_i_found_or_answer_for(museum: House) -> None:
    guard, other = await museum.someone("g", "guard"), await museum.someone("o", "guard")
    chief = await museum.someone("c", "chief")
    ids = {name: await id_of(museum, name) for name in "goc"}
    own = await found(museum.engine, ids["g"], title_en="Own")
    given = await found(museum.engine, ids["o"], title_en="Given")
    await accepted(museum.engine, given.id, ids["c"], ids["g"])
    await found(museum.engine, ids["c"], title_en="Foreign")
    heard = await guard.says("隐患 我的")
    assert ("Own" in heard, "Given" in heard, "Foreign" in heard) == (True, True, False)
    heard = await guard.says("/hazards")
    assert "Foreign" not in heard, "guards see what concerns them"
    assert "Own" not in await other.says("/hazards")
    assert "no such hazard that you may see" in await other.taps_data(f"a:hazard:{own.id}")
    heard = await chief.says("/hazards")
    assert all(title in heard for title in ("Own", "Given", "Foreign"))
    assert "Foreign" in await chief.taps("Mine")


async def test_overdue_and_closed_ones_and_those_of_a_place(museum: House) -> None:
    leader = await museum.someone("l", "leader", locale="zh_CN")
    me = await id_of(museum, "l")
    late = await found(museum.engine, me, title_zh="迟了的", place="H1-P1")
    done = await found(museum.engine, me, title_zh="改好的", place="H2")
    await found(museum.engine, me, title_zh="还早的", place="H2", severity="major", category="people")
    async with museum.database.transaction() as db:
        ago = utc_now() - timedelta(hours=1)
        await db.execute(update(Hazard).where(Hazard.id == late.id).values(due_at=ago))
        await db.execute(update(Hazard).where(Hazard.id == done.id).values(status="rejected"))
    heard = await leader.says("隐患 逾期")
    assert ("迟了的" in heard, "还早的" in heard, "改好的" in heard) == (True, False, False)
    assert "逾期" in heard
    heard = await leader.says("隐患 序厅")
    assert "迟了的" in heard, "a hall's hazards are those of its points, too"
    assert "还早的" in await leader.says("隐患 人防 较大")
    assert "没有" in await leader.says("隐患 重大")
    assert "改好的" not in await leader.says("隐患")
    assert "请选择" in await leader.says("隐患 展厅")
    assert "没有看懂" in await leader.says("隐患 地下车库")


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", ("Filter", "critical", "Fire safety", "Relief wall", "✓ critical", "Show all")),
        ("zh_CN", ("筛选", "重大", "消防", "浮雕墙", "✓ 重大", "显示全部")),
    ],
)
async def test_the_list_is_narrowed_by_taps(museum: House, locale: str, words: tuple[str, ...]) -> None:
    narrow, critical, fire, wall, chosen, everything = words
    await with_defaults(museum)
    leader = await museum.someone("l", "leader", locale=locale)
    me = await id_of(museum, "l")
    await found(museum.engine, me, title_zh="甲", title_en="A", severity="critical", place="H1-P1")
    await found(museum.engine, me, title_zh="乙", title_en="B", severity="minor", place="H1-P1")
    await found(museum.engine, me, title_zh="丙", title_en="C", severity="critical", category="people")
    assert len(leader_titles(await leader.says("隐患"))) == 3
    heard = await leader.taps(narrow)
    assert leader_titles(heard) == []
    assert len(leader_titles(await leader.taps(critical))) == 2
    await leader.taps(narrow)
    assert len(leader_titles(await leader.taps(fire))) == 1
    await leader.taps(narrow)
    await leader.taps(chosen)
    await leader.taps(narrow)
    assert len(leader_titles(await leader.taps(wall))) == 2
    await leader.taps(narrow)
    assert len(leader_titles(await leader.taps(everything))) == 3


def leader_titles(heard: str) -> list[str]:
    """The lines of a list that name a hazard."""
    return [line for line in heard.splitlines() if "YH-" in line and line[:1] in "▪⏰"]


@pytest.mark.parametrize("forged", ["", "x.y.z.q.H1", "5.l.c.f.NOWHERE", "9" * 30])
async def test_a_forged_filter_asks_for_something_harmless(museum: House, forged: str) -> None:
    leader = await museum.someone("l", "leader")
    assert "Show only which ones?" in await leader.taps_data(f"a:hazard_filter:{forged}")
