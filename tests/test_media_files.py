"""Recordings and files of our own: kept as they are, found by their hash, whole or not at all."""

import os
from pathlib import Path

import pytest

from bot import media
from bot.errors import BadMedia
from bot.media import MOST_BYTES, MediaStore
from tests.fixtures.media import HEIC, kept_files, picture, said
from tests.fixtures.media import store as store


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (b"OggS\x00\x02" + bytes(60), "audio/ogg"),
        (b"ID3\x04" + bytes(60), "audio/mpeg"),
        (b"\xff\xfb\x90\x64" + bytes(60), "audio/mpeg"),
        (b"\x00\x00\x00\x18ftypM4A " + bytes(60), "audio/mp4"),
        (b"#!AMR\n" + bytes(60), "audio/amr"),
        (b"\x1a\x45\xdf\xa3" + bytes(60), "audio/webm"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(60), "audio/wav"),
    ],
)
async def test_a_recording_is_kept_as_it_is(store: MediaStore, data: bytes, mime: str) -> None:
    kept = await store.keep_voice(data, "application/octet-stream")
    assert (kept.mime, kept.size, kept.original_sha) == (mime, len(data), kept.sha)
    assert await store.read(kept.sha) == data


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (b"", "audio/ogg"),
        (picture(), "audio/ogg"),
        (HEIC, "audio/mp4"),
        (b"MZ\x90\x00" + bytes(60), "audio/mpeg"),
        (b"\xff", "audio/mpeg"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "audio/wav"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(60), "video/mp4"),
        (b"OggS" + bytes(MOST_BYTES), "audio/ogg"),
    ],
)
async def test_what_is_no_recording_is_refused(
    store: MediaStore, tmp_path: Path, data: bytes, mime: str
) -> None:
    with pytest.raises(BadMedia) as refused:
        await store.keep_voice(data, mime)
    assert "please" in said(refused.value)
    assert kept_files(tmp_path) == []


@pytest.mark.parametrize("sha", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n", "/" + "a" * 63])
async def test_only_a_hash_is_an_address(store: MediaStore, sha: str) -> None:
    with pytest.raises(ValueError, match="address"):
        store.path(sha)


async def test_what_is_not_kept_is_not_found(store: MediaStore) -> None:
    with pytest.raises(FileNotFoundError):
        await store.read("0" * 64)


async def test_a_write_that_fails_leaves_nothing(
    store: MediaStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.keep(b"content", "a.txt", "text/plain")
    monkeypatch.undo()
    assert kept_files(tmp_path) == []
    assert store.path(store.keep(b"content", "a.txt", "text/plain").sha).read_bytes() == b"content"


async def test_a_start_removes_what_a_killed_writer_left_but_not_what_is_being_written(
    tmp_path: Path,
) -> None:
    half_written = tmp_path / "media" / "tmp"
    half_written.mkdir(parents=True)
    for name, age in (("old", media.LEFTOVER_SECONDS + 60), ("new", 0)):
        (half_written / name).write_bytes(b"half")
        when = (half_written / name).stat().st_mtime - age
        os.utime(half_written / name, (when, when))
    MediaStore(tmp_path / "media")
    assert kept_files(tmp_path) == ["new"]
