"""`verify` derives from its events how every hazard stands, and names the first that stands otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from bot import sealing
from models import Hazard, HazardEvent
from tests.fixtures.hazards import NOW, PHOTO, WHAT, chain_of
from tests.fixtures.sealing import proof, tampering
from tests.house import House
from tests.records import hazard as hazard_row

SENT_BACK = (
    ("chief", "order"), ("staff", "ask"), ("chief", "grant"), ("staff", "accept"), ("guard", "recur"),
    ("staff", "rectify"), ("leader", "fail"), ("chief", "suspend"), ("chief", "external"),
    ("staff", "rectify"), ("leader", "pass"),
)  # fmt: skip
SIGNED = (("chief", "lift"), ("director", "sign director"), ("deputy", "sign deputy"))
# What is changed by hand in a hazard that waits for its signatures.
BY_HAND: dict[str, Any] = {
    "status": "accepted",
    "severity": "minor",
    "due_at": NOW + timedelta(days=99),
    "responsible_id": 1,
    "reopened": 0,
    "recurred": 0,
    "fixed_by": None,
    "issued_post": "director",
    "suspended": False,
    "external_ref": None,
    "interim": "none",
    "place": "H1",
    "seq": 3,
}


async def test_every_path_is_derived_as_it_went(museum: House) -> None:
    people = await chain_of(museum)
    first, second, third, fourth, fifth = [await people.finds() for _number in range(5)]
    await people.finds("guard", after=[PHOTO])
    await people.done(first, ("leader", "grade"), *SENT_BACK, *SIGNED)
    await people.done(second, ("guard", "amend"), ("chief", "reject"))
    await people.done(third, ("guard", "withdraw"))
    await people.done(fourth, ("chief", "order"), ("staff", "accept"))
    made = await people.moves("rectify", "visitor", fourth, contractor="Luban")
    assert not isinstance(made, str)
    await people.done(fifth, ("chief", "order"), ("staff", "ask"), ("chief", "deny"), ("director", "order"))
    await sealing.catch_up(museum.database)
    assert (await proof(museum)).broken is None


@pytest.mark.parametrize("column", BY_HAND)
async def test_what_was_changed_by_hand_is_named(museum: House, column: str) -> None:
    people = await chain_of(museum)
    await people.done(await people.finds(), *SENT_BACK)
    hazard = await people.finds()
    await people.done(hazard, *SENT_BACK)
    await people.finds()
    await sealing.catch_up(museum.database)
    assert (await proof(museum)).broken is None
    async with tampering(museum) as db:
        await db.execute(update(Hazard).where(Hazard.id == hazard).values({column: BY_HAND[column]}))
    broken = (await proof(museum)).broken
    assert broken is not None
    number = (await people.hazard(hazard)).number
    assert (broken.what, broken.kind, broken.name) == ("differs", "hazard", f"{number} ({column})")


async def test_a_hazard_without_its_history_is_named(museum: House) -> None:
    people = await chain_of(museum)
    async with museum.database.transaction() as db:
        await db.execute(insert(Hazard).values(**hazard_row("YH-7", people.ids["guard"])))
    broken = (await proof(museum)).broken
    assert broken is not None
    assert broken.name == "YH-7 (found_by)"


async def test_a_hazard_of_before_there_were_steps_stands_as_it_did(museum: House) -> None:
    people = await chain_of(museum)
    rows = [
        hazard_row("YH-7", people.ids["guard"], status="withdrawn", closed_at=NOW, seq=1),
        hazard_row("YH-8", people.ids["guard"], due_at=NOW, seq=1),
    ]
    async with museum.database.transaction() as db:
        for row in rows:
            hazard = (await db.execute(insert(Hazard).values(**row).returning(Hazard.id))).scalar_one()
            event = {"hazard_id": hazard, "seq": 1, "move": "report", "after": "open", "place": row["place"]}
            event |= {"person_id": people.ids["guard"], "at": NOW, "note": WHAT["note"], "photos": [PHOTO]}
            await db.execute(insert(HazardEvent).values(**event))
    await sealing.catch_up(museum.database)
    assert (await proof(museum)).broken is None
