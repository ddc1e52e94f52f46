"""Records as conversations would have stored them, for tests of what is counted and exported."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from models import Account
from tests.house import House

# A Sunday at ten in the museum; its month runs, its week ends, its half-year is the second.
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def on_that_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's clock stands at NOW in every test of a file that imports this."""
    monkeypatch.setattr("bot.engine.utc_now", lambda: NOW)


async def id_of(house: House, name: str) -> int:
    """The person who writes as `name`."""
    rows = await house.rows(select(Account.person_id).where(Account.external_id == name))
    return int(rows[0].person_id)


def inspection(number: str, person_id: int, day: date = TODAY, **more: Any) -> dict[str, Any]:
    moment = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    return {
        "number": number, "revision": 1, "current": True, "person_id": person_id, "place": "L1-P3",
        "checklist_id": 1, "day": day, "started_at": moment, "submitted_at": moment, "presence": "qr",
        "location": None, "seconds": 90, "batch": True, "too_fast": False, "failed": 0, "note": None,
        "spot_photos": [], "sample": False, **more,
    }  # fmt: skip


def item(inspection_id: int, number: int, category: str, state: str = "bad", **more: Any) -> dict[str, Any]:
    return {
        "inspection_id": inspection_id, "number": number, "key": f"x.{number}", "category": category,
        "state": state, "how": "tap", "seconds": 5, "note": None, "photos": [], "fixed": False, **more,
    }  # fmt: skip


def hazard(number: str, person_id: int, day: date = TODAY, **more: Any) -> dict[str, Any]:
    return {
        "number": number, "inspection_id": None, "item_key": "x.1", "category": "fire", "severity": "major",
        "place": "L1-P3", "title_zh": "灭火器在位", "title_en": "Extinguishers in place",
        "note": "past its date", "photos": [], "status": "open", "day": day, "found_by": person_id,
        "found_at": NOW, "due_at": None, "closed_at": None, "sample": False, **more,
    }  # fmt: skip


def event(number: str, person_id: int, day: date = TODAY, **more: Any) -> dict[str, Any]:
    return {
        "number": number, "day": day, "theme": None, "kind": "talk", "place_kind": "school",
        "place": "实验小学", "same": number, "starts": None, "ends": None, "sessions": 1, "participants": 0,
        "minors": 0, "elderly": 0, "disabled": 0, "online_views": 0, "leaflets": 0, "partners": None,
        "photos": [], "note": None, "status": "approved", "returned_because": None, "person_id": person_id,
        "submitted_at": NOW, "approved_by": None, "approved_at": None, "sample": False, **more,
    }  # fmt: skip


def member(outreach_id: int, person_id: int | None, minutes: int, name: str = "") -> dict[str, Any]:
    return {
        "outreach_id": outreach_id, "person_id": person_id, "minutes": minutes, "name": name, "waits": False,
    }  # fmt: skip


def comment(number: str, day: date = TODAY, **more: Any) -> dict[str, Any]:
    return {
        "number": number, "person_id": None, "account_id": None, "day": day, "place": None, "rating": None,
        "topic": None, "kind": None, "comment": None, "contact": None, "photos": [], "voice": [],
        "status": "new", "created_at": NOW, "told_at": None, "answered_at": None, "sample": False, **more,
    }  # fmt: skip
