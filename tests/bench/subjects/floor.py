"""The floor: this one job written by hand as fast as it goes, durable all the same.

Only the needed fields are parsed, several people's updates go into one commit by one statement, and the
next question travels in the webhook's own answer.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

import aiohttp
import asyncpg
import msgspec
import uvloop
from aiohttp import web

from tests.bench.subjects import given
from tests.bench.subjects.words import ITEMS, QUESTIONS, offered

LAST: Final = len(QUESTIONS) - 1
MOST_IN_A_COMMIT: Final = 200
TABLES: Final = """
CREATE TABLE IF NOT EXISTS floor_inbox (update_id bigint PRIMARY KEY);
CREATE TABLE IF NOT EXISTS floor_conversations (
    chat bigint PRIMARY KEY, step smallint NOT NULL, answers text[] NOT NULL
);
"""
# One row for each update: mark it, move its conversation on if that stands where the update expects, and
# write the records of those that this finishes. A person has at most one update in a statement.
STATEMENT: Final = f"""
WITH given AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::text[])
        AS given (update_id, chat, step, answer)
), fresh AS (
    INSERT INTO floor_inbox SELECT update_id FROM given ON CONFLICT DO NOTHING RETURNING update_id
), opened AS (
    INSERT INTO floor_conversations
    SELECT chat, 1, '{{}}' FROM given JOIN fresh USING (update_id) WHERE step = 0
    ON CONFLICT (chat) DO UPDATE SET step = 1, answers = '{{}}' RETURNING chat, step
), moved AS (
    UPDATE floor_conversations kept SET step = kept.step + 1, answers = kept.answers || given.answer
    FROM given JOIN fresh USING (update_id)
    WHERE kept.chat = given.chat AND kept.step = given.step AND given.step > 0
    RETURNING kept.chat, kept.step, kept.answers
), inspected AS (
    INSERT INTO bench_inspections (chat, checklist, note)
    SELECT chat, answers[1], answers[{ITEMS + 2}] FROM moved WHERE step = {LAST + 1} RETURNING id, chat
), found AS (
    INSERT INTO bench_items (inspection_id, number, state)
    SELECT inspected.id, item.number, item.state FROM inspected JOIN moved USING (chat),
        unnest(moved.answers[2:{ITEMS + 1}]) WITH ORDINALITY AS item (state, number)
)
SELECT given.update_id, coalesce(opened.step, moved.step, kept.step, 0) FROM given
    LEFT JOIN opened USING (chat) LEFT JOIN moved USING (chat) LEFT JOIN floor_conversations kept USING (chat)
"""


class Person(msgspec.Struct):
    """Who wrote."""

    id: int


class Message(msgspec.Struct):
    """A message, as far as it matters here."""

    message_id: int
    sender: Person = msgspec.field(name="from")
    text: str = ""


class Tap(msgspec.Struct):
    """A tapped button."""

    id: str
    sender: Person = msgspec.field(name="from")
    message: Message = msgspec.field()
    data: str = msgspec.field()


class Update(msgspec.Struct):
    """An update of the two kinds this job has."""

    update_id: int
    message: Message | None = None
    callback_query: Tap | None = None


Row = tuple[int, int, int, str]  # update, chat, the step it answers, the answer
Waiting = tuple[Row, "asyncio.Future[int]"]


class Committer:
    """Takes updates one by one and commits those that came meanwhile together."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._waiting: list[Waiting] = []
        self._bell = asyncio.Event()

    def take(self, row: Row) -> asyncio.Future[int]:
        """The number of the next question, known once the update is committed."""
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, future))
        self._bell.set()
        return future

    async def run(self) -> None:
        """Commit for ever."""
        statement = await self._connection.prepare(STATEMENT)
        while True:
            await self._bell.wait()
            self._bell.clear()
            while batch := self._batch():
                rows = await statement.fetch(*map(list, zip(*(row for row, _ in batch), strict=True)))
                steps = {row[0]: row[1] for row in rows}
                for row, future in batch:
                    if not future.done():  # its caller may have hung up
                        future.set_result(steps[row[0]])

    def _batch(self) -> list[Waiting]:
        """The first update of everybody who waits."""
        chosen: dict[int, Waiting] = {}
        left = []
        for waiting in self._waiting:
            full = len(chosen) >= MOST_IN_A_COMMIT
            if full or chosen.setdefault(waiting[0][1], waiting) is not waiting:
                left.append(waiting)
        self._waiting = left
        return list(chosen.values())


class Floor:
    """The bot."""

    def __init__(self, committer: Committer, session: aiohttp.ClientSession) -> None:
        self._committer = committer
        self._session = session
        self._decoder = msgspec.json.Decoder(Update)
        self._method = f"{given.API}/bot{given.TOKEN}/answerCallbackQuery"
        self._answers: set[asyncio.Task[None]] = set()

    async def handle(self, request: web.Request) -> web.Response:
        """Take an update; the next question is the answer."""
        update = self._decoder.decode(await request.read())
        tap, message = update.callback_query, update.message
        if tap is not None:
            step, _, answer = tap.data.partition(":")
            self._stop_spinner(tap.id)
            at = await self._committer.take((update.update_id, tap.sender.id, int(step), answer))
            return _json(tap.sender.id, at, tap.message.message_id)
        if message is None:
            return web.Response()
        step_of_words = 0 if message.text.startswith("/") else LAST
        row = (update.update_id, message.sender.id, step_of_words, message.text)
        return _json(message.sender.id, await self._committer.take(row))

    def _stop_spinner(self, query: str) -> None:
        task = asyncio.create_task(self._answer(query))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _answer(self, query: str) -> None:
        body = b'{"callback_query_id":"%s"}' % query.encode()
        headers = {"Content-Type": "application/json"}
        async with self._session.post(self._method, data=body, headers=headers) as answer:
            await answer.read()


def _drawn(step: int) -> bytes:
    """The text and keyboard of the question after `step`, as the end of a JSON object."""
    rows = [[{"text": label, "callback_data": f"{step}:{code}"}] for code, label in offered(step - 1)]
    return json.dumps({"text": QUESTIONS[step - 1], "reply_markup": {"inline_keyboard": rows}}).encode()[1:]


DRAWN: Final = [b"", *(_drawn(step) for step in range(1, len(QUESTIONS) + 1))]


def _json(chat: int, step: int, message: int = 0) -> web.Response:
    """The question after `step` as a method in the webhook's answer: an edit of `message`, or a new one."""
    head = b'{"method":"sendMessage","chat_id":%d,' % chat
    if message:
        head = b'{"method":"editMessageText","chat_id":%d,"message_id":%d,' % (chat, message)
    return web.Response(body=head + DRAWN[step], content_type="application/json") if step else web.Response()


async def serve() -> None:
    """Serve until killed."""
    connection = await asyncpg.connect(given.DATABASE.replace("+asyncpg", ""))
    await connection.execute(TABLES)
    committer = Committer(connection)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        application = web.Application()
        application.add_routes([web.post(given.PATH, Floor(committer, session).handle)])
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, given.HOST, given.PORT).start()
        given.ready()
        await committer.run()


if __name__ == "__main__":
    uvloop.run(serve())
