"""`python3 run.py torture`: kill the program by the hundred, break its network, and count what was lost."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import secrets
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from tests.bench.report import DOCS, write_part
from tests.fixtures.postgres import SHARED, running_postgres
from tests.torture.cases import Case
from tests.torture.one import CASES, RESULT
from tests.torture.tally import HEAD, Tally

A_TRY = 21  # kills of one database, people and all, before a fresh one
KILLS, QUICK_KILLS = 520, 24
SECONDS, QUICK_SECONDS = 30.0, 5.0  # that a database is away, or a storm lasts
AT_ONCE = 2


class Torture:
    """One run: its cases, one seed each try, a few tries at once."""

    def __init__(self, folder: Path, given: argparse.Namespace) -> None:
        self.folder = folder
        self.given = given
        self.room = asyncio.Semaphore(given.at_once)
        self.results: dict[str, Tally] = {}
        self._seed = given.seed

    async def run(self) -> None:
        chosen = [CASES[name] for name in self.given.case or CASES]
        shares = sum(case.share for case in chosen)
        async with asyncio.TaskGroup() as together:
            for case in chosen:
                self.results[case.name] = Tally()
                for count in self._counts(case, shares):
                    together.create_task(self._try(case, self._seed, count))
                    self._seed = (self._seed + 1) % 2**32

    def _counts(self, case: Case, shares: float) -> list[int]:
        """The kills of each try of a case."""
        if not case.share:
            return [0] * (1 if self.given.quick else case.tries)
        kills = round(self.given.kills * case.share / shares) or 1
        return [min(A_TRY, kills - done) for done in range(0, kills, A_TRY)]

    async def _try(self, case: Case, seed: int, count: int) -> None:
        """One try, in a process of its own: what it spoils is gone with it."""
        async with self.room:
            begun = time.monotonic()
            folder = Path(tempfile.mkdtemp(dir=self.folder))
            what = map(str, (case.name, seed, count, self.given.seconds, folder))
            command = (sys.executable, "-m", "tests.torture.one", *what)
            with (folder / "log.txt").open("wb") as log:
                process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
                await process.wait()
            tally = _told(folder, count)
        self.results[case.name].add(tally)
        if tally.is_clean:
            shutil.rmtree(folder)
        again = f"--case {case.name} --seed {seed}" + (f" --kills {count}" if count else "")
        verdict = "ok    " if tally.is_clean else "FAILED"
        print(f"{time.monotonic() - begun:6.1f} s  {verdict}  {again}", flush=True)
        for failure in tally.failures:
            print(f"{failure}\nMore in {folder}", file=sys.stderr, flush=True)


def _told(folder: Path, count: int) -> Tally:
    """What a try wrote before it ended."""
    result = folder / RESULT
    if result.exists():
        return Tally(**json.loads(result.read_text(encoding="utf-8")))
    said = (folder / "log.txt").read_text("utf-8", "replace")[-4000:]
    return Tally(tries=count or 1, failures=[f"it ended without a result:\n{said}"])


def main(arguments: list[str]) -> int:
    """Run what is asked for; returns the exit code."""
    if not sys.platform.startswith("linux"):
        print("The torture needs Linux: it kills processes and looks for their children.", file=sys.stderr)
        return 2
    given = _parser().parse_args(arguments)
    is_whole = not (given.quick or given.case or given.kills)
    given.kills = given.kills or (QUICK_KILLS if given.quick else KILLS)
    given.seconds = QUICK_SECONDS if given.quick else SECONDS
    print(f"--seed {given.seed}", flush=True)
    begun = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="torture-"))
    with running_postgres("--durable") as postgres:
        os.environ[SHARED] = json.dumps(asdict(postgres))
        torture = Torture(folder, given)
        asyncio.run(torture.run())
    table = report(torture.results, given.seed, time.monotonic() - begun)
    print(table)
    if is_whole:
        write_part(DOCS / "reliability.md", "torture", table)
    return 0 if all(tally.is_clean for tally in torture.results.values()) else 1


def report(results: dict[str, Tally], seed: int, seconds: float) -> str:
    """The table, and what it was measured on."""
    total = Tally()
    for tally in results.values():
        total.add(tally)
    rows = [tally.row(CASES[name].title) for name, tally in results.items()]
    machine = f"{os.cpu_count()} processors ({platform.machine()}), {platform.system()} {platform.release()}"
    seeds = f"seeds {min(total.seeds)} to {max(total.seeds)}" if total.seeds else f"seed {seed}"
    note = f"{machine}, Python {platform.python_version()}; {seconds / 60:.0f} minutes; {seeds}."
    return "\n".join([HEAD, *rows, total.row("**all**"), "", note])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run.py torture", description=__doc__)
    parser.add_argument(
        "--seed", type=int, default=secrets.randbelow(2**31), help="plays a run or a try again"
    )
    parser.add_argument("--case", action="append", choices=[*CASES], help="only this one; may be repeated")
    parser.add_argument("--kills", type=int, help=f"how many in all ({KILLS})")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_KILLS} kills, and every case once")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help=f"tries at the same time ({AT_ONCE})")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
