"""`serve`: the program itself, in one process or several."""

from __future__ import annotations

import argparse
import asyncio
import signal
from typing import Final

import aiohttp

from bot import listening, logs, migrate, reached_at
from bot.app import opened, prepare, running
from bot.cli.console import ONLY_HERE, Console, Verb
from bot.config import Settings
from bot.supervisor import supervise, when_orphaned
from handlers import codes
from handlers.joining_first import FIRST_ADMIN_LASTS, first_admin_code
from handlers.kit.words import _
from handlers.members import is_local

LOOK_EVERY: Final = 0.1  # seconds between looks whether the first worker is there


def declare(verbs: Verb) -> None:
    """Add the verb."""
    verb = verbs.add("serve", _("Start the desk: the web chat, and Telegram if it is set up"), serve)
    verb.takes("--worker", action="store_true", about=argparse.SUPPRESS)


async def serve(console: Console, given: argparse.Namespace) -> int:
    """Serve until told to stop."""
    logs.set_up()
    stop = _stop_asked()
    if given.worker:
        when_orphaned(stop.set)
        async with running(console.settings, prepared=True):
            await stop.wait()
    elif console.settings.workers > 1:
        await _serve_by_workers(console, stop)
    else:
        async with running(console.settings) as app:
            await _greet(console, app.settings)
            await stop.wait()
    return 0


async def _serve_by_workers(console: Console, stop: asyncio.Event) -> None:
    with listening.bound(console.settings) as sockets:  # held, so that nobody takes it between two workers
        settings = listening.settled(console.settings, sockets)
        await prepare(settings)
        await asyncio.gather(supervise(settings, stop), _greet_when_open(console, settings, stop))


async def _greet_when_open(console: Console, settings: Settings, stop: asyncio.Event) -> None:
    """Greet as soon as a worker answers."""
    async with aiohttp.ClientSession() as session:
        while not await _answers(session, f"{settings.own_url}/healthz"):
            if stop.is_set():
                return
            await asyncio.sleep(LOOK_EVERY)
    await _greet(console, settings)


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url):
            return True
    except (aiohttp.ClientError, OSError):
        return False


async def _greet(console: Console, settings: Settings) -> None:
    """Say where the desk is, and who may become its administrator."""
    console.say(_("{museum} is open: {url}", museum=settings.museum_name, url=f"{settings.public_url}/chat"))
    if is_local(settings.public_url):
        console.say(ONLY_HERE)
    async with opened(settings.database_url) as database, database.transaction() as db:
        await migrate.one_at_a_time(db)
        await reached_at.remember(db, settings.public_url, console.now)
        code = await first_admin_code(db, console.now)
    if code is not None:
        minutes = int(FIRST_ADMIN_LASTS.total_seconds() // 60)
        become = _("To become its administrator, type this code in the chat within {n} minutes:", n=minutes)
        console.say(become, f"    {codes.grouped(code)}")
    console.say(_("Ctrl+C stops the desk."))


def _stop_asked() -> asyncio.Event:
    """An event that a signal to stop sets; the second signal ends the program at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def asked(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        loop.call_soon_threadsafe(stop.set)

    # Not the loop's own way to handle signals: it does not exist on Windows.
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), asked)
    return stop
