"""`/summary` of a year over ever more records, and what keeping it fast costs those who write."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from sqlalchemy import insert, text

from bot import rolling
from bot.db import Database
from bot.i18n import Languages
from bot.imports import load_defaults
from bot.migrate import upgrade
from handlers.kit.words import say
from handlers.routes import gather
from handlers.summary import summary
from handlers.work import Me, Rules, Work
from models import (
    Feedback,
    Hazard,
    Inspection,
    InspectionItem,
    Outreach,
    Person,
    Signature,
    protect,
    unprotect,
)
from models.rollup import unwatch, watch
from tests.bench import summaries_data as data
from tests.bench import summaries_report as report
from tests.bench.figures import Spread, ratios
from tests.bench.machine import described
from tests.bench.report import DOCS, write_part
from tests.bench.summaries_report import Measured
from tests.fixtures.postgres import running_postgres
from tests.house import ZONE
from tests.records import comment, event, hazard, inspection, item

SIZES: Final = (10_000, 100_000, 1_000_000, 5_000_000)
QUICK: Final = (10_000, 100_000)
TIMES: Final = 100  # a summary is asked for
DIRECTLY: Final = 3  # times, for it takes long
ROUNDS: Final = 11  # of inspections stored with the triggers, and as many without
STORED: Final = 60  # inspections a round
RULES: Final = Rules("示例博物馆", ZONE, "http://127.0.0.1", 3, 0)
DIRECTOR: Final = Me(1, 1, "web", "Director", frozenset({"director"}), "zh_CN")
GUARD: Final = Me(data.GUARDS[0], 2, "web", "Guard", frozenset({"guard"}), "zh_CN")
Fresh = Callable[[], AbstractContextManager[str]]  # a new database; its address
LANGUAGES: Final = Languages("zh_CN", ZONE)
ROUTES: Final = gather()
# What is asked for, by whom; the year's days are put in front.
ASKED: Final[Mapping[str, tuple[Me, str]]] = {
    "everything": (DIRECTOR, ""),
    "one topic, with names": (DIRECTOR, " 检查"),
    "a guard's own": (GUARD, ""),
}


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--records", type=_sizes, help="sizes, with commas between; 5000000 is the largest meant"
    )
    parser.add_argument("--quick", action="store_true", help="up to 100,000 records, fewer times")
    parser.add_argument("--only", choices=("SQLite", "PostgreSQL"), help="one of the databases")


def run(given: argparse.Namespace) -> int:
    """Measure, print, and write the document where nothing was left out."""
    if not sys.platform.startswith("linux"):
        print("The benchmark describes its machine from /proc: it needs Linux.", file=sys.stderr)
        return 2
    sizes = given.records or (QUICK if given.quick else SIZES)
    times = 20 if given.quick else TIMES
    with (
        TemporaryDirectory(prefix="docent-bench-") as folder,
        running_postgres("--durable") as server,
    ):
        databases = {"SQLite": lambda: _file(Path(folder)), "PostgreSQL": server.database}
        wanted = {name: fresh for name, fresh in databases.items() if given.only in (None, name)}
        measured, costs = asyncio.run(measure(wanted, sizes, times))
        version = asyncio.run(_version(server.url("postgres")))
    print(report.plain(measured, costs))
    if sizes == SIZES and not given.only:
        write_part(DOCS / "benchmarks.md", "summaries", report.document(measured, costs, described(version)))
    return 0


async def measure(
    databases: Mapping[str, Fresh], sizes: Sequence[int], times: int
) -> tuple[list[Measured], dict[str, Spread]]:
    """The summaries on each database at each size, and what an inspection costs more for them."""
    measured, costs = [], {}
    for name, fresh in databases.items():
        for size in sorted(sizes):
            with fresh() as url:
                async with prepared(url) as database:
                    await fill(database, size // data.HUNDRED)
                    measured.append(await summaries(database, Measured(name, size), times))
                    print(report.line(measured[-1]), flush=True)
                    costs[name] = await cost(database)  # the largest stays
    return measured, costs


@asynccontextmanager
async def prepared(url: str) -> AsyncIterator[Database]:
    """A museum with its people and no records."""
    await upgrade(url)
    database = Database(url)
    ids = (DIRECTOR.id, *data.GUARDS, *data.VOLUNTEERS)
    many = [
        {
            "id": key,
            "name": f"同事{key}",
            "roles": frozenset(),
            "active": True,
            "created_at": _now(),
            "sample": False,
        }
        for key in ids
    ]
    try:
        async with database.transaction() as db:
            await load_defaults(db)
            await db.execute(insert(Person), many)
        yield database
    finally:
        await database.close()


async def fill(database: Database, hundreds: int) -> None:
    """Store hundreds of records; nobody watches, as everything is rolled up anew."""
    chunks = data.hundreds(hundreds, _today())
    async with database.transaction() as db:
        await db.run_sync(unwatch)
        await db.run_sync(unprotect)  # nobody signs what is closed here
    if database.sqlite:
        await asyncio.to_thread(data.into_sqlite, database.url.partition(":///")[2], chunks)
    else:
        await data.into_postgres(database.url, chunks)
    async with database.transaction() as db:
        await db.run_sync(watch)
        await db.run_sync(protect)


async def summaries(database: Database, into: Measured, times: int) -> Measured:
    """Time the summary of the year: counted directly, then from days rolled up."""
    await rolling.begin_anew(database)
    into.directly = [await asking(database, *ASKED["everything"]) for _ in range(DIRECTLY)]
    started = perf_counter()
    into.days = await rolling.rebuild(database, _today())
    into.rolling = perf_counter() - started
    if not database.sqlite:
        await _vacuum(database)  # as the server does by itself after a while
    numbers = iter(range(10**9))
    for what, (me, topic) in ASKED.items():
        into.asked[what] = []
        for asked in range(times + 1):
            await _written(database, next(numbers))
            took = await asking(database, me, topic)
            into.asked[what] += [took] if asked else []  # the first time compiles its statements
    return into


async def asking(database: Database, me: Me, topic: str) -> float:
    """Seconds that one summary takes: its transaction, and its words."""
    year = f"{_today() - timedelta(days=data.YEAR - 1)}..{_today()}"
    started = perf_counter()
    async with database.transaction() as db:
        work = Work(db, me, RULES, LANGUAGES(me.locale), _now(), ROUTES)
        await summary(work, year + topic)
    said = say(work.sendings[0].message.text, work.tongue)
    took = perf_counter() - started
    if not said.startswith("📊"):
        raise RuntimeError(f"that is no summary: {said}")
    return took


async def cost(database: Database, rounds: int = ROUNDS, stored: int = STORED) -> Spread:
    """How many times as long an inspection takes to store with the triggers, in alternating rounds."""
    numbers = iter(range(10**9))
    took: dict[bool, list[float]] = {True: [], False: []}
    for _round in range(rounds):
        for watched in (True, False):
            async with database.transaction() as db:
                await db.run_sync(watch if watched else unwatch)
            each = [await _store(database, next(numbers)) for _ in range(stored)]
            took[watched].append(median(each))
    async with database.transaction() as db:
        await db.run_sync(watch)
    return ratios(took[True], took[False])


async def _store(database: Database, number: int) -> float:
    """Seconds to store an inspection with three items, one of them abnormal, and its signature."""
    values = inspection(f"XJ-C-{number}", GUARD.id, _today(), failed=1)
    started = perf_counter()
    async with database.transaction() as db:
        key = (await db.execute(insert(Inspection).values(**values).returning(Inspection.id))).scalar_one()
        rows = [item(key, place, "fire", "ok" if place else "bad") for place in range(3)]
        await db.execute(insert(InspectionItem), rows)
        signed = {"inspection_id": key, "person_id": GUARD.id, "post": "inspector", "signed_at": _now()}
        await db.execute(insert(Signature).values(**signed))
    return perf_counter() - started


async def _written(database: Database, number: int) -> None:
    """Store a record of every topic, none of which is rolled up before the next summary."""
    name, today = f"W-{number}", _today()
    async with database.transaction() as db:
        await db.execute(insert(Inspection).values(**inspection(f"XJ-{name}", GUARD.id, today)))
        await db.execute(insert(Hazard).values(**hazard(f"YH-{name}", GUARD.id, today)))
        await db.execute(insert(Outreach).values(**event(f"HD-{name}", data.VOLUNTEERS[0], today)))
        await db.execute(insert(Feedback).values(**comment(f"LY-{name}", today)))


@contextmanager
def _file(folder: Path) -> Iterator[str]:
    """The address of an SQLite file that is not there yet; removed at the end."""
    with TemporaryDirectory(dir=folder) as name:
        yield f"sqlite+aiosqlite:///{(Path(name) / 'docent.db').as_posix()}"


async def _vacuum(database: Database) -> None:
    async with database.reading() as db:
        plain = await db.execution_options(isolation_level="AUTOCOMMIT")
        await plain.execute(text("VACUUM ANALYZE"))


async def _version(url: str) -> str:
    database = Database(url)
    try:
        async with database.reading() as db:
            return str(await db.scalar(text("SHOW server_version")))
    finally:
        await database.close()


def _sizes(given: str) -> tuple[int, ...]:
    sizes = tuple(int(size) for size in given.replace("_", "").split(","))
    if any(size % data.HUNDRED for size in sizes) or min(sizes) <= 0:
        raise argparse.ArgumentTypeError("whole hundreds, such as 10000,100000")
    return sizes


def _now() -> datetime:
    return datetime.now(UTC)


def _today() -> date:
    return _now().astimezone(ZONE).date()
