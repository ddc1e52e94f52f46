"""Telegram in a bad mood: storms of 429, one chat that is nothing but trouble."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from bot.errors import Gone, Refused, TryLater, Unreachable
from bot.sender import OPEN
from models import Outbox
from tests.fixtures.office import Office, open_office

CHATS = [f"chat-{number}" for number in range(8)]
EACH = 3  # messages to each chat
STORM = 60.0  # seconds


async def weather(office: Office) -> None:
    """Let time pass until nothing waits any more."""
    waiting = select(Outbox.not_before).where(Outbox.status.in_(OPEN)).order_by(Outbox.not_before)
    while True:
        await office.drain()
        moments = [row.not_before for row in await office.house.rows(waiting)]
        if not moments:
            return
        later = (moment for moment in moments if moment > office.hands.now())  # others wait behind them
        office.hands.move((next(later) - office.hands.now()).total_seconds())


async def test_a_storm_of_429_is_sat_out_in_order(
    tables_url: str, tmp_path: Path, chance: random.Random
) -> None:
    """Nobody is asked again before the time they named, nothing is lost or doubled."""
    async with open_office(tables_url, tmp_path) as office:
        free_at: dict[str, float] = {}
        tries: Counter[str] = Counter()

        def storms(to: str, _text: str) -> Exception | None:
            tries[to] += 1
            assert office.hands.passed >= free_at.get(to, 0.0), "asked again before its time"
            if office.hands.passed >= STORM:
                return None
            seconds = chance.randint(1, 30)
            free_at[to] = office.hands.passed + seconds
            return TryLater(seconds)

        office.post.trouble = storms
        for number in range(EACH):
            for chat in CHATS:
                await office.write(chat, f"{number}")
        await weather(office)
        for chat in CHATS:
            assert office.post.to(chat) == [str(number) for number in range(EACH)]
            assert await office.states(chat) == ["sent"] * EACH
        assert STORM <= max(when for _to, _text, when in office.post.sent) <= 2 * STORM
        assert max(tries.values()) <= STORM + EACH + 1  # no more than once a second, whatever they named


async def test_one_bad_chat_delays_no_other_by_a_second(tables_url: str, tmp_path: Path) -> None:
    troubles = {
        "gone": Gone("blocked"), "refused": Refused("no"), "busy": TryLater(30),
        "mute": Unreachable("timed out"), "odd": KeyError("message_id"),
    }  # fmt: skip
    async with open_office(tables_url, tmp_path) as office:
        office.post.trouble = lambda to, _text: troubles.get(to)
        for chat in (*troubles, *CHATS):
            await office.write(chat, "1", "2")
        await office.drain()
        good = [when for to, _text, when in office.post.sent if to in CHATS]
        assert len(good) == 2 * len(CHATS)
        assert max(good) < 1.0
