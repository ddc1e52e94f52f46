"""A channel that lets us write only behind the person's own messages: nothing is lost, the rest waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from msgspec import Struct
from sqlalchemy import select

from bot.channels.wechat_draw import drawn
from bot.errors import NotNow
from bot.messages import Accepted, Carried, Carry, Payload, Sender, Update, Window
from handlers.kit.messages import Button, Input, Message
from handlers.work import Work
from models import Outbox
from tests.fixtures.office import open_office
from tests.house import House, open_house

TWO = Window(2, timedelta(hours=48))
MOST = 3  # messages in one answer

_numbers = count(1)


class Chat(Struct):
    """Somebody's chat on a channel that answers each delivery with all that fits, or with nothing."""

    house: House
    answers: bool = True

    async def says(self, text: str, **more: Any) -> Accepted:
        return await self.house.engine.accept(self.update(text, **more))

    def update(self, text: str, **more: Any) -> Update:
        carry = Carry(bundled, bundles=True) if self.answers else None
        who, number = Sender("a", locale="en"), f"a:{next(_numbers)}"
        return Update("telegram", number, who, Input(text), carry=carry, opens=TWO, numbered=True, **more)


def bundled(payloads: Sequence[Payload]) -> Carried | None:
    fitting = payloads[:MOST]
    return Carried([payload["text"] for payload in fitting], len(fitting)) if fitting else None


async def states(house: House) -> list[tuple[str, str | None]]:
    rows = await house.rows(select(Outbox.status, Outbox.answers).order_by(Outbox.seq))
    return [(row.status, row.answers) for row in rows]


async def test_the_answer_carries_what_waited_then_the_reply(database_url: str, tmp_path: Path) -> None:
    async with open_office(database_url, tmp_path) as office:
        house, chat = office.house, Chat(office.house)
        await office.write("a", "first", "second")
        update = chat.update("/language")
        accepted = await house.engine.accept(update)
        assert accepted.carried[:2] == ["first", "second"]
        assert len(accepted.carried) == MOST
        again = await house.engine.accept(update)
        assert not again.fresh
        assert again.carried == accepted.carried
        assert await states(house) == [("sent", update.external_id)] * MOST


async def test_what_does_not_fit_waits_for_the_next_message(database_url: str, tmp_path: Path) -> None:
    async with open_office(database_url, tmp_path) as office:
        chat = Chat(office.house)
        await office.write("a", "1", "2", "3", "4")
        assert (await chat.says("/language")).carried == ["1", "2", "3"]
        following = (await chat.says("/language")).carried
        assert following[0] == "4"
        assert len(following) == MOST


async def test_an_answer_that_came_too_late_is_sent_instead(database_url: str, tmp_path: Path) -> None:
    async with open_office(database_url, tmp_path) as office:
        house, chat = office.house, Chat(office.house)
        update = chat.update("/language")
        [told] = (await house.engine.accept(update)).carried
        await house.engine.unanswered(update)
        await office.drain()
        assert office.post.to("a") == [told]
        assert (await house.engine.accept(update)).carried is None


async def test_only_so_many_are_pushed_behind_a_message(database_url: str, tmp_path: Path) -> None:
    async with open_office(database_url, tmp_path) as office:
        chat = Chat(office.house, answers=False)
        await chat.says("/language")
        await office.write("a", "1", "2")
        await office.drain()
        assert office.post.to("a")[1:] == ["1"]  # the reply was the other one
        await chat.says("/language")
        await office.drain()
        assert office.post.to("a")[2] == "2"
        assert len(office.post.sent) == 4


async def test_a_window_ends(database_url: str, tmp_path: Path) -> None:
    async with open_office(database_url, tmp_path) as office:
        chat = Chat(office.house)
        await chat.says("/language")
        office.hands.start += timedelta(hours=49)
        await office.write("a", "late")
        await office.drain()
        assert office.post.sent == []
        assert (await chat.says("/language")).carried[0] == "late"


async def test_a_shorter_window_does_not_close_a_longer_one(database_url: str, tmp_path: Path) -> None:
    async with open_office(database_url, tmp_path) as office:
        house, chat = office.house, Chat(office.house)
        await chat.says("/language")
        tap = Window(3, timedelta(minutes=1))
        await house.engine.accept(Update("telegram", "a:tap", Sender("a"), Input("/language"), opens=tap))
        office.hands.start += timedelta(hours=1)
        await office.drain()
        assert len(office.post.sent) == 1


async def test_what_the_channel_does_not_take_now_waits(database_url: str, tmp_path: Path) -> None:
    async with open_office(database_url, tmp_path) as office:
        chat = Chat(office.house, answers=False)
        await chat.says("/language")
        office.post.trouble = lambda _to, _text: NotNow("45015")
        await office.write("a", "news")
        await office.drain()
        assert len(office.post.attempts) == 1
        office.post.trouble = lambda _to, _text: None
        office.hands.move(5)
        await chat.says("/language")
        await office.drain()
        assert "news" in office.post.to("a")


async def test_who_writes_while_a_push_is_refused_can_be_pushed_to(database_url: str, tmp_path: Path) -> None:
    async with open_office(database_url, tmp_path) as office:
        chat, refusals = Chat(office.house, answers=False), [NotNow("45047")]
        office.post.trouble = lambda _to, text: refusals.pop() if text == "news" and refusals else None
        await chat.says("/language")
        await office.drain()
        await office.write("a", "news")
        held = office.post.held["a"] = asyncio.Event()
        await office.sender.step()
        await chat.says("/language")
        held.set()
        await office.sender.settle()
        await office.drain()
        assert "news" in office.post.to("a")
        assert len(office.post.sent) == 3


async def test_who_never_wrote_is_not_tried_for_ever(database_url: str, tmp_path: Path) -> None:
    async with open_office(database_url, tmp_path) as office:
        office.post.trouble = lambda _to, _text: NotNow("45015")
        await office.write("a", "news")
        await office.drain()
        assert len(office.post.attempts) == 1


async def test_numbers_stand_for_what_is_to_be_chosen(database_url: str, tmp_path: Path) -> None:
    async with open_house(database_url, tmp_path) as house:
        chat, chosen = Chat(house), []

        async def offer(work: Work, _rest: str) -> None:
            names = ("Red", "Blue")
            rows = tuple((Button(name, f"a:pick:{name}"),) for name in names)
            work.reply(Message("Which?", (*rows, (Button("Cancel", "a:pick:none", "quiet"),))))

        async def pick(_work: Work, name: str) -> None:
            chosen.append(name)

        house.engine.routes.command("offer", needs="talk", about="x", order=90)(offer)
        house.engine.routes.action("pick", needs="talk")(pick)
        for typed in ("2", "red", "cancel", "３"):
            await chat.says("/offer")
            await chat.says(typed)
        assert chosen == ["Blue", "Red", "none"]


async def test_the_choices_of_one_answer_are_numbered_on(database_url: str, tmp_path: Path) -> None:
    async with open_house(database_url, tmp_path) as house:
        chat, chosen = Chat(house), []

        async def offer(work: Work, _rest: str) -> None:
            for question, names in {"Which?": ("Red", "Blue"), "And?": ("Now", "Later")}.items():
                work.reply(Message(question, tuple((Button(name, f"a:pick:{name}"),) for name in names)))

        async def pick(_work: Work, name: str) -> None:
            chosen.append(name)

        house.engine.routes.command("offer", needs="talk", about="x", order=90)(offer)
        house.engine.routes.action("pick", needs="talk")(pick)
        for typed in ("2", "3", "4", "red", "5"):
            await chat.says("/offer")
            await chat.says(typed)
        assert chosen == ["Blue", "Now", "Later", "Red"]
        stored = [row.payload for row in await house.rows(select(Outbox.payload).order_by(Outbox.seq))]
        assert [drawn(one) for one in stored[:2]] == [
            ["Which?\n\n1. Red\n2. Blue"],
            ["And?\n\n3. Now\n4. Later"],
        ]
