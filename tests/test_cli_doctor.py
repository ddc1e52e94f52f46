"""The doctor: what is wrong with an installation, and what to do about it."""

import argparse
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import insert

from bot.cli import doctor
from bot.cli.console import Console
from bot.config import Settings
from models import Inbox
from tests.fakes.bot_api import FakeBotAPI
from tests.fakes.bot_api.server import TOKEN


async def examined(capsys: pytest.CaptureFixture[str], settings: Settings) -> tuple[int, dict[str, str]]:
    """The exit code, and the lines by their first word, advice included."""
    code = await doctor.examine(Console(settings), argparse.Namespace())
    found: dict[str, str] = {}
    word = ""
    for line in capsys.readouterr().out.splitlines():
        if not line.startswith(" "):
            word = line[2:].partition(":")[0]
            found[word] = ""
        found[word] += line + "\n"
    return code, found


async def test_the_doctor_finds_a_fresh_museum_well(
    capsys: pytest.CaptureFixture[str], database_url: str, tmp_path: Path
) -> None:
    settings = Settings(database_url=database_url, media_dir=tmp_path / "media", locale="en")
    async with Console(settings).transaction():
        pass
    code, found = await examined(capsys, settings)
    assert found["Settings"] == "✓ Settings: DATABASE_URL, LOCALE, MEDIA_DIR\n"
    kind = f"SQLite {sqlite3.sqlite_version}" if settings.is_sqlite else "PostgreSQL "
    assert found["Database"].startswith(f"✓ Database: {kind}")
    for name in ("Tables", "Clock", "Disk", "Photos", "Address", "Telegram"):
        assert found[name].startswith("✓"), found[name]
    assert code == (0 if found["Languages"].startswith("✓") else 1)


async def test_the_doctor_says_what_is_wrong_and_what_to_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "media").write_text("not a folder", encoding="utf-8")
    monkeypatch.setattr("bot.cli.check_machine.LEAST_FREE", 2**60)
    monkeypatch.setattr("bot.cli.check_database.EARLIEST", 9999)
    settings = Settings(
        database_url="postgresql://me:pa55word@127.0.0.1:9/docent", media_dir=tmp_path / "media", locale="en",
        public_url="http://no-such-host.invalid",
    )  # fmt: skip
    code, found = await examined(capsys, settings)
    assert code == 1
    assert "cannot be reached" in found["Database"]
    assert "Check DATABASE_URL" in found["Database"]
    assert "pa55word" not in str(found)
    assert "Make room" in found["Disk"]
    assert "set MEDIA_DIR" in found["Photos"]
    assert "Set this machine's clock" in found["Clock"]
    assert "check PUBLIC_URL" in found["Address"]
    assert all(found[name].startswith("✗") for name in ("Database", "Disk", "Photos", "Clock", "Address"))
    assert "Tables" not in found


async def test_the_doctor_sees_a_clock_that_went_back(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'a.db'}", media_dir=tmp_path, locale="en")
    console = Console(settings)
    async with console.transaction() as db:
        later = console.now + timedelta(days=1)
        mark = {"channel": "web", "external_id": "1", "status": "done", "attempts": 1, "received_at": later}
        await db.execute(insert(Inbox), [mark])
    _code, found = await examined(capsys, settings)
    assert found["Clock"].startswith("✗")


async def test_the_doctor_asks_telegram(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def settings(api: FakeBotAPI, token: str = TOKEN, **more: Any) -> Settings:
        return Settings(
            database_url=f"sqlite:///{tmp_path / 'a.db'}", media_dir=tmp_path, locale="en",
            telegram_token=SecretStr(token), telegram_api_url=api.url, **more,
        )  # fmt: skip

    async with FakeBotAPI() as api:
        _code, found = await examined(capsys, settings(api))
        assert found["Telegram"] == "✓ Telegram: @docent_test_bot\n"
        assert found["Updates"] == "✓ Updates: by polling, 0 waiting\n"
        hook: dict[str, Any] = {
            "telegram_mode": "webhook",
            "telegram_secret": SecretStr("x"),
            "public_url": "http://127.0.0.1:9",
        }
        _code, found = await examined(capsys, settings(api, **hook))
        assert found["Updates"].startswith("✗ Updates: by webhook, 0 waiting")
        assert "Telegram was told otherwise" in found["Updates"]
        wrong = "987654321:AAAnotherTokenForTests-0123456789abcdef"
        _code, found = await examined(capsys, settings(api, token=wrong))
        assert found["Telegram"].startswith("✗")
        assert "Check TELEGRAM_TOKEN" in found["Telegram"]
        assert wrong not in str(found)
        assert "Updates" not in found
    _code, found = await examined(capsys, settings(api))
    assert "Check the network" in found["Telegram"]
