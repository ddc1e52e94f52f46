"""Backups restored: as it was, or not at all; what differs or does not fit is said."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4
from zipfile import ZipFile

import pytest
from sqlalchemy import insert, make_url, select, text

from bot import migrate, steps
from bot.app import opened, prepare
from models import Feedback, Place, Series
from tests.fixtures.backups import Museum, names, photos, written
from tests.fixtures.backups import client_programs as client_programs
from tests.fixtures.backups import elsewhere as elsewhere
from tests.fixtures.backups import museum as museum
from tests.fixtures.postgres import Postgres
from tests.records import comment


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
        upgrade = steps.taken(migrate.SCRIPTS, "0001")
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
