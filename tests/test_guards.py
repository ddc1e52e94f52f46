"""The database itself refuses to change or remove what was submitted, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from models import REFUSED, Audit, Inspection, InspectionItem, Person, Seal, Signature
from tests.fixtures.sealing import rounds
from tests.house import House

REFUSALS = {
    "an inspection's place": update(Inspection).values(place="H1"),
    "an inspection's person": update(Inspection).values(person_id=2),
    "an inspection's photos": update(Inspection).values(spot_photos=[{"sha": "x"}]),
    "an inspection's location": update(Inspection).values(location={"latitude": 1.0}),
    "an inspection": delete(Inspection),
    "an item's state": update(InspectionItem).where(InspectionItem.state == "bad").values(state="ok"),
    "an item's note": update(InspectionItem).where(InspectionItem.state == "bad").values(note=None),
    "an item": delete(InspectionItem).where(InspectionItem.id == 1),
    "a signature's person": update(Signature).values(person_id=2),
    "a signature": delete(Signature).where(Signature.id == 1),
    "a seal's digest": update(Seal).values(digest="0" * 64),
    "a seal's head": update(Seal).values(head="0" * 64),
    "a seal": delete(Seal).where(Seal.seq == 1),
    "an act": update(Audit).values(action="nothing"),
    "an act's person": update(Audit).values(actor_id=None),
    "an act gone": delete(Audit),
    "made sample data": update(Inspection).values(sample=True),
    "by hand": text("UPDATE inspections SET day = '2020-01-01'"),
}


async def changed(house: House, statement: Any) -> None:
    async with house.database.transaction() as db:
        await db.execute(statement)


@pytest.mark.parametrize("what", REFUSALS)
async def test_it_is_refused(museum: House, what: str) -> None:
    await rounds(museum)
    act = {"actor_id": 1, "action": "given", "detail": {}, "at": datetime.now(UTC)}
    await museum.add(Audit, act)
    with pytest.raises(IntegrityError, match=REFUSED):
        await changed(museum, REFUSALS[what])


async def test_what_is_corrected_is_current_no_more_and_never_again(museum: House) -> None:
    await rounds(museum)
    await changed(museum, update(Inspection).values(current=False))
    await changed(museum, update(Inspection).values(current=False))
    with pytest.raises(IntegrityError, match=REFUSED):
        await changed(museum, update(Inspection).values(current=True))


async def test_old_acts_and_those_of_sample_people_may_go(museum: House) -> None:
    now = datetime.now(UTC)
    person = {"name": "示例", "roles": frozenset(), "active": False, "created_at": now, "sample": True}
    await museum.add(Person, person)
    act: dict[str, Any] = {"action": "given", "detail": {}}
    async with museum.database.transaction() as db:
        sample = await db.scalar(select(Person.id).where(Person.sample))
        rows = [
            {**act, "subject_id": None, "at": now - timedelta(days=1100)},
            {**act, "subject_id": sample, "at": now},
        ]
        await db.execute(insert(Audit), rows)
    await changed(museum, delete(Audit).where(Audit.action == "given"))
    assert await museum.rows(select(Audit).where(Audit.action == "given")) == []
