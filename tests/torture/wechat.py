"""The cases on WeChat: kills on any network, and a bad network with nobody killed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial

from bot.app import opened
from bot.channels.wechat_callback import WECHAT_PATH
from tests.fixtures.killing import ELAPSED, Program, moments
from tests.fixtures.truth import comments_of
from tests.fixtures.wechat_duty import AT_WECHAT, at_the_desk
from tests.torture.cases import STORES, Case, Try
from tests.torture.network import Network, wired
from tests.torture.outages import BETWEEN
from tests.torture.tally import Tally, compared

MOST = 20  # comments of each: with all that belongs to them less than they may send in a minute

Torment = Callable[[Program, Network], Awaitable[None]]


async def killed(database: str, tried: Try) -> Tally:
    """Everybody writes while the program is killed; every other time on a bad network."""
    plan = moments(tried.chance, tried.kills, {**AT_WECHAT, **ELAPSED})

    async def torment(program: Program, _network: Network) -> None:
        await program.die_at(plan)

    return await _tormented(torment, database, tried, rough=tried.chance.random() < 0.5)


async def bad_network(database: str, tried: Try) -> Tally:
    """Connections break all the time."""

    async def torment(program: Program, _network: Network) -> None:
        await program.start()
        await asyncio.sleep(tried.seconds + 2 * BETWEEN)

    return await _tormented(torment, database, tried, rough=True)


async def _tormented(torment: Torment, database: str, tried: Try, *, rough: bool) -> Tally:
    with tried.database(database) as url:
        async with (
            at_the_desk(url, tried.folder, tried.chance) as (program, front),
            wired(
                program,
                front.wechat.port,
                random.Random(tried.chance.random()) if rough else None,
                setting="WECHAT_API_URL",
            ) as network,
        ):
            if not tried.kills:
                front.comments = MOST
            front.wechat.patience.url = network.calls.url + WECHAT_PATH
            if rough:  # so it says while it cannot reach its database
                front.wechat.patience.passing |= {503}
            await front.work(lambda: torment(program, network))
            await program.stop()
            async with opened(url) as found:
                tally = Tally(tries=tried.kills or network.met, recoveries=program.recoveries)
                for account, commenter in front.commenters.items():
                    tally.add(compared(commenter.comments, await comments_of(found, account)))
                tally.again = await front.check(found, tried.kills + network.met)
            return tally


def _cases(database: str) -> list[Case]:
    store = STORES[database]
    return [
        Case(f"{database}-wechat", f"kill -9, {store}, WeChat", partial(killed, database), share=0.5),
        Case(f"network-{database}-wechat", f"bad network, {store}, WeChat", partial(bad_network, database)),
    ]


CASES = [case for database in STORES for case in _cases(database)]
