"""The network between the program, its provider and PostgreSQL, as bad as a case wants it."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import make_url

from tests.fakes.fault_proxy import FaultProxy, Plan, no_fault, seeded
from tests.fixtures.killing import Program

# How likely what happens to a connection is, and within how many requests: an update takes some five to the
# Bot API, and some fifteen to PostgreSQL.
ODDS = {"cut": 0.3, "half": 0.2, "reset": 0.3, "hole": 0.05, "delay": 0.05}
HTTP_TURNS, SQL_TURNS = 60, 900
SECONDS = 0.3  # of a delay or a hole


@dataclass
class Network:
    """The proxies before the provider's API, before the program, and before PostgreSQL where it is used."""

    api: FaultProxy
    calls: FaultProxy
    database: FaultProxy | None

    @property
    def met(self) -> int:
        """How many faults came true."""
        return sum(proxy.met.total() for proxy in (self.api, self.calls, self.database) if proxy is not None)


@asynccontextmanager
async def wired(
    program: Program,
    api: int = 0,
    chance: random.Random | None = None,
    *,
    setting: str = "TELEGRAM_API_URL",
) -> AsyncIterator[Network]:
    """Lead everything that `program`, not yet started, says and hears through a network that is bad by
    `chance`, or good until somebody breaks it. `api` is the port of the provider, whose address is the
    `setting`."""

    def plan(turns: int) -> Plan:
        if chance is None:
            return no_fault
        return seeded(random.Random(chance.random()), ODDS, turns, SECONDS)

    async with AsyncExitStack() as stack:
        to_api = await stack.enter_async_context(FaultProxy(api, plan(HTTP_TURNS)))
        calls = await stack.enter_async_context(FaultProxy(program.port, plan(HTTP_TURNS)))
        given = {setting: to_api.url, "PUBLIC_URL": calls.url}
        url = make_url(program.environment["DATABASE_URL"])
        database = None
        if url.port is not None:
            database = await stack.enter_async_context(FaultProxy(url.port, plan(SQL_TURNS)))
            given["DATABASE_URL"] = url.set(port=database.port).render_as_string(hide_password=False)
        program.environment |= given
        program.perseveres = True
        yield Network(to_api, calls, database)
