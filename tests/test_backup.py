"""Backups: made while people write, whole or not there at all, restored as they were."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from unittest.mock import patch
from uuid import uuid4
from zipfile import ZipFile

import pytest
from alembic import command
from sqlalchemy import insert, make_url, select, text

from bot import migrate
from bot.__main__ import main
from bot.app import opened, prepare
from bot.backup.tables import Holdings, holdings
from bot.config import Settings
from models import Feedback, Place, Series
from tests.fixtures.media import kept_files
from tests.fixtures.postgres import Postgres
from tests.fixtures.postgres_server import system_programs, wheel_programs
from tests.fixtures.served import environment
from tests.house import House, open_house
from tests.records import comment

WAIT = 60


def sha_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# In the order in which a backup takes them: the second takes its time.
FIRST, SLOW, LAST = sorted((b"photo 1", b"photo 2", b"photo 3"), key=sha_of)
SHA = sha_of(SLOW)


@pytest.fixture(autouse=True)
def _client_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs of the server's own version, first on the PATH."""
    programs = system_programs() or wheel_programs(None)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")


class Museum:
    """A museum's place: a database, a folder, and its command line."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.settings = Settings(database_url=url, media_dir=folder / "media", locale="en")

    @asynccontextmanager
    async def house(self) -> AsyncIterator[House]:
        """The desk at work, which people write to."""
        await prepare(self.settings)
        async with open_house(self.url, self.folder) as house:
            yield house

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.url, self.folder, PYTHONWARNINGS="")

    async def starts(self, *words: str) -> asyncio.subprocess.Process:
        """The command line as a process of its own, begun."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *words),
            cwd=self.folder,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def tries(self, *words: str) -> tuple[int, str, str]:
        """The exit code of a command, what it prints, and what it says on stderr."""

        def run() -> tuple[int, str, str]:
            out, said = StringIO(), StringIO()
            here, asked = chdir(self.folder), patch.dict(os.environ, self.environment)
            with here, asked, redirect_stdout(out), redirect_stderr(said):
                code = main(words)
            return code, out.getvalue(), said.getvalue()

        return await asyncio.wait_for(asyncio.to_thread(run), WAIT)

    async def runs(self, *words: str) -> str:
        """What a command that succeeds prints."""
        code, out, said = await self.tries(*words)
        assert (code, said) == (0, ""), said
        return out

    async def fails(self, *words: str) -> str:
        """The one sentence of a command that does not."""
        code, out, said = await self.tries(*words)
        assert (code, out, said.count("\n")) == (1, "", 1), said
        return said

    async def holds(self) -> Holdings:
        async with opened(self.url) as database, database.reading() as db:
            return await holdings(db)

    async def comments(self) -> list[str]:
        async with opened(self.url) as database, database.reading() as db:
            return list(await db.scalars(select(Feedback.comment).order_by(Feedback.id)))


@pytest.fixture
def museum(database_url: str, tmp_path: Path) -> Museum:
    return Museum(database_url, tmp_path)


@pytest.fixture
def elsewhere(museum: Museum, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Museum]:
    """A second, empty place on the same kind of database."""
    if museum.settings.is_sqlite:
        yield Museum(f"sqlite+aiosqlite:///{(tmp_path / 'b.db').as_posix()}", tmp_path / "elsewhere")
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as url:
        yield Museum(url, tmp_path / "elsewhere")


def names(folder: Path) -> set[str]:
    """What lies in a folder."""
    return {path.name for path in folder.iterdir()}


def photos(*shas: str) -> list[dict[str, str]]:
    return [{"sha": sha, "mime": "image/jpeg", "name": ""} for sha in shas]


async def written(house: House, words: str, *shas: str) -> None:
    """Have a comment on record, with these photos."""
    await house.add(Feedback, comment(f"LY-{words}", comment=words, photos=photos(*shas)))


async def test_what_people_write_meanwhile_harms_no_backup(museum: Museum, elsewhere: Museum) -> None:
    async with museum.house() as house:
        first = house.media.keep(FIRST, "a", "image/jpeg").sha
        erased = house.media.keep(LAST, "b", "image/jpeg").sha
        await written(house, "before", first, SHA, erased)
        slow = Slow(museum)
        process = await museum.starts("backup", "a.zip")
        await slow.reached()
        visitor = await house.someone("v")
        await visitor.says("/feedback written meanwhile", photos=(house.photo(),))
        house.media.forget(erased)
        await slow.goes_on()
        out, wrong = await asyncio.wait_for(process.communicate(), WAIT)
        assert (process.returncode, wrong) == (0, b""), wrong
        assert "1 file that the records mention is not there" in out.decode()
        assert (await museum.holds()).tables["feedback"].rows == 2
    assert not [name for name in names(museum.folder) if "part" in name]
    assert "The backup is whole." in await museum.runs("restore", "--verify", "a.zip")
    assert "Restored from" in await elsewhere.runs("restore", str(museum.folder / "a.zip"))
    assert await elsewhere.comments() == ["before"]
    assert kept_files(elsewhere.folder) == sorted([first, SHA])
    async with elsewhere.house() as house:
        assert await house.media.read(SHA) == SLOW
        person = await house.someone("p")
        assert "/feedback" in await person.says("/help")


class Slow:
    """A photo that is read only when the test lets it: a pipe in its place."""

    def __init__(self, museum: Museum) -> None:
        self.file = museum.folder / "media" / SHA[:2] / SHA
        self.file.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(self.file)
        self.handle = -1

    async def reached(self) -> None:
        """Wait until somebody reads it."""
        opening = asyncio.to_thread(os.open, self.file, os.O_WRONLY)
        self.handle = await asyncio.wait_for(opening, WAIT)

    async def goes_on(self) -> None:
        """Let it be read."""
        os.write(self.handle, SLOW)
        os.close(self.handle)

    def becomes_a_file(self) -> None:
        os.close(self.handle)
        self.file.unlink()
        self.file.write_bytes(SLOW)


async def test_a_killed_backup_is_none_and_the_next_clears_up(museum: Museum) -> None:
    async with museum.house() as house:
        await written(house, "before", SHA)
    slow = Slow(museum)
    process = await museum.starts("backup", "backups/a.zip")
    await slow.reached()
    folder = museum.folder / "backups"
    assert "Another backup is being made" in await museum.fails("backup", "backups/b.zip")
    process.kill()
    await process.communicate()
    assert names(folder) == {".docent-lock", ".docent-part-a"}
    slow.becomes_a_file()
    said = await museum.runs("backup", "backups/b.zip")
    assert "files: 1." in said
    assert names(folder) == {"b.zip", ".docent-lock"}
    assert "The backup is whole." in await museum.runs("restore", "--verify", "backups/b.zip")


async def test_without_a_name_it_is_called_by_its_time(museum: Museum) -> None:
    await prepare(museum.settings)
    said = await museum.runs("backup")
    [made] = (museum.folder / "var" / "backups").glob("docent-backup-????????-????.zip")
    assert made.name in said
    assert "a backup replaces no file" in await museum.fails("backup", str(made))


async def test_a_restored_museum_is_as_it_was(museum: Museum, elsewhere: Museum) -> None:
    async with museum.house() as house:
        await written(house, "one", house.media.keep(b"1", "a", "image/jpeg").sha)
        guard = await house.someone("g", "guard")
        await guard.says("/inspect L1-P3")
    before = await museum.holds()
    await museum.runs("backup", "a.zip")
    archive = str(museum.folder / "a.zip")
    await elsewhere.runs("restore", archive)
    assert await elsewhere.holds() == before
    assert "This museum has data" in await elsewhere.fails("restore", archive)
    async with elsewhere.house() as house:
        await written(house, "two")
        assert "Stop it first" in await elsewhere.fails("restore", "--replace", archive)
    await elsewhere.runs("restore", "--replace", archive)
    assert (await elsewhere.holds()).tables == before.tables


async def test_a_museum_that_nobody_used_yet_is_replaced_at_once(museum: Museum, elsewhere: Museum) -> None:
    async with museum.house() as house:
        await written(house, "one")
    await prepare(elsewhere.settings)
    await museum.runs("backup", "a.zip")
    await elsewhere.runs("restore", str(museum.folder / "a.zip"))
    assert await elsewhere.comments() == ["one"]


async def test_what_is_damaged_or_no_backup_changes_nothing(museum: Museum) -> None:
    async with museum.house() as house:
        await written(house, "one", house.media.keep(os.urandom(5000), "a", "image/jpeg").sha)
    await museum.runs("backup", "a.zip")
    whole = (museum.folder / "a.zip").read_bytes()
    before = await museum.holds()
    with ZipFile(museum.folder / "a.zip") as archive:
        places = {one.filename: one.header_offset + one.compress_size // 2 for one in archive.infolist()}
    damaged = {
        "cut short": whole[: len(whole) * 2 // 3],
        "text": b"Dear museum,",
        "empty": b"",
        **{name: flipped(whole, place + 200) for name, place in places.items()},
    }
    assert len(damaged) == 6
    for name, content in damaged.items():
        (museum.folder / "b.zip").write_bytes(content)
        for how in ("--verify", "--replace"):
            said = await museum.fails("restore", how, "b.zip")
            assert "damaged" in said, name
    assert "There is no file" in await museum.fails("restore", "c.zip")
    assert await museum.holds() == before


def flipped(content: bytes, place: int) -> bytes:
    """`content` with one bit changed."""
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def altered(museum: Museum, **changes: object) -> None:
    """b.zip: the archive a.zip with other words in its manifest."""
    with ZipFile(museum.folder / "a.zip") as old, ZipFile(museum.folder / "b.zip", "w") as new:
        for name in old.namelist():
            if name != "manifest.json":
                new.writestr(name, old.read(name))
        new.writestr("manifest.json", json.dumps({**json.loads(old.read("manifest.json")), **changes}))


async def test_verify_tells_a_difference(museum: Museum) -> None:
    await prepare(museum.settings)
    await museum.runs("backup", "a.zip")
    with ZipFile(museum.folder / "a.zip") as archive:
        tables = json.loads(archive.read("manifest.json"))["tables"]
    for changed in ({**tables["places"], "rows": 1}, {**tables["places"], "hash": "0" * 64}):
        altered(museum, tables={**tables, "places": changed})
        code, out, _said = await museum.tries("restore", "--verify", "b.zip")
        assert code == 1
        lines = out.splitlines()
        assert [line.split()[0] for line in lines if "NOT the same" in line] == ["places"]
        assert lines[-1] == "The backup is NOT whole: make another one."


async def test_another_version_or_kind_of_database(museum: Museum) -> None:
    await prepare(museum.settings)
    await museum.runs("backup", "a.zip")
    altered(museum, revision="9999")
    assert "newer version" in await museum.fails("restore", "--replace", "b.zip")
    altered(museum, database="sqlite" if not museum.settings.is_sqlite else "postgresql")
    assert "The backup is of" in await museum.fails("restore", "--replace", "b.zip")
    altered(museum, format=2)
    assert "no backup of Docent" in await museum.fails("restore", "--replace", "b.zip")


async def test_an_older_backup_is_brought_up_to_this_version(museum: Museum, elsewhere: Museum) -> None:
    async with migrate._alone(museum.url) as connection:
        upgrade = migrate._run(migrate.SCRIPTS, lambda config: command.upgrade(config, "0001"))
        await connection.run_sync(upgrade)
        columns = "code, kind, parent, name_zh, name_en, checklists, position, active, sample"
        values = "'A', 'site', '', '主馆', '', ',', 1, true, false"
        await connection.execute(text(f"INSERT INTO places ({columns}) VALUES ({values})"))
    await museum.runs("backup", "a.zip")
    assert "The backup is whole." in await museum.runs("restore", "--verify", "a.zip")
    await elsewhere.runs("restore", str(museum.folder / "a.zip"))
    async with opened(elsewhere.url) as database, database.reading() as db:
        has, needs = await migrate.revisions(db)
        assert has == needs
        assert list(await db.scalars(select(Place.name_zh))) == ["主馆"]


async def test_without_postgresqls_programs_it_says_what_to_install(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.database() as url:
        museum = Museum(url, tmp_path)
        await prepare(museum.settings)
        monkeypatch.setenv("PATH", str(tmp_path))
        said = await museum.fails("backup", "a.zip")
        assert "pg_dump is not installed here" in said
        assert "apt install postgresql-client" in said
    assert {name for name in names(tmp_path) if "docent" in name} == {".docent-lock"}


@pytest.fixture
def ordinary(postgres: Postgres, tmp_path: Path) -> Iterator[Museum]:
    """A museum whose user owns its database, and may do nothing else on the server."""
    user = f"museum_{uuid4().hex}"
    postgres.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'a b@c'")
    with postgres.database() as url:
        parsed = make_url(url)
        postgres.execute(f"ALTER DATABASE {parsed.database} OWNER TO {user}")
        own = parsed.set(username=user, password="a b@c").render_as_string(hide_password=False)
        yield Museum(own, tmp_path)
    postgres.execute(f"DROP ROLE {user}")


async def test_the_owner_of_a_database_is_enough_to_restore_it(ordinary: Museum) -> None:
    await prepare(ordinary.settings)
    async with ordinary.house() as house:
        await written(house, "one")
    await ordinary.runs("backup", "a.zip")
    before = await ordinary.holds()
    async with ordinary.house() as house:
        await written(house, "two")
    await ordinary.runs("restore", "--replace", "a.zip")
    assert await ordinary.holds() == before
    said = await ordinary.fails("restore", "--verify", "a.zip")
    assert "permission denied to create database" in said


async def test_without_a_database_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    museum = Museum(f"sqlite+aiosqlite:///{tmp_path / 'none.db'}", tmp_path)
    assert "There is no database yet" in await museum.fails("backup")


async def test_a_hash_is_of_what_is_there_not_of_where(museum: Museum, elsewhere: Museum) -> None:
    rows = [comment(f"LY-{n}", id=n + 1, comment="句子" * n, photos=photos("ab" * 32)) for n in range(30)]
    series = [{"prefix": prefix, "period": "2026", "last": 1} for prefix in ("a", "B", "b", "甲", "é")]
    for place, step in ((museum, 1), (elsewhere, -1)):
        await prepare(place.settings)
        async with opened(place.url) as database, database.transaction() as db:
            for row in rows[::step]:
                await db.execute(insert(Feedback), [row])
            for last in series[::step]:
                await db.execute(insert(Series), [last])
    ours, theirs = await museum.holds(), await elsewhere.holds()
    for table in ("feedback", "series"):
        assert ours.tables[table] == theirs.tables[table]
    assert ours.mentioned == {"ab" * 32}
    async with opened(elsewhere.url) as database, database.transaction() as db:
        await db.execute(text("UPDATE feedback SET rating = 1 WHERE id = 7"))
    assert (await elsewhere.holds()).tables["feedback"] != ours.tables["feedback"]
    assert (await elsewhere.holds()).tables["feedback"].rows == 30
