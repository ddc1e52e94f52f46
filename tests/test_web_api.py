"""The web chat's API as a client sees it: sessions, messages in, events out, files, and what is refused."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientResponse, ClientSession, CookieJar, FormData
from PIL import Image
from sqlalchemy import column, func, select, table

from bot.app import App
from bot.channels import web_calls, web_stream
from bot.errors import Unavailable
from models import Inbox
from tests.fixtures.postgres import Postgres
from tests.fixtures.web_chat import MUSEUM, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATIENCE = 10  # seconds
AWAY = {
    "error": "The desk cannot be reached right now. Nothing is lost: please try again in a moment.",
    "retry": True,
}


class Client:
    """Somebody with a browser's cookies, or with a bearer token and none."""

    def __init__(self, http: ClientSession, url: str, token: str = "") -> None:
        self.http = http
        self.url = url
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.sent = 0

    async def open(self, **body: Any) -> dict[str, Any]:
        async with self.http.post(f"{self.url}/api/chat/session", json=body) as response:
            assert response.status == 200
            answer: dict[str, Any] = await response.json()
            return answer

    def fields(self, **message: Any) -> dict[str, Any]:
        self.sent += 1
        return {"client_id": f"message-{self.sent:04}", "locale": "en", **message}

    async def post(self, headers: dict[str, str] | None = None, **message: Any) -> tuple[int, dict[str, Any]]:
        """Send a message; the status and the JSON answered."""
        body = BytesIO(json.dumps(self.fields(**message)).encode())
        return await self.send(data=body, headers=headers)

    async def post_media(self, parts: list[tuple[str, bytes]], **message: Any) -> tuple[int, dict[str, Any]]:
        form = FormData()
        form.add_field("message", json.dumps(self.fields(**message)), content_type="application/json")
        for name, content in parts:
            mime = "audio/webm" if name == "voice" else "image/jpeg"
            form.add_field(name, BytesIO(content), filename=name, content_type=mime)
        return await self.send(data=form)

    async def send(self, headers: dict[str, str] | None = None, **body: Any) -> tuple[int, dict[str, Any]]:
        url = f"{self.url}/api/chat/messages"
        async with self.http.post(url, headers=self.headers | (headers or {}), **body) as response:
            return response.status, await response.json()

    async def history(self, **query: Any) -> dict[str, Any]:
        async with self.get("history", **query) as response:
            assert response.status == 200
            page: dict[str, Any] = await response.json()
            return page

    async def texts(self) -> list[str]:
        return [f"{row['kind']}: {row['text']}" for row in (await self.history())["messages"]]

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> Any:
        return self.http.get(
            f"{self.url}/api/chat/{path}", params=query, headers=self.headers | (headers or {})
        )


def browser() -> ClientSession:
    """What keeps cookies, of 127.0.0.1 too, and speaks English."""
    return ClientSession(cookie_jar=CookieJar(unsafe=True), headers={"Accept-Language": "en"})


def opened(folder: Path, **settings: Any) -> AbstractAsyncContextManager[App]:
    """A program with a database of its own."""
    return serving(f"sqlite+aiosqlite:///{(folder / 'docent.db').as_posix()}", folder, **settings)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty database that the tests of this file share, of each kind."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{(tmp_path_factory.mktemp('db') / 'docent.db').as_posix()}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[App]:
    """A program that the tests of this file share: each has sessions of its own."""
    async with serving(url, tmp_path_factory.mktemp("web"), public_url="http://museum.test") as app:
        yield app


@pytest_asyncio.fixture(loop_scope="module")
async def http() -> AsyncIterator[ClientSession]:
    async with browser() as session:
        yield session


@pytest_asyncio.fixture(loop_scope="module")
async def client(app: App, http: ClientSession) -> Client:
    client = Client(http, app.url)
    await client.open()
    return client


@pytest_asyncio.fixture(loop_scope="module")
async def stranger(app: App) -> AsyncIterator[Client]:
    async with browser() as session:
        client = Client(session, app.url)
        await client.open()
        yield client


def picture(size: tuple[int, int] = (60, 40), colour: str = "red") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return buffer.getvalue()


async def taken(app: App, account: str) -> int:
    """How many messages of a session were taken in; `account` is its public name."""
    async with app.database.reading() as db:
        query = select(func.count()).where(Inbox.external_id.startswith(account))
        return int(await db.scalar(query) or 0)


class Reader:
    """A stream of server-sent events, read one at a time."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response
        self.ids: list[int] = []

    async def next(self) -> dict[str, Any]:
        """The next message; comments and other fields are passed over."""
        async with asyncio.timeout(PATIENCE):
            while True:
                line = await self.response.content.readline()
                name, _sep, value = line.decode().rstrip("\n").partition(": ")
                if name == "id":
                    self.ids.append(int(value))
                if name == "data":
                    event: dict[str, Any] = json.loads(value)
                    return event


# Sessions


async def test_a_session_is_a_cookie_that_stays(app: App, http: ClientSession) -> None:
    async with http.post(f"{app.url}/api/chat/session", json={"locale": "zh_CN"}) as response:
        answer = await response.json()
        cookie = response.cookies["docent_chat"]
    assert answer == {"museum": MUSEUM, "locale": "zh_CN", "locales": ["zh_CN", "en"], "id": answer["id"]}
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", str(365 * 86400))
    async with http.post(f"{app.url}/api/chat/session") as response:
        assert "docent_chat" not in response.cookies
        assert (await response.json())["id"] == answer["id"]


async def test_over_https_no_other_site_can_plant_a_cookie(tmp_path: Path, http: ClientSession) -> None:
    async with (
        opened(tmp_path, public_url="https://desk.museum.test") as app,
        http.post(f"{app.url}/api/chat/session") as response,
    ):
        cookie = response.cookies["__Host-docent_chat"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")


async def test_a_kiosk_gets_a_token_of_its_own(app: App, client: Client) -> None:
    cookie_id = (await client.open())["id"]
    answer = await client.open(bearer=True)
    assert answer["id"] != cookie_id
    async with ClientSession() as bare:
        kiosk = Client(bare, app.url, answer["token"])
        assert await kiosk.post(text="/start") == (200, {"fresh": True, "toast": None})
        assert await kiosk.texts() != []
    assert await client.texts() == []


@pytest.mark.parametrize("path", ["events", "history", "media/" + "0" * 64])
async def test_without_a_session_nothing_is_read(app: App, http: ClientSession, path: str) -> None:
    for token in ("", "short", "x" * 42, "x" * 42 + "!"):
        async with Client(http, app.url, token).get(path) as response:
            assert response.status == 401
            assert "load the page again" in (await response.json())["error"]
    status, _answer = await Client(http, app.url).post(text="hello")
    assert status == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://museum.test.evil.test"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://museum.test", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "HOST"}, 200),
        ({}, 200),
    ],
)
async def test_posts_of_other_pages_are_refused(
    app: App, client: Client, headers: dict[str, str], status: int
) -> None:
    given = {name: value.replace("HOST", app.url) for name, value in headers.items()}
    assert (await client.post(headers=given, text="hello"))[0] == status
    async with client.http.post(f"{app.url}/api/chat/session", headers=given) as response:
        assert response.status == status
    assert await taken(app, (await client.open())["id"]) == (status == 200)


# Messages in


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
    await client.post_media([("photo", picture((80, 50)))])
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


# Events out


async def test_events_come_as_they_are_written(client: Client) -> None:
    async with client.get("events") as response:
        assert response.content_type == "text/event-stream"
        assert await response.content.readline() == b"retry: 2000\n"
        reader = Reader(response)
        await client.post(text="/papers")
        echo, answer = await reader.next(), await reader.next()
        assert (echo["kind"], answer["text"], reader.ids) == ("echo", "Summary", [1, 2])
        # The account is known now; the next one comes by its own bell.
        await client.post(text="/papers", quiet=True)
        assert (await reader.next())["seq"] == 3
    assert (await client.history())["messages"][:2] == [echo, answer]


async def test_a_stream_goes_on_where_it_broke_off(client: Client) -> None:
    await client.post(text="/much 150", quiet=True)
    async with client.get("events", after=140) as response:
        assert (await Reader(response).next())["seq"] == 141
    async with client.get("events", {"Last-Event-ID": "149"}, after=140) as response:
        reader = Reader(response)
        assert [(await reader.next())["seq"] for _row in range(2)] == [150, 151]
    async with client.get("events", after="nonsense") as response:
        reader = Reader(response)
        assert [(await reader.next())["seq"] for _row in range(151)] == list(range(1, 152))


async def test_what_another_process_writes_comes_too(
    tmp_path: Path, http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_stream, "LOOK_EVERY", 0.05)
    for wakes in ("ring", "call"):  # no other process can do that here
        monkeypatch.setattr(web_stream.Streams, wakes, lambda _streams, _whom: None)
    async with opened(tmp_path) as app:
        client = Client(http, app.url)
        await client.open()
        async with client.get("events") as response:
            reader = Reader(response)
            await client.post(text="/papers", quiet=True)
            assert (await reader.next())["text"] == "Summary"
            await client.post(text="/papers", quiet=True)
            assert (await reader.next())["seq"] == 2


async def calling(app: App, workers: int) -> None:
    """Wait until so many workers pass calls on: their connections look after themselves from time to time."""
    activity = table("pg_stat_activity", column("datname"), column("query"))
    ours = activity.c.datname == func.current_database()
    query = select(func.count()).where(ours, activity.c.query.like("SELECT pg_notify%"))
    found = 0
    async with asyncio.timeout(PATIENCE):
        while found < workers:
            async with app.database.reading() as db:
                found = await db.scalar(query) or 0


async def test_who_writes_through_one_worker_reads_at_another_at_once(
    postgres: Postgres, tmp_path: Path, http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_stream, "LOOK_EVERY", 60)
    monkeypatch.setattr(web_calls, "CHECK_EVERY", 0.1)  # and the connections stay
    with postgres.database() as url:
        async with serving(url, tmp_path) as one, serving(url, tmp_path) as other:
            await calling(one, workers=2)
            answer = await Client(http, one.url).open(bearer=True)
            writer = Client(http, one.url, answer["token"])
            async with Client(http, other.url, answer["token"]).get("events") as response:
                reader = Reader(response)
                for seq in (1, 2, 3):  # the first makes the account known
                    await writer.post(text="/papers", quiet=True)
                    assert (await reader.next())["seq"] == seq


async def test_nobody_is_woken_by_what_is_written_to_others(app: App) -> None:
    streams = web_stream.Streams(app.database)
    with streams.reading("a" * 64, 0) as new, streams.reading("b" * 64, 0) as known:
        known.account_id = 7
        streams.ring([8])
        assert (new.bell.is_set(), known.bell.is_set()) == (False, False)
        streams.ring([7])
        assert (new.bell.is_set(), known.bell.is_set()) == (False, True)
        streams.call("a" * 16)
        assert new.bell.is_set()


async def test_a_silent_stream_is_kept_alive(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.web.HEARTBEAT", 0.05)
    async with client.get("events") as response, asyncio.timeout(PATIENCE):
        lines = [await response.content.readline() for _line in range(3)]
    assert lines == [b"retry: 2000\n", b"\n", b": still here\n"]


async def test_a_session_has_so_many_streams_at_most(client: Client) -> None:
    streams = [await client.get("events") for _stream in range(10)]
    async with client.get("events") as response:
        assert response.status == 429
    for stream in streams:
        stream.close()


async def test_streams_end_when_the_server_stops(tmp_path: Path, http: ClientSession) -> None:
    async with opened(tmp_path) as app:
        client = Client(http, app.url)
        await client.open()
        response = await client.get("events")
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 3
    await response.read()


async def test_history_is_read_in_pages(client: Client) -> None:
    await client.post(text="/much 120", quiet=True)
    last = await client.history()
    assert ([row["seq"] for row in last["messages"]], last["more"]) == (list(range(72, 122)), True)
    first = await client.history(before=11, limit=20)
    assert ([row["seq"] for row in first["messages"]], first["more"]) == (list(range(1, 11)), False)
    later = await client.history(after=119, limit=1)
    assert ([row["seq"] for row in later["messages"]], later["more"]) == ([120], True)
    assert len((await client.history(limit=10**9))["messages"]) == 121
    assert len((await client.history(limit="-1", before="x"))["messages"]) == 50


async def test_everybody_reads_their_own_conversation_only(
    app: App, client: Client, stranger: Client
) -> None:
    await client.post(text="my secret")
    await stranger.post(text="/papers", quiet=True)
    assert await stranger.texts() == ["message: Summary"]
    async with stranger.get("events") as response:
        assert (await Reader(response).next())["text"] == "Summary"


# The page


async def test_the_page_and_its_files_are_cached_well(app: App, http: ClientSession) -> None:
    async with http.get(f"{app.url}/") as response:
        assert str(response.url) == f"{app.url}/chat"
        page = await response.text()
        assert response.headers["Cache-Control"] == "no-cache"
        tag = response.headers["ETag"]
    async with http.get(f"{app.url}/chat", headers={"If-None-Match": tag}) as response:
        assert (response.status, await response.read()) == (304, b"")
    address = page.partition('<script type="module" src="')[2].partition('"')[0]
    async with http.get(f"{app.url}/{address}") as response:
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response.content_type == "text/javascript"
        assert '"./api.js?v=' in await response.text()
    for stale in ("static/chat.js", "static/chat.js?v=old"):
        async with http.get(f"{app.url}/{stale}") as response:
            assert response.headers["Cache-Control"] == "no-cache"
    for absent in ("static/none.js", "static/..%2Fconfig.py", "static/%2e%2e/config.py"):
        async with http.get(f"{app.url}/{absent}") as response:
            assert response.status == 404


async def test_files_are_compressed_for_who_takes_it(app: App) -> None:
    async with ClientSession(auto_decompress=False) as http:
        async with http.get(f"{app.url}/static/chat.css", headers={"Accept-Encoding": "gzip"}) as response:
            assert response.headers["Content-Encoding"] == "gzip"
            small = await response.read()
        async with http.get(
            f"{app.url}/static/chat.css", headers={"Accept-Encoding": "identity"}
        ) as response:
            assert gzip.decompress(small) == await response.read()


@pytest.mark.parametrize(
    ("path", "headers", "tag"),
    [
        ("chat", {"Accept-Language": "zh-TW,zh;q=0.9"}, "zh-CN"),
        ("chat", {"Accept-Language": "de, en;q=0.5"}, "en"),
        ("chat", {"Accept-Language": "fr"}, "en"),
        ("chat", {}, "zh-CN"),
        ("chat", {"Accept-Language": "zh", "Cookie": "docent_lang=en"}, "en"),
        ("chat?lang=en", {"Accept-Language": "zh", "Cookie": "docent_lang=zh_CN"}, "en"),
        ("chat?lang=xx", {"Accept-Language": ";q=x,,en;q=0.1"}, "en"),
    ],
)
async def test_the_page_speaks_the_reader_s_language(
    app: App, path: str, headers: dict[str, str], tag: str
) -> None:
    async with ClientSession() as http, http.get(f"{app.url}/{path}", headers=headers) as response:
        assert f'<html lang="{tag}">' in await response.text()
        assert ("docent_lang" in response.cookies) == ("lang=en" in path)


@pytest.mark.parametrize(
    "path", ["chat", "sw.js", "manifest.webmanifest", "static/chat.js", "api/chat/history"]
)
async def test_every_answer_is_fenced_in(app: App, client: Client, path: str) -> None:
    async with client.http.get(f"{app.url}/{path}") as response:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_museum_s_name_cannot_break_the_page(tmp_path: Path, http: ClientSession) -> None:
    name = "</script><b>$lang"
    async with opened(tmp_path, museum_name=name) as app:
        async with http.get(f"{app.url}/chat") as response:
            page = await response.text()
        async with http.get(f"{app.url}/manifest.webmanifest") as response:
            assert json.loads(await response.text())["name"] == name
    assert "<h1>&lt;/script&gt;&lt;b&gt;$lang</h1>" in page
    assert page.count("</script>") == 3
