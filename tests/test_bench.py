"""The benchmark measures what it says: its arithmetic, and conversations with two of its subjects."""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import sys
from pathlib import Path

import pytest
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import create_async_engine

from tests.bench import processes
from tests.bench.competitors import AIOGRAM, DOCENT, FLOOR, PTB, SQLITE, SUBJECTS, competing
from tests.bench.conversations_report import document, table, verdicts, warnings
from tests.bench.crowd import STEPS, Crowd
from tests.bench.figures import Spread, percentile, ratios, spread
from tests.bench.holding import held
from tests.bench.killing import Killed, killed, recorded
from tests.bench.measuring import Load
from tests.bench.report import write_part
from tests.bench.subjects.records import Inspection, Item
from tests.bench.trial import Trial
from tests.bench.wire import Whole, plain
from tests.fixtures.postgres import Postgres

WAIT = 60
POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="reads /proc, sends POSIX signals")


def test_a_percentile_is_one_of_the_figures() -> None:
    figures = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert percentile(figures, 50) == 3.0
    assert percentile(figures, 99) == 5.0
    assert percentile([7.0], 1) == 7.0
    assert percentile(list(map(float, range(1, 101))), 99) == 99.0
    assert math.isnan(percentile([], 50))


def test_ratios_are_taken_round_by_round() -> None:
    assert ratios([8.0, 30.0, 4.0], [2.0, 10.0, 4.0]) == Spread(3.0, 1.0, 4.0)
    with pytest.raises(ValueError, match="zip"):
        ratios([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="no figures"):
        spread([])


def test_a_spread_is_shown_where_there_is_one() -> None:
    assert f"{spread([1.0, 2.0, 4.0]):.1f}" == "2.0 (1.0-4.0)"
    assert f"{spread([2.0]):.1f}" == "2.0"


def load(*, rate: float = 100.0, cpu: float = 0.001, p99: float = 0.01, driver: float = 0.1) -> Load:
    return Load(int(rate), 1.0, p99 / 2, p99, cpu, cpu / 4, driver)


def measured(cpu: float, rate: float, lost: int = 0) -> Trial:
    return Trial(load(rate=rate, cpu=cpu), 50.0, load(), None, 70.0, Killed(lost, 0, 1.0))


ROUNDS = {
    FLOOR: [measured(0.0001, 6000), measured(0.0001, 6000)],
    DOCENT: [measured(0.0002, 4000), measured(0.0003, 4000)],
    SQLITE: [measured(0.0002, 2000), measured(0.0002, 2000)],
    AIOGRAM: [measured(0.003, 400, lost=300), measured(0.003, 400, lost=400)],
    PTB: [],
}


def test_what_was_wanted_stands_beside_what_was_reached() -> None:
    lines = {line.split("|")[1].strip(): line.split("|")[2:-1] for line in verdicts(ROUNDS).splitlines()}
    reached = {text: [cell.strip() for cell in cells] for text, cells in lines.items()}
    assert reached["CPU per update: aiogram in memory / Docent"] == ["8", "", "12.50 (10.00-15.00)", "yes"]
    assert reached["CPU per update: Docent / the floor"] == ["", "3", "2.50 (2.00-3.00)", "yes"]
    assert reached["updates/s: SQLite / PostgreSQL"] == ["0.6", "", "0.50", "no"]
    assert reached["p99 at half of the saturated rate"] == ["", "50 ms", "10.00 ms", "yes"]
    assert reached["memory for the open conversations"] == ["", "30 MiB", "20.00 MiB", "yes"]
    assert reached["confirmed steps lost by a kill"] == ["", "0", "0.00", "yes"]
    assert reached["CPU per update: PTB in memory / Docent"] == ["12", "", "not measured", ""]


def test_a_subject_that_was_not_measured_has_a_row_all_the_same() -> None:
    rows = table(list(SUBJECTS.values()), ROUNDS).splitlines()
    assert len({len(row) for row in rows}) == 1
    assert any("350 (300-400)" in row for row in rows)
    assert any(PTB in row and "not measured" in row for row in rows)


def test_the_document_says_all_of_it() -> None:
    given = argparse.Namespace(people=200, rounds=5, seconds=7.0, open=10_000, api_delay=50.0)
    text = document(list(SUBJECTS.values()), ROUNDS, ["A processor, 2 cores"], given)
    for said in ("50 ms away", "200 people", "10,000 more", "- A processor", "--api-delay 50", *SUBJECTS):
        assert said in text
    assert table(list(SUBJECTS.values()), ROUNDS) in text
    assert verdicts(ROUNDS) in text


def test_a_busy_driver_is_owned_up_to() -> None:
    assert not warnings(ROUNDS)
    (warning,) = warnings({FLOOR: [Trial(load(driver=0.95), 50.0)]})
    assert "floor" in warning
    assert "95%" in warning


def test_a_message_is_whole_only_with_all_of_its_body() -> None:
    whole = Whole()
    assert whole.feed(b"HTTP/1.1 200 OK\r\nContent-") is None
    assert whole.feed(b"Length: 5\r\n\r\nab") is None
    assert whole.feed(b"cdeHTTP/1.1 200 OK\r\n\r\n") == (b"HTTP/1.1 200 OK\r\nContent-Length: 5", b"abcde")
    assert plain(b"chat_id=1&text=q1+Which%3F") == b"chat_id=1&text=q1 Which?"
    assert plain(b'{"text": "1+1"}') == b'{"text": "1+1"}'


@POSIX_ONLY
@pytest.mark.slow
@pytest.mark.parametrize("name", [SQLITE, FLOOR])
async def test_one_person_through_one_conversation(name: str, postgres: Postgres) -> None:
    crowd = Crowd()
    async with crowd.api.serving(), competing(SUBJECTS[name], postgres, crowd.api.port) as running:
        crowd.port = running.port
        crowd.ready = crowd.go_on
        person = crowd.person(7)
        note = person.note
        crowd.act(person)
        async with asyncio.timeout(WAIT):
            assert await crowd.settle() == []
        assert (person.step, crowd.finished, len(crowd.latencies)) == (0, [note], STEPS)
        assert await recorded(crowd, running) == (0, 0)
        assert processes.cpu(running.pid) > 0
        assert processes.memory(running.pid) > 10
        await crowd.leave()


@POSIX_ONLY
@pytest.mark.slow
async def test_what_is_missing_after_a_kill_is_counted(postgres: Postgres) -> None:
    crowd = Crowd()
    async with crowd.api.serving(), competing(SUBJECTS[FLOOR], postgres, crowd.api.port) as running:
        crowd.port = running.port
        done = await killed(crowd, running, people=5, after=0.2)
        assert (done.lost, done.doubled) == (0, 0)
        assert crowd.finished
        engine = create_async_engine(running.database)
        async with engine.begin() as connection:
            of_it = select(Inspection.id).where(Inspection.note == crowd.finished[0])
            await connection.execute(delete(Item).where(Item.inspection_id.in_(of_it)))
        await engine.dispose()
        assert await recorded(crowd, running) == (1, 0)
        await crowd.leave()


def is_stopped(pid: int) -> bool:
    return " T " in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")


@POSIX_ONLY
async def test_who_was_held_goes_on_afterwards() -> None:
    command = (sys.executable, "-c", "import sys; print('here', flush=True); sys.stdin.read()")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    await process.stdout.readline()
    assert process.pid in processes.family(os.getpid())
    try:
        async with asyncio.timeout(WAIT):
            async with held([process.pid]):
                while not is_stopped(process.pid):  # noqa: ASYNC110 - the system sets no event
                    await asyncio.sleep(0)
            process.stdin.close()
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()


def test_a_part_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "figures.md"
    write_part(file, "a", "old")
    write_part(file, "b", "other")
    write_part(file, "a", "new")
    assert file.read_text(encoding="utf-8").split() == [
        *("<!--", "a", "-->", "new", "<!--", "/a", "-->"),
        *("<!--", "b", "-->", "other", "<!--", "/b", "-->"),
    ]
