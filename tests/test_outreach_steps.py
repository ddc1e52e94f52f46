"""Outreach step by step: only what applies is asked, and everybody has their time once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from handlers import outreach_team as teams
from models import OutreachMember, Person
from tests.fixtures.outreach import LINE, TODAY, answers, events, logged, members, only
from tests.house import House


async def test_step_by_step_asks_only_what_applies(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    assert "(1) Which day" in await wang.says("/outreach")
    await wang.taps("Yesterday")
    await wang.says("没有")
    assert "Where exactly" in await wang.taps("School")
    await wang.says("实验小学")
    assert "From when to when" in await wang.taps("Lecture")
    assert "How many sessions" in await wang.says("9点到11点半"), "the end came with the start"
    await wang.taps("2")
    assert "minors" in await wang.says("100")
    wrong = await wang.says("101")
    assert "101 does not fit here" in wrong
    assert "from 0 to 100" in wrong
    await answers(wang, "80", "0", "skip")
    assert "leaflets" in await wang.says("350"), "views of a lecture, that may have been streamed"
    await wang.says("跳过")
    assert "Only me, 2.5 h" in wang.buttons
    await wang.taps("Only me")
    await wang.says("City library")
    await wang.says(photos=(museum.photo("a"), museum.photo("b")))
    card = await wang.says("Went well")
    assert "Left empty: Disabled · Leaflets" in card
    await wang.taps("Submit")
    found = await only(museum)
    assert (found.starts, found.ends, found.sessions) == ("09:00", "11:30", 2)
    assert (found.participants, found.minors, found.elderly, found.online_views) == (100, 80, 0, 350)
    assert (found.partners, found.note, len(found.photos)) == ("City library", "Went well", 2)
    assert await members(museum) == [("Wang", 150)]


async def test_none_is_no_answer_where_one_may_be_left_out(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    await wang.says("博物馆日 社区 观众20 老人10 2小时")
    for label, said in (
        ("Partners", "没有"),
        ("Elderly", "none"),
        ("Note", "City library, again"),
        ("Note", "无"),
    ):
        await wang.taps("Change")
        await wang.taps(label)
        await wang.says(said)
    await wang.taps("Submit")
    found = await only(museum)
    assert (found.partners, found.elderly, found.note) == (None, None, None)


async def test_an_online_activity_has_no_place_and_nobody_present(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    await answers(wang, "/outreach", "today", "none")
    assert "What did you do" in await wang.taps("Online")
    await wang.taps("Online activity")
    await wang.says("skip")
    assert "watched online" in await wang.taps("1")
    assert "Who took part" in await wang.says("1200")
    await answers(wang, "1小时", "skip", "skip", "skip")
    await wang.taps("Submit")
    found = await only(museum)
    assert (found.online_views, found.participants, found.place) == (1200, 0, "")


async def test_fewer_people_ask_for_the_minors_again(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    await wang.says("博物馆日 社区 观众120 未成年60 2小时")
    await wang.taps("Change")
    await wang.taps("Participants")
    assert "minors" in await wang.says("40")
    await wang.says("20")
    await wang.taps("Submit")
    found = await only(museum)
    assert (found.participants, found.minors) == (40, 20)


async def test_more_minors_than_people_are_asked_about_before_the_card(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    assert "minors" in await wang.says("博物馆日 社区 观众20 未成年60 2小时")


async def test_the_future_cannot_be_logged(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    tomorrow = TODAY + timedelta(days=1)
    await wang.says("/outreach")
    assert "still to come" in await wang.says(tomorrow.isoformat())
    assert "Which day" in await wang.says(f"{tomorrow.isoformat()} {LINE}")
    await wang.says("yesterday")
    await wang.taps("Submit")
    assert (await only(museum)).day == TODAY - timedelta(days=1)


async def test_places_of_ones_own_are_offered_again(museum: House) -> None:
    wang, li = [await museum.someone(name, "volunteer") for name in ("Wang", "Li")]
    await logged(wang, "博物馆日 幸福社区 观众20 2小时")
    await answers(wang, "/outreach", "yesterday", "none", "community")
    assert "幸福社区" in wang.buttons
    await wang.taps("幸福社区")
    await answers(wang, "talk", "skip", "1", "0", "skip", "1h", "skip", "skip", "skip")
    await wang.taps("Submit")
    assert [found.place for found in await events(museum)] == ["幸福社区", "幸福社区"]
    await answers(li, "/outreach", "yesterday", "none", "community")
    assert "幸福社区" not in li.buttons


async def test_who_names_only_others_is_asked_for_their_own_time(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    await museum.someone("张三", "volunteer")
    card = await wang.says("博物馆日 社区 观众20 张三3小时 李四2小时")
    assert "Your time: 3 h" in card
    await wang.taps("Submit")
    assert await members(museum) == [("Wang", 180), ("张三", 180), ("李四", 120)]
    known = await museum.rows(select(OutreachMember.person_id).order_by(OutreachMember.id))
    assert [row.person_id is not None for row in known] == [True, True, False], "张三 is known by name"


async def test_a_name_that_two_share_is_nobodys(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    for account in ("z1", "z2"):
        await museum.someone(account, "volunteer")
    async with museum.database.transaction() as db:
        await db.execute(update(Person).where(Person.name.in_(("z1", "z2"))).values(name="张三"))
    await logged(wang, "博物馆日 社区 观众20 张三3小时")
    linked = await museum.rows(select(OutreachMember).where(OutreachMember.name == "张三"))
    assert [row.person_id for row in linked] == [None]


async def test_who_only_wrote_it_down_is_no_member(museum: House) -> None:
    staff = await museum.someone("Chen", "staff")
    await answers(staff, "/outreach", "today", "none", "museum", "-", "talk", "skip", "1", "0", "skip")
    assert "And you?" in await staff.says("张三3小时、李四2小时")
    await answers(staff, "skip", "skip", "skip", "skip")
    await staff.taps("Submit")
    assert await members(museum) == [("张三", 180), ("李四", 120)]


ME = 7


@pytest.mark.parametrize(
    ("team", "own", "rows"),
    [
        ([("", 6, 180)], None, [(ME, "", 180)] + [(None, "", 180)] * 5),
        ([("", 1, 120), ("", 5, 180)], None, [(ME, "", 120)] + [(None, "", 180)] * 5),
        ([("", 5, 180), ("", 1, 120)], None, [(ME, "", 120)] + [(None, "", 180)] * 5),
        ([("张三", 1, 180)], 60, [(ME, "", 60), (3, "", 180)]),
        ([("张三", 1, 180)], None, [(3, "", 180)]),
        ([("Wang", 1, 60), ("", 2, 180)], None, [(ME, "", 60), (None, "", 180), (None, "", 180)]),
        ([("李四", 1, 60), ("李四", 1, 30), ("", 1, 60)], None, [(ME, "", 60), (None, "李四", 90)]),
    ],
)
def test_everybody_has_their_minutes_once(
    team: list[tuple[str, int, int]], own: int | None, rows: list[tuple[int | None, str, int]]
) -> None:
    written = [dict(zip(("name", "count", "minutes"), entry, strict=True)) for entry in team]
    made = teams.members(written, own, ME, "Wang", {"张三": 3})
    assert [(one.person_id, one.name, one.minutes) for one in made] == rows
