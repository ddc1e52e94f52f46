"""The cases that kill, in each way to run the program: at chosen and any moments, on any network."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

from bot.app import opened
from tests.fixtures.duty import at_the_counter, on_duty
from tests.fixtures.killing import AT_THE_WEB_CHAT, ELAPSED, INSIDE, RECEIVED, SERVED, Program, moments
from tests.fixtures.truth import comments_of, updates_of
from tests.torture.cases import STORES, Case, Try
from tests.torture.crew import Crew
from tests.torture.network import wired
from tests.torture.tally import Tally, compared, settled, tallied


async def on_telegram(mode: str, database: str, workers: int, tried: Try) -> Tally:
    """Everybody on duty, while the program is killed; every other time on a bad network."""
    chance, rough = tried.chance, tried.chance.random() < 0.5
    events = {**SERVED, **RECEIVED[mode], **ELAPSED, **(INSIDE if workers == 1 else {})}
    made = Program if workers == 1 else partial(_crew, random.Random(chance.random()))
    with tried.database(database) as url:
        async with (
            on_duty(url, tried.folder, chance, made=made, TELEGRAM_MODE=mode) as (program, duty),
            wired(program, duty.api.port, chance if rough else None),
        ):
            plan = moments(chance, tried.kills, events)
            await duty.work(lambda: program.die_at(plan))
            await settled(url)
            await program.stop()
            async with opened(url) as found:
                tally = await tallied(found, duty, lossy=rough)
                await duty.check(found, lossy=rough)
            tally.add(Tally(tries=tried.kills, recoveries=program.recoveries))
            return tally


def _crew(chance: random.Random, folder: Path, **settings: str) -> Crew:
    return Crew(folder, chance, **settings)


async def at_the_web_chat(database: str, tried: Try) -> Tally:
    """Visitors at the web chat, while the program is killed."""
    with tried.database(database) as url:
        async with at_the_counter(url, tried.folder, tried.chance) as (program, counter):
            plan = moments(tried.chance, tried.kills, {**AT_THE_WEB_CHAT, **ELAPSED})
            await counter.work(lambda: program.die_at(plan))
            tally = Tally(tries=tried.kills)
            async with opened(url) as found:
                for account, visitor in counter.visitors.items():
                    tally.add(compared(visitor.comments, await comments_of(found, account)))
                marks = [
                    f"{account[:16]}:{one}"
                    for account, browser in counter.browsers.items()
                    for one in browser.posted
                ]
                tally.add(compared(sorted(marks), sorted(await updates_of(found))))
                await counter.check(found)
            await program.stop()
            tally.recoveries = program.recoveries
            return tally


def _telegram(mode: str, database: str, workers: int = 1) -> Case:
    crew = "-workers" if workers > 1 else ""
    title = f"kill -9, {STORES[database]}, {mode}{', two workers' if crew else ''}"
    return Case(
        f"{database}{crew}-{mode}", title, partial(on_telegram, mode, database, workers), share=1 / workers
    )


CASES = [
    *(_telegram(mode, database) for database in ("sqlite", "postgresql") for mode in ("polling", "webhook")),
    *(_telegram(mode, "postgresql", workers=2) for mode in ("polling", "webhook")),
    Case("sqlite-web", "kill -9, SQLite, web chat", partial(at_the_web_chat, "sqlite"), share=0.5),
    Case(
        "postgresql-web", "kill -9, PostgreSQL, web chat", partial(at_the_web_chat, "postgresql"), share=0.5
    ),
]
