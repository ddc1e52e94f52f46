"""The cases in which nobody is killed: databases that are away, networks and servers in a bad mood."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from bot.app import opened
from tests.fakes.bot_api import ApiError
from tests.fixtures.duty import Duty, at_the_counter, on_duty
from tests.fixtures.killing import Program
from tests.torture.cases import COMMENTS, STORES, Case, Try
from tests.torture.network import Network, wired
from tests.torture.tally import Tally, settled, tallied

BETWEEN = 5.0  # seconds of peace before and after
STORM = 120  # calls that are refused in a row

Torment = Callable[[Program, Duty, Network], Awaitable[None]]


async def on_duty_through(
    torment: Torment, tried: Try, *, mode: str = "polling", database: str = "postgresql", rough: bool = False
) -> Tally:
    """Everybody on duty, while `torment` lasts."""
    with tried.database(database) as url:
        async with (
            on_duty(url, tried.folder, tried.chance, TELEGRAM_MODE=mode) as (program, duty),
            wired(program, duty.api.port, tried.chance if rough else None) as network,
        ):
            duty.comments = COMMENTS
            await program.start()
            await program.opened(0)
            await duty.work(lambda: torment(program, duty, network))
            await settled(url)
            await program.stop()
            async with opened(url) as found:
                tally = await tallied(found, duty, lossy=True)
                await duty.check(found, lossy=True)
            # On a bad network every fault is a try.
            tally.add(Tally(tries=network.met if rough else 1, recoveries=program.recoveries))
            return tally


async def away(how: str, seconds: float, program: Program, network: Network) -> None:
    """The database goes away for a while: it refuses, or says nothing more."""
    assert network.database is not None  # these cases are on PostgreSQL
    await asyncio.sleep(BETWEEN)
    if how == "refuses":
        await network.database.refuse()
    else:
        network.database.swallow()
    await asyncio.sleep(seconds)
    await network.database.reset()
    program.fell()
    await network.database.heal()
    await asyncio.sleep(BETWEEN)


async def database_away(how: str, mode: str, tried: Try) -> Tally:
    async def torment(program: Program, _duty: Duty, network: Network) -> None:
        await away(how, tried.seconds, program, network)

    return await on_duty_through(torment, tried, mode=mode)


async def database_away_at_the_web_chat(tried: Try) -> Tally:
    """Browsers get a 503 and post again."""
    with tried.database("postgresql") as url:
        async with (
            at_the_counter(url, tried.folder, tried.chance) as (program, counter),
            wired(program) as network,
        ):
            await program.start()
            await counter.work(lambda: away("refuses", tried.seconds, program, network))
            async with opened(url) as found:
                await counter.check(found)
            await program.stop()
            return Tally(tries=1, recoveries=program.recoveries)


async def storm(error: ApiError, tried: Try) -> Tally:
    """Telegram refuses whatever is sent to anybody, for a while."""

    async def torment(program: Program, duty: Duty, _network: Network) -> None:
        await asyncio.sleep(BETWEEN)
        duty.api.faults.fail(error=error, times=STORM)
        program.fell()
        await asyncio.sleep(tried.seconds)
        duty.api.faults.clear()
        await asyncio.sleep(BETWEEN)

    return await on_duty_through(torment, tried, database="sqlite")


async def bad_network(mode: str, database: str, tried: Try) -> Tally:
    """Connections break all the time."""

    async def torment(_program: Program, _duty: Duty, _network: Network) -> None:
        await asyncio.sleep(tried.seconds + 2 * BETWEEN)

    return await on_duty_through(torment, tried, mode=mode, database=database, rough=True)


CASES = [
    *(
        Case(
            f"away-{how.partition(' ')[0]}-{mode}",
            f"database {how}, {mode}",
            partial(database_away, how, mode),
        )
        for how in ("refuses", "says nothing")
        for mode in ("polling", "webhook")
    ),
    Case("away-web", "database refuses, web chat", database_away_at_the_web_chat),
    Case("storm-429", "429 for everybody", partial(storm, ApiError(429, "Too Many Requests", 2))),
    Case("storm-502", "502 for everybody", partial(storm, ApiError(502, "Bad Gateway"))),
    *(
        Case(
            f"network-{database}-{mode}",
            f"bad network, {STORES[database]}, {mode}",
            partial(bad_network, mode, database),
        )
        for database in STORES
        for mode in ("polling", "webhook")
    ),
]
