"""The measure of summaries measures what it says, on records whose figures are right."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from handlers import rollup
from models.rollup import stale
from tests.bench.figures import Spread
from tests.bench.summaries import ASKED, cost, fill, prepared, summaries
from tests.bench.summaries_data import HUNDRED, YEAR
from tests.bench.summaries_report import FROM, TO, Measured, document
from tests.house import ZONE
from tests.test_rollup import check


async def test_a_year_of_records_is_stored_asked_about_and_written_to(database_url: str) -> None:
    today = datetime.now(ZONE).date()
    async with prepared(database_url) as database:
        await fill(database, 20)
        measured = await summaries(database, Measured("x", 20 * HUNDRED), 2)
        assert {what: len(times) for what, times in measured.asked.items()} == dict.fromkeys(ASKED, 2)
        assert measured.days == 2 * YEAR - 1
        async with database.transaction() as db:
            assert (await rollup.state(db)).parts.keys() == rollup.TOPICS.keys() - {"rounds"}  # it has none
            await check(db, today)
        assert (await cost(database, rounds=1, stored=2)).middle > 0
        async with database.transaction() as db:
            assert (await db.execute(select(stale).limit(1))).first() is not None


def test_the_document_says_whether_the_goals_are_reached() -> None:
    small = Measured("SQLite", FROM, {"all": [0.010] * 50}, [0.5], 3.0, 729)
    large = Measured("SQLite", TO, {"all": [0.014] * 49 + [0.060]}, [9.0], 30.0, 729)
    text = document([small, large], {"SQLite": Spread(1.05, 0.9, 1.2)}, ["two cores"])
    assert "| SQLite | 5,000,000 | 14.0 / 14.0 | 9,000 | 30.0 s |" in text
    assert "✓ p95 is 14.0 ms at most" in text
    assert "✗ SQLite: all takes 1.40 times as long at 5,000,000 as at 100,000" in text
    assert "✓ SQLite: storing an inspection takes 1.05 (0.90-1.20) times as long" in text
