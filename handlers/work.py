"""What a conversation works with inside an update's transaction: the person, the records, the replies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase

from handlers import roles
from handlers.kit.form import Form, Start
from handlers.kit.messages import Attached, Input, Message
from handlers.kit.words import Text, Tongue
from models import Account, Person, Series

if TYPE_CHECKING:
    from handlers.routes import Routes


@dataclass(frozen=True, slots=True)
class Rules:
    """The museum's own settings, as conversations need them."""

    museum: Text
    zone: ZoneInfo
    public_url: str
    seconds_per_item: float
    spot_photo_one_in: int
    telegram_name: str = ""  # the bot's @name, once known, for deep links
    digest_at: time = time(8)  # in the museum's time zone
    wechat: bool = False  # whether the museum has an Official Account
    # hours after a hazard's due date until the posts above are told, one after the other
    escalate_hours: tuple[int, ...] = (0, 24, 72, 168)


class Me(Struct, frozen=True):
    """The person an update came from, and the account they used."""

    id: int
    account_id: int
    channel: str
    name: str
    roles: frozenset[str]
    locale: str
    pending_role: str | None = None

    def may(self, permission: str) -> bool:
        return roles.may(self.roles, permission)


class Sending(Struct, frozen=True):
    """A message bound for an account."""

    account_id: int
    message: Message


class Opening(Struct, frozen=True):
    """A conversation that was asked to be opened."""

    form: type[Form]
    start: Start


async def _settled() -> None:
    """Nothing is in memory only."""


class Work(Struct):
    """One update's work. Everything done through it is committed together, or not at all."""

    db: AsyncConnection
    me: Me
    rules: Rules
    tongue: Tongue
    now: datetime
    routes: Routes
    given: Input = field(default_factory=Input)
    sendings: list[Sending] = field(default_factory=list)
    dues: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    undue: set[tuple[str, str]] = field(default_factory=set)
    left: list[tuple[type[DeclarativeBase], Mapping[str, Any]]] = field(default_factory=list)
    toast: Text | None = None  # a short word shown over the chat after a tap
    opening: Opening | None = None
    conversation_id: int | None = None
    started: datetime | None = None
    files: Files | None = None
    progress: Text | None = None  # how far a job is; the program tells it now and then
    # To be called before conversations are read or changed in the database: until then what this update, and
    # those that share its transaction, change of them is in memory only.
    settle: Callable[[], Awaitable[None]] = _settled

    @property
    def local(self) -> datetime:
        """Now, in the museum's time zone."""
        return self.now.astimezone(self.rules.zone)

    @property
    def today(self) -> date:
        return self.local.date()

    def reply(self, message: Message | Text) -> None:
        """Answer where the person wrote."""
        sent = message if isinstance(message, Message) else Message(message)
        self.sendings.append(Sending(self.me.account_id, sent))

    def shows(self, data: str) -> bool:
        """Whether a button with that payload is under one of the answers so far."""
        rows = (row for sending in self.sendings for row in sending.message.rows)
        return any(button.data == data for row in rows for button in row)

    def send(self, account_id: int, message: Message) -> None:
        """Write to one account."""
        self.sendings.append(Sending(account_id, replace(message, replace=False)))

    async def tell(self, person_id: int, message: Message) -> None:
        """Write to a person where they were last seen. Does nothing if they left or have no account."""
        query = (
            select(Account.id)
            .join(Person, Person.id == Account.person_id)
            .where(Account.person_id == person_id, ~Account.blocked, Person.active)
            .order_by(Account.seen_at.desc())
            .limit(1)
        )
        account_id = await self.db.scalar(query)
        if account_id is not None:
            self.send(account_id, message)

    async def reaches(self, account_id: int) -> bool:
        """Whether an account may be written to now; else what is sent there waits for its person."""
        query = select(Account.id).where(Account.id == account_id, Account.open_at(self.now))
        return await self.db.scalar(query) is not None

    async def holders(self, *wanted: str) -> list[int]:
        """The ids of active people who have one of the roles `wanted`; the first role anyone has wins."""
        for role in wanted:
            query = select(Person.id).where(Person.active, Person.roles.holds(role)).order_by(Person.id)
            found = list(await self.db.scalars(query))
            if found:
                return found
        return []

    async def open(
        self, form: type[Form], *, facts: Mapping[str, Any] | None = None, **answers: object
    ) -> None:
        """Open a conversation when this one's turn is over."""
        self.opening = Opening(form, Start(facts or {}, answers))

    async def number(self, prefix: str, *, yearly: bool = False) -> str:
        """The next record number of a series: `XJ-20261122-0007`, or `YH-2026-0012` if `yearly`."""
        period = f"{self.today:%Y}" if yearly else f"{self.today:%Y%m%d}"
        return f"{prefix}-{period}-{await next_in_series(self.db, prefix, period):04d}"

    async def due(self, kind: str, key: str, at: datetime, **payload: Any) -> None:
        """Have work of `kind` done at `at`; the same kind and key again moves it."""
        self.dues[kind, key] = {"kind": kind, "key": key, "due_at": at.astimezone(UTC), "payload": payload}
        self.undue.discard((kind, key))

    def not_due(self, kind: str, key: str) -> None:
        """Have work that was due not be done any more: it is done, or not wanted."""
        self.dues.pop((kind, key), None)
        self.undue.add((kind, key))

    def leave(self, model: type[DeclarativeBase], *rows: Mapping[str, Any]) -> None:
        """Have rows stored at the end, together with those of everybody who shares the transaction: for
        what nothing in this update reads again."""
        self.left += [(model, row) for row in rows]

    def keep_file(self, content: bytes, name: str, mime: str) -> Attached:
        """Store a file made here, such as a QR picture, and give what a message attaches."""
        return self.kept_files.keep(content, name, mime)

    @property
    def kept_files(self) -> Files:
        """The file store. Raises RuntimeError where this work has none."""
        if self.files is None:
            raise RuntimeError("this work has no file store")
        return self.files


class Files:
    """Where made files go; the program's media store implements it."""

    def keep(self, content: bytes, name: str, mime: str) -> Attached:
        """Store `content` under its hash."""
        raise NotImplementedError

    def room(self) -> AbstractContextManager[Path]:
        """An empty folder for a file in the making, gone with all in it at the end of the block."""
        raise NotImplementedError

    def take_over(self, file: Path, name: str, mime: str) -> Attached:
        """Store a finished file that was made in a `room`, under its hash; it is moved, however large."""
        raise NotImplementedError

    def path(self, sha: str) -> Path:
        """Where the content with this SHA-256 is, or would be: it may have been erased."""
        raise NotImplementedError

    def kept_between(self, first: datetime, last: datetime) -> Iterator[str]:
        """The addresses of what was last stored in that time."""
        raise NotImplementedError

    def discard(self, sha: str, before: datetime) -> bool:
        """Delete a file that nothing mentions, unless it was stored again since `before`; says whether."""
        raise NotImplementedError

    def remove_leftovers(self) -> None:
        """Remove what killed processes left half-written."""
        raise NotImplementedError

    def forget(self, sha: str) -> None:
        """Delete a file for good; it may be gone already."""
        raise NotImplementedError


async def next_in_series(db: AsyncConnection, prefix: str, period: str) -> int:
    """The next number of a series, from 1; the row stays locked until the transaction ends."""
    mine = (Series.prefix == prefix, Series.period == period)
    next_one = update(Series).where(*mine).values(last=Series.last + 1).returning(Series.last)
    number = await db.scalar(next_one)
    if number is None:
        await _begin_series(db, prefix, period)
        number = await db.scalar(next_one)
    return int(number or 0)


async def _begin_series(db: AsyncConnection, prefix: str, period: str) -> None:
    """Make the series' row; another worker may be doing the same, and then its row serves."""
    from sqlalchemy.dialects import postgresql, sqlite

    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    fresh = dialect.insert(Series).values(prefix=prefix, period=period, last=0)
    await db.execute(fresh.on_conflict_do_nothing())
