"""Calls between workers: whoever writes through one of them may be reading at another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import asyncpg
import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels.web_session import name_of
from bot.db import Database, Outages, connected
from bot.errors import Unavailable

log = structlog.get_logger(__name__)

NAME: Final = "docent_web"  # of the channel: https://www.postgresql.org/docs/current/sql-notify.html
GATHER: Final = 0.01  # seconds, so that many calls make one
MOST: Final = 400  # accounts in a call, which may have 8000 bytes
CHECK_EVERY: Final = 5.0  # seconds between looks whether the connection is alive, and before the next one


class Calls:
    """Tells the other workers on a PostgreSQL database which accounts were written to; SQLite has none.

    `heard` is given the name of each account (see `name_of`) that another worker told of. A call may be lost
    while the database is away: all it does is to save readers some waiting.
    """

    def __init__(self, database: Database, heard: Callable[[str], None]) -> None:
        self._database = database
        self._heard = heard
        self._untold: set[str] = set()
        self._bell = asyncio.Event()

    def tell(self, account: str) -> None:
        """Say that something was written to this account."""
        if not self._database.sqlite:
            self._untold.add(name_of(account))
            self._bell.set()

    async def run(self) -> None:
        """Pass calls on until cancelled."""
        while not self._database.sqlite:
            try:
                await self._connected()
            except (Unavailable, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("web chat cannot call the other workers", error=str(error))
            await asyncio.sleep(CHECK_EVERY)

    async def _connected(self) -> None:
        """Pass calls on over one connection, until it breaks."""
        async with connected(self._database.alone(CHECK_EVERY)) as connection:
            with Outages():
                raw = await connection.get_raw_connection()
                driver: Any = raw.driver_connection
                await driver.add_listener(NAME, self._called)
                while True:
                    await self._pass_on(connection)

    async def _pass_on(self, connection: AsyncConnection) -> None:
        with suppress(TimeoutError):  # nobody has anything to tell: time to see whether anybody could hear it
            async with asyncio.timeout(CHECK_EVERY):
                await self._bell.wait()
                await asyncio.sleep(GATHER)
        self._bell.clear()
        told = sorted(self._untold)
        self._untold.clear()
        for start in range(0, len(told) or 1, MOST):
            await connection.execute(select(func.pg_notify(NAME, " ".join(told[start : start + MOST]))))

    def _called(self, connection: Any, caller: int, _channel: str, accounts: str) -> None:
        if caller == connection.get_server_pid():
            return
        for account in accounts.split():
            self._heard(account)
