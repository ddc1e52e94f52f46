"""The command line: each verb does what it says, in the museum's language, and says what is wrong."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select, text

from bot.__main__ import main
from bot.app import opened
from bot.filelock import FileLock
from handlers import codes
from models import Person, RolledFigure
from tests.fixtures.served import environment
from tests.fixtures.shell import Shell
from tests.fixtures.shell import shell as shell


def test_migrate_says_whether_there_was_anything_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path
) -> None:
    shell = Shell(capsys, monkeypatch, database_url, tmp_path)
    assert shell.runs("migrate") == "The tables are up to date now.\n"
    assert shell.runs("migrate") == "The tables were up to date already.\n"


def test_sample_data_comes_and_goes(shell: Shell) -> None:
    said = shell.runs("demo", "--seed", "3")
    assert re.fullmatch(
        r"Made: people 18 · inspections \d+ · rounds \d+ · hazards \d+ · events \d+ · comments \d+\n", said
    )
    assert "sample data" in shell.runs("summary", "this", "year")
    assert "demo --remove" in shell.fails("demo")
    assert shell.runs("demo", "--remove").startswith("Removed: people 18")
    assert shell.rows(select(Person.id)) == []


def test_a_summary_is_what_a_manager_reads(shell: Shell) -> None:
    assert "no inspections" in shell.runs("summary", "last", "month")
    assert "comments" in shell.runs("summary", "2026-05", "comments")
    assert "Which period?" in shell.runs("summary", "gibberish", "words")


def test_a_summary_is_added_up_anew_while_the_desk_stays_open(shell: Shell) -> None:
    shell.runs("demo", "--seed", "3")
    before = shell.runs("summary", "this", "year")
    assert shell.runs("summary", "--rebuild") == "Added up: 29 days\n"
    assert len(shell.rows(select(RolledFigure.figure))) > 100
    assert shell.runs("summary", "--rebuild", "this", "year") == f"Added up: 29 days\n{before}"


def test_the_museum_s_language_is_spoken(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALE", "zh_CN")
    said = shell.runs("invite", "--role", "guard")
    assert "博物馆" in said
    assert "保安" in said


def test_a_bad_setting_is_one_line_but_help_is_still_to_be_had(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKERS", "many")
    said = shell.fails("migrate", code=2)
    assert said.startswith("WORKERS ")
    assert len(said.splitlines()) == 1
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "doctor" in shell.capsys.readouterr().out


def test_the_database_being_away_is_one_line(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://docent:pa55word@127.0.0.1:9/docent")
    for verb in (["people", "list"], ["migrate"], ["summary"]):
        said = shell.fails(*verb)
        assert said.startswith("The database cannot be reached")
        assert "pa55word" not in said


def test_tables_of_a_newer_version_are_one_line(tmp_path: Path, shell: Shell) -> None:
    shell.runs("migrate")

    async def go_on() -> None:
        async with opened(shell.url) as database, database.transaction() as db:
            await db.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    asyncio.run(go_on())
    assert "newer version of Docent" in shell.fails("people", "list")
    assert "newer version" in shell.tries("doctor")[1]


def test_a_verb_waits_for_its_turn_to_write(tmp_path: Path) -> None:
    """While another process writes to the SQLite file, a verb waits; it neither fails nor goes between."""
    url = f"sqlite:///{(tmp_path / 'docent.db').as_posix()}"
    given = environment(url, tmp_path)
    command = [sys.executable, "-m", "bot", "admin", "code"]
    subprocess.run(command, env=given, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    turn = FileLock(tmp_path / "docent.db-turn")
    asyncio.run(turn.acquire())
    verb = subprocess.Popen(command, env=given, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    with pytest.raises(subprocess.TimeoutExpired):
        verb.communicate(timeout=4)
    turn.release()
    said, _ = verb.communicate(timeout=60)
    turn.close()
    assert verb.returncode == 0
    assert codes.read(said.strip(), codes.FIRST_ADMIN)


def test_chinese_goes_through_a_pipe_whatever_the_locale(tmp_path: Path) -> None:
    given = {**environment(f"sqlite:///{tmp_path / 'a.db'}", tmp_path), "LOCALE": "zh_CN", "LC_ALL": "C"}
    given["PYTHONIOENCODING"] = "ascii"
    command = [sys.executable, "-m", "bot", "invite", "--role", "guard"]
    done = subprocess.run(command, env=given, cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "博物馆" in done.stdout.decode("utf-8")
