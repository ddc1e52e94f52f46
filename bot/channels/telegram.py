"""The Telegram channel: puts its parts together for `bot/app.py`.

An update comes by telegram_polling or telegram_webhook and is taken by telegram_intake, which reads it
(telegram_read, telegram_content), fetches its file (telegram_files) and hands it to the engine. A message
goes out by telegram_post, drawn by telegram_draw. Below both lie telegram_api and telegram_errors.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from telegram.error import TelegramError

from bot.channels.telegram_api import Api
from bot.channels.telegram_errors import Pace, pause_after
from bot.channels.telegram_files import Fetcher, Store
from bot.channels.telegram_intake import Accept, Dead, Intake, Seen
from bot.channels.telegram_polling import Polling
from bot.channels.telegram_post import Post
from bot.channels.telegram_read import NAME
from bot.channels.telegram_setup import Commands, set_commands, set_webhook
from bot.channels.telegram_webhook import Webhook
from bot.messages import Payload


class TelegramChannel:
    """A bot on Telegram. `session` is shared and stays open until after `stop`.

    `start`, `poll` and `listen` wait for Telegram as long as it takes, and say in the log what is wrong.
    """

    name = NAME
    pulls = False

    def __init__(
        self,
        session: aiohttp.ClientSession,
        token: str,
        store: Store,
        *,
        accept: Accept,
        seen: Seen,
        dead: Dead,
        api_url: str,
        pace: Pace | None = None,
    ) -> None:
        self._pace = pace or Pace()
        self.api = Api(session, api_url.rstrip("/"), token)
        self.username = ""  # the bot's @name without the @, known after `start`
        self._intake = Intake(self.api, Fetcher(self.api, store, self._pace), accept, seen, dead)
        self._polling = Polling(self.api, self._intake.take, self._pace)
        self._post = Post(self.api, store)

    async def start(self, commands: Commands) -> None:
        """Learn the bot's own name and set its command lists."""
        me = await self._patiently("getting to know the bot", lambda: self.api.call("getMe"))
        self.username = str(me["username"])
        await self._patiently("setting the commands", lambda: set_commands(self.api, commands))

    async def poll(self) -> None:
        """Receive updates by polling until cancelled or stopped; only one worker may."""
        await self._polling.run()

    async def listen(self, public_url: str, secret: str) -> None:
        """Have updates posted to the routes of `webhook(secret)` at `public_url`."""
        await self._patiently("setting the webhook", lambda: set_webhook(self.api, public_url, secret))

    def webhook(self, secret: str) -> Webhook:
        """The receiver of posted updates; its `routes()` are added to the web application."""
        return Webhook(self._intake.take, secret)

    async def send(self, to: str, payload: Payload) -> str:
        """Deliver to the person with Telegram id `to`; returns the message's id. Raises a SendError."""
        return await self._post.send(to, payload)

    async def stop(self) -> None:
        """Finish what is under way."""
        await self._polling.stop()
        await self._intake.close()

    async def _patiently(self, doing: str, attempt: Callable[[], Awaitable[Any]]) -> Any:
        backoff = self._pace.backoff()
        while True:
            try:
                return await attempt()
            except TelegramError as error:
                await asyncio.sleep(pause_after(error, backoff, doing))
