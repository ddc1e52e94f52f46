"""Outreach in one message: what is understood, what is only assumed, and what is asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from handlers.outreach_codes import kind_of_place
from handlers.outreach_line import read_line
from models import Conversation
from tests.fixtures.outreach import LINE, TODAY, answers, events, members, only
from tests.house import House


async def test_one_message_and_one_tap_log_an_event(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    card = await wang.says(LINE)
    for shown in ("International Museum Day", "Community", "300", "120", "6 people × 3 h", "Sessions: 1"):
        assert shown in card
    thanks = await wang.taps("Submit")
    assert "Your time: 3 h" in thanks
    found = await only(museum)
    assert found.number in thanks
    assert found.number == f"HD-{TODAY:%Y%m%d}-0001"
    assert (found.day, found.theme, found.kind, found.place_kind, found.place) == (
        TODAY, "museum_day", "talk", "community", "",
    )  # fmt: skip
    assert (found.sessions, found.participants, found.leaflets, found.minors) == (1, 120, 300, None)
    assert (found.status, found.online_views) == ("pending", None)
    assert await members(museum) == [("Wang", 180)] + [(None, 180)] * 5


@pytest.mark.parametrize(
    "said",
    [
        [f"/outreach {LINE}"],
        [f"活动 {LINE}"],
        ["/outreach", LINE],
        ["活动", LINE],
        ["museum day community 300 leaflets 120 visitors 6 people 3 hours"],
        ["博物馆日　社区　传单３００　观众１２０　６人３小时"],
    ],
)
async def test_the_message_may_come_after_the_command_or_alone(museum: House, said: list[str]) -> None:
    wang = await museum.someone("Wang", "volunteer")
    await answers(wang, *said)
    await wang.taps("Submit")
    found = await only(museum)
    assert (found.theme, found.participants, found.leaflets) == ("museum_day", 120, 300)
    assert len(await members(museum)) == 6
    statuses = await museum.rows(select(Conversation.status))
    assert {row.status for row in statuses} <= {"done", "cancelled"}, "no empty draft is left waiting"


async def test_a_second_message_keeps_the_first_card(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    await wang.says(LINE)
    await wang.says("昨天 重阳节 社区 观众20 2小时")
    assert "unfinished draft" in await wang.taps("Submit")
    await wang.taps("Go on")
    await wang.taps("Submit")
    assert [found.theme for found in await events(museum)] == ["double_ninth", "museum_day"]


async def test_what_was_only_assumed_is_said(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    assert "Assumed, please check: Day · Type" in await wang.says(LINE)
    await wang.taps("Change")
    await wang.taps("Type")
    assert "Assumed, please check: Day\n" in await wang.taps("Lecture")
    li = await museum.someone("Li", "volunteer")
    full = await li.says("昨天 博物馆日 宣讲 社区 观众20 6人3小时")
    assert "Assumed" not in full


async def test_a_message_of_everything(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    photo = museum.photo("a")
    await wang.says(
        "昨天 博物馆日 幸福社区 讲座 9:00-11:30 2场 观众120 未成年30 老人10 残疾人2 线上观看500 "
        "传单300 6人3小时",
        photos=(photo,),
    )
    await wang.taps("Submit")
    found = await only(museum)
    assert found.day == TODAY - timedelta(days=1)
    assert (found.place, found.place_kind, found.kind) == ("幸福社区", "community", "lecture")
    assert (found.starts, found.ends, found.sessions) == ("09:00", "11:30", 2)
    assert (found.participants, found.minors, found.elderly, found.disabled) == (120, 30, 10, 2)
    assert (found.online_views, found.leaflets) == (500, 300)
    assert [one["sha"] for one in found.photos] == [photo.sha]


async def test_two_things_are_not_yet_a_log(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    await wang.says("社区 观众120")
    assert not await museum.rows(select(Conversation))
    await wang.says("/outreach 社区 观众120")
    assert "How long" not in wang.told[-1]["text"]
    assert "Who took part" in wang.told[-1]["text"], "hours are asked for, never invented"


async def test_only_who_may_log_is_understood_so(museum: House) -> None:
    guard = await museum.someone("Guo", "guard")
    await guard.says(LINE)
    await guard.says("/outreach")
    assert "not open to you" in guard.told[-1]["text"]
    assert not await museum.rows(select(Conversation).where(Conversation.form == "outreach"))


async def test_words_that_are_no_log_become_the_note(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    assert "Your words are kept as the note" in await wang.says("/outreach everybody was very kind")
    await answers(
        wang, "today", "none", "museum", "-", "talk", "skip", "1", "0", "skip", "2h", "skip", "skip"
    )
    await wang.taps("Submit")
    assert (await only(museum)).note == "everybody was very kind"


async def test_a_head_count_without_a_time_is_asked_for_it(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    await wang.says("博物馆日 社区 观众120 6人")
    assert any("6 people × 2 h" in label for label in wang.buttons)
    await wang.says("2.5小时")
    await wang.taps("Submit")
    assert await members(museum) == [("Wang", 150)] + [(None, 150)] * 5


def test_a_report_in_one_sentence() -> None:
    said = "昨天重阳节走进幸福社区开展手工活动，老人40人，志愿者8人，每人2.5小时，发放宣传册100份"
    line = read_line(said, TODAY, "Wang")
    assert line is not None
    told = {
        "theme": "double_ninth",
        "place": "幸福社区",
        "kind": "craft",
        "elderly": 40,
        "leaflets": 100,
        "note": None,
    }
    assert {name: line.answers[name] for name in told} == told
    assert line.answers["participants"] == 40, "no fewer than those counted apart"
    assert line.answers["team"] == [{"name": "", "count": 8, "minutes": 150}]
    assert not line.guessed


def test_a_theme_days_figures_are_counts_in_a_message() -> None:
    line = read_line("社区 传单518 观众50 2小时", TODAY, "")
    assert line is not None
    assert (line.answers["theme"], line.answers["leaflets"]) == ("none", 518)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("实验小学", "school"), ("幸福社区", "community"), ("大学路社区", "community"), ("李家村", "village"),
        ("Lincoln School", "school"), ("市民广场", "street"), ("nowhere", None),
    ],
)  # fmt: skip
def test_a_place_tells_its_kind(name: str, kind: str | None) -> None:
    assert kind_of_place(name) == kind
