"""The tables are made and changed whole or not at all, once, and are those of the models."""

import asyncio
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import delete, insert, select, update

from bot import migrate, rolling, sealing, steps
from bot.db import Database
from bot.errors import Unavailable
from bot.migrate import SCRIPTS, MigrationError, upgrade
from handlers import rollup
from models import Feedback, Inspection, Note, Seal
from models.rollup import stale
from tests.records import TODAY, comment

ROOT = Path(__file__).parent.parent
NEXT = '''"""A step that some later version brings."""

import os
import signal

import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = {head!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("later", sa.Column("id", sa.Integer(), primary_key=True))
    with op.batch_alter_table("notes") as notes:
        notes.add_column(sa.Column("extra", sa.String(10), nullable=True))
    {then}
'''


AT = "'2026-05-03 01:00:00'"
ROUND = (
    "INSERT INTO inspections (id, number, revision, current, person_id, place, checklist_id, day, started_at,"
    " submitted_at, presence, seconds, batch, too_fast, failed, spot_photos, sample)"
)
BEFORE_THE_CHAIN = (
    "INSERT INTO people (id, name, roles, acting, active, created_at, sample)"
    f" VALUES (1, 'g', ',', ',', true, {AT}, false)",
    "INSERT INTO checklists (id, code, version, title_zh, title_en, body, active, position, created_at)"
    f" VALUES (1, 'c', 1, 'c', 'c', '{{}}', true, 0, {AT})",
    *(
        f"{ROUND} VALUES ({id}, '{number}', {revision}, true, 1, 'H1', 1, '2026-05-03', {AT}, {AT}, 'qr', 9,"
        f" true, false, 0, '[]', {sample})"
        for id, number, revision, sample in (
            (1, "XJ-1", 1, "false"),
            (2, "XJ-9", 1, "true"),
            (3, "XJ-9", 2, "false"),
        )
    ),
    *(
        "INSERT INTO signatures (id, inspection_id, person_id, post, signed_at)"
        f" VALUES ({id}, {id}, 1, 'inspector', {AT})"
        for id in (1, 2)
    ),
)


async def head(url: str, scripts: Path = SCRIPTS) -> tuple[str | None, str | None]:
    database = Database(url)
    try:
        async with database.reading() as db:
            return await migrate.revisions(db, scripts)
    finally:
        await database.close()


async def later_version(url: str, folder: Path, then: str = "pass") -> Path:
    """The scripts of a version that has one step more than this one; `then` is the end of that step."""
    scripts = folder / f"migrations-{uuid4().hex}"
    shutil.copytree(SCRIPTS, scripts)
    _has, needs = await head(url)
    (scripts / "versions" / "9001_later.py").write_text(NEXT.format(head=needs, then=then), encoding="utf-8")
    return scripts


async def keep_a_note(url: str) -> None:
    database = Database(url)
    async with database.transaction() as db:
        await db.execute(insert(Note), [{"key": "kept", "value": {"a": 1}, "updated_at": datetime.now(UTC)}])
    await database.close()


async def notes(url: str) -> list[str]:
    database = Database(url)
    try:
        async with database.reading() as db:
            return list(await db.scalars(select(Note.key)))
    finally:
        await database.close()


async def test_the_steps_make_what_the_models_say(database_url: str) -> None:
    assert await upgrade(database_url)
    database = Database(database_url)
    async with database.reading() as db:
        assert await db.run_sync(steps.differences) == [], (
            "run `docent migrate --new TEXT` and read what it wrote"
        )
    await database.close()
    assert not await upgrade(database_url)


def test_a_step_has_the_number_that_its_file_begins_with() -> None:
    """By which a program that is up to date knows so, without loading alembic."""
    there = list(ScriptDirectory(str(SCRIPTS)).walk_revisions())
    numbers = [f"{number + 1:04d}" for number in range(len(there))]
    assert [step.revision for step in reversed(there)] == numbers
    assert [Path(step.path).name[:5] for step in reversed(there)] == [f"{number}_" for number in numbers]


async def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{(tmp_path / 'var' / 'deep' / 'a.db').as_posix()}"
    assert await upgrade(url)
    assert await notes(url) == []


async def test_those_who_start_at_once_take_turns(database_url: str) -> None:
    async with asyncio.timeout(60):
        done = await asyncio.gather(*(upgrade(database_url) for _ in range(4)))
    assert sorted(done) == [False, False, False, True]


async def test_records_stay_and_an_sqlite_file_is_copied_first(database_url: str, tmp_path: Path) -> None:
    await upgrade(database_url)
    await keep_a_note(database_url)
    _has, needs = await head(database_url)
    scripts = await later_version(database_url, tmp_path)
    assert await upgrade(database_url, scripts)
    assert await notes(database_url) == ["kept"]
    assert (await head(database_url, scripts))[0] == "9001"
    copy = tmp_path / f"docent-step-{needs}.db"
    assert copy.exists() == database_url.startswith("sqlite")
    if copy.exists():
        with closing(sqlite3.connect(copy)) as old:
            assert old.execute("SELECT key FROM notes").fetchall() == [("kept",)]
            assert old.execute("SELECT name FROM sqlite_master WHERE name = 'later'").fetchall() == []


async def test_records_are_watched_again_after_a_step_and_rolled_up_anew(
    database_url: str, tmp_path: Path
) -> None:
    await upgrade(database_url)
    database = Database(database_url)
    async with database.transaction() as db:
        await db.execute(insert(Feedback), [comment("LY-1")])
        await db.execute(delete(stale))
    await rolling.catch_up(database, TODAY)
    await database.close()
    anew = (
        'op.execute("UPDATE feedback SET rating = 3")\n'
        '    with op.batch_alter_table("feedback") as feedback:\n'
        '        feedback.alter_column("topic", type_=sa.String(60))'
    )
    await upgrade(database_url, await later_version(database_url, tmp_path, anew))
    database = Database(database_url)
    async with database.transaction() as db:
        assert await rollup.state(db) == rollup.Rolled()
        await db.execute(update(Feedback).values(rating=5))
        assert [row.topic for row in await db.execute(select(stale))] == ["comments"]
    await database.close()


async def test_records_from_before_the_chain_are_sealed(database_url: str) -> None:
    async with migrate._alone(database_url) as connection:
        upgrade_to = steps.taken(migrate.SCRIPTS, "0006")
        await connection.run_sync(upgrade_to)
        for statement in BEFORE_THE_CHAIN:
            await connection.exec_driver_sql(statement)
    await upgrade(database_url)
    database = Database(database_url)
    await sealing.catch_up(database)
    async with database.reading() as db:
        sealed = [(row.kind, row.name) for row in await db.execute(select(Seal).order_by(Seal.seq))]
        samples = set(await db.scalars(select(Inspection.revision).where(Inspection.sample)))
    await database.close()
    assert sealed == [("inspection", "XJ-1 1"), ("signature", "XJ-1 inspector")]
    assert samples == {1, 2}


async def test_a_step_that_fails_leaves_everything_as_it_was(database_url: str, tmp_path: Path) -> None:
    await upgrade(database_url)
    await keep_a_note(database_url)
    before = await head(database_url)
    scripts = await later_version(database_url, tmp_path, 'raise RuntimeError("cannot")')
    with pytest.raises(RuntimeError, match="cannot"):
        await upgrade(database_url, scripts)
    assert await head(database_url) == before
    assert not await upgrade(database_url)
    assert await notes(database_url) == ["kept"]
    mended = await later_version(database_url, tmp_path)
    assert await upgrade(database_url, mended)


@pytest.mark.crash
async def test_a_kill_in_the_middle_leaves_everything_as_it_was(database_url: str, tmp_path: Path) -> None:
    await upgrade(database_url)
    await keep_a_note(database_url)
    before = await head(database_url)
    scripts = await later_version(database_url, tmp_path, "os.kill(os.getpid(), signal.SIGKILL)")
    code = (
        "import asyncio, pathlib, sys; from bot.migrate import upgrade; "
        "asyncio.run(upgrade(sys.argv[1], pathlib.Path(sys.argv[2])))"
    )
    command = [sys.executable, "-c", code, database_url, str(scripts)]
    done = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert await head(database_url) == before
    assert not await upgrade(database_url)
    assert await notes(database_url) == ["kept"]
    mended = await later_version(database_url, tmp_path)
    assert await upgrade(database_url, mended)
    assert await notes(database_url) == ["kept"]


async def test_a_reference_that_breaks_is_noticed_before_the_commit(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{(tmp_path / 'a.db').as_posix()}"
    await upgrade(url)
    before = await head(url)
    bad = "op.execute(\"INSERT INTO link_codes VALUES (1, 'h', 77, 77, CURRENT_TIMESTAMP, NULL)\")"
    scripts = await later_version(url, tmp_path, bad)
    with pytest.raises(MigrationError, match="link_codes"):
        await upgrade(url, scripts)
    assert await head(url) == before


async def test_tables_of_a_newer_version_are_left_alone(database_url: str, tmp_path: Path) -> None:
    await upgrade(database_url)
    await upgrade(database_url, await later_version(database_url, tmp_path))
    with pytest.raises(MigrationError, match="newer version"):
        await upgrade(database_url)


async def test_no_database_means_later() -> None:
    with pytest.raises(Unavailable):
        await upgrade("postgresql+asyncpg://me:secret@127.0.0.1:9/docent")


async def test_the_next_step_is_written_from_the_models(database_url: str, tmp_path: Path) -> None:
    scripts = tmp_path / "migrations"
    shutil.copytree(SCRIPTS, scripts)
    for step in (scripts / "versions").glob("*.py"):
        step.unlink()
    await migrate.new_step(database_url, "all tables", scripts)
    [step] = (scripts / "versions").glob("*.py")
    assert step.name == "0001_all_tables.py"
    assert "models.base" not in step.read_text(encoding="utf-8")
    assert await upgrade(database_url, scripts)
    database = Database(database_url)
    async with database.reading() as db:
        assert await db.run_sync(steps.differences) == []
    await database.close()
