"""The database itself refuses what no move may do: history rewritten, a closing without its signatures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.migrate import upgrade
from handlers.hazard_moves import Moved
from models import Feedback, Hazard, HazardEvent, HazardSignature, Person, StandIn, protect
from tests.fixtures.hazards import NOW, PHOTO, Chain, chain_of
from tests.house import House
from tests.records import comment
from tests.records import hazard as hazard_row

UP_TO_REVIEW = (("chief", "order"), ("staff", "accept"), ("staff", "rectify"))
UP_TO_SIGNING = (*UP_TO_REVIEW, ("chief", "pass"))
BOTH = frozenset({"director", "deputy"})
DAY = timedelta(days=1)
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


def signature(chain: Chain, hazard: int, who: str, post: str, for_: str | None = None) -> Any:
    row = {"hazard_id": hazard, "round": 0, "post": post, "person_id": chain.ids[who], "signed_at": NOW}
    return insert(HazardSignature).values(**row, stood_in_for=chain.ids[for_] if for_ else None)


def begun(chain: Chain, status: str, **more: Any) -> Any:
    """A hazard that is written as if it were that far along."""
    given = {
        "ordered_by": chain.ids["chief"], "responsible_id": chain.ids["staff"], "due_at": NOW,
        "interim": "a rope", "fixed_by": chain.ids["staff"], "closed_at": NOW,
        "reviewed_by": chain.ids["chief"],
    }  # fmt: skip
    row = hazard_row("YH-7", chain.ids["guard"], status=status, **{**given, **more})
    return insert(Hazard).values(**row).returning(Hazard.id)


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


async def test_no_hazard_is_written_closed_whatever_path_it_takes(chain: Chain) -> None:
    for status in ("closed", "reviewed"):
        for who in ("fixed_by", "reviewed_by"):
            await refuses(chain, "by somebody|two signatures", begun(chain, status, **{who: None}))
        own = {"reviewed_by": chain.ids["staff"]}
        await refuses(chain, "does not review|two signatures", begun(chain, status, **own))
    await refuses(chain, "two signatures", begun(chain, "closed"))
    # Nor as a sample that becomes real.
    async with chain.house.database.transaction() as db:
        sample = (await db.execute(begun(chain, "closed", sample=True))).scalar_one()
    await refuses(chain, "a sample stays one", changed(sample, sample=False))
    hazard = await chain.finds()
    await chain.done(hazard, *SIGNED)
    await refuses(chain, "a sample stays one", changed(hazard, sample=True))


async def test_a_hazard_stays_also_without_its_history(chain: Chain) -> None:
    async with chain.house.database.transaction() as db:
        hazard = (await db.execute(begun(chain, "reviewed"))).scalar_one()
    await refuses(chain, "a hazard stays", delete(Hazard).where(Hazard.id == hazard))


async def test_what_nobody_reviewed_is_not_closed_by_two_signatures(chain: Chain) -> None:
    hazard = await chain.finds()
    await chain.done(hazard, *UP_TO_REVIEW)
    async with chain.house.database.transaction() as db:
        for post in ("director", "deputy"):
            await db.execute(signature(chain, hazard, post, post))
    await refuses(chain, "by somebody", changed(hazard, status="closed"))


async def test_nobody_signs_twice_and_no_fixer_signs(chain: Chain) -> None:
    hazard = await chain.finds()
    await chain.done(hazard, ("chief", "order"))
    async with chain.house.database.transaction() as db:
        await db.execute(
            update(Person).where(Person.id == chain.ids["staff"]).values(roles=frozenset({"deputy"}))
        )
        await db.execute(update(Person).where(Person.id == chain.ids["deputy"]).values(roles=BOTH))
    await chain.done(hazard, *UP_TO_SIGNING[1:], ("director", "sign director"))
    await refuses(chain, "(?i)unique", signature(chain, hazard, "deputy", "director"))
    await refuses(chain, "does not sign", signature(chain, hazard, "staff", "deputy"))
    # Nor does it help to say afterwards that somebody who signed had fixed it.
    async with chain.house.database.transaction() as db:
        await db.execute(signature(chain, hazard, "deputy", "deputy"))
    await refuses(chain, "(?i)unique", signature(chain, hazard, "deputy", "deputy"))
    by_signer = changed(hazard, status="closed", fixed_by=chain.ids["deputy"])
    await refuses(chain, "two signatures", by_signer)


async def test_whoever_signs_holds_the_post_or_is_named_for_it(chain: Chain) -> None:
    hazard = await chain.finds()
    await chain.done(hazard, *UP_TO_SIGNING)
    why = "holder of the post or a named stand-in"
    for who, post, for_ in (
        ("chief2", "deputy", None),
        ("director", "deputy", None),
        ("deputy", "chief", None),
        ("chief2", "deputy", "deputy"),
    ):
        await refuses(chain, why, signature(chain, hazard, who, post, for_))
    await chain.stands_in("deputy", "deputy", "chief2")
    for who, post, for_ in (
        ("chief2", "deputy", None),
        ("chief2", "director", "deputy"),
        ("chief2", "deputy", "director"),
        ("guard", "deputy", "deputy"),
    ):
        await refuses(chain, why, signature(chain, hazard, who, post, for_))
    for values in (
        {"first_day": NOW.date() + 2 * DAY},
        {"last_day": NOW.date() - 2 * DAY},
        {"ended_at": NOW},
    ):
        async with chain.house.database.transaction() as db:
            [before] = await db.execute(select(StandIn.__table__))
            await db.execute(update(StandIn).values(**values))
        await refuses(chain, why, signature(chain, hazard, "chief2", "deputy", "deputy"))
        async with chain.house.database.transaction() as db:
            await db.execute(update(StandIn).values({key: getattr(before, key) for key in values}))
    await chain.done(hazard, ("chief2", "sign deputy"), ("director", "sign director"))
    assert (await chain.hazard(hazard)).status == "closed"


async def test_no_fixer_is_the_reviewer(chain: Chain) -> None:
    hazard = await chain.finds()
    await chain.done(hazard, *UP_TO_REVIEW)
    await refuses(chain, "does not review", changed(hazard, reviewed_by=chain.ids["staff"]))


async def test_a_closed_hazard_stays_closed(chain: Chain) -> None:
    hazard = await chain.finds()
    await chain.done(hazard, *SIGNED)
    for values in (
        {"status": "open"},
        {"fixed_by": chain.ids["guard"]},
        {"reopened": 1},
        {"reviewed_by": chain.ids["leader"]},
    ):
        await refuses(chain, "stays closed", changed(hazard, **values))


@pytest.mark.parametrize(
    "values",
    [
        {"number": "YH-9"},
        {"found_by": 1},
        {"found_at": NOW + DAY},
        {"day": NOW.date() + DAY},
        {"source": "visitor"},
        {"item_key": "x.9"},
        {"on_spot": True},
        {"inspection_id": 1},
        {"feedback_id": 1},
    ],
)
async def test_how_a_hazard_was_found_stays_so(chain: Chain, values: dict[str, Any]) -> None:
    found: dict[str, Any] = {"source": "report", "on_spot": False, "item_key": "fire.exits"}
    async with chain.house.database.transaction() as db:
        row = hazard_row("YH-7", chain.ids["guard"], **found)
        hazard = (await db.execute(insert(Hazard).values(**row).returning(Hazard.id))).scalar_one()
    await refuses(chain, "how a hazard was found", changed(hazard, **values))


async def test_the_comment_a_hazard_came_from_may_go(chain: Chain) -> None:
    async with chain.house.database.transaction() as db:
        said = comment("PL-1", sample=True)
        comes_of = (await db.execute(insert(Feedback).values(**said).returning(Feedback.id))).scalar_one()
    hazard = await chain.finds(feedback_id=comes_of)
    async with chain.house.database.transaction() as db:
        await db.execute(changed(hazard, feedback_id=None))
    assert (await chain.hazard(hazard)).feedback_id is None


async def test_no_work_without_order_and_protection(chain: Chain) -> None:
    hazard = await chain.finds()
    await refuses(chain, "who is responsible", changed(hazard, status="ordered"))
    await refuses(chain, "who is responsible", changed(hazard, status="accepted", interim="a guard"))
    await chain.done(hazard, ("chief", "order"))
    for protection in (None, ""):
        await refuses(chain, "protection", changed(hazard, status="accepted", interim=protection))


async def test_what_is_rectified_was_seen_before(chain: Chain) -> None:
    hazard = await chain.finds(photos=[])
    await chain.done(hazard, ("chief", "order"))
    assert "from before" in str(await chain.moves("accept", "staff", hazard))
    done = await chain.moves("accept", "staff", hazard, before=[PHOTO])
    assert isinstance(done, Moved)
    assert done.hazard.photos == [PHOTO]
    await refuses(chain, "from before", changed(hazard, status="pending_review", photos=[]))


async def test_a_fix_is_shown_and_every_event_is_somebodys(chain: Chain) -> None:
    hazard = await chain.finds()
    event = {
        "hazard_id": hazard, "seq": 2, "move": "rectify", "before": "accepted", "after": "pending_review",
        "person_id": chain.ids["staff"], "at": NOW, "place": "L1", "photos": [],
    }  # fmt: skip
    for move in ("rectify", "fix"):
        await refuses(chain, "photos", insert(HazardEvent).values(**{**event, "move": move}))
    await refuses(chain, "(?i)unique", insert(HazardEvent).values(**{**event, "seq": 1, "photos": [PHOTO]}))
    nobody = {**event, "move": "recur", "person_id": None}
    await refuses(chain, "by somebody", insert(HazardEvent).values(**nobody))
    outside = {**event, "move": "recur", "person_id": chain.ids["visitor"]}
    await refuses(chain, "does not work here", insert(HazardEvent).values(**outside))
    async with chain.house.database.transaction() as db:
        await db.execute(update(Person).where(Person.id == chain.ids["chief"]).values(active=False))
    left = {**outside, "person_id": chain.ids["chief"]}
    await refuses(chain, "does not work here", insert(HazardEvent).values(**left))


async def test_the_main_moves_are_for_their_posts_alone(chain: Chain) -> None:
    hazard = await chain.finds()
    event = {"hazard_id": hazard, "seq": 2, "before": "open", "after": "open", "at": NOW, "place": "L1"}
    for who, moves in {
        "leader": ("order", "reject", "suspend", "lift", "external", "grant", "deny"),
        "guard": ("order", "pass", "fail", "grade"),
    }.items():
        for move in moves:
            made = insert(HazardEvent).values(**event, move=move, person_id=chain.ids[who])
            await refuses(chain, "for a post higher up", made)
    await chain.stands_in("chief", "chief", "guard")
    async with chain.house.database.transaction() as db:
        await db.execute(insert(HazardEvent).values(**event, move="grade", person_id=chain.ids["guard"]))


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
    assert {
        "guard_hazard_begun_insert",
        "guard_hazard_closing_update",
        "guard_event_stays_delete",
        "guard_signature_kept_update",
        "guard_signature_post_insert",
    } <= found
