"""What a channel found that its account may not do, remembered in the database until somebody looks again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, select

from bot.db import Database
from models import Note

AGAIN: Final = timedelta(days=1)  # after which it is tried again: rights are granted, too


class Rights:
    """The rights of one channel's account; each is there until found missing."""

    def __init__(self, database: Database, channel: str) -> None:
        self._database = database
        self._key = f"{channel}-rights"
        self._lacking: frozenset[str] = frozenset()
        self._again = datetime.now(UTC)

    def has(self, right: str) -> bool:
        """Whether nothing is known against it, or that was a day ago."""
        return right not in self._lacking or datetime.now(UTC) >= self._again

    async def recall(self) -> None:
        """Learn what was found before, a day ago at most. Raises Unavailable."""
        async with self._database.reading() as db:
            query = select(Note.value, Note.updated_at).where(Note.key == self._key)
            note = (await db.execute(query)).first()
        if note is not None:
            self._lacking, self._again = frozenset(note.value["lacking"]), note.updated_at + AGAIN

    async def lacks(self, right: str) -> None:
        """Remember that a right is missing. Raises Unavailable."""
        if not self.has(right):
            return
        now = datetime.now(UTC)
        known = self._lacking if now < self._again else frozenset()
        self._lacking, self._again = known | {right}, now + AGAIN
        note = {"key": self._key, "value": {"lacking": sorted(self._lacking)}, "updated_at": now}
        async with self._database.transaction() as db:
            await db.execute(delete(Note).where(Note.key == self._key))
            await db.execute(insert(Note), [note])
