"""The composition root: the one file that knows every part, and wires them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import aiohttp
import structlog
from aiohttp import web
from sqlalchemy import delete, insert, select

from bot import housekeeping, listening, migrate, rolling, sealing, sweep, tuning
from bot.channels import wechat
from bot.channels.telegram import TelegramChannel
from bot.channels.web import WebChannel
from bot.clock import Clock
from bot.config import SettingError, Settings
from bot.contractor import ContractorDesk
from bot.db import Database
from bot.election import lead
from bot.engine import Engine
from bot.health import Health
from bot.i18n import Languages
from bot.imports import load_defaults
from bot.introduction import commands
from bot.jobs import Jobs
from bot.lasting import kept_running
from bot.media import MediaStore
from bot.messages import Channel
from bot.metrics import Metrics, Watched
from bot.sender import Sender
from handlers import digest, rounds_planning
from handlers.routes import Routes, gather
from handlers.work import Rules
from models import Note

log = structlog.get_logger(__name__)

FAREWELL: Final = 5.0  # seconds that requests under way get when the program stops
TELEGRAM_NAME: Final = "telegram-name"  # the note with the bot's @name, for links made while it is not known


class App:
    """The program: everything built from the settings, running from `start` to `stop`."""

    def __init__(self, settings: Settings, session: aiohttp.ClientSession, routes: Routes) -> None:
        self.settings = settings
        self.url = settings.own_url
        self.metrics = Metrics()
        self.database = Database(settings.database_url)
        self.media = MediaStore(settings.media_dir)
        self.languages = Languages(settings.locale, settings.timezone)
        self.engine = Engine(
            self.database,
            self.languages,
            routes,
            rules(settings),
            self.media,
            pulling={WebChannel.name},
            ring=self.ring,
            failure=self.metrics.failure,
            room=self.room,
        )
        desk = Watched(self.engine, self.metrics)
        self.web = WebChannel(
            desk,
            self.database,
            self.media,
            museum=settings.museum,
            public_url=settings.public_url,
            locale=settings.locale,
        )
        self.telegram = _telegram(settings, session, self.media, desk)
        behind = wechat.Desk(desk.accept, self.engine.unanswered, desk.seen, desk.dead)
        made = (make(settings, session, self.database, self.media, behind) for make in wechat.MAKERS)
        self.wechat = [channel for channel in made if channel is not None]
        self.clock = Clock(self.database, self.engine)
        self.jobs = Jobs(self.database, self.engine)
        channels: list[Channel] = [self.web, *([self.telegram] if self.telegram else []), *self.wechat]
        self.sender = Sender(
            self.database,
            {channel.name: channel for channel in channels},
            share=1 / settings.workers,
            chat_rate=settings.telegram_chat_per_second,
            all_rate=settings.telegram_per_second,
            outcome=self.metrics.sending,
        )
        self._tasks: list[asyncio.Task[None]] = []

    def ring(self, account_ids: list[int]) -> None:
        """Say, after a commit, that something was written to these accounts."""
        if account_ids:
            self.web.ring(account_ids)
            self.sender.wake()

    def room(self, account_id: int) -> bool:
        """Whether an account may be written to at once, as far as its channel's pace goes."""
        return self.sender.room(account_id)

    def application(self) -> web.Application:
        """What is served: the chat, the webhook, and the addresses for those who watch."""
        application = web.Application()
        application.add_routes(self.web.routes())
        application.add_routes(ContractorDesk(self.engine, self.media).routes())
        application.add_routes(Health(self.settings, self.database, self.metrics).routes())
        application.cleanup_ctx.append(self.web.running)
        if self.telegram is not None and self.settings.telegram_secret is not None:
            application.add_routes(self.telegram.webhook(self._secret).routes())
        for channel in self.wechat:
            application.add_routes(channel.routes())
        return application

    @property
    def _secret(self) -> str:
        return self.settings.telegram_secret.get_secret_value() if self.settings.telegram_secret else ""

    async def start(self) -> None:
        """Begin what runs by itself."""
        self._begin("clock", self.clock.run)
        self._begin("jobs", self.jobs.run)
        self._begin("rolling", partial(rolling.keep, self.database, self.settings.timezone))
        self._begin("sealing", partial(sealing.keep, self.database))
        for channel in self.wechat:
            await channel.start()
        if self.telegram is not None or self.wechat:
            self._begin("sender", self.sender.run)
        if self.telegram is not None:
            await self._recall_name()
            self._begin("telegram", self._receive)

    async def stop(self) -> None:
        """End it, what is under way first."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.telegram is not None:
            await self.telegram.stop()
        for channel in self.wechat:
            await channel.stop()
        await self.engine.settle()

    def _begin(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(kept_running(name, run), name=name))

    async def _receive(self) -> None:
        """Introduce the bot to Telegram, then take its updates in one way or the other."""
        assert self.telegram is not None  # `start` has looked
        await self.telegram.start(commands(self.engine.routes, self.languages))
        await self._keep_name(self.telegram.username)
        if self.settings.telegram_mode == "webhook":
            await self.telegram.listen(self.settings.public_url, self._secret)
        else:
            await lead(self.database, self.telegram.poll)

    async def _recall_name(self) -> None:
        async with self.database.reading() as db:
            self._named(await telegram_name(db))

    async def _keep_name(self, name: str) -> None:
        note = {"key": TELEGRAM_NAME, "value": {"name": name}, "updated_at": datetime.now(UTC)}
        async with self.database.transaction() as db:
            await migrate.one_at_a_time(db)
            await db.execute(delete(Note).where(Note.key == TELEGRAM_NAME))
            await db.execute(insert(Note), [note])
        self._named(name)

    def _named(self, name: str) -> None:
        self.engine.rules = replace(self.engine.rules, telegram_name=name)


@asynccontextmanager
async def running(
    settings: Settings, *, prepared: bool = False, routes: Routes | None = None
) -> AsyncIterator[App]:
    """The program at work, until the end of the block; `app.url` is where.

    `prepared` says that the database is: workers of one parent leave that to it. `routes` are all that is
    served, `all_routes()` if none are given. Raises SettingError, MigrationError, or Unavailable where the
    database cannot be reached.
    """
    async with AsyncExitStack() as stack:
        sockets = stack.enter_context(listening.bound(settings))
        settings = listening.settled(settings, sockets)
        if not prepared:
            await prepare(settings)
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        app = App(settings, session, routes or all_routes())
        stack.push_async_callback(app.database.close)
        stack.push_async_callback(app.media.close)
        stack.push_async_callback(app.stop)
        await app.start()
        runner = web.AppRunner(app.application(), access_log=None, shutdown_timeout=FAREWELL)
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        for socket in sockets:
            await web.SockSite(runner, socket).start()
        tuning.settle()
        yield app


async def prepare(settings: Settings) -> None:
    """Bring the database up to date: its tables, what a new museum starts with, what is kept too long, and
    what a program that was killed was sending.

    Raises as `running`.
    """
    make_folders(settings)
    await migrate.upgrade(settings.database_url)
    now = datetime.now(UTC)
    async with opened(settings.database_url) as database, database.transaction() as db:
        await migrate.one_at_a_time(db)
        await load_defaults(db)
        await housekeeping.purge(db, now)
        await housekeeping.schedule(db, now.astimezone(settings.timezone))
        await digest.schedule(db, now, rules(settings))
        await rounds_planning.schedule(db, now.astimezone(settings.timezone))


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database, closed at the end of the block."""
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()


def make_folders(settings: Settings) -> None:
    """Make the folders that the settings name. Raises SettingError."""
    folders = {"MEDIA_DIR": settings.media_dir}
    if settings.database_file is not None:
        folders["DATABASE_URL"] = settings.database_file.parent
    for setting, folder in folders.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = error.strerror or str(error)
            raise SettingError(f"{setting}: the folder {folder} cannot be made: {why}") from None


def all_routes() -> Routes:
    """What every conversation declares, and the program's own work."""
    routes = gather()
    routes.merge(housekeeping.routes)
    routes.merge(sweep.routes)
    return routes


def rules(settings: Settings, telegram_name: str = "") -> Rules:
    """The settings as conversations need them."""
    return Rules(
        museum=settings.museum,
        zone=settings.timezone,
        public_url=settings.public_url,
        seconds_per_item=settings.inspection_min_seconds_per_item,
        spot_photo_one_in=settings.spot_photo_one_in,
        telegram_name=telegram_name,
        digest_at=settings.digest_at,
        wechat=settings.wechat_app_id is not None,
        escalate_hours=tuple(int(hours) for hours in settings.escalate_hours.split(",")),
    )


async def telegram_name(db: Any) -> str:
    """The bot's @name as it was last time, or nothing."""
    value = await db.scalar(select(Note.value).where(Note.key == TELEGRAM_NAME))
    return str(value["name"]) if value else ""


def _telegram(
    settings: Settings, session: aiohttp.ClientSession, media: MediaStore, desk: Watched
) -> TelegramChannel | None:
    if settings.telegram_token is None:
        return None
    return TelegramChannel(
        session,
        settings.telegram_token.get_secret_value(),
        media,
        accept=desk.accept,
        seen=desk.seen,
        dead=desk.dead,
        api_url=settings.telegram_api_url,
    )
