"""Takes the pictures of the documentation: `python -m tests.screens` plays on a phone-sized screen."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bot import demo
from tests.dialogue.phones import Phones
from tests.dialogue.script import Script
from tests.dialogue.seats import BrowserSeat, Seat, hears
from tests.dialogue.stage import staged
from tests.dialogue.venues import web
from tests.fixtures.chromium import launched

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screens"
NOW = "2026-11-22T10:05:00+08:00"

Step = tuple[str, dict[str, object], str]  # who, what they do, what they hear
SHOTS: dict[str, dict[str, list[Step]]] = {
    "zh": {
        "inspection": [("g", {"follows": "p_L1-P3"}, "第1项"), ("g", {"says": "3 通道堆放纸箱"}, "(1/14)")],
        "review": [
            ("g", {"photo": "a.jpg", "caption": "5 灭火器过期"}, "(2/14)"),
            ("g", {"says": "其余正常"}, "拍一张照片"),
            ("g", {"photo": "b.jpg"}, "当场改正"),
            ("g", {"taps": "已当场改正"}, "改正后"),
            ("g", {"photo": "c.jpg"}, "请核对"),
        ],
        "outreach": [("v", {"says": "博物馆日 社区 传单300 观众120 6人3小时"}, "请核对")],
        "feedback": [
            ("x", {"follows": "h_H1"}, "参观感受"),
            ("x", {"taps": "😍"}, "还想说点什么"),
            ("x", {"says": "讲解员很热情，孩子听得入迷"}, "哪一类"),
        ],
        "hazard": [
            ("g", {"photo": "a.jpg", "caption": "报隐患 消火栓前堆放展柜，门打不开"}, "在哪里"),
            ("g", {"says": "公共区"}, "YH-2026-"),
            ("c", {"says": "查 YH-2026-0001"}, "待整改"),
        ],
        "summary": [("m", {"says": "汇总 本月"}, "检查")],
    },
    "en": {
        "inspection": [
            ("g", {"follows": "p_L1-P3"}, "Item 1"),
            ("g", {"says": "3 boxes in the corridor"}, "(1/14)"),
        ],
        "review": [
            ("g", {"photo": "a.jpg", "caption": "5 extinguisher expired"}, "(2/14)"),
            ("g", {"says": "rest normal"}, "take a photo"),
            ("g", {"photo": "b.jpg"}, "on the spot"),
            ("g", {"taps": "Fixed on the spot"}, "as it is now"),
            ("g", {"photo": "c.jpg"}, "check"),
        ],
        "outreach": [
            ("v", {"says": "museum day community leaflets 300 visitors 120 6 people 3 hours"}, "check")
        ],
        "feedback": [
            ("x", {"follows": "h_H1"}, "How was your visit"),
            ("x", {"taps": "😍"}, "tell us more"),
            ("x", {"says": "A kind guide, the children loved it"}, "What kind of comment is it?"),
        ],
        "hazard": [
            ("g", {"photo": "a.jpg", "caption": "/hazard A display case blocks the hydrant"}, "Where"),
            ("g", {"says": "L1"}, "YH-2026-"),
            ("c", {"says": "check YH-2026-0001"}, "to be rectified"),
        ],
        "summary": [("m", {"says": "summary this month"}, "nspections")],
    },
}


async def main() -> None:
    """Write docs/screens/<shot>-<language>.png."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with launched() as browser:
        for language, shots in SHOTS.items():
            with tempfile.TemporaryDirectory() as folder:
                url = f"sqlite+aiosqlite:///{Path(folder).as_posix()}/docent.db"
                async with staged(_script(language), web(Phones(browser, 2)), url, Path(folder)) as (
                    app,
                    seats,
                    _passes,
                ):
                    async with app.database.transaction() as db:
                        await demo.make(db, datetime.now(UTC), app.settings.timezone, 1)
                    for shot, steps in shots.items():
                        await _take(seats, steps, FOLDER / f"{shot}-{language}.png")


def _script(language: str) -> Script:
    locale = "zh_CN" if language == "zh" else "en"
    posts = {
        "g": ["guard"], "l": ["leader"], "c": ["chief"], "m": ["director"],
        "v": ["volunteer"], "s": ["staff"], "x": [],
    }  # fmt: skip
    names = {"g": "张伟", "l": "赵强", "c": "孙科长", "m": "陈馆长", "v": "李敏", "s": "王芳"}
    people = {
        who: {"roles": roles, "locale": locale, "name": names.get(who, "")} for who, roles in posts.items()
    }
    return Script("screens", "", people, [], NOW, {}, {}, {})


async def _take(seats: dict[str, Seat], steps: list[Step], file: Path) -> None:
    for who, does, heard in steps:
        await seats[who].mark()
        await seats[who].does(does)
        await hears(seats[who], [heard])
    seat = seats[steps[-1][0]]
    assert isinstance(seat, BrowserSeat)
    await seat.page.screenshot(path=file)


if __name__ == "__main__":
    asyncio.run(main())
