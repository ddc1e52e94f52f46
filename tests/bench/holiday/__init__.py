"""A holiday at a large museum: a whole day pressed into minutes, with a worker killed each hour of it."""

from __future__ import annotations

import argparse
import asyncio
import random
import secrets
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.holiday.day import HOURS, Day
from tests.bench.report import DOCS, write_part

QUICK = {"scale": 0.01, "hours": 3, "hour_seconds": 5.0}


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--hour-seconds", type=float, default=60.0, help="real seconds that an hour takes (60)"
    )
    parser.add_argument("--hours", type=int, default=HOURS, help="how many hours, from nine if not all (24)")
    parser.add_argument("--scale", type=float, default=1.0, help="a part of the people (1.0)")
    parser.add_argument(
        "--no-kills", action="store_true", help="let all workers live, to see what they grow to"
    )
    parser.add_argument(
        "--quick", action="store_true", help="three short hours with a hundredth of the people"
    )
    parser.add_argument("--seed", type=int, help="plays a run again")
    parser.add_argument(
        "--report", type=Path, default=None, help="where to write, docs/reliability.md if whole"
    )


def run(given: argparse.Namespace) -> int:
    """Play the day and report; 1 if anything was lost or a target missed."""
    if not Path("/proc/self/statm").exists():
        sys.exit("This part weighs and kills processes as Linux shows them: please run it there.")
    import uvloop

    from tests.bench.holiday.play import play
    from tests.bench.holiday.telling import told
    from tests.fixtures.postgres import running_postgres

    options = vars(given) | (QUICK if given.quick else {})
    day = Day.of(options["hour_seconds"], options["hours"], options["scale"])
    seed = given.seed if given.seed is not None else secrets.randbelow(2**32)
    print(f"seed {seed}: {day}", flush=True)
    with running_postgres("--durable") as server, server.database() as url, TemporaryDirectory() as folder:
        playing = play(url, Path(folder), day, random.Random(seed), kills=0 if given.no_kills else day.hours)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            outcome = runner.run(playing)
    text, good = told(outcome, seed)
    print(text)
    file = given.report or (DOCS / "reliability.md" if day.is_whole else None)
    if file is not None:
        write_part(file, "holiday without kills" if given.no_kills else "holiday", text)
    return 0 if good else 1
