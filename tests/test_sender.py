"""The sender's promise: in order for each chat, at their pace, and one bad chat is nobody else's trouble."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.errors import TryLater
from bot.pace import Bucket
from bot.sender import ALL_RATE, CHAT_BURST, Sender
from models import Outbox
from tests.fixtures.office import WAIT, open_office


async def test_each_chat_gets_its_messages_in_order_and_once(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        for number in range(6):
            for chat in "abc":
                await office.write(chat, f"{chat}{number}")
        await office.drain()
        for chat in "abc":
            assert office.post.to(chat) == [f"{chat}{number}" for number in range(6)]
            assert await office.states(chat) == ["sent"] * 6
        [row, *_] = await office.house.rows(select(Outbox).order_by(Outbox.sent_at))
        assert row.external_id == "m1"
        assert row.sent_at is not None
        assert office.outcomes == ["sent"] * 18


async def test_two_workers_send_each_message_once(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        for number in range(5):
            for chat in "abcdefgh":
                await office.write(chat, f"{chat}{number}")
        senders = [office.sender, office.another_sender()]

        async def work(sender: Sender) -> None:
            while len(office.post.sent) < 40:
                await sender.step()
                await sender.settle()
                await asyncio.sleep(0)

        async with asyncio.timeout(WAIT):
            await asyncio.gather(*map(work, senders))
        for chat in "abcdefgh":
            assert office.post.to(chat) == [f"{chat}{number}" for number in range(5)]
        assert len(office.post.attempts) == 40


async def test_one_chat_gets_a_few_at_once_and_then_one_a_second(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        await office.write("a", *(str(number) for number in range(8)))
        await office.drain()
        moments = [when for _to, _text, when in office.post.sent]
        assert moments[:CHAT_BURST] == [0.0] * CHAT_BURST
        gaps = [
            later - earlier
            for earlier, later in zip(moments[CHAT_BURST:], moments[CHAT_BURST + 1 :], strict=False)
        ]
        assert gaps == pytest.approx([1.0] * (8 - CHAT_BURST - 1))


def test_a_bucket_never_lends_more_than_its_rate() -> None:
    bucket = Bucket(ALL_RATE, int(ALL_RATE))
    turns = [bucket.wait(0.0) for _ in range(200)]
    for seconds in range(8):
        assert sum(seconds <= turn < seconds + 1 for turn in turns) <= ALL_RATE * (2 if seconds == 0 else 1)
    assert bucket.wait(1000.0) == 0.0  # rested


async def test_all_chats_together_keep_below_the_channels_limit(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        for number in range(70):
            await office.write(f"c{number}", "x")
        await office.drain()
        moments = sorted(when for _to, _text, when in office.post.sent)
        assert len(moments) == 70
        assert moments[-1] >= (70 - 2 * ALL_RATE) / ALL_RATE


async def test_a_chat_that_must_wait_waits_and_keeps_its_order(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        busy = True
        office.post.trouble = lambda to, _text: TryLater(30) if to == "a" and busy else None
        await office.write("a", "a1", "a2")
        await office.write("b", "b1", "b2")
        await office.drain()
        assert office.post.to("b") == ["b1", "b2"]
        assert [text for to, text in office.post.attempts if to == "a"] == ["a1"]
        busy = False
        office.hands.move(29)
        await office.drain()
        assert office.post.to("a") == []
        office.hands.move(2)
        await office.drain()
        assert office.post.to("a") == ["a1", "a2"]


async def test_a_limit_for_all_stops_all(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        office.post.trouble = lambda _to, _text: TryLater(60, everyone=True)
        await office.write("a", "a1")
        await office.drain()
        office.post.trouble = lambda _to, _text: None
        await office.write("b", "b1")
        office.hands.move(50)
        await office.drain()
        assert office.post.sent == []
        office.hands.move(11)
        await office.drain()
        assert office.post.to("a") + office.post.to("b") == ["a1", "b1"]


async def test_one_slow_chat_holds_up_no_other(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        office.post.held["slow"] = asyncio.Event()
        await office.write("slow", "s1", "s2")
        await office.write("b", "b1")
        running = asyncio.create_task(office.sender.run())
        try:
            await office.post.has(1)
            await office.write("c", "c1")
            office.sender.wake()
            await office.post.has(2)
            assert office.post.to("b") + office.post.to("c") == ["b1", "c1"]
            office.post.held.pop("slow").set()
            await office.post.has(4)
            assert office.post.to("slow") == ["s1", "s2"]
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_stopping_finishes_what_is_under_way(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        office.post.held["a"] = asyncio.Event()
        await office.write("a", "a1")
        running = asyncio.create_task(office.sender.run())
        async with asyncio.timeout(WAIT):
            await office.post.news.wait()
        running.cancel()
        await asyncio.sleep(0)
        office.post.held["a"].set()
        async with asyncio.timeout(WAIT):
            await asyncio.gather(running, return_exceptions=True)
        assert await office.states("a") == ["sent"]
