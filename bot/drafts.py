"""Conversations that are open or wait: read for several people at once, changed here, written at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db import padded
from models import Conversation

_COLUMNS = tuple(Conversation.__table__.columns)
_LIVE = ("open", "paused")


@dataclass(slots=True)
class Stored:
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


class Drafts:
    """The conversations of everybody whose updates share a transaction.

    What is changed here is in the database after `write`. Whoever lets others read or change conversations
    there writes first and calls `forget` after.
    """

    def __init__(self, db: AsyncConnection) -> None:
        self._db = db
        self._live: dict[int, list[Stored]] = {}
        self._changed: dict[int, Stored] = {}

    async def load(self, people: Collection[int]) -> None:
        """Read the open and waiting conversations of all `people`."""
        self._live.update({person: [] for person in people})
        if people:
            query = _live_of(Conversation.person_id.in_(padded(people)))
            for row in await self._db.execute(query):
                self._live[row.person_id].append(Stored(*row))

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
        return Stored(*row) if row else None

    async def begin(self, person: int, **values: Any) -> Stored:
        """A new conversation; `values` are its columns."""
        mine = await self.of(person)
        query = insert(Conversation).values(person_id=person, **values).returning(*_COLUMNS)
        stored = Stored(*(await self._db.execute(query)).one())
        mine.append(stored)
        self._live[person] = mine
        return stored

    def change(self, stored: Stored, **values: Any) -> None:
        """Set columns of a conversation, to be written with all others."""
        for name, value in values.items():
            setattr(stored, name, value)
        stored.changed.update(values)
        self._changed[stored.id] = stored

    def forget(self, person: int) -> None:
        """Have a person's conversations read anew: somebody else may have changed them."""
        self._live.pop(person, None)

    async def write(self) -> None:
        """Write what changed, and only that."""
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
_CHANGED: Final = update(Conversation.__table__).where(  # type: ignore[arg-type]  # a declarative class's table is one
    Conversation.id == bindparam("this")
)


def _live_of(whose: Any) -> Any:
    return (
        select(*_COLUMNS)
        .where(whose, Conversation.status.in_(_LIVE))
        .order_by(Conversation.touched_at.desc())
    )
