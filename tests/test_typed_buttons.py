"""What can be tapped can be typed: the labels under the newest message, and answers by their names."""

from __future__ import annotations

from sqlalchemy import select, update

from models import Conversation, Feedback, Inspection, Person, Signature
from tests.house import House


async def test_discard_is_typed_as_it_reads(museum: House) -> None:
    guard = await museum.someone("g", "guard", locale="zh_CN")
    await guard.follows("p_L1-P3")
    await guard.says("正常")
    assert "放弃" in await guard.says("取消")
    assert "已取消" in await guard.says("放弃")
    assert await museum.rows(select(Conversation).where(Conversation.status == "open")) == []


async def test_a_label_is_no_answer_to_a_question_for_words(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    await guard.follows("p_L1-P3")
    await guard.says("2 bad, rest normal")
    await guard.says("cancel")
    await guard.says("Keep for later")
    (waiting,) = await museum.rows(select(Conversation).where(Conversation.status == "paused"))
    assert "faults/2/note" not in waiting.answers
    assert "what is wrong" in await guard.says("go on")


async def test_the_leader_signs_by_writing_so(museum: House) -> None:
    guard = await museum.someone("g", "guard", locale="zh_CN")
    leader = await museum.someone("l", "leader", locale="zh_CN")
    await guard.follows("p_L1-P3")
    await guard.says("全部正常")
    await guard.says("提交")
    await leader.hears()
    assert "已签字" in await leader.says("签字")
    assert len(await museum.rows(select(Signature).where(Signature.post == "second"))) == 1


async def test_only_the_newest_buttons_can_be_typed(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    await guard.follows("p_L1-P3")
    await guard.says("all normal")
    await guard.says("submit")
    await guard.says("/start")
    await guard.says("correct")
    assert len(await museum.rows(select(Inspection))) == 1
    assert await museum.rows(select(Conversation).where(Conversation.status == "open")) == []


async def test_the_review_page_says_when_it_did_not_understand(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    await guard.follows("p_L1-P3")
    await guard.says("all normal")
    assert "nothing was changed" in await guard.says("one two three")


async def test_an_answer_is_mended_by_its_name(museum: House) -> None:
    volunteer = await museum.someone("v", "volunteer", locale="zh_CN")
    assert "请核对" in await volunteer.says("博物馆日 社区 传单300 观众120 6人3小时")
    assert "地点：幸福社区广场" in await volunteer.says("地点 幸福社区广场")
    assert "宣传单：200" in await volunteer.says("宣传单：200")


async def test_a_draft_names_its_place(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    await guard.follows("p_L1-P3")
    await guard.taps("Normal")
    heard = await guard.says("/start")
    assert "unfinished draft: Inspection 1/14" in heard
    assert "East escape stairs" in heard


async def test_who_waits_for_confirmation_is_told_so(museum: House) -> None:
    waiting = await museum.someone("w")
    async with museum.database.transaction() as db:
        await db.execute(update(Person).where(Person.name == "w").values(pending_role="guard"))
    assert "confirm your post" in await waiting.says("/inspect")


async def test_a_busy_inbox_is_paged_and_filtered(museum: House) -> None:
    desk = await museum.someone("s", "staff")
    for number in range(7):
        visitor = await museum.someone(f"v{number}")
        await visitor.says(f"Remark number {number}")
        await visitor.says("skip")
        await visitor.says("complaint" if number == 3 else "praise")
        await visitor.says("done")
    assert len(await museum.rows(select(Feedback))) == 7
    await desk.hears()
    first = await desk.says("/inbox")
    assert "Remark number 6" in first
    assert "Remark number 1" not in first
    assert "1 to 5 of 7" in first
    assert "Remark number 0" in await desk.taps("Older")
    only = await desk.says("/inbox complaint")
    assert "Remark number 3" in only
    assert "1 to 1 of 1" in only


async def test_who_is_not_satisfied_may_say_why(museum: House) -> None:
    visitor = await museum.someone("v")
    desk = await museum.someone("s", "staff")
    await visitor.says("When is the lift repaired?")
    await visitor.says("done")
    await desk.hears()
    await desk.taps("Answer")
    await desk.says("Soon.")
    assert "still open" in await visitor.taps("👎")
    assert "passed on" in await visitor.says("At what time exactly?")
    assert "At what time exactly?" in await desk.hears()
