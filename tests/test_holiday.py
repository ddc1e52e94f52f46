"""The holiday of `run.py bench holiday`, with a handful of people: so that it is there when it is wanted."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.telegram_webhook import PATH
from tests.bench.holiday.day import HOURS, Day
from tests.bench.holiday.figures import Figures, Kill, Memory, Reply
from tests.bench.holiday.telegram import Telegram
from tests.bench.holiday.truth import Verdict, holes
from tests.fixtures.postgres import Postgres

SEED = 7
# From six to ten; nobody is about before seven, when the worker is killed: what it was sending then would be
# sent again much later.
MORNING = Day(hour_seconds=1.5, first=6, hours=4, visitors=15, guards=2, volunteers=2, managers=1)


@pytest.mark.crash
@pytest.mark.skipif(sys.platform != "linux", reason="it weighs and kills processes as Linux shows them")
async def test_a_small_holiday(postgres: Postgres, tmp_path: Path) -> None:
    from tests.bench.holiday.play import play
    from tests.bench.holiday.telling import told

    with postgres.database() as url:
        outcome = await play(url, tmp_path, MORNING, random.Random(SEED), kills=1)
    text, good = told(outcome, SEED)
    assert good, text
    counts = outcome.verdict.counts
    assert (counts["comments"], counts["inspections"], counts["outreach logs"]) == (15, 2, 2)
    [kill] = outcome.figures.kills
    assert kill.back_after is not None
    assert {reply.channel for reply in outcome.figures.replies} == {"telegram", "web", "wechat"}
    assert len({one.worker for one in outcome.figures.memory}) == 3


def test_the_day_is_as_busy_as_it_says() -> None:
    day = Day(hour_seconds=20)
    turns = day.turns(random.Random(1))
    roles = [turn.role for turn in turns]
    assert (roles.count("visitor"), roles.count("volunteer")) == (20_000, 200)
    assert roles.count("guard") == 20 * HOURS, "a third of the guards is on duty"
    assert 0 <= turns[0].at <= turns[-1].at < day.seconds
    by_hour = [
        sum(turn.role == "visitor" and day.hour_at(turn.at) == hour for turn in turns) for hour in day.clock
    ]
    assert sum(by_hour[:9]) == 0, "closed"
    assert sorted(range(HOURS), key=lambda hour: by_hour[hour])[-2:] in ([10, 14], [14, 10])


def test_what_is_lost_doubled_or_changed_is_named() -> None:
    verdict = Verdict()
    told = {"L-0001": "a", "L-0002": "b", "L-0004": "d"}
    stored = [("L-0001", "a"), ("L-0001", "a"), ("L-0002", "x"), ("L-0003", "c")]
    verdict.compare("comment", told, stored)
    assert verdict.lost == ["comment L-0004"]
    assert verdict.doubled == ["comment L-0001", "comment L-0003, which nobody was told of"]
    assert verdict.changed == ["comment L-0002: told b, stored x"]
    assert not verdict.good
    assert holes(["A-0001", "A-0003", "B-0001"]) == ["A-0002"]


def test_replies_around_a_kill_are_apart() -> None:
    figures = Figures(Day(hour_seconds=60), kills=[Kill(100.0)])
    before, waiting, soon, later = (Reply("web", begun, 2.0) for begun in (97.0, 99.0, 104.0, 105.5))
    figures.replies = [before, waiting, soon, later]
    assert [figures.disturbed(reply) for reply in figures.replies] == [False, True, True, False]
    assert figures.recovery(figures.kills[0]) == pytest.approx(6.0)


def test_memory_is_compared_in_workers_that_lived_on() -> None:
    figures = Figures(Day(hour_seconds=10, first=0, hours=4))
    sizes = {1: [100, 100, 100, 130], 2: [100, 100, 50, 55]}
    figures.memory = [
        Memory(10 * hour + 1, worker, 5.0, size, old=worker == 1)
        for worker, found in sizes.items()
        for hour, size in enumerate(found)
    ]
    assert figures.growth() == pytest.approx(0.3)
    assert figures.size(3, old=False) == 55
    figures.memory = [one for one in figures.memory if (one.worker == 1) == (one.at < 30)]
    assert figures.growth() is None, "nobody lived through it"


async def test_a_reply_may_come_in_the_answer_to_an_update() -> None:
    async def answers(request: web.Request) -> web.Response:
        number = (await request.json())["message"]["chat"]["id"]
        return web.json_response({"method": "sendMessage", "chat_id": number, "text": "Hello"})

    application = web.Application()
    application.router.add_post(PATH, answers)
    figures = Figures(Day(hour_seconds=1))
    async with TestServer(application) as program, Telegram(figures) as telegram:
        telegram.target = str(program.make_url("")).rstrip("/")
        phone = telegram.phone(5, lambda: 0.0)
        assert await phone.says("/start", "Hel+o") == "Hello"
    assert [reply.channel for reply in figures.replies] == ["telegram"]
    assert not figures.troubles
