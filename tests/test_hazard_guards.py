"""The database itself refuses what no move may do: history rewritten, a closing without its signatures."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError

from bot.migrate import upgrade
from models import Hazard, HazardEvent, HazardSignature, protect
from tests.fixtures.hazards import NOW, PHOTO, Chain, chain_of
from tests.house import House

UP_TO_REVIEW = (("chief", "order"), ("staff", "accept"), ("staff", "rectify"))
UP_TO_SIGNING = (*UP_TO_REVIEW, ("chief", "pass"))
SIGNED = (*UP_TO_SIGNING, ("director", "sign director"), ("deputy", "sign deputy"))


@pytest.fixture
async def chain(museum: House) -> Chain:
    return await chain_of(museum)


async def refuses(chain: Chain, why: str, statement: Any) -> None:
    with pytest.raises(IntegrityError, match=why):
        async with chain.house.database.transaction() as db:
            await db.execute(statement)


def changed(hazard: int, **values: Any) -> Any:
    return update(Hazard).where(Hazard.id == hazard).values(**values)


def signature(chain: Chain, hazard: int, who: str, post: str, round_: int = 0) -> Any:
    row = {"hazard_id": hazard, "round": round_, "post": post, "person_id": chain.ids[who], "signed_at": NOW}
    return insert(HazardSignature).values(**row)


async def test_events_and_signatures_stay_as_they_were_written(chain: Chain) -> None:
    hazard = await chain.finds()
    await chain.done(hazard, *SIGNED)
    await refuses(chain, "never changes", update(HazardEvent).values(note="nothing happened"))
    await refuses(chain, "stays", delete(HazardEvent))
    await refuses(chain, "never changes", update(HazardSignature).values(person_id=chain.ids["chief"]))
    await refuses(chain, "stays", delete(HazardSignature))
    assert len(await chain.events(hazard)) == 7
    assert len(await chain.signatures(hazard)) == 2


async def test_the_history_of_a_sample_may_go_with_it(chain: Chain) -> None:
    hazard = await chain.finds(sample=True)
    async with chain.house.database.transaction() as db:
        await db.execute(delete(HazardEvent).where(HazardEvent.hazard_id == hazard))
        await db.execute(delete(Hazard).where(Hazard.id == hazard))
    assert await chain.events(hazard) == []


async def test_a_hazard_is_not_closed_without_both_signatures(chain: Chain) -> None:
    hazard = await chain.finds()
    await refuses(chain, "two signatures", changed(hazard, status="closed"))
    await chain.done(hazard, *UP_TO_SIGNING)
    await refuses(chain, "two signatures", changed(hazard, status="closed"))
    await chain.done(hazard, ("director", "sign director"))
    await refuses(chain, "two signatures", changed(hazard, status="closed"))
    # What was signed before it was sent back closes nothing.
    await chain.done(hazard, ("deputy", "back"), ("staff", "rectify"), ("chief", "pass"))
    await chain.done(hazard, ("deputy", "sign deputy"))
    await refuses(chain, "two signatures", changed(hazard, status="closed"))
    await chain.done(hazard, ("director", "sign director"))
    assert (await chain.hazard(hazard)).status == "closed"


async def test_nobody_signs_twice_and_no_fixer_signs(chain: Chain) -> None:
    hazard = await chain.finds()
    await chain.done(hazard, *UP_TO_SIGNING, ("director", "sign director"))
    await refuses(chain, "(?i)unique", signature(chain, hazard, "director", "deputy"))
    await refuses(chain, "(?i)unique", signature(chain, hazard, "deputy", "director"))
    await refuses(chain, "does not sign", signature(chain, hazard, "staff", "deputy"))
    # Nor does it help to say afterwards that somebody who signed had fixed it.
    async with chain.house.database.transaction() as db:
        await db.execute(signature(chain, hazard, "deputy", "deputy"))
    by_signer = changed(hazard, status="closed", fixed_by=chain.ids["deputy"])
    await refuses(chain, "two signatures", by_signer)


async def test_no_fixer_is_the_reviewer(chain: Chain) -> None:
    hazard = await chain.finds()
    await chain.done(hazard, *UP_TO_REVIEW)
    await refuses(chain, "does not review", changed(hazard, reviewed_by=chain.ids["staff"]))


async def test_a_closed_hazard_stays_closed(chain: Chain) -> None:
    hazard = await chain.finds()
    await chain.done(hazard, *SIGNED)
    for values in ({"status": "open"}, {"fixed_by": chain.ids["guard"]}, {"reopened": 1}):
        await refuses(chain, "stays closed", changed(hazard, **values))


async def test_no_work_without_order_and_protection(chain: Chain) -> None:
    hazard = await chain.finds()
    await refuses(chain, "who is responsible", changed(hazard, status="ordered"))
    await refuses(chain, "who is responsible", changed(hazard, status="accepted", interim="a guard"))
    await chain.done(hazard, ("chief", "order"))
    for protection in (None, ""):
        await refuses(chain, "protection", changed(hazard, status="accepted", interim=protection))


async def test_a_fix_is_shown_and_every_event_is_somebodys(chain: Chain) -> None:
    hazard = await chain.finds()
    event = {
        "hazard_id": hazard, "seq": 2, "move": "rectify", "before": "accepted", "after": "pending_review",
        "person_id": chain.ids["staff"], "at": NOW, "place": "L1", "photos": [],
    }  # fmt: skip
    await refuses(chain, "photos", insert(HazardEvent).values(**event))
    await refuses(chain, "(?i)unique", insert(HazardEvent).values(**{**event, "seq": 1, "photos": [PHOTO]}))
    nobody = {**event, "move": "pass", "person_id": None}
    await refuses(chain, "by somebody", insert(HazardEvent).values(**nobody))


async def test_the_rules_are_there_again_after_a_step(chain: Chain) -> None:
    """What makes a table anew loses its triggers; whoever upgrades makes them again."""
    async with chain.house.database.transaction() as db:
        await db.run_sync(protect)
    hazard = await chain.finds()
    await refuses(chain, "two signatures", changed(hazard, status="closed"))


async def test_a_database_made_by_the_steps_refuses_too(database_url: str) -> None:
    from bot.db import Database

    await upgrade(database_url)
    database = Database(database_url)
    async with database.transaction() as db:
        guards = {
            "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
            "postgresql": "SELECT tgname AS name FROM pg_trigger",
        }[db.dialect.name]
        found = {row.name for row in await db.exec_driver_sql(guards)}
    await database.close()
    assert {"guard_hazard_closing_update", "guard_event_stays_delete", "guard_signature_kept_update"} <= found
