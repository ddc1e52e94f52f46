"""The program itself with one form more: the benchmark's, declared like every other.

`--worker` serves as one of several; without it as many are started as the settings say.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Final

from sqlalchemy import insert

from bot import listening, logs
from bot.app import App, all_routes, prepare, running
from bot.config import Settings, load_settings
from bot.limits import Limits
from bot.tuning import new_loop
from handlers.kit.form import Form
from handlers.kit.kinds import choice, text
from handlers.kit.messages import Option
from handlers.routes import Routes
from handlers.work import Work
from tests.bench.subjects import given
from tests.bench.subjects.records import Inspection, Item
from tests.bench.subjects.words import CHECKLISTS, QUESTIONS, STATES

WORKER: Final = "--worker"
LISTS: Final = [Option(code, label) for code, label in CHECKLISTS]
FOUND: Final = [Option(code, label) for code, label in STATES]

# Made once, as every update runs them.
INSPECTED: Final = insert(Inspection.__table__).returning(Inspection.__table__.c.id)  # type: ignore[arg-type]  # a table

routes = Routes()


@routes.form
class Bench(Form, name="bench", opens="Bench", needs="talk", review=False):
    """The inspection that every subject does."""

    checklist: str = choice(QUESTIONS[0], LISTS)
    item1: str = choice(QUESTIONS[1], FOUND)
    item2: str = choice(QUESTIONS[2], FOUND)
    item3: str = choice(QUESTIONS[3], FOUND)
    note: str = text(QUESTIONS[4])

    async def submit(self, work: Work) -> None:
        row = {"chat": work.me.account_id, "checklist": self.checklist, "note": self.note}
        inspection = (await work.db.execute(INSPECTED, row)).scalar_one()
        states = enumerate((self.item1, self.item2, self.item3), 1)
        items = [{"inspection_id": inspection, "number": number, "state": state} for number, state in states]
        work.leave(Item, *items)
        work.reply(QUESTIONS[5])


@routes.command("bench", needs="talk", about="Bench", order=99)
async def bench(work: Work, rest: str) -> None:
    await work.open(Bench)


async def serve() -> None:
    """Serve until killed, in this process or in several."""
    logs.set_up()
    settings = load_settings()
    if WORKER in sys.argv:
        await serve_here(settings)
        return
    await prepare(settings)
    if settings.workers > 1:
        await serve_by_workers(settings)
    else:
        await serve_here(settings)


async def serve_here(settings: Settings) -> None:
    everything = all_routes()
    everything.merge(routes)
    async with running(settings, prepared=True, routes=everything) as app:
        unhurried(app)
        given.ready()
        await asyncio.Event().wait()


class Generous(Limits):
    """Nobody sends too much here."""

    def allow(self, key: str, most: int, seconds: float) -> bool:
        return key.startswith("messages:") or super().allow(key, most, seconds)


def unhurried(app: App) -> None:
    """Lift what protects a museum from floods: here all is flood."""
    app.engine.limits = Generous()


async def serve_by_workers(settings: Settings) -> None:
    """Start the workers as `bot/supervisor.py` does, with this module in place of the program's."""
    with listening.bound(settings):
        workers = [await _worker() for _ in range(settings.workers)]
        for worker in workers:
            assert worker.stdout is not None
            await worker.stdout.readline()
        given.ready()
        await asyncio.gather(*(worker.wait() for worker in workers))


async def _worker() -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "tests.bench.subjects.docent", WORKER)
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(serve())
