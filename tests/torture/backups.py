"""The cases of backups: made, killed and verified one after the other while everybody writes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, STDOUT
from functools import partial

from tests.fixtures.duty import Duty
from tests.fixtures.killing import Program
from tests.fixtures.postgres_server import system_programs, wheel_programs
from tests.torture.cases import COMMENTS, STORES, Case, Try
from tests.torture.network import Network
from tests.torture.outages import on_duty_through
from tests.torture.tally import Tally

LATEST_KILL = 2.0  # seconds after its start; one that is done by then is kept

# Of a visitor whom nothing hinders: each takes six messages, and more than twenty a minute are too many.


async def run(program: Program, *words: str, kill_after: float | None = None) -> bool:
    """Run a command beside `program`; whether it was killed in time. Raises AssertionError if it fails."""
    programs = system_programs() or wheel_programs(None)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", program.module, *words),
        cwd=program.folder,
        env=program.environment | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        stdout=PIPE,
        stderr=STDOUT,
    )
    if kill_after is not None:
        asyncio.get_running_loop().call_later(kill_after, _kill, process)
    said, _ = await process.communicate()
    killed = kill_after is not None and process.returncode == -signal.SIGKILL
    assert killed or process.returncode == 0, said.decode("utf-8", "replace")
    return killed


def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()


async def backups(database: str, tried: Try) -> Tally:
    """Every other one is killed; each that is there is whole, and of the others nothing is left."""
    kept: list[str] = []
    made = 0

    async def torment(program: Program, duty: Duty, _network: Network) -> None:
        nonlocal made
        duty.comments = COMMENTS
        enough = time.monotonic() + tried.seconds
        while time.monotonic() < enough or not kept:
            file = program.folder / "backups" / f"{made}.zip"
            kill_after = tried.chance.uniform(0.0, LATEST_KILL) if made % 2 == 0 else None
            made += 1
            killed = await run(program, "backup", str(file), kill_after=kill_after)
            if not killed or file.exists():
                await run(program, "restore", "--verify", str(file))
                kept.append(file.name)
        last = program.folder / "backups" / "last.zip"
        await run(program, "backup", str(last))  # clears up after one that was killed
        found = sorted(file.name for file in last.parent.iterdir())
        assert found == sorted([".docent-lock", last.name, *kept]), found

    tally = await on_duty_through(torment, tried, database=database)
    tally.tries = made
    return tally


CASES = [
    Case(f"backup-{database}", f"kill -9 in backups on duty, {title}", partial(backups, database))
    for database, title in STORES.items()
]
