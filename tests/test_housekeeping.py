"""What is kept too long goes, from everywhere it stands; what must stay stays."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update

from bot import housekeeping
from bot.app import all_routes, opened, prepare
from bot.clock import Clock
from bot.config import Settings
from bot.housekeeping import following, purge
from models import Audit, Conversation, Due, Feedback, FeedbackReply, Inbox, Invite, LinkCode, Outbox
from tests.house import ZONE, House, open_house

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
CONTACT = "13800138000"


async def clear_up(house: House, now: datetime, since: datetime | None = None) -> None:
    async with house.database.transaction() as db:
        await purge(db, now, since=since)


async def add(house: House, model: Any, **values: Any) -> None:
    async with house.database.transaction() as db:
        await db.execute(insert(model), [values])


async def test_raw_updates_go_after_a_week_and_their_marks_stay(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        for days in (6, 8, 200):
            mark = {"channel": "telegram", "external_id": str(days), "status": "done", "attempts": 1}
            received = NOW - timedelta(days=days)
            await add(house, Inbox, **mark, payload={"text": "secret"}, received_at=received)
        await clear_up(house, NOW, since=NOW - timedelta(days=90))
        kept = {row.external_id: row.payload for row in await house.rows(select(Inbox))}
        assert kept == {"6": {"text": "secret"}, "8": None, "200": {"text": "secret"}}
        await clear_up(house, NOW)
        kept = {row.external_id: row.payload for row in await house.rows(select(Inbox))}
        assert kept == {"6": {"text": "secret"}, "8": None, "200": None}
        assert await house.engine.seen("telegram", "200")


async def commented(house: House) -> None:
    """A visitor's comment with a contact, told to the desk and answered."""
    await house.someone("desk", "staff")
    visitor = await house.someone("v")
    for words in ("/feedback 厕所 13 号水管漏了", "skip", "complaint", "hygiene", CONTACT):
        await visitor.says(words)


async def everything(house: House) -> str:
    """All texts of all tables that people's words may be in."""
    found: list[Any] = []
    for query in (
        select(Outbox.payload),
        select(Conversation.answers),
        select(Feedback.contact),
        select(Feedback.comment),
    ):
        found += [tuple(row) for row in await house.rows(query)]
    return str(found)


async def test_contacts_go_half_a_year_after_the_last_answer(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        await commented(house)
        now = datetime.now(UTC)
        [comment] = await house.rows(select(Feedback))
        assert comment.contact == CONTACT
        assert (await everything(house)).count(CONTACT) >= 3
        await clear_up(house, now + timedelta(days=400))
        assert CONTACT in await everything(house)  # nobody has answered yet
        desk = await house.someone("desk", "staff")
        await desk.hears()
        await desk.says("/inbox")
        await desk.taps("Answer")
        await desk.says("修好了，谢谢！")
        [reply] = await house.rows(select(FeedbackReply))
        assert reply.body == "修好了，谢谢！"
        async with house.database.transaction() as db:  # it had waited a year for that
            await db.execute(update(Feedback).values(created_at=now - timedelta(days=365)))
        await clear_up(house, now + timedelta(days=180))
        assert CONTACT in await everything(house)
        await clear_up(house, now + timedelta(days=190))
        left = await everything(house)
        assert CONTACT not in left
        assert "厕所 13 号水管漏了" in left


async def test_codes_and_done_work_and_old_acts_go(tables_url: str, tmp_path: Path) -> None:
    async with open_house(tables_url, tmp_path) as house:
        await house.someone("a", "guard")
        for days, code in ((20, "kept"), (40, "gone")):
            at = NOW - timedelta(days=days)
            await add(house, Invite, code_hash=code, role="guard", uses_left=1, expires_at=at, created_at=at)
            await add(house, LinkCode, code_hash=code, person_id=1, account_id=1, expires_at=at)
            await add(house, Due, kind="t", key=code, due_at=at, payload={}, status="done", attempts=0)
            await add(house, Due, kind="w", key=code, due_at=at, payload={}, status="waiting", attempts=0)
        for years, kept in ((2, "kept"), (4, "gone")):
            await add(house, Audit, action=kept, detail={}, at=NOW - timedelta(days=365 * years))
        await clear_up(house, NOW)
        assert [row.code_hash for row in await house.rows(select(Invite))] == ["kept"]
        assert [row.code_hash for row in await house.rows(select(LinkCode))] == ["kept"]
        assert [row.key for row in await house.rows(select(Due).where(Due.status == "done"))] == ["kept"]
        assert len(await house.rows(select(Due).where(Due.status == "waiting", Due.kind == "w"))) == 2
        assert "gone" not in [row.action for row in await house.rows(select(Audit))]


def test_the_next_night_is_the_one_to_come() -> None:
    for hour in range(24):
        local = datetime(2026, 11, 22, hour, 40, tzinfo=ZONE)
        night = following(local)
        assert local < night <= local + timedelta(days=1)
        assert night.timetz().replace(tzinfo=None) == time(3, 40)


async def test_it_happens_every_night(program_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url=program_url, media_dir=tmp_path / "media")
    await prepare(settings)
    async with open_house(program_url, tmp_path) as house, opened(program_url) as database:
        await prepare(settings)  # a restart neither forgets nor doubles it
        [row] = await house.rows(select(Due).where(Due.kind == housekeeping.KIND))
        first = row.due_at
        assert timedelta() < first - datetime.now(UTC) <= timedelta(days=1)
        house.engine.routes = all_routes()
        await add(
            house, Inbox, channel="web", external_id="1", status="done", attempts=1, payload={"a": 1},
            received_at=first - timedelta(days=8),
        )  # fmt: skip
        moment = first
        clock = Clock(database, house.engine, lambda: moment)
        assert await clock.tick()
        [mark] = await house.rows(select(Inbox.payload))
        assert mark.payload is None
        [row] = await house.rows(select(Due).where(Due.kind == housekeeping.KIND))
        assert (row.due_at, row.status) == (first + timedelta(days=1), "waiting")
        async with database.transaction() as db:
            await db.execute(update(Inbox).values(payload={"a": 2}))
        moment = first + timedelta(days=1)
        while await clock.tick():
            continue
        [mark] = await house.rows(select(Inbox.payload))
        assert mark.payload is None
