"""Comments: one tap is saved, the desk is told once, and a visitor's opinion reopens what was not good."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.clock import Clock
from bot.engine import utc_now
from handlers.kit.messages import Media
from models import Account, Due, Feedback, FeedbackReply, Outbox
from tests.house import House

VOICE = Media("f" * 64, "audio/ogg", 900, "f" * 64, "v.ogg")


async def only(house: House) -> Feedback:
    (found,) = await house.rows(select(Feedback))
    row: Feedback = found
    return row


async def test_a_tap_on_a_face_counts_though_the_rest_never_comes(museum: House) -> None:
    visitor = await museum.someone("v")
    await visitor.says("/feedback")
    await visitor.taps("😍")
    found = await only(museum)
    assert (found.rating, found.status, found.told_at) == (5, "new", None)


async def test_words_left_behind_reach_the_desk_by_themselves(museum: House) -> None:
    visitor = await museum.someone("v")
    desk = await museum.someone("s", "staff")
    await visitor.says("/feedback")
    await visitor.taps("😐")
    await visitor.says("The lift is stuck")
    assert "lift" not in await desk.hears()
    later = Clock(museum.database, museum.engine, lambda: utc_now() + timedelta(minutes=3))
    while await later.tick():
        continue
    assert "The lift is stuck" in await desk.hears()
    await visitor.says("done")
    assert "lift" not in await desk.hears(), "told once is enough"


async def test_who_told_all_leaves_nothing_to_be_done_later(museum: House) -> None:
    visitor = await museum.someone("v")
    await visitor.says("/feedback The lift is stuck")
    telling = select(Due.id).where(Due.kind == "feedback.tell")
    assert len(await museum.rows(telling)) == 1
    await visitor.says("done")
    assert await museum.rows(telling) == []


async def test_what_is_written_instead_of_choosing_joins_the_comment(museum: House) -> None:
    visitor = await museum.someone("v")
    await visitor.says("The toilet leaks")
    await visitor.says("on the third floor")  # where a rating was asked
    assert "Added to what you wrote" in await visitor.says("beside the stairs")
    assert "What is it about?" in await visitor.taps("Complaint")
    assert "Added to what you wrote" in await visitor.says("there is water all over")
    assert "What is it about?" in await visitor.says("hm")  # says nothing
    [stored] = await museum.rows(select(Feedback.comment, Feedback.kind))
    assert stored.comment.splitlines() == [
        "The toilet leaks",
        "on the third floor",
        "beside the stairs",
        "there is water all over",
    ]
    assert stored.kind == "complaint"


async def test_who_goes_back_to_their_words_adds_to_them(museum: House) -> None:
    visitor = await museum.someone("v")
    await visitor.says("/feedback")
    await visitor.says("The lamp is broken")
    assert "Would you like" in await visitor.says("undo")
    await visitor.says("And it is hot")
    [stored] = await museum.rows(select(Feedback.comment))
    assert stored.comment == "The lamp is broken\nAnd it is hot"


async def test_words_behind_a_rating_are_kept_as_they_are(museum: House) -> None:
    visitor = await museum.someone("v")
    await visitor.says("/feedback")
    await visitor.taps("😐")
    await visitor.says("The lamp is broken")
    [stored] = await museum.rows(select(Feedback.comment, Feedback.rating))
    assert tuple(stored) == ("The lamp is broken", 3)


async def test_a_telephone_number_is_no_rating_and_no_second_comment(museum: House) -> None:
    visitor = await museum.someone("v")
    await visitor.says("A very good guide")
    assert "understood" in await visitor.says("9")
    await visitor.says("13800000000")
    [stored] = await museum.rows(select(Feedback.comment))
    assert stored.comment == "A very good guide\n13800000000"


@pytest.mark.parametrize("command", ["/feedback ", "留言 ", "留言\u3000", "留言\n"])
async def test_words_behind_a_command_are_kept_as_they_were_typed(museum: House, command: str) -> None:
    words = "厕所没有纸，孩子很急！\n三楼　左边"
    visitor = await museum.someone("v")
    await visitor.says(command + words)
    assert (await only(museum)).comment == words


async def test_what_is_discarded_in_time_is_gone(museum: House) -> None:
    visitor, desk = await museum.someone("v"), await museum.someone("s", "staff")
    await visitor.says("The lift is stuck")
    await visitor.says("cancel")
    assert "Nothing was submitted" in await visitor.taps("Discard")
    assert await museum.rows(select(Feedback.id)) == []
    later = Clock(museum.database, museum.engine, lambda: utc_now() + timedelta(minutes=5))
    while await later.tick():
        continue
    assert "lift" not in await desk.hears()


async def test_what_the_desk_knows_stays_and_that_is_said(museum: House) -> None:
    visitor = await museum.someone("v")
    await visitor.says("The lift is stuck")
    later = Clock(museum.database, museum.engine, lambda: utc_now() + timedelta(minutes=5))
    while await later.tick():
        continue
    await visitor.says("cancel")
    assert "was passed on as LY-" in await visitor.taps("Discard")
    assert len(await museum.rows(select(Feedback.id))) == 1


async def test_an_abandoned_comment_is_submitted_when_it_expires(museum: House) -> None:
    visitor = await museum.someone("v")
    await visitor.says("/feedback")
    await visitor.taps("🙂")
    later = Clock(museum.database, museum.engine, lambda: utc_now() + timedelta(hours=3))
    while await later.tick():
        continue
    assert "Thank you for your visit" in await visitor.hears()
    assert (await only(museum)).rating == 4


async def test_a_low_rating_is_told_without_words(museum: House) -> None:
    visitor = await museum.someone("v")
    desk = await museum.someone("s", "staff")
    await visitor.says("/feedback")
    await visitor.taps("😡")
    await visitor.says("done")
    assert "LY-" in await desk.hears()


async def test_voice_and_photos_are_kept_as_files(museum: House) -> None:
    visitor = await museum.someone("v")
    await visitor.says("/feedback")
    await visitor.taps("🙂")
    await visitor.says(voice=VOICE)
    await visitor.says(photos=(museum.photo("p"),))
    found = await only(museum)
    assert [one["sha"] for one in found.voice] == [VOICE.sha]
    assert [one["sha"] for one in found.photos] == [museum.photo("p").sha]


async def test_what_came_with_a_comment_that_nobody_asked_for_is_kept(museum: House) -> None:
    visitor = await museum.someone("v")
    await visitor.says("The lamp on the third floor is broken", photos=(museum.photo("p"),), voice=VOICE)
    found = await only(museum)
    assert found.comment == "The lamp on the third floor is broken"
    assert [one["sha"] for one in (*found.photos, *found.voice)] == [museum.photo("p").sha, VOICE.sha]
    assert "added" in await visitor.says(photos=(museum.photo("q"),))
    assert len((await only(museum)).photos) == 2


async def test_five_comments_a_day(museum: House) -> None:
    visitor = await museum.someone("v")
    for _comment in range(5):
        await visitor.says("/feedback")
        await visitor.taps("😍")
        await visitor.says("done")
    assert "5 comments a day" in await visitor.says("/feedback")
    assert "5 comments a day" in await visitor.says("one more thing")
    assert len(await museum.rows(select(Feedback))) == 5


async def test_only_the_one_who_asked_says_whether_it_was_good(museum: House) -> None:
    visitor = await museum.someone("v")
    stranger = await museum.someone("x")
    desk = await museum.someone("s", "staff")
    await visitor.says("The hall is too dark")
    await visitor.says("done")
    await desk.hears()
    await desk.taps("Answer")
    await desk.says("We added a lamp.")
    assert "We added a lamp." in await visitor.hears()
    (reply,) = await museum.rows(select(FeedbackReply))
    assert "no longer" in await stranger.taps_data(f"a:satisfied:{reply.id}.no")
    assert (await only(museum)).status == "answered"
    await visitor.taps("👎")
    assert (await only(museum)).status == "reopened"
    assert "already noted" in await visitor.taps_data(f"a:satisfied:{reply.id}.yes")
    assert (await only(museum)).status == "reopened"


async def test_a_number_tells_a_stranger_only_the_state(museum: House) -> None:
    visitor = await museum.someone("v")
    stranger = await museum.someone("x")
    await visitor.says("My secret complaint")
    number = (await only(museum)).number
    assert "My secret complaint" in await visitor.says(f"查 {number}")
    heard = await stranger.says(number.lower())
    assert number in heard
    assert "secret" not in heard
    assert "no comment" in await stranger.says("check LY-20200101-0001")


async def test_the_answer_waits_for_nobody_who_blocked_us(museum: House) -> None:
    visitor = await museum.someone("v")
    desk = await museum.someone("s", "staff")
    await visitor.says("Too loud in here")
    await visitor.says("done")
    async with museum.database.transaction() as db:
        await db.execute(update(Account).where(Account.external_id == "v").values(blocked=True))
    before = len(await museum.rows(select(Outbox)))
    await desk.hears()
    await desk.taps("Answer")
    heard = await desk.says("Sorry")
    assert "Sent" in heard
    added = await museum.rows(select(Outbox.account_id).order_by(Outbox.id).offset(before))
    (visitors,) = await museum.rows(select(Account.id).where(Account.external_id == "v"))
    assert visitors.id not in {row.account_id for row in added}


async def test_staff_see_what_waits(museum: House) -> None:
    visitor = await museum.someone("v")
    desk = await museum.someone("s", "staff")
    await visitor.says("The toilet is broken")
    await visitor.says("done")
    assert "The toilet is broken" in await desk.says("待答复")
    assert "not open to you" in await visitor.says("/inbox")


@pytest.mark.parametrize(
    ("said", "kept"), [("灯坏了", 1), ("dark", 1), ("  灯坏了 ", 1), ("你好", 0), ("hey", 0), ("12 3", 1)]
)
async def test_short_words_are_a_comment_unless_they_are_a_greeting(
    museum: House, said: str, kept: int
) -> None:
    visitor = await museum.someone("v")
    await visitor.says(said)
    await visitor.says("5")
    assert len(await museum.rows(select(Feedback))) == kept


async def test_a_photo_or_a_recording_alone_begins_a_comment(museum: House) -> None:
    visitor = await museum.someone("v")
    photo, voice = Media("a" * 64, "image/jpeg", 9), Media("b" * 64, "audio/ogg", 9)
    assert "saved as LY-" in await visitor.says("", photos=(photo,))
    await visitor.says("The lamp is broken")
    other = await museum.someone("w")
    assert "saved as LY-" in await other.says("", voice=voice)
    first, second = await museum.rows(select(Feedback.comment, Feedback.photos, Feedback.voice))
    assert (first.comment, [one["sha"] for one in first.photos]) == ("The lamp is broken", ["a" * 64])
    assert (second.comment, [one["sha"] for one in second.voice]) == (None, ["b" * 64])


async def test_words_of_danger_are_answered_with_whom_to_call(museum: House) -> None:
    visitor, guard = await museum.someone("v"), await museum.someone("g", "guard")
    heard = await visitor.says("三楼着火了")
    assert "119" in heard
    assert "saved as LY-" in heard
    heard = await guard.says("急！着火了！")
    assert "119" in heard
    assert "not understood" not in heard
    assert "119" not in await guard.says("all is well here")


async def test_a_typed_face_is_a_rating(museum: House) -> None:
    visitor = await museum.someone("v")
    await visitor.says("/feedback")
    assert "tell us more" in await visitor.says("🙂")
    [stored] = await museum.rows(select(Feedback.rating, Feedback.comment))
    assert (stored.rating, stored.comment) == (4, None)


async def test_members_free_text_is_no_comment(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    await guard.says("the east door is open")
    assert await museum.rows(select(Feedback)) == []
