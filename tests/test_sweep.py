"""What a crash leaves in the media store goes after a day; what anything mentions stays, wherever it does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import String, select

from bot import sweep
from bot.app import all_routes
from bot.clock import Clock
from bot.housekeeping import KEY, KIND
from bot.jobs import Jobs
from bot.media import MediaStore
from handlers.kit.messages import Media
from models import Account, Base, Conversation, Due, Inspection, Outbox, mentions
from tests.fixtures.media import kept_files
from tests.fixtures.media import store as store
from tests.house import House
from tests.records import id_of, inspection

NOW = datetime.now(UTC)
NO_FILES = {"code_hash", "original_sha", "digest", "head"}  # hashes that are nobody's address


def aged(folder: Path, days: float) -> None:
    """Let all files that are kept so far be so old."""
    when = (NOW - timedelta(days=days)).timestamp()
    for file in (folder / "media").rglob("*"):
        os.utime(file, (when, when))


def kept(house: House, content: str, mime: str = "image/jpeg") -> Media:
    """A file as a channel keeps it before its update is accepted."""
    attached = house.media.keep(content.encode(), content, mime)
    return Media(attached.sha, mime, len(content), attached.sha, content)


async def night(house: House) -> None:
    """Have the nightly work done, and what it asks for."""
    house.engine.routes = all_routes()
    values = {"kind": KIND, "key": KEY, "due_at": NOW, "payload": {}, "status": "waiting", "attempts": 0}
    await house.add(Due, values)
    moment = NOW + timedelta(minutes=1)
    assert await Clock(house.database, house.engine, lambda: moment).tick()
    assert await Jobs(house.database, house.engine, lambda: moment).tick()
    [done] = await house.rows(select(Due).where(Due.kind == sweep.KIND))
    assert (done.status, done.error) == ("done", None)


async def test_only_old_files_that_nothing_mentions_go(museum: House, tmp_path: Path) -> None:
    """Mentioned are: a comment's photo and voice, a draft's photo, a round's photo, and a file of our own."""
    visitor, guard = await museum.someone("v"), await museum.someone("g", "guard", "leader")
    photo, voice = kept(museum, "photo"), kept(museum, "voice", "audio/ogg")
    await visitor.says("/feedback very dark here", photos=(photo,))
    await visitor.says(voice=voice)
    drafted, found = kept(museum, "drafted"), kept(museum, "found")
    await guard.says("/inspect L1-P3")
    await guard.says("1 smoking", photos=(drafted,))
    sample = {"sha": found.sha, "name": "found", "mime": "image/jpeg"}
    await museum.add(Inspection, await round_with(museum, [sample]))
    made = kept(museum, "made", "text/plain")
    file = {"sha": made.sha, "name": "made", "mime": "text/plain"}
    await museum.add(Outbox, await message_with(museum, file))
    mentioned = {one.sha for one in (photo, voice, drafted, found, made)}
    kept(museum, "orphan")
    aged(tmp_path, 1.1)
    young = kept(museum, "young")
    await night(museum)
    assert set(kept_files(tmp_path)) == mentioned | {young.sha}
    [draft] = await museum.rows(select(Conversation.answers).where(Conversation.form == "inspection"))
    assert drafted.sha in str(draft.answers)


async def test_what_is_mentioned_no_more_goes_only_when_a_day_old(museum: House, tmp_path: Path) -> None:
    kept(museum, "orphan")
    for days, left in ((0.9, 1), (sweep.REACH.days + 1, 1), (1.1, 0)):
        aged(tmp_path, days)
        async with museum.database.snapshot() as db:
            await sweep.sweep(db, museum.media, NOW)
        assert len(kept_files(tmp_path)) == left, days


async def test_a_file_that_was_kept_again_stays(store: MediaStore, tmp_path: Path) -> None:
    sha = store.keep(b"photo", "a", "image/jpeg").sha
    aged(tmp_path, 2)
    store.keep(b"photo", "a", "image/jpeg")
    assert list(store.kept_between(NOW - timedelta(days=9), NOW - timedelta(days=1))) == []
    assert not store.discard(sha, NOW - timedelta(days=1))
    assert await store.read(sha) == b"photo"
    aged(tmp_path, 2)
    assert store.discard(sha, NOW - timedelta(days=1))
    assert not store.discard(sha, NOW)
    assert kept_files(tmp_path) == []
    assert store.keep(b"photo", "a", "image/jpeg").sha == sha
    assert await store.read(sha) == b"photo"


async def test_a_room_that_a_killed_export_left_goes(museum: House, tmp_path: Path) -> None:
    left = tmp_path / "media" / "tmp" / "export"
    left.mkdir(parents=True)
    (left / "book.xlsx").write_bytes(b"half")
    with museum.media.room() as room:
        (room / "book.xlsx").write_bytes(b"being written")
        aged(tmp_path, 1)
        (room / "book.xlsx").write_bytes(b"being written still")
        await night(museum)
        assert not left.exists()
        assert (room / "book.xlsx").exists()
    assert not room.exists()


def addresses() -> Iterator[Any]:
    """Every column that is as long as an address."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, String) and column.type.length == 64:
                yield column


def test_no_column_that_may_hold_an_address_is_forgotten() -> None:
    assert {column.name for column in addresses()} - NO_FILES == {"sha"}
    listed = {str(column) for column in mentions()}
    assert {str(column) for column in addresses() if column.name not in NO_FILES} <= listed
    assert {"feedback.photos", "feedback.voice", "conversations.answers", "outbox.payload"} <= listed


@pytest.mark.parametrize("size", [0, 5_000_000])
async def test_a_large_file_is_taken_over_by_its_hash(store: MediaStore, tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    taken = []
    for _time in range(2):
        with store.room() as room:
            (room / "file").write_bytes(content)
            taken.append(store.take_over(room / "file", "f.bin", "application/octet-stream"))
    assert taken == [store.keep(content, "f.bin", "application/octet-stream")] * 2
    assert await store.read(taken[0].sha) == content
    assert kept_files(tmp_path) == [taken[0].sha]


async def round_with(house: House, photos: list[dict[str, str]]) -> dict[str, Any]:

    return inspection("XJ-1", await id_of(house, "g"), spot_photos=photos)


async def message_with(house: House, file: dict[str, str]) -> dict[str, Any]:

    (account,) = await house.rows(select(Account).where(Account.external_id == "v"))
    payload: dict[str, Any] = {
        "kind": "message",
        "text": "",
        "rows": [],
        "photos": [],
        "file": file,
        "replaces": None,
    }
    return {
        "account_id": account.id, "seq": 999, "payload": payload, "status": "sent", "not_before": NOW,
        "created_at": NOW,
    }  # fmt: skip
