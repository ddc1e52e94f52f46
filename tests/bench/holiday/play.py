"""One run: the program is started, the day is played, and what is kept is compared with what was told."""

from __future__ import annotations

import asyncio
import random
import resource
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from bot.app import opened, prepare
from bot.config import load_settings
from bot.db import Database
from models import Checklist, Outbox
from tests.bench.holiday import truth
from tests.bench.holiday.crowd import Crowd
from tests.bench.holiday.day import Day
from tests.bench.holiday.figures import Figures
from tests.bench.holiday.handset import PATIENCE
from tests.bench.holiday.museum import Museum
from tests.bench.holiday.people import CHECKLIST
from tests.bench.holiday.telegram import Telegram
from tests.bench.holiday.webchat import browsers
from tests.bench.holiday.wechat import WeChat
from tests.fixtures.truth import rows

LOOK_SECONDS: Final = 0.5  # between looks whether all is sent
UNSENT: Final = ("pending", "sending")


@dataclass(frozen=True)
class Outcome:
    """What came of a run; `busy` is the part of one core that the driver itself took."""

    figures: Figures
    verdict: truth.Verdict
    busy: float


async def play(url: str, folder: Path, day: Day, chance: random.Random, *, kills: int) -> Outcome:
    """Play `day` on the empty PostgreSQL database at `url`, with a kill in each of the first so many hours.

    Raises TimeoutError where the program does not start, or never sends all it has to.
    """
    figures = Figures(day)
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(Telegram(figures))
        wechat = await stack.enter_async_context(WeChat(figures))
        museum = Museum(folder, url, telegram.url, day)
        museum.environment |= wechat.settings
        telegram.target = wechat.target = museum.url
        await prepare(load_settings(museum.environment, folder / "none.env"))
        database = await stack.enter_async_context(opened(url))
        session = await stack.enter_async_context(browsers(museum.url))
        [listed] = await rows(database, select(Checklist.body).where(Checklist.code == CHECKLIST))
        crowd = Crowd(day, chance, telegram, wechat, session, figures, listed.body["items"])
        await crowd.members(database)
        stack.push_async_callback(museum.gone)
        await museum.start()
        await museum.opened(0)
        await museum.all_open()
        async with AsyncExitStack() as watching:
            await crowd.watch(watching)
            busy = await _pass(museum, crowd, figures, kills=kills)
            await _all_sent(database)
        await museum.stop()
        return Outcome(figures, await _judged(database, crowd), busy)


async def _pass(museum: Museum, crowd: Crowd, figures: Figures, *, kills: int) -> float:
    """Let the day pass and everybody finish; returns how busy the driver was."""
    figures.begin()
    before = _used()
    aside = [asyncio.create_task(museum.weigh(figures))]
    aside += [asyncio.create_task(museum.kill_hourly(figures, kills))]
    try:
        async with asyncio.TaskGroup() as together:
            for turn in crowd.day.turns(crowd.chance):
                await asyncio.sleep(turn.at - figures.now())
                together.create_task(crowd.takes(turn))
            await asyncio.sleep(crowd.day.seconds - figures.now())
        return (_used() - before) / figures.now()
    finally:
        for task in aside:
            if task.done():
                task.result()  # what went wrong with it
            task.cancel()
        await asyncio.wait(aside)


async def _all_sent(database: Database) -> None:
    """Wait until nothing is left in the outbox. Raises TimeoutError."""
    waiting = select(func.count()).where(Outbox.status.in_(UNSENT))
    async with asyncio.timeout(PATIENCE):
        while (await rows(database, waiting))[0][0]:  # noqa: ASYNC110 - a table tells nobody that it is empty
            await asyncio.sleep(LOOK_SECONDS)


async def _judged(database: Database, crowd: Crowd) -> truth.Verdict:
    verdict = truth.Verdict()
    said = (said for visitor in crowd.walkers("visitor") for said in visitor.comments)
    await truth.comments(verdict, database, said)
    walked = {one.number: one.marks for guard in crowd.walkers("guard") for one in guard.rounds}
    await truth.rounds(verdict, database, walked)
    logged = (one for volunteer in crowd.walkers("volunteer") for one in volunteer.logs)
    await truth.activities(verdict, database, logged)
    taken = [("telegram", str(number)) for number in crowd.telegram.taken]
    taken += [("web", mark) for window in crowd.windows.values() for mark in window.taken]
    await truth.updates(verdict, database, taken)
    await truth.counted(verdict, database, "wechat", crowd.wechat.taken)
    seqs = {account: window.seqs for account, window in crowd.windows.items()}
    await truth.replies(verdict, database, crowd.chats, seqs)
    return verdict


def _used() -> float:
    """Seconds of processor time that this process took so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
