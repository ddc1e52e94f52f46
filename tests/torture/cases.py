"""What a case is, and where its tries are made."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.fixtures.postgres import Postgres
from tests.torture.tally import Tally

# Of a visitor whom nobody kills: more in so short a time are too many, and they are asked to wait.
COMMENTS: Final = 3
STORES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass
class Try:
    """One try of a case: chance of its own, a folder of its own, how many `kills` it is to have, and how many
    `seconds` whatever goes away is away."""

    chance: random.Random
    folder: Path
    postgres: Postgres
    kills: int
    seconds: float

    @contextmanager
    def database(self, kind: str) -> Iterator[str]:
        """The address of a fresh database that waits for the disk, as in service."""
        if kind == "sqlite":
            yield f"sqlite+aiosqlite:///{(self.folder / 'docent.db').as_posix()}"
            return
        with self.postgres.database() as url:
            yield url


Torment = Callable[[Try], Awaitable[Tally]]


@dataclass(frozen=True)
class Case:
    """A row of the table: what it is called, and its `run`, made `tries` times, or as often as its `share` of
    the kills needs."""

    name: str
    title: str
    run: Torment
    tries: int = 1
    share: float = 0.0
