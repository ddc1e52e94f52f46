"""How a worker is known to live: on PostgreSQL by a lock that goes with its connection, by no clock."""

from __future__ import annotations

import secrets
from typing import Any, Final

from sqlalchemy import ColumnElement, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db import Database, Outages, connect

LOCKS: Final = 0x446F6365  # PostgreSQL's first number of these locks; the second is the worker's
SECONDS: Final = 10


class Presence:
    """One worker's number, held as long as the worker lives."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._number = secrets.randbelow(2**31)
        if database.sqlite:
            _HERE.add(self._number)
        self._connection: AsyncConnection | None = None

    async def number(self) -> int:
        """The number others see held; a new one where the connection that held it broke.

        Raises Unavailable.
        """
        if self._database.sqlite or await self._held():
            return self._number
        await self.close()
        self._number = secrets.randbelow(2**31)
        self._connection = await connect(self._database.alone(SECONDS))
        with Outages():
            await self._connection.execute(_HOLD, {"locks": LOCKS, "number": self._number})
        return self._number

    def alive(self, number: Any) -> ColumnElement[bool]:
        """The condition that the worker whose number is in the column `number` lives."""
        holders = list(_HERE) if self._database.sqlite else _HOLDERS
        living: ColumnElement[bool] = number.in_(holders)
        return living

    async def close(self) -> None:
        """Let go of the number."""
        _HERE.discard(self._number)
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _held(self) -> bool:
        if self._connection is None:
            return False
        raw = await self._connection.get_raw_connection()
        driver = raw.driver_connection
        return driver is not None and not driver.is_closed()


_HERE: Final[set[int]] = set()  # who writes to SQLite is in this process
_HOLD: Final = text("SELECT pg_advisory_lock(:locks, :number)")
_HOLDERS: Final = text(
    "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted"
    " AND classid = :locks AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
).bindparams(locks=LOCKS)
