"""Backups: made while people write, whole or not there at all."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

from bot.app import prepare
from tests.fixtures.backups import WAIT, Museum, names, written
from tests.fixtures.backups import client_programs as client_programs
from tests.fixtures.backups import elsewhere as elsewhere
from tests.fixtures.backups import museum as museum
from tests.fixtures.media import kept_files


def sha_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# In the order in which a backup takes them: the second takes its time.
FIRST, SLOW, LAST = sorted((b"photo 1", b"photo 2", b"photo 3"), key=sha_of)
SHA = sha_of(SLOW)


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


async def test_without_a_database_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    museum = Museum(f"sqlite+aiosqlite:///{tmp_path / 'none.db'}", tmp_path)
    assert "There is no database yet" in await museum.fails("backup")
