"""The first reply inside the answer to a webhook's call: once, and the same however often Telegram calls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import func, select

from bot.app import App, running
from models import Conversation, Outbox
from tests.fakes.bot_api import FakeBotAPI
from tests.fixtures.templates import Templates, as_started
from tests.test_app_telegram import named, settings_for

Json = dict[str, Any]
ANN = {"id": 700_000_001, "is_bot": False, "first_name": "Ann", "language_code": "en"}
CHAT = {"id": 700_000_001, "type": "private", "first_name": "Ann"}
SECRET = {"X-Telegram-Bot-Api-Secret-Token": "s3cret"}


class Telegram:
    """Posts updates as Telegram does, and shows what was answered."""

    def __init__(self, app: App, session: aiohttp.ClientSession) -> None:
        self.app = app
        self._session = session
        self._numbers = count(1)

    def said(self, text: str) -> Json:
        message = {"message_id": next(self._numbers), "date": 1_800_000_000, "from": ANN, "chat": CHAT}
        return {"update_id": message["message_id"], "message": {**message, "text": text}}

    def tapped(self, data: str, **under: Any) -> Json:
        number = next(self._numbers)
        message = {"message_id": 77, "date": 1_800_000_000, "chat": CHAT, **under}
        query = {"id": str(number), "from": ANN, "chat_instance": "1", "message": message, "data": data}
        return {"update_id": number, "callback_query": query}

    async def posts(self, update: Json) -> Json | None:
        """The method in the answer, if there is one."""
        address = f"{self.app.url}/telegram/webhook"
        async with self._session.post(address, json=update, headers=SECRET) as answer:
            assert answer.status == 200
            return await answer.json() if await answer.read() else None

    async def count(self, column: Any) -> int:
        async with self.app.database.reading() as db:
            return int(await db.scalar(select(func.count(column))) or 0)


@asynccontextmanager
async def telegram(url: str, folder: Path, **more: Any) -> AsyncIterator[tuple[Telegram, FakeBotAPI]]:
    async with FakeBotAPI() as api:
        api.user(700_000_001, "Ann", "en")
        settings = settings_for(url, folder, api, "webhook").model_copy(update=more)
        async with running(settings) as app, aiohttp.ClientSession() as session:
            await named(app, "docent_test_bot")
            yield Telegram(app, session), api


def data_of(method: Json, label: str) -> str:
    """The payload of the button with `label` in an answered message."""
    buttons = [button for row in method["reply_markup"]["inline_keyboard"] for button in row]
    return next(str(button["callback_data"]) for button in buttons if label in button["text"])


async def test_a_tap_is_answered_by_an_edit_of_what_was_tapped(program_url: str, tmp_path: Path) -> None:
    async with telegram(program_url, tmp_path) as (ann, api):
        begun = await ann.posts(ann.said("/start"))
        assert begun is not None
        assert (begun["method"], begun["chat_id"]) == ("sendMessage", ANN["id"])
        edit = await ann.posts(ann.tapped(data_of(begun, "comment"), text=begun["text"]))
        assert edit is not None
        assert (edit["method"], edit["message_id"]) == ("editMessageText", 77)
        assert not api.calls("sendMessage")
        await api.wait_for(lambda: len(api.calls("answerCallbackQuery")) == 1)


async def test_an_update_that_comes_again_is_answered_the_same(program_url: str, tmp_path: Path) -> None:
    """Four times at once, as after an answer that was lost, and once more later."""
    async with telegram(program_url, tmp_path) as (ann, api):
        update = ann.said("/feedback")
        answers = await asyncio.gather(*(ann.posts(update) for _time in range(4)))
        assert answers[0] is not None
        assert answers == [answers[0]] * 4
        assert await ann.posts(update) == answers[0]
        assert await ann.count(Conversation.id) == 1
        assert await ann.count(Outbox.id) == 1
        assert not api.calls("sendMessage")


async def test_what_no_answer_can_carry_is_sent(program_url: str, tmp_path: Path) -> None:
    """A message without text cannot be edited, and what becomes of an answer nobody learns."""
    async with telegram(program_url, tmp_path) as (ann, api):
        begun = await ann.posts(ann.said("/start"))
        assert begun is not None
        tap = ann.tapped(data_of(begun, "comment"), photo=[{"file_id": "x"}])
        assert await ann.posts(tap) is None
        await api.wait_for(lambda: len(api.calls("editMessageText")) == 1)


async def test_a_chat_at_its_pace_waits_in_the_outbox(templates: Templates, tmp_path: Path) -> None:
    url = templates.file(as_started, tmp_path / "docent.db")
    async with telegram(url, tmp_path, telegram_chat_per_second=0.1) as (ann, _api):
        answered = [await ann.posts(ann.said("/help")) for _time in range(3)]
        assert [method is not None for method in answered] == [True, False, False]
        async with ann.app.database.reading() as db:
            states = list(await db.scalars(select(Outbox.status).order_by(Outbox.seq)))
        assert states[0] == "sent"
        assert set(states[1:]) <= {"pending", "sending"}


async def test_nobody_is_answered_who_left(program_url: str, tmp_path: Path) -> None:
    async with telegram(program_url, tmp_path) as (ann, _api):
        states = {"old_chat_member": {"status": "member"}, "new_chat_member": {"status": "kicked"}}
        change = {"date": 1_800_000_000, "from": ANN, "chat": CHAT, **states}
        assert await ann.posts({"update_id": 1000, "my_chat_member": change}) is None
