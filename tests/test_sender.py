"""The sender's promise: in order for each chat, at their pace, and one bad chat is nobody else's trouble."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.engine import make_url

from bot import outbox
from bot.errors import Gone, Refused, TryLater, Unavailable, Unreachable
from bot.messages import Payload
from bot.outbox import Parcel
from bot.pace import Bucket
from bot.sender import ALL_RATE, CHAT_BURST, GRACE, KEEP_TRYING, Sender, backoff
from handlers.kit.messages import Message
from handlers.work import Sending
from models import Account, Outbox, Person
from tests.fixtures.postgres import Postgres
from tests.hands import Hands
from tests.house import House, open_house

WAIT = 20  # seconds, far more than anything here takes

Trouble = Callable[[str, str], Exception | None]


class Post:
    """A channel that remembers what it sent and when; `trouble` says what goes wrong with (chat, text)."""

    name = "telegram"
    pulls = False

    def __init__(self, hands: Hands) -> None:
        self.hands = hands
        self.sent: list[tuple[str, str, float]] = []
        self.attempts: list[tuple[str, str]] = []
        self.trouble: Trouble = lambda _to, _text: None
        self.held: dict[str, asyncio.Event] = {}
        self.news = asyncio.Event()

    async def send(self, to: str, payload: Payload) -> str:
        self.attempts.append((to, payload["text"]))
        if to in self.held:
            self.news.set()
            await self.held[to].wait()
        if (error := self.trouble(to, payload["text"])) is not None:
            raise error
        self.sent.append((to, payload["text"], self.hands.passed))
        self.news.set()
        return f"m{len(self.sent)}"

    def to(self, chat: str) -> list[str]:
        return [text for to, text, _when in self.sent if to == chat]

    async def has(self, count: int) -> None:
        """Wait until `count` messages were sent."""
        async with asyncio.timeout(WAIT):
            while len(self.sent) < count:
                self.news.clear()
                await self.news.wait()


class Office:
    """A house with a sender and its channel, and chats by name."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.hands = Hands()
        self.post = Post(self.hands)
        self.outcomes: list[str] = []
        self.senders: list[Sender] = []
        self.sender = self.another_sender()

    def another_sender(self, times: Hands | None = None) -> Sender:
        """Another worker's, on the same database."""
        sender = Sender(
            self.house.database,
            {"telegram": self.post},
            times=times or self.hands,
            outcome=lambda _channel, outcome: self.outcomes.append(outcome),
        )
        self.senders.append(sender)
        return sender

    async def write(self, chat: str, *texts: str) -> None:
        """Put messages into the outbox as an update would."""
        async with self.house.database.transaction() as db:
            account = await db.scalar(select(Account.id).where(Account.external_id == chat))
            if account is None:
                account = await self._open(db, chat)
            sendings = [Sending(account, Message(text)) for text in texts]
            await outbox.post(db, [Parcel(sendings)], self.house.languages, self.hands.now(), pulling={"web"})

    async def _open(self, db: Any, chat: str) -> int:
        now = self.hands.now()
        person = insert(Person).values(
            name=chat, roles=frozenset(), active=True, created_at=now, sample=False
        )
        person_id = (await db.execute(person.returning(Person.id))).scalar_one()
        account = {"person_id": person_id, "channel": "telegram", "external_id": chat, "seen_at": now}
        made = insert(Account).values(**account, blocked=False, seq=0, locale="en")
        return int((await db.execute(made.returning(Account.id))).scalar_one())

    async def drain(self) -> None:
        """Send until nothing is due."""
        async with asyncio.timeout(WAIT):
            while await self.sender.step():
                await self.sender.settle()

    async def states(self, chat: str) -> list[str]:
        query = select(Outbox.status).join(Account).where(Account.external_id == chat).order_by(Outbox.seq)
        return [row.status for row in await self.house.rows(query)]


@asynccontextmanager
async def open_office(url: str, folder: Path) -> AsyncIterator[Office]:
    async with open_house(url, folder) as house:
        office = Office(house)
        yield office
        for sender in office.senders:
            await sender.close()


async def test_each_chat_gets_its_messages_in_order_and_once(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        for number in range(6):
            for chat in "abc":
                await office.write(chat, f"{chat}{number}")
        await office.drain()
        for chat in "abc":
            assert office.post.to(chat) == [f"{chat}{number}" for number in range(6)]
            assert await office.states(chat) == ["sent"] * 6
        [row, *_] = await office.house.rows(select(Outbox).order_by(Outbox.sent_at))
        assert row.external_id == "m1"
        assert row.sent_at is not None
        assert office.outcomes == ["sent"] * 18


async def test_two_workers_send_each_message_once(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        for number in range(5):
            for chat in "abcdefgh":
                await office.write(chat, f"{chat}{number}")
        senders = [office.sender, office.another_sender()]

        async def work(sender: Sender) -> None:
            while len(office.post.sent) < 40:
                await sender.step()
                await sender.settle()
                await asyncio.sleep(0)

        async with asyncio.timeout(WAIT):
            await asyncio.gather(*map(work, senders))
        for chat in "abcdefgh":
            assert office.post.to(chat) == [f"{chat}{number}" for number in range(5)]
        assert len(office.post.attempts) == 40


async def test_one_chat_gets_a_few_at_once_and_then_one_a_second(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        await office.write("a", *(str(number) for number in range(8)))
        await office.drain()
        moments = [when for _to, _text, when in office.post.sent]
        assert moments[:CHAT_BURST] == [0.0] * CHAT_BURST
        gaps = [
            later - earlier
            for earlier, later in zip(moments[CHAT_BURST:], moments[CHAT_BURST + 1 :], strict=False)
        ]
        assert gaps == pytest.approx([1.0] * (8 - CHAT_BURST - 1))


def test_a_bucket_never_lends_more_than_its_rate() -> None:
    bucket = Bucket(ALL_RATE, int(ALL_RATE))
    turns = [bucket.wait(0.0) for _ in range(200)]
    for seconds in range(8):
        assert sum(seconds <= turn < seconds + 1 for turn in turns) <= ALL_RATE * (2 if seconds == 0 else 1)
    assert bucket.wait(1000.0) == 0.0  # rested


async def test_all_chats_together_keep_below_the_channels_limit(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        for number in range(70):
            await office.write(f"c{number}", "x")
        await office.drain()
        moments = sorted(when for _to, _text, when in office.post.sent)
        assert len(moments) == 70
        assert moments[-1] >= (70 - 2 * ALL_RATE) / ALL_RATE


async def test_a_chat_that_must_wait_waits_and_keeps_its_order(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        busy = True
        office.post.trouble = lambda to, _text: TryLater(30) if to == "a" and busy else None
        await office.write("a", "a1", "a2")
        await office.write("b", "b1", "b2")
        await office.drain()
        assert office.post.to("b") == ["b1", "b2"]
        assert [text for to, text in office.post.attempts if to == "a"] == ["a1"]
        busy = False
        office.hands.move(29)
        await office.drain()
        assert office.post.to("a") == []
        office.hands.move(2)
        await office.drain()
        assert office.post.to("a") == ["a1", "a2"]


async def test_a_limit_for_all_stops_all(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        office.post.trouble = lambda _to, _text: TryLater(60, everyone=True)
        await office.write("a", "a1")
        await office.drain()
        office.post.trouble = lambda _to, _text: None
        await office.write("b", "b1")
        office.hands.move(50)
        await office.drain()
        assert office.post.sent == []
        office.hands.move(11)
        await office.drain()
        assert office.post.to("a") + office.post.to("b") == ["a1", "b1"]


async def test_who_blocked_us_gets_nothing_more(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        office.post.trouble = lambda to, _text: Gone("blocked by the user") if to == "a" else None
        await office.write("a", "a1", "a2", "a3")
        await office.write("b", "b1")
        await office.drain()
        assert await office.states("a") == ["dropped"] * 3
        assert office.post.to("b") == ["b1"]
        assert len(office.post.attempts) == 2
        [account] = await office.house.rows(select(Account.blocked).where(Account.external_id == "a"))
        assert account.blocked
        await office.write("a", "a4")
        await office.drain()
        assert await office.states("a") == ["dropped"] * 3


async def test_what_is_refused_is_a_dead_letter_and_the_rest_goes_on(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        office.post.trouble = lambda _to, text: Refused("can't parse entities") if text == "a2" else None
        await office.write("a", "a1", "a2", "a3")
        await office.drain()
        assert office.post.to("a") == ["a1", "a3"]
        assert await office.states("a") == ["sent", "dead", "sent"]
        [row] = await office.house.rows(select(Outbox.error).where(Outbox.status == "dead"))
        assert row.error == "can't parse entities"


async def test_a_fault_of_the_channels_own_ends_as_a_dead_letter(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        office.post.trouble = lambda _to, text: KeyError("message_id") if text == "a1" else None
        await office.write("a", "a1", "a2")
        for _attempt in range(3):
            await office.drain()
            office.hands.move(10)
        await office.drain()
        assert await office.states("a") == ["dead", "sent"]


async def test_an_outage_is_waited_out_with_growing_pauses(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        office.post.trouble = lambda _to, _text: Unreachable("timed out")
        await office.write("a", "a1")
        for attempt in range(4):
            await office.drain()
            [row] = await office.house.rows(select(Outbox.attempts, Outbox.not_before, Outbox.status))
            assert (row.attempts, row.status) == (attempt + 1, "pending")
            pause = (row.not_before - office.hands.now()).total_seconds()
            assert 0.5 * 2**attempt <= pause <= 1.5 * 2**attempt
            office.hands.move(pause)
        office.post.trouble = lambda _to, _text: None
        await office.drain()
        assert office.post.to("a") == ["a1"]


async def test_nothing_is_tried_for_ever(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        office.post.trouble = lambda _to, text: Unreachable("timed out") if text == "a1" else None
        await office.write("a", "a1", "a2")
        await office.drain()
        office.hands.move(KEEP_TRYING.total_seconds() + 1)
        await office.drain()
        assert await office.states("a") == ["dead", "sent"]


def test_pauses_double_up_to_five_minutes() -> None:
    assert all(0.5 <= backoff(0) <= 1.5 for _ in range(50))
    assert all(150 <= backoff(40) <= 450 for _ in range(50))


async def test_one_slow_chat_holds_up_no_other(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        office.post.held["slow"] = asyncio.Event()
        await office.write("slow", "s1", "s2")
        await office.write("b", "b1")
        running = asyncio.create_task(office.sender.run())
        try:
            await office.post.has(1)
            await office.write("c", "c1")
            office.sender.wake()
            await office.post.has(2)
            assert office.post.to("b") + office.post.to("c") == ["b1", "c1"]
            office.post.held.pop("slow").set()
            await office.post.has(4)
            assert office.post.to("slow") == ["s1", "s2"]
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_stopping_finishes_what_is_under_way(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        office.post.held["a"] = asyncio.Event()
        await office.write("a", "a1")
        running = asyncio.create_task(office.sender.run())
        async with asyncio.timeout(WAIT):
            await office.post.news.wait()
        running.cancel()
        await asyncio.sleep(0)
        office.post.held["a"].set()
        async with asyncio.timeout(WAIT):
            await asyncio.gather(running, return_exceptions=True)
        assert await office.states("a") == ["sent"]


async def test_what_a_dead_worker_had_claimed_is_sent_by_another(tables_url: str, tmp_path: Path) -> None:
    async with open_office(tables_url, tmp_path) as office:
        await office.write("a", "a1", "a2")
        async with office.house.database.transaction() as db:
            first = select(Outbox.id).order_by(Outbox.seq).limit(1).scalar_subquery()
            claim = {"status": "sending", "claimed_by": 7}
            await db.execute(update(Outbox).where(Outbox.id == first).values(**claim))
        await office.drain()
        assert office.post.sent == []  # its last words may be on their way still
        office.hands.move(GRACE)
        await office.drain()
        assert office.post.to("a") == ["a1", "a2"]


async def test_what_was_sent_is_stored_when_the_database_is_back(postgres: Postgres, tmp_path: Path) -> None:
    with postgres.database() as url:
        name = make_url(url).database
        async with open_office(url, tmp_path) as office:
            await office.write("a", "a1")
            office.post.held["a"] = asyncio.Event()
            assert await office.sender.step() == 1
            async with asyncio.timeout(WAIT):
                await office.post.news.wait()
            postgres.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            postgres.execute(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
            with pytest.raises(Unavailable):
                await office.sender.step()
            office.post.held.pop("a").set()
            await office.post.has(1)
            before = office.hands.passed
            office.hands.at(
                before + 5, lambda: postgres.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            )
            async with asyncio.timeout(WAIT):
                await office.sender.settle()
            assert office.hands.passed > before + 5
            assert await office.states("a") == ["sent"]
            assert len(office.post.attempts) == 1


async def test_nothing_goes_by_an_answer_while_the_channel_is_in_trouble(
    tables_url: str, tmp_path: Path
) -> None:
    """Nobody would learn that it was lost."""
    async with open_office(tables_url, tmp_path) as office:
        assert office.sender.room(1)
        office.post.trouble = lambda _to, _text: TryLater(1)
        await office.write("a", "x")
        await office.sender.step()
        await office.sender.settle()
        assert not office.sender.room(2)
        office.hands.move(60)
        assert office.sender.room(2)
