"""Kill -9 of a program with an Official Account: what was not answered comes again, and has one effect."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.app import opened
from tests.fixtures.killing import Program, moments
from tests.fixtures.wechat_duty import AT_WECHAT, at_the_desk
from tests.test_kill import durable_url as durable_url

KILLS = 8


@pytest.mark.crash
@pytest.mark.timeout(1200)  # every wait inside has a limit of its own
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX")
async def test_kills_on_wechat(
    durable_url: str, tmp_path: Path, chance: random.Random, preloaded: Callable[..., Program]
) -> None:
    """What was not answered comes again: it has one effect, and the same reply each time."""
    plan = moments(chance, KILLS, AT_WECHAT)
    async with at_the_desk(durable_url, tmp_path, chance, made=preloaded) as (program, front):
        await front.work(lambda: program.die_at(plan))
        async with opened(durable_url) as database:
            await front.check(database, KILLS)
        await program.stop()
