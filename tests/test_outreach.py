"""Outreach: one message makes a card, the same event counts once, and only what was approved counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from bot.engine import utc_now
from handlers import outreach_team as teams
from handlers.kit.buttons import for_action
from handlers.outreach_codes import kind_of_place
from handlers.outreach_line import read_line
from handlers.outreach_records import same_key
from handlers.outreach_totals import Totals, totals
from handlers.work import next_in_series
from models import Conversation, Outreach, OutreachMember, Person
from tests.house import ZONE, House, Someone

LINE = "博物馆日 社区 传单300 观众120 6人3小时"
TODAY = utc_now().astimezone(ZONE).date()


async def events(house: House) -> list[Any]:
    return await house.rows(select(Outreach).order_by(Outreach.id))


async def only(house: House) -> Any:
    (found,) = await events(house)
    return found


async def members(house: House, outreach_id: int = 1) -> list[tuple[str | None, int]]:
    """(account, minutes) of the members in order; the name given, or None, for those without one."""
    query = (
        select(OutreachMember.name, OutreachMember.minutes, Person.name.label("person"))
        .join(Person, Person.id == OutreachMember.person_id, isouter=True)
        .where(OutreachMember.outreach_id == outreach_id)
        .order_by(OutreachMember.id)
    )
    return [(row.person or row.name or None, row.minutes) for row in await house.rows(query)]


async def total(house: House, person_id: int | None = None) -> Totals:
    async with house.database.reading() as db:
        return await totals(db, TODAY - timedelta(days=400), TODAY, person_id)


async def logged(who: Someone, line: str = LINE) -> str:
    """The number of an activity logged in one message."""
    await who.says(line)
    heard = await who.taps("Submit")
    return next(word for word in heard.split() if word.startswith("HD-"))


async def answers(who: Someone, *said: str) -> str:
    heard = ""
    for words in said:
        heard = await who.says(words)
    return heard


# One message


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


# Step by step


async def test_step_by_step_asks_only_what_applies(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    assert "(1/13) Which day" in await wang.says("/outreach")
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


# The team


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


# The same event


async def test_the_same_event_is_joined_and_counts_once(museum: House) -> None:
    wang, li, staff = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Li", "volunteer"), ("Chen", "staff"))
    ]
    number = await logged(wang)
    before = await total(museum)
    assert (before.pending_minutes, before.pending_activities) == (6 * 180, 1)
    offer = await li.says("博物馆日 社区 传单200 观众80 3小时")
    assert f"Wang already logged this as {number}" in offer
    assert "Your time: 3 h" in await li.taps("Join")
    assert f"You joined {number} with 3 h" in await li.taps("Submit")
    assert f"Li joined {number}: 3 h" in await wang.hears()
    assert await members(museum) == [("Wang", 180), ("Li", 180)] + [(None, 180)] * 4
    assert await total(museum) == before, "one of those merely counted is known now; nothing is counted twice"
    await staff.hears()
    await staff.taps("Approve")
    assert "has changed since" in staff.told[-1]["text"], "nobody approves what they have not seen"
    await staff.taps("Approve")
    counted = await total(museum)
    assert (counted.activities, counted.participants, counted.leaflets) == (1, 120, 300)
    assert (counted.approved_minutes, counted.pending_minutes) == (6 * 180, 0)
    assert counted.top == (("Wang", 180), ("Li", 180))


async def test_where_everybody_is_known_a_join_adds_only_ones_own(museum: House) -> None:
    wang, li = [await museum.someone(name, "volunteer") for name in ("Wang", "Li")]
    await logged(wang, "博物馆日 社区 观众20 2小时")
    await li.says("博物馆日 社区 观众50 1小时")
    await li.taps("Join")
    await li.taps("Submit")
    assert await members(museum) == [("Wang", 120), ("Li", 60)]
    assert (await total(museum)).pending_minutes == 180


async def test_a_join_takes_the_place_of_ones_own_name(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    await logged(wang, "博物馆日 社区 观众20 张三3小时")
    zhang = await museum.someone("张三", "volunteer")
    await zhang.says("博物馆日 社区 观众50 2小时")
    await zhang.taps("Join")
    await zhang.taps("Submit")
    assert await members(museum) == [("Wang", 180), ("张三", 120)]


async def test_nobody_joins_twice(museum: House) -> None:
    wang, li = [await museum.someone(name, "volunteer") for name in ("Wang", "Li")]
    await logged(wang)
    for choice, told in (("Join", "You joined"), ("Leave it at that", "nothing was added")):
        await li.says("博物馆日 社区 观众50 3小时")
        await li.taps(choice)
        assert told in await li.taps("Submit")
    assert [name for name, _minutes in await members(museum)].count("Li") == 1
    await wang.says("博物馆日 社区 观众50 1小时")
    assert "You are already on" in wang.told[-1]["text"]
    await wang.taps("Leave it")
    await wang.taps("Submit")
    assert len(await events(museum)) == 1
    assert (await total(museum)).pending_minutes == 6 * 180


async def test_another_event_may_be_logged_separately(museum: House) -> None:
    wang, li = [await museum.someone(name, "volunteer") for name in ("Wang", "Li")]
    await logged(wang)
    await li.says("博物馆日 社区 观众50 2小时")
    await li.taps("Log separately")
    await li.taps("Submit")
    assert [found.participants for found in await events(museum)] == [120, 50]


@pytest.mark.parametrize(
    "line", ["昨天 博物馆日 社区 观众50 2小时", "博物馆日 学校 观众50 2小时", "重阳节 社区 观众50 2小时"]
)
async def test_another_day_place_or_theme_is_another_event(museum: House, line: str) -> None:
    wang, li = [await museum.someone(name, "volunteer") for name in ("Wang", "Li")]
    await logged(wang)
    await logged(li, line)
    assert len(await events(museum)) == 2


@pytest.mark.parametrize(("first", "second"), [("社区", "幸福社区"), ("幸福社区", "社区")])
async def test_one_without_an_exact_place_is_asked_about_the_same_event(
    museum: House, first: str, second: str
) -> None:
    wang, li = [await museum.someone(name, "volunteer") for name in ("Wang", "Li")]
    number = await logged(wang, f"博物馆日 {first} 观众120 2小时")
    assert f"already logged this as {number}" in await li.says(f"博物馆日 {second} 观众50 2小时")
    await li.taps("Log separately")
    await li.taps("Submit")
    assert len(await events(museum)) == 2


async def test_the_same_event_is_noticed_at_the_end_too(museum: House) -> None:
    wang, li = [await museum.someone(name, "volunteer") for name in ("Wang", "Li")]
    await li.says("博物馆日 幸福社区 观众50 2小时")
    number = await logged(wang, "博物馆日 社区 观众120 2小时")
    assert f"already logged this as {number}" in await li.taps("Submit")
    await li.taps("Join")
    assert f"You joined {number}" in await li.taps("Submit")
    assert len(await events(museum)) == 1


@pytest.mark.parametrize(
    ("first", "second"), [("博物馆日 幸福社区", "博物馆日 阳光社区"), ("幸福社区 宣讲", "社区 宣讲")]
)
async def test_two_exact_places_or_no_theme_are_not_the_same_event(
    museum: House, first: str, second: str
) -> None:
    wang, li = [await museum.someone(name, "volunteer") for name in ("Wang", "Li")]
    await logged(wang, f"{first} 观众120 2小时")
    await logged(li, f"{second} 观众50 2小时")
    assert len(await events(museum)) == 2


async def test_what_nobody_counted_stays_unknown_and_nought_stays_nought(museum: House) -> None:
    wang, chen = await museum.someone("Wang", "volunteer"), await museum.someone("Chen", "staff")
    await logged(wang, "博物馆日 社区 观众120 传单0 2小时")
    await chen.hears()
    await chen.taps("Approve")
    found = await only(museum)
    assert (found.leaflets, found.minors, found.elderly, found.disabled, found.online_views) == (
        0, None, None, None, None,
    )  # fmt: skip
    counted = await total(museum)
    assert (counted.leaflets, counted.minors, counted.online_views) == (0, None, None)
    heard = await chen.says("/summary outreach")
    assert "0 leaflets" in heard
    assert not any(word in heard for word in ("minor", "elderly", "disabled", "of them"))
    await logged(wang, "昨天 博物馆日 社区 观众30 未成年人10 2小时")
    await chen.hears()
    await chen.taps("Approve")
    assert (await total(museum)).minors == 10, "the known ones are added up"


async def test_sample_activities_say_so_where_they_are_approved(museum: House) -> None:
    wang, chen = await museum.someone("Wang", "volunteer"), await museum.someone("Chen", "staff")
    await logged(wang)
    assert "(sample)" not in await chen.says("/approvals")
    async with museum.database.transaction() as db:
        await db.execute(update(Outreach).values(sample=True))
    assert "(sample)" in (await chen.says("/approvals")).splitlines()[0]


def test_a_place_is_the_same_however_it_is_spaced() -> None:
    day = date(2026, 5, 18)
    assert same_key(day, "幸福 社区", "community", None) == same_key(day, "幸福社区（", "street", None)
    assert same_key(day, "Lincoln School", "school", "x") == same_key(day, "lincoln-school", "school", "x")
    assert same_key(day, "", "school", None) != same_key(day, "", "street", None)


@asynccontextmanager
async def held_up(house: House) -> AsyncIterator[None]:
    """Whoever wants a record number waits until the end of the block."""
    async with house.database.transaction() as db:
        await next_in_series(db, "HD", f"{TODAY:%Y%m%d}")
        yield


async def until_waiting(house: House, count: int) -> None:
    """Wait until so many transactions wait for a lock. On SQLite they wait for the one writer anyway."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with asyncio.timeout(10):
        while not house.database.sqlite and (await house.rows(waiting))[0][0] < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # another process has no event to wait for


async def test_two_who_submit_the_same_at_once_make_one_event(museum: House) -> None:
    wang, li = [await museum.someone(name, "volunteer") for name in ("Wang", "Li")]
    await wang.says(LINE)
    await li.says(LINE)
    async with held_up(museum):
        submitting = [asyncio.create_task(who.taps("Submit")) for who in (wang, li)]
        await until_waiting(museum, 2)
    heard = await asyncio.gather(*submitting)
    assert len(await events(museum)) == 1
    (late,) = [who for who, said in zip((wang, li), heard, strict=True) if "already logged this" in said]
    await late.taps("Join")
    await late.taps("Submit")
    assert len(await members(museum)) == 6


async def test_two_who_join_at_once_take_two_places(museum: House) -> None:
    wang, li, zhao = [await museum.someone(name, "volunteer") for name in ("Wang", "Li", "Zhao")]
    await logged(wang)
    for who in (li, zhao):
        await who.says("博物馆日 社区 观众50 3小时")
        await who.taps("Join")
    await asyncio.gather(li.taps("Submit"), zhao.taps("Submit"))
    assert sorted(name or "" for name, _minutes in await members(museum)) == [
        "",
        "",
        "",
        "Li",
        "Wang",
        "Zhao",
    ]


# Approval


async def test_only_what_was_approved_counts(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    staff = await museum.someone("Chen", "staff")
    number = await logged(wang)
    waiting = await total(museum)
    assert (waiting.activities, waiting.participants, waiting.approved_minutes) == (0, 0, 0)
    assert "0 h · 3 h waiting for approval" in await wang.says("/hours")
    assert number in await staff.hears()
    heard = await staff.taps("Approve")
    assert heard.startswith("[Approved.]")
    assert not staff.buttons
    news = await wang.hears()
    assert f"Chen approved {number}" in news
    assert "Your time that counts: 3 h" in news
    counted = await total(museum)
    assert (counted.activities, counted.participants, counted.approved_minutes) == (1, 120, 6 * 180)
    said = await wang.says("时长")
    assert "This month: 3 h · 1 activity" in said
    assert "waiting" not in said
    found = await only(museum)
    chen = (await museum.rows(select(Person.id).where(Person.name == "Chen")))[0].id
    assert (found.status, found.approved_by, found.approved_at is not None) == ("approved", chen, True)


async def test_two_staff_at_once_have_one_effect(museum: House) -> None:
    wang, chen, zhou = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Chen", "staff"), ("Zhou", "staff"))
    ]
    number = await logged(wang)
    await asyncio.gather(chen.hears(), zhou.hears())
    heard = await asyncio.gather(chen.taps("Approve"), zhou.taps("Approve"))
    late = [said for said in heard if "has approved it already" in said]
    assert len(late) == 1
    assert (await wang.hears()).count(f"approved {number}") == 1


async def test_nobody_approves_their_own(museum: House) -> None:
    chen = await museum.someone("Chen", "staff")
    admin = await museum.someone("Adam", "admin")
    await logged(chen)
    assert "HD-" in await admin.hears(), "the only one of the staff logged it, so the administrators are told"
    for action in ("outreach_ok", "outreach_amend", "outreach_return"):
        heard = await chen.taps_data(for_action(action, "1.1"))
        assert "Nobody approves their own time" in heard
        assert not chen.buttons
    assert "wait for a colleague" in (await chen.says("/approvals")).replace("waits", "wait")
    assert (await only(museum)).status == "pending"


@pytest.mark.parametrize("action", ["outreach_ok", "outreach_amend", "outreach_return"])
@pytest.mark.parametrize("role", ["volunteer", "guard", "leader", "director"])
async def test_others_cannot_decide(museum: House, action: str, role: str) -> None:
    wang = await museum.someone("Wang", "volunteer")
    other = await museum.someone("Other", role)
    await logged(wang)
    assert "not open to you" in await other.taps_data(for_action(action, "1.1"))
    assert (await only(museum)).status == "pending"


@pytest.mark.parametrize("at", ["", "2.1", "x.1", "-1.1", "²", "9" * 30, "1"])
async def test_forged_buttons_do_nothing(museum: House, at: str) -> None:
    wang = await museum.someone("Wang", "volunteer")
    staff = await museum.someone("Chen", "staff")
    await logged(wang)
    await staff.taps_data(for_action("outreach_ok", at))
    await wang.taps_data(for_action("outreach_mend", at))
    assert (await only(museum)).status == "pending"


async def test_amending_approves_what_was_set_right(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    li = await museum.someone("Li", "volunteer")
    chen = await museum.someone("Chen", "staff")
    number = await logged(wang, "博物馆日 社区 观众120 未成年60 Wang3小时 Li2小时")
    await chen.hears()
    card = await chen.taps("Amend")
    assert f"{number}: submitting approves it" in card
    assert "Participants: 120" in card
    await chen.taps("Change")
    await chen.taps("Participants")
    assert "minors" in await chen.says("50")
    await chen.says("10")
    await chen.taps("Change")
    await chen.taps("Team")
    await chen.says("Wang 2h")
    assert "Approved" in await chen.taps("Submit")
    found = await only(museum)
    assert (found.participants, found.minors, found.status) == (50, 10, "approved")
    assert await members(museum) == [("Wang", 120)]
    assert "Your time that counts: 2 h" in await wang.hears()
    assert "no longer counts" in await li.hears()
    assert (await total(museum)).approved_minutes == 120


async def test_amending_only_numbers_leaves_the_team_alone(museum: House) -> None:
    wang, li, chen = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Li", "volunteer"), ("Chen", "staff"))
    ]
    await logged(wang)
    await li.says("博物馆日 社区 观众50 2小时")
    await li.taps("Join")
    await li.taps("Submit")
    before = await museum.rows(select(OutreachMember).order_by(OutreachMember.id))
    await chen.says("/approvals")
    await chen.taps("Amend")
    await chen.taps("Change")
    await chen.taps("Leaflets")
    await chen.says("250")
    await chen.taps("Submit")
    assert (await only(museum)).leaflets == 250
    assert await museum.rows(select(OutreachMember).order_by(OutreachMember.id)) == before


async def test_a_returned_activity_is_mended_and_keeps_its_number(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    chen = await museum.someone("Chen", "staff")
    number = await logged(wang)
    await chen.hears()
    assert f"Why is {number} returned" in await chen.taps("Return")
    await chen.says("传单只领了200份")
    news = await wang.hears()
    assert f"Chen returned {number}: 传单只领了200份" in news
    nothing = await total(museum)
    assert (nothing.pending_activities, nothing.pending_minutes, nothing.approved_minutes) == (0, 0, 0)
    card = await wang.taps("Mend")
    assert "传单只领了200份" in card
    assert "Leaflets: 300" in card
    assert "6 people × 3 h" in card
    await wang.taps("Change")
    await wang.taps("Leaflets")
    await wang.says("200")
    await wang.taps("Submit")
    found = await only(museum)
    assert (found.number, found.status, found.leaflets, found.returned_because) == (
        number,
        "pending",
        200,
        None,
    )
    assert len(await members(museum)) == 6
    again = await chen.hears()
    assert again.startswith("🔁 Resubmitted\nChanged: Leaflets\n")
    assert number in again
    await chen.taps("Approve")
    assert (await only(museum)).status == "approved"
    assert "submitted again already" in await wang.taps_data(for_action("outreach_mend", "1"))


async def test_a_usual_reason_is_one_tap_and_read_in_ones_own_language(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    chen = await museum.someone("Chen", "staff")
    await logged(wang)
    await chen.hears()
    await chen.taps("Return")
    await chen.taps("Photos are missing")
    assert "Photos are missing" in await wang.hears()
    assert (await only(museum)).returned_because == "photo"


async def test_only_who_logged_it_mends_it(museum: House) -> None:
    wang, li, chen = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Li", "volunteer"), ("Chen", "staff"))
    ]
    await logged(wang)
    await chen.hears()
    await chen.taps("Return")
    await chen.says("no")
    assert "not yours to mend" in await li.taps_data(for_action("outreach_mend", "1"))


async def test_a_decision_begun_late_says_who_was_first(museum: House) -> None:
    wang, chen, zhou = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Chen", "staff"), ("Zhou", "staff"))
    ]
    await logged(wang)
    await chen.hears()
    await zhou.hears()
    await zhou.taps("Return")
    await chen.taps("Amend")
    await chen.taps("Submit")
    assert "Chen has approved it already" in await zhou.says("too late")
    assert (await only(museum)).status == "approved"


async def test_who_joins_after_the_approval_waits_for_one_of_their_own(museum: House) -> None:
    wang, li, chen = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Li", "volunteer"), ("Chen", "staff"))
    ]
    number = await logged(wang)
    await chen.hears()
    await chen.taps("Approve")
    await li.says("博物馆日 社区 观众50 2小时")
    await li.taps("Join")
    await li.taps("Submit")
    halfway = await total(museum)
    assert (halfway.approved_minutes, halfway.pending_minutes) == (5 * 180, 120)
    assert (await chen.hears()).endswith("Joined after the approval, not yet approved: Li 2 h")
    await wang.hears()
    await chen.taps("Approve")
    assert f"approved {number}" in await li.hears()
    assert not await wang.hears(), "whose time counted before is not told again"
    assert (await total(museum)).approved_minutes == 5 * 180 + 120


async def test_a_refused_join_leaves_the_approved_figures_as_they_were(museum: House) -> None:
    wang, li, chen = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Li", "volunteer"), ("Chen", "staff"))
    ]
    await logged(wang)
    await chen.hears()
    await chen.taps("Approve")
    before = await total(museum)
    await li.says("博物馆日 社区 观众50 2小时")
    await li.taps("Join")
    await li.taps("Submit")
    await chen.hears()
    await chen.taps("Return")
    await chen.says("not on the list")
    assert "not on the list" in await li.hears()
    assert await total(museum) == before
    assert await members(museum) == [("Wang", 180)] + [(None, 180)] * 5


async def test_staff_who_joined_late_cannot_approve_themselves(museum: House) -> None:
    wang, chen, zhou = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Chen", "staff"), ("Zhou", "staff"))
    ]
    await logged(wang)
    await zhou.hears()
    await zhou.taps("Approve")
    await chen.hears()
    await chen.says("博物馆日 社区 观众50 2小时")
    await chen.taps("Join")
    await chen.taps("Submit")
    assert "Nobody approves their own time" in await chen.taps_data(for_action("outreach_ok", "1.2"))


async def test_the_list_of_what_waits(museum: House) -> None:
    wang = await museum.someone("Wang", "volunteer")
    chen = await museum.someone("Chen", "staff")
    assert "No activity is waiting" in await chen.says("/approvals")
    for theme in ("博物馆日", "重阳节", "端午节", "消防日", "宪法日", "春节"):
        await logged(wang, f"{theme} 社区 观众20 2小时")
    await chen.hears()
    listed = await chen.says("待审核")
    assert listed.count("waiting for approval") == 5
    assert "1 more is waiting" in listed
    assert "not open to you" in await wang.says("/approvals")


async def test_a_number_is_looked_up_by_those_it_concerns(museum: House) -> None:
    wang, li, chen = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Li", "volunteer"), ("Chen", "staff"))
    ]
    number = await logged(wang)
    assert "120 participants" in await wang.says(f"查 {number}")
    assert not wang.buttons
    assert "no activity" in await li.says(number)
    await chen.says(number.lower())
    assert any("Approve" in label for label in chen.buttons)


async def test_ones_own_totals_are_ones_own_minutes(museum: House) -> None:
    wang, li, chen = [
        await museum.someone(*who) for who in (("Wang", "volunteer"), ("Li", "volunteer"), ("Chen", "staff"))
    ]
    await logged(wang)
    await logged(li, "重阳节 社区 观众40 1小时")
    await chen.says("/approvals")
    await chen.taps("Approve")
    ids = {row.name: row.id for row in await museum.rows(select(Person.id, Person.name))}
    own = [await total(museum, ids[name]) for name in ("Wang", "Li", "Chen")]
    assert [(one.approved_minutes, one.pending_minutes) for one in own] == [(0, 180), (60, 0), (0, 0)]
    assert [(one.activities, one.pending_activities) for one in own] == [(0, 1), (1, 0), (0, 0)]
    assert all(not one.top for one in own)
