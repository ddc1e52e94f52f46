"""The job on python-telegram-bot, as its documentation tells: a ConversationHandler, a webhook of one's own.

Conversations are kept in memory, or in a pickle file where its name is given.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

from aiohttp import web
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    PicklePersistence,
    filters,
)

from tests.bench.subjects import given, records
from tests.bench.subjects.words import ITEMS, QUESTIONS, offered

CHECKLIST, ITEM, NOTE = range(3)
Context = ContextTypes.DEFAULT_TYPE

sessions: Final = async_sessionmaker(create_async_engine(given.DATABASE), expire_on_commit=False)


def keyboard(step: int) -> InlineKeyboardMarkup | None:
    """The buttons under the question of `step`, if it has any."""
    rows = [[InlineKeyboardButton(label, callback_data=code)] for code, label in offered(step)]
    return InlineKeyboardMarkup(rows) if rows else None


async def begin(update: Update, context: Context) -> int:
    """Ask for the checklist."""
    assert update.message is not None
    await update.message.reply_text(QUESTIONS[0], reply_markup=keyboard(0))
    return CHECKLIST


async def choose(update: Update, context: Context) -> int:
    """Keep the checklist, ask for the first item."""
    query, kept = update.callback_query, context.user_data
    assert query is not None
    assert kept is not None
    kept["checklist"], kept["states"] = query.data, []
    await query.answer()
    await query.edit_message_text(QUESTIONS[1], reply_markup=keyboard(1))
    return ITEM


async def inspect(update: Update, context: Context) -> int:
    """Keep an item's state, ask for the next one or the note."""
    query, kept = update.callback_query, context.user_data
    assert query is not None
    assert kept is not None
    kept["states"].append(query.data)
    await query.answer()
    step = 1 + len(kept["states"])
    await query.edit_message_text(QUESTIONS[step], reply_markup=keyboard(step))
    return ITEM if step <= ITEMS else NOTE


async def finish(update: Update, context: Context) -> int:
    """Write the records, and thank."""
    message, kept = update.message, context.user_data
    assert message is not None
    assert kept is not None
    await records.save(sessions, message.chat_id, kept["checklist"], kept["states"], message.text or "")
    kept.clear()
    await message.reply_text(QUESTIONS[5])
    return ConversationHandler.END


def application() -> Application[Any, Any, Any, Any, Any, Any]:
    """The bot with its one conversation."""
    builder = Application.builder().token(given.TOKEN).base_url(f"{given.API}/bot").updater(None)
    if given.STORE:
        builder = builder.persistence(PicklePersistence(given.STORE))
    built = builder.build()
    built.add_handler(
        ConversationHandler(
            entry_points=[CommandHandler("bench", begin)],
            states={
                CHECKLIST: [CallbackQueryHandler(choose)],
                ITEM: [CallbackQueryHandler(inspect)],
                NOTE: [MessageHandler(filters.TEXT & ~filters.COMMAND, finish)],
            },
            fallbacks=[],
            name="bench",
            persistent=bool(given.STORE),
        )
    )
    return built


async def serve() -> None:
    """Serve until killed."""
    bot = application()

    async def handle(request: web.Request) -> web.Response:
        await bot.update_queue.put(Update.de_json(data=await request.json(), bot=bot.bot))
        return web.Response()

    site = web.Application()
    site.add_routes([web.post(given.PATH, handle)])
    async with bot:
        await bot.start()
        runner = web.AppRunner(site)
        await runner.setup()
        await web.TCPSite(runner, given.HOST, given.PORT).start()
        given.ready()
        await asyncio.Event().wait()


if __name__ == "__main__":
    # As in every example of its documentation.
    logging.basicConfig(level=logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(serve())
