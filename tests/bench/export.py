"""An export of many rows, and how long other people's replies take meanwhile, beside the same without it."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any, Final
from uuid import uuid4

import aiohttp
from sqlalchemy import insert, select, update

from bot.app import opened
from models import Base, Feedback, Inspection, InspectionItem, Person
from tests.bench.figures import percentile, ratios, spread
from tests.bench.processes import memory
from tests.bench.report import DOCS, write_part
from tests.fixtures.postgres import running_postgres
from tests.fixtures.served import Served, serving
from tests.records import comment, inspection, item

PEOPLE: Final = 60  # who write meanwhile, each less often than the desk asks visitors to slow down
RATE: Final = 10.0  # messages a second, all together
SAMPLE_EVERY: Final = 0.2  # seconds between looks at the memory
BATCH: Final = 2_000  # records made at once
MOST_WAIT: Final = 600.0
DAY: Final = date(2026, 10, 15)
PERIOD: Final = "2026-10.all"
NOTE: Final = "灭火器压力正常，通道畅通；应急照明已试，门禁记录已核对。"


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the file (100000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, each idle and with an export (5)")
    parser.add_argument("--quick", action="store_true", help="10000 rows, two rounds; writes no document")


def run(given: argparse.Namespace) -> int:
    """Measure on both databases and write the part `export` of docs/benchmarks.md."""
    if sys.platform != "linux":
        print("This benchmark reads memory from /proc: it needs Linux.", file=sys.stderr)
        return 2
    rows, rounds = (10_000, 2) if given.quick else (given.rows, given.rounds)
    results = []
    for name in ("SQLite", "PostgreSQL"):
        with _database(name) as (url, folder):
            results.append(asyncio.run(_measure(name, url, folder, rows, rounds)))
    text = _report(rows, rounds, results)
    print(text)
    if not given.quick:
        write_part(DOCS / "benchmarks.md", "export", text)
    return 0


@dataclass(slots=True)
class Figures:
    """What was measured on one database, a figure a round; times in milliseconds unless said otherwise."""

    database: str
    resting: float = 0.0  # MiB of all processes before the first export
    seconds: list[float] = field(default_factory=list)  # an export took
    peak: list[float] = field(default_factory=list)  # MiB of all processes during an export
    size: float = 0.0  # MB of the file
    told: list[int] = field(default_factory=list)  # messages of progress
    idle: list[Sequence[float]] = field(default_factory=list)
    busy: list[Sequence[float]] = field(default_factory=list)


async def _measure(name: str, url: str, folder: Path, rows: int, rounds: int) -> Figures:
    figures = Figures(name)
    async with serving(url, folder) as served, _crowd(served.url) as (reader, *others):
        await reader.say("/start")
        await _fill(url, rows)
        await _load(others, 2.0)  # warm
        figures.resting = memory(served.process.pid)
        for number in range(rounds):
            print(f"{name}: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
            await _round(figures, served, reader, others)
    return figures


async def _round(figures: Figures, served: Served, reader: Writer, others: Sequence[Writer]) -> None:
    """An export with other people's messages, and then their messages alone for as long."""
    watch = asyncio.create_task(_watch(served.process.pid))
    load = asyncio.create_task(_load(others, None))
    began = perf_counter()
    size, told = await reader.export()
    figures.seconds.append(perf_counter() - began)
    load.cancel()
    figures.busy.append(await load)
    figures.size, figures.told = size / 1e6, [*figures.told, told]
    figures.idle.append(await _load(others, figures.seconds[-1]))
    watch.cancel()
    figures.peak.append(await watch)


class Writer:
    """Somebody at a device of their own."""

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str, address: str) -> None:
        self._http = http
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}
        self._seen = 0

    async def say(self, text: str = "", **more: Any) -> float:
        """Send a message; returns after how many milliseconds it was answered."""
        message = {"client_id": uuid4().hex, "text": text, **more}
        began = perf_counter()
        url = f"{self._url}/api/chat/messages"
        async with self._http.post(url, json=message, headers=self._headers) as answer:
            await answer.read()
            answer.raise_for_status()
        return (perf_counter() - began) * 1000

    async def export(self) -> tuple[int, int]:
        """Ask for the file and wait for it; returns its bytes and how often the progress was told."""
        await self._unread()
        await self.say(data=f"a:export:{PERIOD}", tapped=1)
        messages: list[dict[str, Any]] = []
        async with asyncio.timeout(MOST_WAIT):
            while not any(message["file"] for message in messages):
                await asyncio.sleep(0.25)
                messages += await self._unread()
        [file] = [message["file"] for message in messages if message["file"]]
        async with self._http.get(f"{self._url}/{file['url']}", headers=self._headers) as answer:
            return len(await answer.read()), len(messages) - 2

    async def _unread(self) -> list[dict[str, Any]]:
        url = f"{self._url}/api/chat/history?after={self._seen}&limit=200"
        async with self._http.get(url, headers=self._headers) as answer:
            found: list[dict[str, Any]] = (await answer.json())["messages"]
        self._seen = max((message["seq"] for message in found), default=self._seen)
        return found


@asynccontextmanager
async def _crowd(url: str) -> AsyncIterator[list[Writer]]:
    """PEOPLE and one more, each at an address of their own."""
    async with aiohttp.ClientSession() as http:
        people = []
        for number in range(PEOPLE + 1):
            async with http.post(f"{url}/api/chat/session", json={"bearer": True}) as answer:
                token = (await answer.json())["token"]
            people.append(Writer(http, url, token, f"10.0.{number >> 8}.{number & 255}"))
        yield people


async def _load(people: Sequence[Writer], seconds: float | None) -> list[float]:
    """Have people write at RATE, for so long or until cancelled; returns how long each was kept waiting.

    Messages leave at their times, whether or not those before were answered.
    """
    under_way: list[asyncio.Task[float]] = []
    began = perf_counter()
    try:
        while seconds is None or perf_counter() - began < seconds:
            under_way.append(asyncio.create_task(people[len(under_way) % len(people)].say("/help")))
            await asyncio.sleep(max(0.0, began + len(under_way) / RATE - perf_counter()))
    except asyncio.CancelledError:
        pass
    return list(await asyncio.gather(*under_way))


async def _watch(pid: int) -> float:
    """The most memory that the program and its children had until cancelled, in MiB."""
    most = 0.0
    try:
        while True:
            most = max(most, memory(pid))
            await asyncio.sleep(SAMPLE_EVERY)
    except asyncio.CancelledError:
        return most


async def _fill(url: str, rows: int) -> None:
    """So many rows of one month: inspections, four items to each, and as many comments; for a director."""
    rounds = rows // 6
    async with opened(url) as database:
        async with database.transaction() as db:
            await db.execute(update(Person).values(roles=frozenset({"director"}), name="D"))
            person = await db.scalar(select(Person.id))
        assert person is not None
        for start in range(0, rounds, BATCH):
            numbers = range(start, min(start + BATCH, rounds))
            made: list[tuple[type[Base], list[dict[str, Any]]]] = [
                (
                    Inspection,
                    [{"id": n + 1, **inspection(f"XJ-{n}", person, DAY, note=NOTE)} for n in numbers],
                ),
                (InspectionItem, [_item(n, part) for n in numbers for part in range(4)]),
                (
                    Feedback,
                    [comment(f"LY-{n}", DAY, rating=1 + n % 5, comment=f"{NOTE} {n}") for n in numbers],
                ),
            ]
            async with database.transaction() as db:
                for model, records in made:
                    await db.execute(insert(model), records)


def _item(number: int, part: int) -> dict[str, Any]:
    return item(number + 1, part + 1, "fire", "ok", note=NOTE if part == 0 else None)


@contextmanager
def _database(name: str) -> Iterator[tuple[str, Path]]:
    """An empty database and a folder for the program's files; PostgreSQL waits for the disk as in service."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="docent-bench-")))
        if name == "SQLite":
            yield f"sqlite+aiosqlite:///{(folder / 'docent.db').as_posix()}", folder
            return
        server = stack.enter_context(running_postgres("--durable"))
        yield stack.enter_context(server.database()), folder


def _report(rows: int, rounds: int, results: Sequence[Figures]) -> str:
    lines = [
        "## An export beside people's replies",
        "",
        f"A spreadsheet of {rows:,} rows, asked for in the web chat, while {PEOPLE} other people send "
        f"{RATE:.0f} messages a second; their replies during the export and, in turn, without it. "
        f"{rounds} rounds, medians with least and most. Memory is that of the program and its children.",
        "",
        "| | " + " | ".join(one.database for one in results) + " |",
        "|---|" + "---|" * len(results),
    ]
    table = {
        "the export takes, s": [f"{spread(one.seconds):.1f}" for one in results],
        "its file, MB": [f"{one.size:.1f}" for one in results],
        "times the progress was told": [f"{spread(one.told):.0f}" for one in results],
        "memory before, MiB": [f"{one.resting:.0f}" for one in results],
        "memory at most, MiB": [f"{spread(one.peak):.0f}" for one in results],
        **{
            f"replies, p{share}, ms: idle": [f"{spread(_each(one.idle, share)):.1f}" for one in results]
            for share in (50, 99)
        },
        **{
            f"replies, p{share}, ms: during": [f"{spread(_each(one.busy, share)):.1f}" for one in results]
            for share in (50, 99)
        },
        "p99 during / idle": [f"{ratios(_each(one.busy, 99), _each(one.idle, 99)):.2f}" for one in results],
    }
    return "\n".join([*lines, *(f"| {title} | {' | '.join(cells)} |" for title, cells in table.items())])


def _each(rounds: Sequence[Sequence[float]], share: int) -> list[float]:
    return [percentile(times, share) for times in rounds]
