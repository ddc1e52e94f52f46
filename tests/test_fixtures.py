"""The suite's own tools: databases are real, fresh and gone afterwards; a skip fails a CI run."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.fixtures.postgres import Postgres, running_postgres

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("turn", [1, 2])
async def test_every_test_gets_an_empty_database(database_url: str, turn: int) -> None:
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE visit (id INTEGER)"))
        await connection.execute(text("INSERT INTO visit VALUES (:turn)"), {"turn": turn})
        assert await connection.scalar(text("SELECT count(*) FROM visit")) == 1
    await engine.dispose()


async def setting(server: Postgres, name: str) -> str:
    connection = await asyncpg.connect(server.url("postgres", "postgresql"))
    try:
        return str(await connection.fetchval("SELECT current_setting($1)", name))
    finally:
        await connection.close()


async def test_a_template_is_copied(postgres: Postgres) -> None:
    with postgres.database() as url:
        name = url.rpartition("/")[2]
        postgres.execute("CREATE TABLE hall (id integer)", name)
        with postgres.database(template=name) as copy:
            postgres.execute("SELECT id FROM hall", copy.rpartition("/")[2])


async def test_only_the_durable_server_waits_for_the_disk(
    postgres: Postgres, durable_postgres: Postgres
) -> None:
    assert await setting(postgres, "fsync") == "off"
    assert await setting(durable_postgres, "fsync") == "on"
    assert await setting(durable_postgres, "synchronous_commit") == "on"


async def test_the_binaries_of_the_wheel_work_too() -> None:
    with running_postgres("--wheel") as server:
        assert (await setting(server, "server_version")).startswith("18")


KILLED_STARTER = """
import os, signal
from tests.fixtures.postgres import running_postgres
with running_postgres() as server:
    print(server.port, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX")
def test_a_killed_run_leaves_no_server() -> None:
    starter = [sys.executable, "-c", KILLED_STARTER]
    # The pipe of its errors ends when the last process that holds it has gone: the server's keeper.
    done = subprocess.run(starter, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(done.stdout)))


SKIPPING = """
import pytest

@pytest.mark.skip(reason="to see")
def test_left_out(): ...

def test_passes(): ...
"""
SKIPPED_FILE = 'import pytest\npytest.skip("to see", allow_module_level=True)\n'
PASSING = "def test_passes(): ...\n"


EVERYTHING, ALONE = "tests.conftest", "tests.fixtures.nothing_skipped"


@pytest.mark.parametrize(
    ("source", "plugin", "workers", "ci", "code"),
    [
        (SKIPPING, EVERYTHING, "0", "true", 1),
        (SKIPPING, ALONE, "2", "true", 1),
        (SKIPPED_FILE, ALONE, "0", "1", 1),
        (PASSING, ALONE, "0", "true", 0),
        (SKIPPING, ALONE, "0", "", 0),
        (SKIPPING, ALONE, "0", "false", 0),
    ],
)
def test_a_skip_fails_a_ci_run(
    tmp_path: Path, source: str, plugin: str, workers: str, ci: str, code: int
) -> None:
    (tmp_path / "test_one.py").write_text(source, encoding="utf-8")
    (tmp_path / "test_two.py").write_text(PASSING, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(tmp_path), "-n", workers]
    command += ["-p", "xdist.plugin", "-p", plugin, "-p", "no:cacheprovider", str(tmp_path)]
    environment = {**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    assert ("skipped tests fail a CI run" in done.stdout) == (code == 1)
