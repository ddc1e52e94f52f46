"""Conversations that are open or wait: read for several people at once, changed here, written at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar, Final

from msgspec import Struct, field
from sqlalchemy import Row, bindparam, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.among import among
from models import Conversation

_TABLE: Any = Conversation.__table__
_COLUMNS = tuple(_TABLE.columns)
_LIVE = ("open", "paused")


class Stored(Struct):
    """A conversation as it is in the database, or will be: `changed` are the columns not yet written."""

    id: int
    person_id: int
    form: str
    status: str
    answers: dict[str, Any]
    facts: dict[str, Any]
    focus: str | None
    revision: int
    misfits: int
    album: str | None
    started_at: datetime
    touched_at: datetime
    expires_at: datetime
    changed: set[str] = field(default_factory=set)


class Ids:
    """Numbers for new conversations, drawn many at a time where the database has a sequence of them."""

    MANY: ClassVar = 64

    def __init__(self) -> None:
        self._drawn: list[int] = []

    async def next(self, db: AsyncConnection) -> int | None:
        """A number nobody else gets; None where only the row itself can have one."""
        if db.dialect.name != "postgresql":
            return None
        if not self._drawn:
            self._drawn = list(await db.scalars(_DRAWING, {"many": self.MANY}))
        return self._drawn.pop(0)


class Drafts:
    """The conversations of everybody whose updates share a transaction.

    What is changed here is in the database after `write`; whoever reads or changes conversations there
    calls `settle` first. A conversation is one object, however often it is read.
    """

    def __init__(self, db: AsyncConnection, ids: Ids | None = None) -> None:
        self._db = db
        self._ids = ids or Ids()
        self._begun: dict[int, Stored] = {}
        self._known: dict[int, Stored] = {}
        self._live: dict[int, list[Stored]] = {}
        self._changed: dict[int, Stored] = {}

    async def load(self, people: Collection[int]) -> None:
        """Read the open and waiting conversations of all `people`."""
        self._live.update({person: [] for person in people})
        if people:
            for row in await self._db.execute(_LIVE_OF, {"people": people}):
                self._live[row.person_id].append(self._as_read(row))

    async def of(self, person: int) -> list[Stored]:
        """A person's conversations that are open or wait."""
        if person not in self._live:
            await self.load([person])
        return [stored for stored in self._live[person] if stored.status in _LIVE]

    async def one(self, person: int, conversation: int) -> Stored | None:
        """A conversation of this person, whatever its state; never somebody else's."""
        for stored in await self.of(person):
            if stored.id == conversation:
                return stored
        await self.write()
        query = select(*_COLUMNS).where(Conversation.person_id == person, Conversation.id == conversation)
        row = (await self._db.execute(query)).first()
        return self._as_read(row) if row else None

    def _as_read(self, row: Row[*tuple[Any, ...]]) -> Stored:
        known = self._known.get(row.id)
        if known is None:
            known = self._known[row.id] = Stored(*row)
        elif not known.changed:
            for name, value in zip(_NAMES, row, strict=True):
                setattr(known, name, value)
        return known

    async def begin(self, person: int, **values: Any) -> Stored:
        """A new conversation; `values` are its columns."""
        mine = await self.of(person)
        row = {"person_id": person, "focus": None, "album": None, **values}
        number = await self._ids.next(self._db)
        if number is None:
            stored = Stored(id=(await self._db.execute(_BEGUN, row)).scalar_one(), **row)
        else:
            stored = self._begun[number] = Stored(id=number, **row)
        self._known[stored.id] = stored
        mine.append(stored)
        self._live[person] = mine
        return stored

    def change(self, stored: Stored, **values: Any) -> None:
        """Set columns of a conversation, to be written with all others."""
        for name, value in values.items():
            setattr(stored, name, value)
        stored.changed.update(values)
        self._changed[stored.id] = stored

    async def settle(self) -> None:
        """Write what changed, and read anew what is asked for next."""
        await self.write()
        self._live.clear()

    async def write(self) -> None:
        """Write what is new, and of the rest only what changed."""
        if self._begun:
            rows = [{name: getattr(stored, name) for name in _NAMES} for stored in self._begun.values()]
            await self._db.execute(_INSERTED, rows)
            for number in self._begun:
                self._changed.pop(number, None)
            self._begun = {}
        alike: dict[tuple[str, ...], list[Stored]] = defaultdict(list)
        for stored in self._changed.values():
            alike[tuple(sorted(stored.changed))].append(stored)
            stored.changed = set()
        self._changed = {}
        for columns, conversations in alike.items():
            rows = [
                {"this": stored.id, **{name: getattr(stored, name) for name in columns}}
                for stored in conversations
            ]
            await self._db.execute(_CHANGED, rows)


# The columns to set are those of the rows given.
_NAMES: Final = tuple(column.name for column in _COLUMNS)
_DRAWING: Final = text(
    "SELECT nextval(pg_get_serial_sequence('conversations', 'id')) FROM generate_series(1, :many)"
)
_INSERTED: Final = insert(_TABLE)
_BEGUN: Final = insert(_TABLE).returning(_TABLE.c.id)
_CHANGED: Final = update(_TABLE).where(_TABLE.c.id == bindparam("this"))
_LIVE_OF: Final = (
    select(*_COLUMNS)
    .where(among(_TABLE.c.person_id, "people"), _TABLE.c.status.in_(_LIVE))
    .order_by(_TABLE.c.touched_at.desc())
)
