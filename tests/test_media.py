"""Photos and recordings: hostile files are refused kindly, good ones are kept once, plain and upright."""

import asyncio
import hashlib
import io
import os
import signal
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from bot import pixels
from bot.errors import BadMedia
from bot.media import MOST_BYTES, MediaStore
from tests.fixtures.media import HEIC, kept_files, picture, said
from tests.fixtures.media import store as store

ROOT = Path(__file__).parent.parent


def from_a_phone(size: tuple[int, int] = (64, 48)) -> bytes:
    """A photo taken upright with a phone: stored lying, with its orientation and where it was taken."""
    image = Image.new("RGB", size, "white")
    image.paste("red", (0, 0, size[0] // 2, size[1]))  # the left half as stored is the upper half as seen
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn a quarter to the right
    exif[0x010F] = "PHONE-MAKER"
    exif.get_ifd(0x8825).update({1: "N", 2: (37.0, 27.0, 0.0), 3: "E", 4: (116.0, 18.0, 0.0)})  # GPS
    written = io.BytesIO()
    image.save(
        written, "JPEG", quality=95, exif=exif, comment=b"SECRET-COMMENT", icc_profile=b"SECRET-PROFILE"
    )
    return written.getvalue()


def huge_png() -> bytes:
    """81 megapixels of one colour: under 10 KB as a file, half a gigabyte when decoded."""
    side = 9000
    rows = zlib.compress(bytes(side * (1 + (side + 7) // 8)), 9)

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(huge_png(), "40 million pixels", id="81 megapixels"),
        pytest.param(picture(size=(640, 480))[:700], "damaged", id="truncated JPEG"),
        pytest.param(picture("PNG")[:40], "damaged", id="truncated PNG"),
        pytest.param(b"\xff\xd8\xff" + os.urandom(500), "damaged", id="noise behind a JPEG mark"),
        pytest.param(b"", "empty", id="0 bytes"),
        pytest.param(picture("GIF"), "GIF", id="GIF"),
        pytest.param(HEIC, "send it as JPEG", id="HEIC"),
        pytest.param(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "not a photo", id="PDF named .jpg"),
        pytest.param(SVG, "not a photo", id="SVG"),
        pytest.param(picture("BMP"), "not a photo", id="BMP"),
        pytest.param(b"\xff\xd8\xff" + bytes(MOST_BYTES), "larger than 20 MB", id="too many bytes"),
    ],
)
async def test_what_cannot_be_a_photo_is_refused_with_a_sentence(
    store: MediaStore, tmp_path: Path, data: bytes, says: str
) -> None:
    with pytest.raises(BadMedia) as refused:
        await store.keep_photo(data)
    assert says in said(refused.value)
    assert kept_files(tmp_path) == []


async def test_a_huge_picture_is_small_as_a_file() -> None:
    assert len(huge_png()) < 10_000


async def test_a_photo_is_kept_upright_and_without_what_it_says_of_its_sender(store: MediaStore) -> None:
    original = from_a_phone()
    kept = await store.keep_photo(original)
    plain = await store.read(kept.sha)
    assert (kept.mime, kept.size) == ("image/jpeg", len(plain))
    assert kept.sha == hashlib.sha256(plain).hexdigest()
    assert kept.original_sha == hashlib.sha256(original).hexdigest()
    for secret in (b"PHONE-MAKER", b"SECRET-COMMENT", b"SECRET-PROFILE", b"Exif", b"ICC_PROFILE"):
        assert secret not in plain
    with Image.open(io.BytesIO(plain)) as seen:
        assert seen.size == (48, 64)
        assert dict(seen.getexif()) == {}
        assert is_red(seen, (24, 10))
        assert not is_red(seen, (24, 54))


def is_red(image: Image.Image, at: tuple[int, int]) -> bool:
    pixel = image.convert("RGB").getpixel(at)
    assert isinstance(pixel, tuple)
    return pixel[0] > 200 and pixel[1] < 60


@pytest.mark.parametrize("size", [(5200, 3900), (1300, 5200)])
async def test_a_large_photo_is_made_smaller(store: MediaStore, size: tuple[int, int]) -> None:
    kept = await store.keep_photo(picture(size=size))
    with Image.open(store.path(kept.sha)) as seen:
        assert max(seen.size) == 2560
        assert seen.size[0] / seen.size[1] == pytest.approx(size[0] / size[1], rel=0.01)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("PNG", "1"),
        ("PNG", "LA"),
        ("WEBP", "RGBA"),
        ("JPEG", "CMYK"),
        ("JPEG", "L"),
    ],
)
async def test_every_kind_of_pixel_becomes_a_plain_jpeg(store: MediaStore, kind: str, mode: str) -> None:
    kept = await store.keep_photo(picture(kind, mode=mode))
    with Image.open(store.path(kept.sha)) as seen:
        assert (seen.format, seen.mode, seen.size) == ("JPEG", "RGB", (64, 48))


async def test_what_is_transparent_becomes_white(store: MediaStore) -> None:
    kept = await store.keep_photo(picture("PNG", mode="RGBA", colour=(255, 0, 0, 0)))
    with Image.open(store.path(kept.sha)) as seen:
        assert seen.getpixel((30, 20)) == (255, 255, 255)


async def test_the_same_photo_twice_is_one_file(store: MediaStore, tmp_path: Path) -> None:
    original = from_a_phone()
    first, second = await asyncio.gather(store.keep_photo(original), store.keep_photo(original))
    assert first == second
    assert kept_files(tmp_path) == [first.sha]
    attached = store.keep(await store.read(first.sha), "again.jpg", "image/jpeg")
    assert (attached.sha, attached.name, attached.mime) == (first.sha, "again.jpg", "image/jpeg")
    assert kept_files(tmp_path) == [first.sha]


async def test_the_event_loop_goes_on_while_a_photo_is_decoded(store: MediaStore) -> None:
    turns = 0
    keeping = asyncio.create_task(store.keep_photo(picture(size=(7000, 5600))))
    while not keeping.done():
        turns += 1
        await asyncio.sleep(0)
    await keeping
    assert turns > 1000


def worker_of(store: MediaStore) -> int:
    assert store._pool is not None
    (pid,) = store._pool._processes
    return pid


async def test_the_worker_starts_with_the_first_photo_and_stays(store: MediaStore) -> None:
    store.keep(b"a file of ours", "qr.png", "image/png")
    assert store._pool is None
    await store.keep_photo(picture())
    worker = worker_of(store)
    assert worker != os.getpid()
    await store.keep_photo(picture(size=(20, 20)))
    assert worker_of(store) == worker


async def test_a_worker_that_died_is_replaced(store: MediaStore) -> None:
    await store.keep_photo(picture())
    first = worker_of(store)
    assert store._pool is not None
    process = store._pool._processes[first]
    process.kill()
    await asyncio.to_thread(process.join)
    kept = await store.keep_photo(picture(size=(20, 20)))
    assert worker_of(store) != first
    assert store.path(kept.sha).is_file()


def dies_of_one(data: bytes) -> bytes:
    if b"kills" in data:
        os._exit(1)
    return pixels.rewritten(data)


async def test_a_photo_that_kills_the_worker_is_refused_and_no_other(
    store: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pixels, "rewritten", dies_of_one)
    photos = [picture(), picture() + b"kills", picture(size=(20, 20)), picture(size=(30, 20))]
    results = await asyncio.gather(*map(store.keep_photo, photos), return_exceptions=True)
    assert [isinstance(result, BadMedia) for result in results] == [False, True, False, False]
    assert isinstance(results[1], BadMedia)
    assert "could not be opened" in said(results[1])


OWNER = """
import asyncio, os, signal, sys
from pathlib import Path
from bot.media import MediaStore

async def main():
    store = MediaStore(Path(sys.argv[1]))
    await store.keep_photo(Path(sys.argv[2]).read_bytes())
    print(*store._pool._processes, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX")
def test_a_killed_program_leaves_no_worker(tmp_path: Path) -> None:
    (tmp_path / "owner.py").write_text(OWNER, encoding="utf-8")
    (tmp_path / "photo.jpg").write_bytes(picture())
    command = [
        sys.executable,
        str(tmp_path / "owner.py"),
        str(tmp_path / "media"),
        str(tmp_path / "photo.jpg"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    # The pipe of its output ends only when the last process that holds it has gone: the worker.
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert done.stdout.strip().isdecimal()
