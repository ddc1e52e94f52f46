"""The job on aiogram 3, as its documentation tells: a router, a state for each step, its webhook handler.

Conversations are kept in memory, or in Redis where its address is given.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from aiogram import Bot, Dispatcher, F, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command, StateFilter
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.base import BaseStorage
from aiogram.fsm.storage.memory import MemoryStorage
from aiogram.fsm.storage.redis import RedisStorage
from aiogram.types import CallbackQuery, InlineKeyboardMarkup
from aiogram.types import Message as Said
from aiogram.utils.keyboard import InlineKeyboardBuilder
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from tests.bench.subjects import given, records
from tests.bench.subjects.words import QUESTIONS, offered

sessions = async_sessionmaker(create_async_engine(given.DATABASE), expire_on_commit=False)


class Inspecting(StatesGroup):  # type: ignore[misc]  # aiogram is not installed where types are checked
    """The steps of an inspection."""

    checklist = State()
    item1 = State()
    item2 = State()
    item3 = State()
    note = State()


ITEMS: Final = (Inspecting.item1, Inspecting.item2, Inspecting.item3)


def keyboard(step: int) -> InlineKeyboardMarkup:
    """The buttons under the question of `step`."""
    builder = InlineKeyboardBuilder()
    for code, label in offered(step):
        builder.button(text=label, callback_data=code)
    builder.adjust(1)
    return builder.as_markup()


async def begin(message: Said, state: FSMContext) -> None:
    """Ask for the checklist."""
    await state.clear()
    await state.set_state(Inspecting.checklist)
    await message.answer(QUESTIONS[0], reply_markup=keyboard(0))


async def choose(query: CallbackQuery, state: FSMContext) -> None:
    """Keep the checklist, ask for the first item."""
    await state.update_data(checklist=query.data, states=[])
    await state.set_state(Inspecting.item1)
    await query.answer()
    await query.message.edit_text(QUESTIONS[1], reply_markup=keyboard(1))


async def inspect(query: CallbackQuery, state: FSMContext) -> None:
    """Keep an item's state, ask for the next one or the note."""
    data = await state.get_data()
    states = [*data["states"], query.data]
    await state.update_data(states=states)
    await state.set_state([*ITEMS, Inspecting.note][len(states)])
    await query.answer()
    step = 1 + len(states)
    await query.message.edit_text(QUESTIONS[step], reply_markup=keyboard(step) if offered(step) else None)


async def finish(message: Said, state: FSMContext) -> None:
    """Write the records, and thank."""
    data = await state.get_data()
    await records.save(sessions, message.chat.id, data["checklist"], data["states"], message.text)
    await state.clear()
    await message.answer(QUESTIONS[5])


def routes() -> Router:
    """Which handler takes what, in which state."""
    router = Router()
    router.message.register(begin, Command("bench"))
    router.callback_query.register(choose, Inspecting.checklist, F.data)
    router.callback_query.register(inspect, StateFilter(*ITEMS), F.data)
    router.message.register(finish, Inspecting.note, F.text)
    return router


def storage() -> BaseStorage:
    """Where conversations are kept."""
    return RedisStorage.from_url(given.STORE) if given.STORE else MemoryStorage()


async def serve() -> None:
    """Serve until killed."""
    dispatcher = Dispatcher(storage=storage())
    dispatcher.include_router(routes())
    bot = Bot(given.TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(given.API)))
    application = web.Application()
    SimpleRequestHandler(dispatcher, bot, secret_token=given.SECRET).register(application, path=given.PATH)
    setup_application(application, dispatcher, bot=bot)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, given.HOST, given.PORT).start()
    given.ready()
    await asyncio.Event().wait()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)  # as in the webhook example of its documentation
    asyncio.run(serve())
