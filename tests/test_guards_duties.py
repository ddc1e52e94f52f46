"""Hand-overs, spot checks, letters and rounds stay as they were submitted, and signatures are sealed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from bot import sealing
from bot.engine import utc_now
from handlers.mydata_erase import erase
from handlers.sealing import forget
from models import (
    REFUSED,
    Handover,
    Inspection,
    Letter,
    LetterCopy,
    Person,
    Round,
    RoundPlan,
    Seal,
    SpotCheck,
)
from models.seals import unsealed
from tests.fixtures.sealing import proof, tampering
from tests.house import House
from tests.records import NOW, TODAY, inspection

KINDS = ["handover", "spot_check", "letter", "letter_copy"]
LATER = timedelta(hours=2)
FINAL = {"handover": Handover.id == 1, "copy": LetterCopy.id == 1}


def handover(number: str, **more: Any) -> dict[str, Any]:
    return {
        "number": number, "day": TODAY, "giver_id": 1, "taker_id": 2, "hazards": ["YH-1"], "keys": "complete",
        "remarks": "the lift", "photos": [], "status": "given", "given_at": NOW, "signed_at": None,
        "sample": False, **more,
    }  # fmt: skip


def round_(place: str, status: str, **more: Any) -> dict[str, Any]:
    return {
        "plan_id": 1, "place": place, "checklist": "fire", "day": TODAY, "due_at": NOW, "opens_at": NOW,
        "ends_at": NOW, "person_id": 1, "status": status, "done_at": None,
        "inspection_id": None, "reason": None, "reason_by": None, "reason_at": None, "sample": False, **more,
    }  # fmt: skip


async def duties(house: House) -> None:
    """Of each sort one that is done with, and where there are steps one that is not (id 2)."""
    for name in ("g", "t"):
        await house.someone(name, "guard")
    signed = {"status": "signed", "signed_at": NOW}
    await house.add(Handover, handover("JJ-1", **signed), handover("JJ-2"))
    spot = {"number": "DC-1", "day": TODAY, "person_id": 1, "subject_id": 2, "place": "L1-P3"}
    await house.add(
        SpotCheck, {**spot, "finding": "asleep", "outcome": "critic", "made_at": NOW, "sample": False}
    )
    letter = {"post": "guard", "year": 2026, "version": 1, "body_zh": "我", "body_en": "I", "issued_by": 2}
    await house.add(Letter, {**letter, "issued_at": NOW, "sample": False})
    copy = {"letter_id": 1, "sent_at": NOW, "sample": False}
    await house.add(
        LetterCopy, {**copy, "person_id": 1, "signed_at": NOW}, {**copy, "person_id": 2, "signed_at": None}
    )
    plan = {"checklist": "fire", "place": "L1-P3", "schedule": {}, "remind": 0, "grace": 30, "since": NOW}
    await house.add(RoundPlan, {**plan, "post": "guard", "created_by": 1, "created_at": NOW, "sample": False})
    await house.add(Inspection, inspection("XJ-1", 1))
    done = {"done_at": NOW, "inspection_id": 1}
    await house.add(
        Round, round_("A", "done", **done), round_("B", "missed"), round_("C", "due"),
        round_("D", "missed", reason="busy", reason_by=1, reason_at=NOW), round_("E", "late", **done),
    )  # fmt: skip
    await sealing.catch_up(house.database)


async def changed(house: House, statement: Any) -> None:
    async with house.database.transaction() as db:
        await db.execute(statement)


def a_round(place: str, **values: Any) -> Any:
    return update(Round).where(Round.place == place).values(**values)


REFUSALS = {
    "what was handed over": update(Handover).where(Handover.id == 1).values(keys="one is missing"),
    "a signature taken back": update(Handover).where(Handover.id == 1).values(status="given", signed_at=None),
    "what the giver said": update(Handover).where(Handover.id == 2).values(remarks=None),
    "who is to take over": update(Handover).where(Handover.id == 2).values(taker_id=1),
    "a hand-over": delete(Handover).where(Handover.id == 1),
    "a hand-over half signed": delete(Handover).where(Handover.id == 2),
    "a hand-over as a sample": update(Handover).values(sample=True),
    "what a supervisor found": update(SpotCheck).values(finding="all well"),
    "what came of it": update(SpotCheck).values(outcome="good"),
    "a spot check": delete(SpotCheck),
    "the words of a letter": update(Letter).values(body_zh="你"),
    "a letter": delete(Letter),
    "who signed a letter": update(LetterCopy).where(LetterCopy.id == 1).values(person_id=2),
    "a letter's signature": update(LetterCopy).where(LetterCopy.id == 1).values(signed_at=None),
    "whose copy it is": update(LetterCopy).where(LetterCopy.id == 2).values(person_id=1),
    "a copy": delete(LetterCopy).where(LetterCopy.id == 2),
    "a round that was made": a_round("A", status="missed"),
    "who made it": a_round("A", person_id=2),
    "a late one": a_round("E", status="done"),
    "a missed one made": a_round("B", status="done", inspection_id=1),
    "a missed one switched off": a_round("B", status="off"),
    "a missed one late without an inspection": a_round("B", status="late"),
    "who missed it": a_round("B", person_id=2),
    "when it was due": a_round("B", due_at=NOW + LATER),
    "a reason changed": a_round("D", reason="ill"),
    "a reason taken back": a_round("D", reason=None),
    "a round": delete(Round).where(Round.place == "B"),
    "a round to come": delete(Round).where(Round.place == "C"),
}


@pytest.mark.parametrize("what", REFUSALS)
async def test_it_is_refused(museum: House, what: str) -> None:
    await duties(museum)
    with pytest.raises(IntegrityError, match=REFUSED):
        await changed(museum, REFUSALS[what])


async def test_what_is_still_to_come_is_let_through(museum: House) -> None:
    await duties(museum)
    for statement in (
        update(Handover).where(Handover.id == 2).values(status="disputed", dispute="keys", signed_at=NOW),
        update(LetterCopy).where(LetterCopy.id == 2).values(reminded_at=NOW),
        update(LetterCopy).where(LetterCopy.id == 2).values(signed_at=NOW),
        a_round("C", status="started", started_at=NOW, person_id=2),
        a_round("C", status="missed"),
        a_round("B", reason="ill", reason_by=1, reason_at=NOW),
        a_round("B", status="late", done_at=NOW, person_id=2, inspection_id=1),
    ):
        await changed(museum, statement)


async def test_samples_may_go(museum: House) -> None:
    await duties(museum)
    await museum.add(Handover, handover("JJ-9", sample=True, signed_at=NOW))
    await museum.add(Round, round_("Z", "done", sample=True))
    for table in (Handover, Round):
        await changed(museum, delete(table).where(table.sample))
    found = await proof(museum)
    assert (found.broken, found.records) == (None, 5)


async def test_what_is_signed_is_sealed_when_it_is(museum: House) -> None:
    await duties(museum)
    seals = await museum.rows(select(Seal.kind, Seal.name).order_by(Seal.seq))
    assert sorted(row.kind for row in seals) == sorted([*KINDS, "inspection"])
    assert {row.name for row in seals} >= {"JJ-1 signed", "2026 guard 1", "2026 guard 1 1"}
    found = await proof(museum, later=LATER)  # what waits for a signature is none to be sealed
    assert (found.broken, found.waiting) == (None, 0)
    await changed(museum, update(Handover).where(Handover.id == 2).values(status="signed", signed_at=NOW))
    await changed(museum, update(LetterCopy).where(LetterCopy.id == 2).values(signed_at=NOW))
    await sealing.catch_up(museum.database)
    found = await proof(museum)
    assert (found.broken, found.records) == (None, 7)


@pytest.mark.parametrize(
    ("statement", "kind", "what"),
    [
        (update(Handover).where(FINAL["handover"]).values(keys="one is missing"), "handover", "changed"),
        (update(Handover).where(FINAL["handover"]).values(signed_at=None), "handover", "changed"),
        (update(SpotCheck).values(finding="all well"), "spot_check", "changed"),
        (delete(SpotCheck), "spot_check", "removed"),
        (update(Letter).values(body_zh="你"), "letter", "changed"),
        (update(LetterCopy).where(FINAL["copy"]).values(sent_at=NOW + LATER), "letter_copy", "changed"),
        (delete(LetterCopy).where(FINAL["copy"]), "letter_copy", "removed"),
        (update(LetterCopy).where(LetterCopy.id == 2).values(signed_at=NOW), "letter_copy", "unsealed"),
    ],
)
async def test_what_is_tampered_with_is_found_and_named(
    museum: House, statement: Any, kind: str, what: str
) -> None:
    await duties(museum)
    async with tampering(museum) as db:
        await db.execute(statement)
        await db.execute(delete(unsealed))
    broken = (await proof(museum, later=utc_now() - NOW + LATER)).broken
    assert broken is not None
    assert (broken.kind, broken.what) == (kind, what)


async def test_who_has_left_is_erased_and_the_chain_stays_valid(museum: House) -> None:
    await duties(museum)
    async with museum.database.transaction() as db:
        await db.execute(update(Person).values(roles=frozenset(), active=False))
        for person in (1, 2):
            await erase(db, person, utc_now())
        await forget(db, "handover", 1, "remarks")
        await db.execute(update(Handover).where(Handover.id == 1).values(remarks=None))
    found = await proof(museum)
    assert (found.broken, found.records, found.erased) == (None, 5, 1)
