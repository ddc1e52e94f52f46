"""Impatient fingers: fifty taps on one button have one effect, and every single one is answered."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select

from bot.app import running
from bot.config import Settings
from bot.messages import Accepted, Sender, Update
from handlers.kit.messages import Input
from models import Feedback, Inbox, Inspection
from tests.fakes.bot_api import TOKEN, FakeBotAPI
from tests.fixtures.truth import rows
from tests.house import House, Someone, open_house

TAPS = 50
WAIT = 30  # seconds, far more than anything here takes


async def taps_all_at_once(houses: list[House], who: Someone, label: str) -> list[Accepted]:
    """Every tap an update of its own, to one worker or the other."""
    await who.hears()
    message, data = who.button(label)
    sender, given = Sender(who.external_id, locale="en"), Input(data=data)
    taps = [
        Update("web", f"{who.external_id}:tap-{number}", sender, given, tapped=str(message["seq"]))
        for number in range(TAPS)
    ]
    async with asyncio.timeout(WAIT):
        return await asyncio.gather(
            *(houses[number % 2].engine.accept(tap) for number, tap in enumerate(taps))
        )


async def test_fifty_taps_submit_once(museum_url: str, tmp_path: Path) -> None:
    async with open_house(museum_url, tmp_path) as house, open_house(museum_url, tmp_path) as other:
        guard = await house.someone("g", "guard")
        await guard.follows("p_L1-P3")
        await guard.says("all normal")
        accepted = await taps_all_at_once([house, other], guard, "Submit")
        assert len(await house.rows(select(Inspection.id))) == 1
        heard = (await guard.hears()).split("\n\n")
        assert sum("Submitted" in words for words in heard) == 1
        assert [one.toast for one in accepted].count("That was already submitted.") == TAPS - 1


async def test_fifty_taps_in_mid_form_answer_once_and_show_where_one_is(
    museum_url: str, tmp_path: Path
) -> None:
    async with open_house(museum_url, tmp_path) as house, open_house(museum_url, tmp_path) as other:
        guard = await house.someone("g", "guard")
        await guard.follows("p_L1-P3")
        accepted = await taps_all_at_once([house, other], guard, "Normal")
        late = [one for one in accepted if one.toast]
        assert len(late) == TAPS - 1
        assert {one.toast for one in late} == {"That button is out of date. Here is where you are."}
        await guard.hears()
        assert "(1/14) Item 2" in guard.told[-1]["text"]  # whoever taps thoughtlessly skips nothing
        first = next(one for one in guard.told if "Item 1:" in one["text"])
        [data] = [b["data"] for row in first["rows"] for b in row if "Normal" in b["label"]]
        assert "out of date" in await guard.taps_data(data, first["seq"])
        assert "(1/14) Item 2" in guard.told[-1]["text"]


async def test_no_spinner_stays_on_telegram(tmp_path: Path) -> None:
    """A visitor is slowed down after twenty, and even so no tap stays without an answer."""
    async with FakeBotAPI() as api:
        settings = Settings(
            database_url=f"sqlite:///{tmp_path / 'docent.db'}", media_dir=tmp_path, listen="127.0.0.1:0",
            locale="en", telegram_token=SecretStr(TOKEN), telegram_api_url=api.url,
        )  # fmt: skip
        async with running(settings) as app:
            ann = api.user(700_000_001, "Ann", "en")
            await ann.sends("/feedback")
            asked = await ann.hears("How was your visit", WAIT)
            taps = [await ann.taps("😐 3", asked) for _tap in range(TAPS)]
            await api.wait_for(lambda: len(ann.toasts) == TAPS, WAIT)
            assert {toast.callback_id for toast in ann.toasts} == set(taps)
            assert len(await rows(app.database, select(Feedback.id))) == 1
            states: list[Any] = await rows(app.database, select(Inbox.status))
            assert [row.status for row in states] == ["done"] * (TAPS + 1)
