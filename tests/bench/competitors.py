"""The compared programs as processes: started with a fresh database, watched, killed, started again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy.ext.asyncio import create_async_engine

from bot.config import NAMES
from tests.bench import peers, processes, stores
from tests.bench.subjects import records
from tests.bench.updates import SECRET
from tests.fixtures.postgres import Postgres
from tests.fixtures.postgres_server import free_port

ROOT: Final = Path(__file__).resolve().parents[2]
START_SECONDS: Final = 60.0
TOKEN: Final = "424242:bench-token-of-thirty-letters-and-more"


@dataclass(frozen=True)
class Subject:
    """A program to be compared: its module below `subjects`, and what it is told."""

    name: str
    module: str
    about: str
    sqlite: bool = False
    peer: bool = False  # runs in the environment of the peers
    store: str = ""  # where a peer keeps its conversations: "file" or "redis", else in memory
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> str:
        """What this machine lacks for it; nothing if it can run."""
        return "no Redis server here" if self.store == "redis" and stores.redis_program() is None else ""


DOCENT, TWICE, SQLITE, FLOOR = "docent-postgres", "docent-postgres-2", "docent-sqlite", "floor"
AIOGRAM, PTB = "aiogram-memory", "ptb-memory"
SUBJECTS: Final = {
    subject.name: subject
    for subject in (
        Subject(FLOOR, "floor", "this one job by hand: one statement for several people"),
        Subject(DOCENT, "docent", "Docent on PostgreSQL"),
        Subject(TWICE, "docent", "Docent on PostgreSQL, two workers", settings={"WORKERS": "2"}),
        Subject(SQLITE, "docent", "Docent on SQLite", sqlite=True),
        Subject(AIOGRAM, "aiogram_bot", "aiogram, MemoryStorage, SQLAlchemy", peer=True),
        Subject(
            "aiogram-redis", "aiogram_bot", "aiogram, RedisStorage, SQLAlchemy", peer=True, store="redis"
        ),
        Subject(PTB, "ptb", "python-telegram-bot, ConversationHandler, SQLAlchemy", peer=True),
        Subject("ptb-pickle", "ptb", "the same with PicklePersistence", peer=True, store="file"),
    )
}


class Broken(Exception):
    """A compared program did not do its job; the text says which and what it said."""


class NotStarted(Broken):
    """It did not even start."""


class Running:
    """A subject at work on a port and a database of its own."""

    def __init__(self, subject: Subject, folder: Path, database: str, api: int, store: str) -> None:
        self.subject = subject
        self.database = database
        self.port = free_port()
        self.beside: list[int] = []  # processes that keep its conversations, such as a Redis
        self._log = folder / "log.txt"
        self._process: asyncio.subprocess.Process | None = None
        ours = {name: value for name, value in os.environ.items() if name not in NAMES}
        self._environment = ours | {
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": database,
            "LISTEN": f"127.0.0.1:{self.port}",
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "MEDIA_DIR": str(folder / "media"),
            "LOCALE": "en",
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_PER_SECOND": "1e9",
            "TELEGRAM_CHAT_PER_SECOND": "1e9",
            "TELEGRAM_SECRET": SECRET,
            "TELEGRAM_API_URL": f"http://127.0.0.1:{api}",
            "TELEGRAM_MODE": "webhook",
            "BENCH_STORE": store,
            **subject.settings,
        }

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start it and wait until it serves. Raises NotStarted."""
        python = str(peers.interpreter()) if self.subject.peer else sys.executable
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(python, "-m", f"tests.bench.subjects.{self.subject.module}"),
                env=self._environment,
                cwd=ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # a group of its own, to be killed with its workers
            )
        assert self._process.stdout is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                while line := await self._process.stdout.readline():
                    if line == b"ready\n":
                        return
        raise NotStarted(f"{self.subject.name} did not start:\n{self.said()}")

    def workers(self) -> list[int]:
        """The processes that serve: itself, or those it started."""
        own, *started = processes.family(self.pid)
        return started or [own]

    async def kill(self) -> None:
        """End it and its workers as a cut of power would."""
        if self._process is None or self._process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    def said(self) -> str:
        """The end of its log."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-3000:]


@asynccontextmanager
async def competing(subject: Subject, postgres: Postgres, api: int) -> AsyncIterator[Running]:
    """The subject, started; at the end it is killed and all it left is removed. Raises Broken."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="docent-bench-")))
        database = f"sqlite+aiosqlite:///{(folder / 'bench.db').as_posix()}"
        if not subject.sqlite:
            database = stack.enter_context(postgres.database())
        engine = create_async_engine(database)
        await records.create(engine)
        await engine.dispose()
        store, beside = "", []
        if subject.store == "file":
            store = str(folder / "conversations.pickle")
        elif program := stores.redis_program() if subject.store else None:
            store, pid = await stack.enter_async_context(stores.redis(program, folder))
            beside.append(pid)
        running = Running(subject, folder, database, api, store)
        running.beside = beside
        stack.push_async_callback(running.kill)
        await running.start()
        yield running
