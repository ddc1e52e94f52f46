"""Messages into the web chat: words, taps and files, and what is refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import pytest
from aiohttp import ClientSession
from PIL import Image

from bot.app import App
from bot.errors import Unavailable
from tests.fixtures.media import picture
from tests.fixtures.web_client import AWAY, Client, opened
from tests.fixtures.web_client import app as app
from tests.fixtures.web_client import client as client
from tests.fixtures.web_client import http as http
from tests.fixtures.web_client import stranger as stranger
from tests.fixtures.web_client import url as url

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_message_counts_once_and_stands_before_its_answer(app: App, client: Client) -> None:
    fields = client.fields(text="  /tour\u202e\x00 ")
    assert await client.send(json=fields) == (200, {"fresh": True, "toast": None})
    assert await client.send(json=fields) == (200, {"fresh": False, "toast": None})
    first, second = (await client.history())["messages"]
    assert (first["kind"], first["text"], first["client_id"]) == ("echo", "/tour", fields["client_id"])
    assert (second["kind"], second["seq"]) == ("message", first["seq"] + 1)
    assert second["rows"][0][1] == {"label": "Hall 2", "data": "c:1.0.hall.H2", "style": "plain", "url": ""}


async def test_a_tap_edits_the_message_and_leaves_no_echo(client: Client) -> None:
    await client.post(text="/tour")
    asked = (await client.history())["messages"][-1]
    await client.post(data=asked["rows"][0][1]["data"], tapped=asked["seq"])
    edited = (await client.history())["messages"][-1]
    assert (edited["replaces"], edited["seq"]) == (asked["seq"], asked["seq"] + 1)
    assert "How is it?" in edited["text"]


async def test_a_toast_comes_with_the_answer(client: Client) -> None:
    assert await client.post(data="a:stamp:1") == (200, {"fresh": True, "toast": "Signed"})
    assert await client.post(data="foreign", quiet=True) == (
        200,
        {"fresh": True, "toast": "That button is no longer in use."},
    )


async def test_a_quiet_message_leaves_no_trace(client: Client) -> None:
    await client.post(text="/papers", quiet=True)
    assert await client.texts() == ["message: Summary"]


async def test_a_deep_link_opens_what_it_names(client: Client) -> None:
    await client.post(link="p_nowhere", quiet=True)
    assert [row["kind"] for row in (await client.history())["messages"]] == ["message"]


async def test_a_reply_goes_to_what_it_answers(client: Client) -> None:
    await finish_tour(client)
    done = (await client.history())["messages"][-1]
    assert done["answerable"] is True
    await client.post(text="Thanks", reply_to=done["seq"])
    assert (await client.texts())[-2:] == ["echo: Thanks", "message: tour 1: Thanks"]


async def finish_tour(client: Client) -> None:
    for text in ("/tour", "2", "5", "skip", "skip", "submit"):
        assert (await client.post(text=text))[0] == 200


async def test_several_photos_are_one_answer(client: Client) -> None:
    for text in ("/tour", "2", "5", "skip"):
        await client.post(text=text)
    shots = [("photo", picture(colour=colour)) for colour in ("red", "green", "blue")]
    assert await client.post_media(shots, text="three") == (200, {"fresh": True, "toast": None})
    echo, answer = (await client.history())["messages"][-2:]
    assert (echo["text"], len(echo["photos"])) == ("three", 3)
    assert "3 photos" in answer["text"]


async def test_photos_are_served_to_their_own_session_only(client: Client, stranger: Client) -> None:
    await client.post_media([("photo", picture(size=(80, 50)))])
    (url,) = [photo["url"] for photo in (await client.history())["messages"][0]["photos"]]
    path = url.removeprefix("api/chat/")
    async with client.get(path) as response:
        assert (response.status, response.content_type) == (200, "image/jpeg")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert Image.open(BytesIO(await response.read())).size == (80, 50)
    # Whoever knows the address and has typed it is no nearer.
    await stranger.post(text=path.rpartition("/")[2])
    async with stranger.get(path) as response:
        assert response.status == 404


async def test_a_file_is_offered_to_be_saved(client: Client) -> None:
    await client.post(text="/papers")
    file = (await client.history())["messages"][-1]["file"]
    assert (file["name"], file["mime"]) == ("汇总 2026.xlsx", "application/vnd.ms-excel")
    async with client.get(file["url"].removeprefix("api/chat/")) as response:
        assert response.content_type == "application/vnd.ms-excel"
        said = response.headers["Content-Disposition"]
        assert said == "attachment; filename*=UTF-8''%E6%B1%87%E6%80%BB%202026.xlsx"
        assert (await response.read()).startswith(b"PK")


async def test_a_recording_is_played_in_the_page(client: Client) -> None:
    sound = b"\x1a\x45\xdf\xa3" + bytes(60)
    assert await client.post_media([("voice", sound)]) == (200, {"fresh": True, "toast": None})
    file = (await client.history())["messages"][0]["file"]
    async with client.get(file["url"].removeprefix("api/chat/")) as response:
        assert response.content_type == "audio/webm"
        assert "Content-Disposition" not in response.headers
        assert await response.read() == sound


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7",
        picture()[:300],
        b"GIF89a" + bytes(20),
        b"\x89PNG\r\n\x1a\n" + bytes(40),
        picture() + bytes(21 * 2**20),
    ],
    ids=["nothing", "pdf", "half", "gif", "png", "huge"],
)
async def test_what_is_no_photo_is_answered_kindly(client: Client, content: bytes) -> None:
    assert (await client.post_media([("photo", content)]))[0] == 200
    said = (await client.texts())[-1].casefold()
    assert "please send" in said


async def test_photos_of_many_megabytes_arrive(client: Client) -> None:
    buffer = BytesIO()
    Image.effect_noise((2400, 2400), 100).save(buffer, "JPEG", quality=98)
    photos = [("photo", buffer.getvalue())] * 2
    assert sum(len(content) for _name, content in photos) > 8 * 2**20
    assert (await client.post_media(photos))[0] == 200
    assert len((await client.history())["messages"][0]["photos"]) == 2


async def test_a_second_delivery_of_photos_is_not_decoded_again(client: Client) -> None:
    await client.post_media([("photo", picture())])
    client.sent -= 1
    assert await client.post_media([("photo", b"not looked at")]) == (200, {"fresh": False, "toast": None})


async def test_ten_photos_are_too_many(client: Client) -> None:
    status, answer = await client.post_media([("photo", picture())] * 10)
    assert (status, answer["error"][:29]) == (400, "At most 9 photos fit in one m")


async def test_a_place_is_kept(client: Client) -> None:
    where = {"latitude": 31.23, "longitude": 121.47, "accuracy": 8.5}
    assert (await client.post(location=where))[0] == 200
    assert (await client.texts())[0] == "echo: 📍 31.23000, 121.47000"


@pytest.mark.parametrize(
    "text", ["x" * 10_001, "长" * 1_000_000, "x" * 1_000_000], ids=["a bit", "6 MB", "1 MB"]
)
async def test_too_much_text_is_refused_and_nothing_else_is_lost(client: Client, text: str) -> None:
    await client.post(text="/tour")
    before = await client.texts()
    status, answer = await client.post(text=text)
    assert (status, answer["error"][:39]) == (413, "This is too long for one message: at mo")
    assert await client.texts() == before
    assert (await client.post(text="2"))[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"text": "no client id"}',
        b'{"client_id": "short", "text": "x"}',
        b'{"client_id": "with space", "text": "x"}',
        b'{"client_id": "message-0001", "text": 7}',
        b'{"client_id": "message-0001", "data": "%s"}' % (b"d" * 65),
        b'{"client_id": "message-0001", "tapped": "1"}',
        b'{"client_id": "message-0001", "tapped": 1e99}',
        b'{"client_id": "message-0001", "link": "p_../../etc"}',
        b'{"client_id": "message-0001", "location": {"latitude": 91, "longitude": 0}}',
        b'{"client_id": "message-0001", "location": {"latitude": NaN, "longitude": 0}}',
        b'{"client_id": "message-0001", "location": {"latitude": 1e999, "longitude": 0}}',
    ],
)
async def test_what_is_no_message_is_refused(client: Client, body: bytes) -> None:
    status, answer = await client.send(data=body)
    assert (status, answer) == (400, {"error": "This message could not be read. Please send it again."})
    assert await client.texts() == []


@pytest.mark.parametrize("text", ["", "  \n ", "\ud800", "\x00\u202e"])
async def test_a_message_with_nothing_in_it_is_refused(client: Client, text: str) -> None:
    status, answer = await client.post(text=text)
    assert (status, answer["error"][:33]) == (400, "There was nothing in this message")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no boundary here",
        b"--b\r\n\r\nx\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="photo"\r\n\r\nx\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="message"\r\n\r\n{}',
        b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--\r\n",
        b"--b\r\nbroken header\r\n\r\nx\r\n--b--\r\n",
    ],
)
async def test_a_broken_upload_is_refused(client: Client, body: bytes) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    status, answer = await client.send(data=body, headers=headers)
    assert (status, answer) == (400, {"error": "This message could not be read. Please send it again."})


async def test_refusals_are_in_the_reader_s_language(client: Client) -> None:
    sentences = set()
    for tag in ("zh-CN,zh;q=0.9,en;q=0.5", "en-GB", "fr;q=0.9"):
        _status, answer = await client.post(headers={"Accept-Language": tag}, client_id="x")
        sentences.add(answer["error"])
    assert len(sentences) == 2


async def test_a_flood_is_slowed_down(app: App, client: Client) -> None:
    statuses = [(await client.post(data="a:stamp:1"))[0] for _time in range(61)]
    assert statuses == [200] * 60 + [429]
    body = client.fields(text="again")
    async with client.http.post(f"{app.url}/api/chat/messages", json=body) as response:
        assert (response.status, response.headers["Retry-After"]) == (429, "5")
        assert (await response.json())["retry"] is True


async def pages_at_most(app: App, most: int) -> None:
    """Let the database have so many pages, or no more than it has now."""
    async with app.database.writer.connect() as connection:
        await connection.exec_driver_sql(f"PRAGMA max_page_count={most}")


async def test_with_a_full_disk_the_page_is_told_to_come_again(tmp_path: Path, http: ClientSession) -> None:
    async with opened(tmp_path) as app:
        client = Client(http, app.url)
        await client.open()
        await pages_at_most(app, 1)
        fields = client.fields(text="long " * 1000)
        body = json.dumps(fields)
        assert await client.send(data=body) == (503, AWAY)
        assert await client.texts() == []
        await pages_at_most(app, 2**30)
        assert await client.send(data=body) == (200, {"fresh": True, "toast": None})
        assert (await client.history())["messages"][0]["client_id"] == fields["client_id"]


async def test_without_the_database_nothing_is_read(
    app: App, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def away() -> AsyncIterator[None]:
        raise Unavailable
        yield

    monkeypatch.setattr(app.database, "reading", away)
    for path in ("history", "events", "media/" + "0" * 64):
        async with client.get(path) as response:
            assert (response.status, await response.json()) == (503, AWAY)
