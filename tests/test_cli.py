"""The command line: each verb does what it says, in the museum's language, and says what is wrong."""

import argparse
import asyncio
import re
import sqlite3
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import segno
from pydantic import SecretStr
from sqlalchemy import insert, select, text

from bot.__main__ import main
from bot.app import opened
from bot.cli import doctor
from bot.cli.console import Console
from bot.config import Settings
from bot.filelock import FileLock
from handlers import codes
from models import Account, Audit, Inbox, Invite, Note, Person, Place, RolledFigure
from tests.fakes.bot_api import FakeBotAPI
from tests.fakes.bot_api.server import TOKEN
from tests.fixtures.served import environment

PLACES = """
places:
  - {code: A, kind: site, zh: 主馆, en: Main building}
  - {code: A1, kind: hall, parent: A, zh: 一号厅, en: Hall One}
  - {code: A1-P1, kind: point, parent: A1, zh: 东门, en: East door}
"""


class Shell:
    """Runs verbs in a folder of their own, on one database."""

    def __init__(self, capsys: pytest.CaptureFixture[str], url: str, folder: Path) -> None:
        self.capsys = capsys
        self.url = url
        self.folder = folder

    def runs(self, *words: str) -> str:
        """What a verb that succeeds prints."""
        code, said, wrong = self.tries(*words)
        assert (code, wrong) == (0, ""), wrong
        return said

    def fails(self, *words: str, code: int = 1) -> str:
        """The one line on stderr of a verb that fails."""
        found, said, wrong = self.tries(*words)
        assert (found, said) == (code, ""), said
        return wrong

    def tries(self, *words: str) -> tuple[int, str, str]:
        code = main(words)
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def rows(self, query: Any) -> list[Any]:
        """The rows of any query."""

        async def read() -> list[Any]:
            async with (
                opened(Settings(database_url=self.url).database_url) as database,
                database.reading() as db,
            ):
                return list(await db.execute(query))

        return asyncio.run(read())

    def add(self, model: Any, **values: Any) -> int:
        """Store a record; returns its id."""

        async def write() -> int:
            made = insert(model).values(**values).returning(model.id)
            async with opened(self.url) as database, database.transaction() as db:
                return int((await db.execute(made)).scalar_one())

        return asyncio.run(write())

    def person(self, name: str, *roles: str, active: bool = True) -> int:
        """Somebody who has written before."""
        moment = Console(Settings()).now
        who = self.add(
            Person, name=name, roles=frozenset(roles), active=active, created_at=moment, sample=False
        )
        self.add(
            Account,
            person_id=who,
            channel="web",
            external_id=f"of {who}",
            blocked=False,
            seq=0,
            seen_at=moment,
        )
        return who


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path
) -> Shell:
    given = {"DATABASE_URL": database_url, "LOCALE": "en", "MEDIA_DIR": str(tmp_path / "media")}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return Shell(capsys, database_url, tmp_path)


def test_migrate_says_whether_there_was_anything_to_do(shell: Shell) -> None:
    assert shell.runs("migrate") == "The tables are up to date now.\n"
    assert shell.runs("migrate") == "The tables were up to date already.\n"


def test_an_invite_is_a_code_its_links_and_a_picture(shell: Shell) -> None:
    said = shell.runs("invite", "--role", "guard", "--days", "3", "--uses", "5").splitlines()
    assert said[0] == "Invite to Museum as Guard"
    code = codes.read(said[1], codes.INVITE)
    assert code is not None
    link = f"http://127.0.0.1:8080/chat?i={code}"
    assert said[2] == link
    assert said[3].startswith("For 5 people, until ")
    assert "supervisor" in said[4]
    [invite] = shell.rows(select(Invite))
    assert (invite.role, invite.uses_left, invite.created_by) == ("guard", 5, None)
    assert invite.code_hash == codes.hashed(code)
    assert code not in str(shell.rows(select(Audit.detail)))
    drawn = "\n".join(said[5:])
    assert set(drawn) <= set("█▀▄ \n")
    assert drawn == terminal(link)
    assert shell.runs("invite", "--role", "volunteer").splitlines()[4] == "Whoever uses it joins at once."


def terminal(link: str) -> str:
    """A QR code of `link` as it is drawn on a terminal."""
    picture = StringIO()
    segno.make(link, error="m", micro=False).terminal(out=picture, border=2, compact=True)
    return picture.getvalue().rstrip("\n")


@pytest.mark.parametrize("wrong", [["--days", "0"], ["--days", "91"], ["--uses", "0"], ["--uses", "201"]])
def test_an_invite_has_its_limits(shell: Shell, wrong: list[str]) -> None:
    assert "1 to 90 days and 1 to 200 people" in shell.fails("invite", "--role", "guard", *wrong)
    shell.runs("migrate")
    assert shell.rows(select(Invite.id)) == []


def test_an_unknown_post_names_those_there_are(shell: Shell) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["invite", "--role", "king"])
    assert ended.value.code == 2
    assert "guard" in shell.capsys.readouterr().err


def test_an_invite_leads_to_telegram_too_once_the_bots_name_is_known(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.runs("migrate")

    async def know() -> None:
        async with opened(shell.url) as database, database.transaction() as db:
            note = {
                "key": "telegram-name",
                "value": {"name": "museum_bot"},
                "updated_at": Console(Settings()).now,
            }
            await db.execute(insert(Note), [note])

    asyncio.run(know())
    monkeypatch.setenv("TELEGRAM_TOKEN", TOKEN)
    said = shell.runs("invite", "--role", "guard")
    assert re.search(r"^https://t\.me/museum_bot\?start=i_\w{28}$", said, re.MULTILINE)
    shell.runs("places", "qr", "H1", "-o", "a.svg", "--telegram")
    monkeypatch.delenv("TELEGRAM_TOKEN")
    assert "t.me" not in shell.runs("invite", "--role", "guard")


def test_there_is_a_code_until_there_is_an_administrator(shell: Shell) -> None:
    first, second = shell.runs("admin", "code").strip(), shell.runs("admin", "code").strip()
    assert codes.read(first, codes.FIRST_ADMIN)
    assert first != second
    shell.person("Ann", "admin")
    assert "admin grant" in shell.fails("admin", "code")


def test_anybody_who_has_written_can_be_made_administrator(shell: Shell) -> None:
    shell.runs("migrate")
    ann, _bob, left = shell.person("Ann", "guard"), shell.person("Bob"), shell.person("Cy", active=False)
    assert shell.runs("admin", "grant", "--person", str(ann)) == "Ann is an administrator now.\n"
    assert shell.runs("admin", "grant", "--name", " Bob ") == "Bob is an administrator now.\n"
    shell.runs("admin", "grant", "--person", str(left))
    people = {row.name: row for row in shell.rows(select(Person))}
    assert people["Ann"].roles == {"guard", "admin"}
    assert people["Bob"].roles == {"admin"}
    assert people["Cy"].active
    acts = shell.rows(select(Audit).order_by(Audit.id))
    assert [(act.action, act.actor_id, act.detail) for act in acts] == [
        ("given", None, {"role": "admin"})
    ] * 3


def test_it_has_to_be_clear_who_is_made_administrator(shell: Shell) -> None:
    shell.runs("migrate")
    shell.person("Ann")
    shell.person("Ann")
    assert "Say who" in shell.fails("admin", "grant")
    assert "Say who" in shell.fails("admin", "grant", "--person", "1", "--name", "Ann")
    assert "no such person" in shell.fails("admin", "grant", "--person", "77")
    assert "2 people have that name" in shell.fails("admin", "grant", "--name", "Ann")


def test_people_are_listed_with_their_posts(shell: Shell) -> None:
    assert shell.runs("people", "list") == "Nobody yet.\n"
    ann, visitor = shell.person("Ann", "guard", "leader"), shell.person("")
    said = shell.runs("people", "list")
    assert said.startswith(f"{ann} · Ann · Guard · Shift leader · Web chat, last ")
    assert len(said.splitlines()) == 1
    assert f"{visitor} · (no name) · no post" in shell.runs("people", "list", "--all")


def test_places_go_out_and_come_back_in(shell: Shell) -> None:
    (shell.folder / "places.yaml").write_text(PLACES, encoding="utf-8")
    assert shell.runs("places", "import", "places.yaml").startswith("3 added, 0 changed, 0 unchanged")
    assert shell.runs("places", "export", "out.yaml") == "Written to out.yaml.\n"
    printed = shell.runs("places", "export")
    assert (shell.folder / "out.yaml").read_text(encoding="utf-8") == printed
    assert "主馆" in printed
    assert shell.runs("places", "import", "out.yaml").startswith("0 added, 0 changed, 3 unchanged")
    assert len(shell.rows(select(Place.id).where(Place.active))) == 3


def test_checklists_go_out_and_come_back_in(shell: Shell) -> None:
    shell.runs("checklists", "export", "out.yaml")
    assert re.match(r"0 added, 0 changed, \d+ unchanged", shell.runs("checklists", "import", "out.yaml"))


def test_a_wrong_file_changes_nothing_and_every_line_is_named(shell: Shell) -> None:
    file = shell.folder / "places.yaml"
    file.write_text(PLACES.replace("kind: hall", "kind: hell").replace("zh: 东门, ", ""), encoding="utf-8")
    shell.runs("places", "export")
    before = shell.rows(select(Place.code))
    said = shell.fails("places", "import", "places.yaml")
    assert "line 4" in said
    assert "line 5" in said
    assert shell.rows(select(Place.code)) == before


def test_a_file_that_cannot_be_read_or_written_is_said(shell: Shell) -> None:
    assert "No such file" in shell.fails("places", "import", "nowhere.yaml")
    (shell.folder / "gbk.yaml").write_bytes("places: 主馆".encode("gbk"))
    assert "not UTF-8" in shell.fails("places", "import", "gbk.yaml")
    assert "cannot be written" in shell.fails("places", "export", "no/such/folder.yaml")
    assert "cannot be written" in shell.fails("places", "qr", "H1", "-o", "no/such/folder.png")


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_a_qr_code_to_hang_up_leads_to_its_place(shell: Shell, kind: str) -> None:
    (shell.folder / "places.yaml").write_text(PLACES, encoding="utf-8")
    shell.runs("places", "import", "places.yaml")
    said = shell.runs("places", "qr", "a1-p1", "-o", f"point.{kind}")
    first, second = said.splitlines()
    assert first == f"point.{kind} leads to http://127.0.0.1:8080/chat?p=A1-P1"
    assert "Only this machine" in second
    assert (shell.folder / f"point.{kind}").stat().st_size > 200
    assert "chat?hall=A1\n" in shell.runs("places", "qr", "A1", "-o", f"hall.{kind}")


def test_a_qr_code_needs_a_place_and_a_picture(shell: Shell) -> None:
    assert "no place X9" in shell.fails("places", "qr", "X9", "-o", "a.png")
    assert ".png, .svg, .pdf" in shell.fails("places", "qr", "H1", "-o", "a.gif")
    assert "TELEGRAM_TOKEN" in shell.fails("places", "qr", "H1", "-o", "a.png", "--telegram")


def test_sample_data_comes_and_goes(shell: Shell) -> None:
    said = shell.runs("demo", "--seed", "3")
    assert re.fullmatch(
        r"Made: people 18 · inspections \d+ · hazards \d+ · events \d+ · comments \d+\n", said
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


# doctor


async def examined(capsys: pytest.CaptureFixture[str], settings: Settings) -> tuple[int, dict[str, str]]:
    """The exit code, and the lines by their first word, advice included."""
    code = await doctor.examine(Console(settings), argparse.Namespace())
    found: dict[str, str] = {}
    word = ""
    for line in capsys.readouterr().out.splitlines():
        if not line.startswith(" "):
            word = line[2:].partition(":")[0]
            found[word] = ""
        found[word] += line + "\n"
    return code, found


async def test_the_doctor_finds_a_fresh_museum_well(
    capsys: pytest.CaptureFixture[str], database_url: str, tmp_path: Path
) -> None:
    settings = Settings(database_url=database_url, media_dir=tmp_path / "media", locale="en")
    async with Console(settings).transaction():
        pass
    code, found = await examined(capsys, settings)
    assert found["Settings"] == "✓ Settings: DATABASE_URL, LOCALE, MEDIA_DIR\n"
    kind = f"SQLite {sqlite3.sqlite_version}" if settings.is_sqlite else "PostgreSQL "
    assert found["Database"].startswith(f"✓ Database: {kind}")
    for name in ("Tables", "Clock", "Disk", "Photos", "Address", "Telegram"):
        assert found[name].startswith("✓"), found[name]
    assert code == (0 if found["Languages"].startswith("✓") else 1)


async def test_the_doctor_says_what_is_wrong_and_what_to_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "media").write_text("not a folder", encoding="utf-8")
    monkeypatch.setattr("bot.cli.check_machine.LEAST_FREE", 2**60)
    monkeypatch.setattr("bot.cli.check_database.EARLIEST", 9999)
    settings = Settings(
        database_url="postgresql://me:pa55word@127.0.0.1:9/docent", media_dir=tmp_path / "media", locale="en",
        public_url="http://no-such-host.invalid",
    )  # fmt: skip
    code, found = await examined(capsys, settings)
    assert code == 1
    assert "cannot be reached" in found["Database"]
    assert "Check DATABASE_URL" in found["Database"]
    assert "pa55word" not in str(found)
    assert "Make room" in found["Disk"]
    assert "set MEDIA_DIR" in found["Photos"]
    assert "Set this machine's clock" in found["Clock"]
    assert "check PUBLIC_URL" in found["Address"]
    assert all(found[name].startswith("✗") for name in ("Database", "Disk", "Photos", "Clock", "Address"))
    assert "Tables" not in found


async def test_the_doctor_sees_a_clock_that_went_back(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'a.db'}", media_dir=tmp_path, locale="en")
    console = Console(settings)
    async with console.transaction() as db:
        later = console.now + timedelta(days=1)
        mark = {"channel": "web", "external_id": "1", "status": "done", "attempts": 1, "received_at": later}
        await db.execute(insert(Inbox), [mark])
    _code, found = await examined(capsys, settings)
    assert found["Clock"].startswith("✗")


async def test_the_doctor_asks_telegram(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def settings(api: FakeBotAPI, token: str = TOKEN, **more: Any) -> Settings:
        return Settings(
            database_url=f"sqlite:///{tmp_path / 'a.db'}", media_dir=tmp_path, locale="en",
            telegram_token=SecretStr(token), telegram_api_url=api.url, **more,
        )  # fmt: skip

    async with FakeBotAPI() as api:
        _code, found = await examined(capsys, settings(api))
        assert found["Telegram"] == "✓ Telegram: @docent_test_bot\n"
        assert found["Updates"] == "✓ Updates: by polling, 0 waiting\n"
        hook: dict[str, Any] = {
            "telegram_mode": "webhook",
            "telegram_secret": SecretStr("x"),
            "public_url": "http://127.0.0.1:9",
        }
        _code, found = await examined(capsys, settings(api, **hook))
        assert found["Updates"].startswith("✗ Updates: by webhook, 0 waiting")
        assert "Telegram was told otherwise" in found["Updates"]
        wrong = "987654321:AAAnotherTokenForTests-0123456789abcdef"
        _code, found = await examined(capsys, settings(api, token=wrong))
        assert found["Telegram"].startswith("✗")
        assert "Check TELEGRAM_TOKEN" in found["Telegram"]
        assert wrong not in str(found)
        assert "Updates" not in found
    _code, found = await examined(capsys, settings(api))
    assert "Check the network" in found["Telegram"]
