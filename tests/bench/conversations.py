"""Plays people through Docent and through what others would pick instead, and compares what it takes."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import Final

import asyncpg
import uvloop

from tests.bench import conversations_report as report
from tests.bench import peers, processes
from tests.bench.competitors import SUBJECTS, Broken, Subject
from tests.bench.machine import described
from tests.bench.report import DOCS, write_part
from tests.bench.trial import Plan, Trial, trial
from tests.bench.verdict import Rounds
from tests.fixtures.postgres import Postgres, running_postgres

OPEN: Final = 10_000
QUICK, LONG = 2.0, 7.0  # seconds of each load
MEANT: Final = 5  # rounds; fewer, or fewer subjects, are for a look and are not written down


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--rounds", type=int, default=MEANT, help="each has every subject once")
    parser.add_argument("--seconds", type=float, help="of each load: 7, or 2 if quick")
    parser.add_argument("--people", type=int, default=200, help="at once")
    parser.add_argument("--only", type=_names, default=list(SUBJECTS), help="subjects, with commas between")
    parser.add_argument("--api-delay", type=float, default=0.0, help="milliseconds to the Bot API and back")
    parser.add_argument(
        "--open", type=int, default=OPEN, help="conversations open at once, in the first round"
    )
    parser.add_argument("--quick", action="store_true", help="one round of two seconds, no long parts")


def run(given: argparse.Namespace) -> int:
    """Measure, print, and write the document if all was measured; 1 where a subject failed at its job."""
    if not sys.platform.startswith("linux"):
        print("The benchmark reads what processes use from /proc: it needs Linux.", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds: nothing of it goes on running
    given.seconds = given.seconds or (QUICK if given.quick else LONG)
    subjects = [SUBJECTS[name] for name in given.only]
    present = [subject for subject in subjects if not subject.missing]
    try:
        if any(subject.peer for subject in present):
            peers.prepare()
        with running_postgres("--durable") as postgres:
            rounds, version = uvloop.run(compare(given, present, postgres))
    except peers.NotMade as error:
        print(error, file=sys.stderr)
        return 2
    except Broken as error:
        print(error, file=sys.stderr)
        return 1
    print(report.table(subjects, rounds))
    print(report.verdicts(rounds))
    for warning in report.warnings(rounds):
        print(warning, file=sys.stderr)
    if given.rounds >= MEANT and subjects == list(SUBJECTS.values()) and not given.quick:
        machine = [*described(version), _peers()]
        text = report.document(subjects, rounds, machine, given)
        write_part(DOCS / "benchmarks.md", _part(given), text)
    return 0


async def compare(
    given: argparse.Namespace, subjects: Sequence[Subject], postgres: Postgres
) -> tuple[Rounds, str]:
    """What was measured of each subject in each round, and PostgreSQL's version."""
    connection = await asyncpg.connect(postgres.url("postgres", "postgresql"))
    postmaster = processes.parent(connection.get_server_pid())
    version: str = await connection.fetchval("SHOW server_version")
    await connection.close()
    rounds: dict[str, list[Trial]] = {subject.name: [] for subject in subjects}
    for number in range(1 if given.quick else given.rounds):
        plan = _plan(given, first=number == 0)
        for subject in subjects:
            done = await trial(subject, plan, postgres, [postmaster])
            rounds[subject.name].append(done)
            print(report.line(number, subject, done), file=sys.stderr, flush=True)
    return rounds, version


def _plan(given: argparse.Namespace, *, first: bool) -> Plan:
    """What a round measures. Neither a kill nor open conversations depend on how far away the API is."""
    near = not given.quick and not given.api_delay
    return Plan(
        given.people,
        given.seconds,
        given.api_delay / 1000,
        calm=not given.quick,
        killed=near,
        conversations=given.open if near and first else 0,
    )


def _names(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in SUBJECTS:
            raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(SUBJECTS)}")
    return names


def _peers() -> str:
    versions = peers.versions("aiogram", "python-telegram-bot", "redis", "SQLAlchemy")
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _part(given: argparse.Namespace) -> str:
    return f"conversations, the API {given.api_delay:.0f} ms away" if given.api_delay else "conversations"
