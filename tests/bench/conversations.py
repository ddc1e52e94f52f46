"""Plays people through Docent and through what others would pick instead, and compares what it takes."""

from __future__ import annotations

import argparse
import asyncio
import sys

import uvloop

from tests.bench import processes
from tests.bench.competitors import SUBJECTS, Broken, Running, Subject, competing
from tests.bench.crowd import Crowd
from tests.bench.measuring import Load, Meter, saturated
from tests.fixtures.postgres import Postgres, running_postgres
import asyncpg


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--rounds", type=int, default=5, help="rounds, each with every subject once")
    parser.add_argument("--seconds", type=float, default=7.0, help="of each measurement")
    parser.add_argument("--people", type=int, default=200, help="at once")
    parser.add_argument("--only", type=lambda names: names.split(","), default=list(SUBJECTS))
    parser.add_argument("--api-delay", type=float, default=0.0, help="milliseconds to the Bot API and back")
    parser.add_argument("--quick", action="store_true", help="one round of two seconds, no long parts")


def run(given: argparse.Namespace) -> int:
    if given.quick:
        given.rounds, given.seconds = 1, 2.0
    with running_postgres("--durable") as postgres:
        uvloop.run(compare(given, postgres))
    return 0


async def compare(given: argparse.Namespace, postgres: Postgres) -> None:
    connection = await asyncpg.connect(postgres.url("postgres", "postgresql"))
    postmaster = processes.parent(connection.get_server_pid())
    for _ in range(given.rounds):
        for name in given.only:
            load = await one(SUBJECTS[name], given, postgres, postmaster)
            print(
                f"{name:20} {load.rate:7.0f}/s p50 {load.p50*1e3:6.1f} p99 {load.p99*1e3:6.1f} ms "
                f"cpu {load.cpu*1e6:6.0f} us db {load.cpu_database*1e6:6.0f} us driver {load.driver:4.0%}", flush=True
            )
    await connection.close()


async def one(subject: Subject, given, postgres, postmaster) -> Load:
    crowd = Crowd(given.api_delay / 1000)
    async with crowd.api.serving(), competing(subject, postgres, crowd.api.port) as running:
        crowd.port = running.port
        print(subject.name, "pid", running.pid, flush=True)
        try:
            meter = Meter(running, crowd, postmaster)
            load = await saturated(crowd, meter, given.people, given.seconds, 1.5)
        except Broken:
            print(running.said())
            raise
        print(processes.memory(running.pid), len(crowd.finished), crowd.taps, crowd.api.answers, crowd.odd, crowd.again)
        await crowd.leave()
        return load
