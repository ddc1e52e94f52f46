"""Days rolled up say what a direct count says, whatever happens to the records, and cost no scan."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, time

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import rolling
from bot.db import Database
from handlers import rollup
from handlers.kit import grammar
from handlers.summary_count import Figures, count
from handlers.summary_scope import ALL, TOPICS, scope
from handlers.summary_words import Asked
from models.rollup import forget
from tests.happenings import HAPPENINGS, Scene, begin
from tests.house import ZONE, House
from tests.records import TODAY

SLOW = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)
Happening = tuple[str, int, int, int]
HAPPENING = st.tuples(st.sampled_from(list(HAPPENINGS)), *(st.integers(0, most) for most in (9, 7, 3)))
SOME_OF_EACH: tuple[Happening, ...] = tuple(
    (what, days, days, 2) for what in ("inspected", "fell_due", "found", "held", "wrote") for days in (0, 2)
)
SPANS = ("this year", "2026-11-15..2026-11-20")
# Everybody's figures, and those of some who see only their own.
SCOPES = (scope({"director"}, 0), scope({"guard"}, 1), scope({"guard", "volunteer"}, 2), scope({"guard"}, 99))


@asynccontextmanager
async def undone(db: AsyncConnection) -> AsyncIterator[None]:
    """Whatever the block does to the database is taken back."""
    point = await db.begin_nested()
    yield
    await point.rollback()


async def told(db: AsyncConnection, today: date) -> list[Figures]:
    """Every topic of several periods, as several people see them."""
    now = datetime.combine(today, time(10), ZONE)
    periods = [period for words in SPANS if (period := grammar.period(words, today))]
    return [
        await count(db, Asked(period, topic), open_to, now)
        for open_to in SCOPES
        for period in periods
        for topic in (ALL, *TOPICS)
    ]


async def check(db: AsyncConnection, today: date) -> None:
    """What is told is what is told where nothing is rolled up."""
    rolled = await told(db, today)
    async with undone(db):
        await db.run_sync(forget)
        direct = await told(db, today)
    assert rolled == direct


# Chains are short as they are found: making them shorter takes longer than a test may.
@settings(max_examples=15, deadline=None, suppress_health_check=SLOW, phases=(Phase.reuse, Phase.generate))
@given(before=st.lists(HAPPENING, max_size=8), after=st.lists(HAPPENING, min_size=1, max_size=4))
async def test_whatever_happens_figures_are_those_of_a_direct_count(
    museum: House, before: list[Happening], after: list[Happening]
) -> None:
    database, scene = museum.database, Scene(TODAY)
    async with database.transaction() as db:
        await begin(db)
    await play(database, scene, [*SOME_OF_EACH, *before])
    await rolling.catch_up(database, scene.today)
    await play(database, scene, after)
    async with database.transaction() as db:
        await check(db, scene.today)
    await rolling.catch_up(database, scene.today)
    async with database.transaction() as db:
        state = await rollup.state(db)
        assert not state.days
        assert not state.parts
        assert state.through >= scene.today - rollup.DAY
        await check(db, scene.today)


async def play(database: Database, scene: Scene, happenings: Sequence[Happening]) -> None:
    """Have these happen, each in a transaction of its own."""
    for what, a, b, c in happenings:
        async with database.transaction() as db:
            scene.db = db
            await HAPPENINGS[what](scene, a, b, c)
