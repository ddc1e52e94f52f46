"""The chain of seals: all that was submitted is in it, and whatever is tampered with is found and named."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot import demo, sealing
from bot.app import opened
from handlers.mydata_erase import erase
from handlers.sealing import forget, seal
from handlers.sealing_records import BY_CODE, chained, load, write_salts
from models import (
    HazardEvent,
    HazardSignature,
    Inspection,
    InspectionItem,
    Person,
    Seal,
    Signature,
)
from models.seals import KINDS, unsealed
from tests.fixtures.hazards import NOW, chain_of
from tests.fixtures.postgres import Postgres
from tests.fixtures.sealing import patrol, proof, rounds, tampering
from tests.fixtures.templates import Templates, with_places
from tests.house import ZONE, House
from tests.records import inspection, item

LATER = timedelta(hours=2)
CLOSING = (
    ("chief", "order"), ("staff", "accept"), ("staff", "rectify"), ("leader", "pass"),
    ("director", "sign director"), ("deputy", "sign deputy"),
)  # fmt: skip

# what is done: (a statement, which record is named, what is said of it, its place in the chain)
CHANGES = {
    "a place": (update(Inspection).where(Inspection.id == 1).values(place="H1"), "inspection", "changed", 1),
    "a moment": (
        update(Inspection).where(Inspection.id == 2).values(submitted_at=datetime(2026, 1, 1, tzinfo=UTC)),
        "inspection",
        "changed",
        3,
    ),
    "who": (update(Inspection).where(Inspection.id == 1).values(person_id=2), "inspection", "changed", 1),
    "a state": (
        update(InspectionItem).where(InspectionItem.state == "bad").values(state="ok"),
        "inspection",
        "changed",
        3,
    ),
    "a note": (
        update(InspectionItem).where(InspectionItem.state == "bad").values(note="nothing"),
        "inspection",
        "changed",
        3,
    ),
    "photos": (
        update(InspectionItem).where(InspectionItem.state == "bad").values(photos=[]),
        "inspection",
        "changed",
        3,
    ),
    "a note more": (
        update(InspectionItem).where(InspectionItem.id == 1).values(note="seen"),
        "inspection",
        "changed",
        1,
    ),
    "a signer": (
        update(Signature).where(Signature.post == "second").values(person_id=1),
        "signature",
        "changed",
        6,
    ),
    "a step": (update(HazardEvent).values(move="fix"), "hazard_event", "changed", 5),
    "words of a step": (update(HazardEvent).values(note="nothing"), "hazard_event", "changed", 5),
    "what a step was given": (update(HazardEvent).values(data={"x": 1}), "hazard_event", "changed", 5),
    "a step gone": (delete(HazardEvent), "hazard_event", "removed", 5),
    "an item more": (insert(InspectionItem).values(item(2, 15, "fire", "ok")), "inspection", "changed", 3),
    "an item gone": (delete(InspectionItem).where(InspectionItem.id == 1), "inspection", "changed", 1),
    "a signature gone": (delete(Signature).where(Signature.id == 2), "signature", "removed", 4),
    "a seal gone": (delete(Seal).where(Seal.seq == 2), "inspection", "chain", 2),
    "the first seal gone": (delete(Seal).where(Seal.seq == 1), "signature", "chain", 1),
    "a head": (update(Seal).where(Seal.seq == 4).values(head="0" * 64), "signature", "chain", 4),
    "salts": (update(Seal).where(Seal.seq == 4).values(salts="{}"), "signature", "changed", 4),
    "salts of nothing": (update(Seal).where(Seal.seq == 4).values(salts="x"), "signature", "changed", 4),
    "hidden": (
        update(Inspection).where(Inspection.id == 2).values(current=False),
        "inspection",
        "not current",
        None,
    ),
}


async def test_all_that_was_submitted_is_in_the_chain(museum: House) -> None:
    await rounds(museum)
    found = await proof(museum)
    assert (found.broken, found.records, found.waiting, found.told) == (None, 6, 0, None)
    seals = await museum.rows(select(Seal).order_by(Seal.seq))
    assert [row.kind for row in seals] == ["inspection", "signature"] * 2 + ["hazard_event", "signature"]
    assert seals[5].name.endswith("-0002 second")
    assert found.head == seals[-1].head
    assert await museum.rows(select(unsealed)) == []
    assert (await proof(museum, seals[2].head[:20])).told == 3
    assert (await proof(museum, "0" * 20)).told is None


@pytest.mark.parametrize("change", CHANGES)
async def test_what_is_tampered_with_is_found_and_named(museum: House, change: str) -> None:
    await rounds(museum)
    statement, kind, what, seq = CHANGES[change]
    async with tampering(museum) as db:
        await db.execute(statement)
    broken = (await proof(museum)).broken
    assert broken is not None
    assert (broken.kind, broken.what, broken.seq) == (kind, what, seq)
    assert broken.name[:3] in ("XJ-", "YH-")


async def test_a_round_that_is_gone_with_all_that_belongs_to_it_is_missed(museum: House) -> None:
    await rounds(museum)
    async with tampering(museum) as db:
        await db.execute(delete(Signature).where(Signature.inspection_id == 1))
        await db.execute(delete(InspectionItem).where(InspectionItem.inspection_id == 1))
        await db.execute(delete(Inspection).where(Inspection.id == 1))
    broken = (await proof(museum)).broken
    assert broken is not None
    assert (broken.what, broken.name[-6:], broken.seq) == ("removed", "0001 1", 1)


async def test_what_is_cut_off_the_end_is_missed_by_a_head_that_was_told(museum: House) -> None:
    await rounds(museum)
    told = (await proof(museum)).head
    async with tampering(museum) as db:
        await db.execute(delete(Signature).where(Signature.post == "second"))
        await db.execute(delete(Seal).where(Seal.seq == 6))
    found = await proof(museum, told)
    assert (found.broken, found.told) == (None, None)


async def test_a_correction_breaks_nothing(museum: House) -> None:
    await rounds(museum)
    guard = await museum.someone("g", "guard")
    await guard.hears()
    await guard.taps("Correct")
    await guard.says("4 normal")
    await guard.says("mixed up two items")
    await guard.taps("Submit")
    await sealing.catch_up(museum.database)
    found = await proof(museum)
    assert (found.broken, found.records) == (None, 9)  # the round anew, its signature, the hazard withdrawn


async def test_a_signature_that_closed_a_hazard_is_in_the_chain(museum: House) -> None:
    people = await chain_of(museum)
    found = await people.finds()
    await people.done(found, *CLOSING)
    await sealing.catch_up(museum.database)
    whole = await proof(museum)
    assert (whole.broken, whole.records) == (None, 9)
    async with tampering(museum) as db:
        await db.execute(
            update(HazardSignature)
            .where(HazardSignature.post == "deputy")
            .values(person_id=people.ids["guard"])
        )
    broken = (await proof(museum)).broken
    assert broken is not None
    assert (broken.kind, broken.what, broken.name[-6:]) == ("hazard_signature", "changed", "deputy")
    async with tampering(museum) as db:
        await db.execute(delete(HazardSignature).where(HazardSignature.post == "deputy"))
    broken = (await proof(museum)).broken
    assert broken is not None
    assert (broken.kind, broken.what, broken.name[-6:]) == ("hazard_signature", "removed", "deputy")


async def test_whoever_closed_a_hazard_is_erased_and_the_chain_stays_valid(museum: House) -> None:
    people = await chain_of(museum)
    await people.done(await people.finds(), *CLOSING)
    await sealing.catch_up(museum.database)
    async with museum.database.transaction() as db:
        await db.execute(update(Person).values(roles=frozenset(), active=False))
        for person in people.ids.values():
            await erase(db, person, datetime.now(UTC))
    found = await proof(museum)
    assert (found.broken, found.records) == (None, 9)
    assert not {row.name for row in await museum.rows(select(Person.name))} & set(people.ids)


async def test_a_step_put_in_between_is_found_and_named(museum: House) -> None:
    people = await chain_of(museum)
    hazard = await people.finds()
    await people.done(hazard, ("chief", "order"), ("staff", "accept"))
    await sealing.catch_up(museum.database)
    async with tampering(museum) as db:
        [order] = await db.execute(select(HazardEvent.__table__).where(HazardEvent.seq == 2))
        forged = {**order._asdict(), "id": 99, "seq": 4, "move": "external", "at": NOW - LATER}
        await db.execute(insert(HazardEvent).values(**forged))
        await db.execute(delete(unsealed))
    broken = (await proof(museum, later=LATER)).broken
    assert broken is not None
    assert (broken.what, broken.kind, broken.name[:3]) == ("unsealed", "hazard_event", "YH-")
    # Nor does a seal for it help, as right as one seal can be made: the next does not follow from it.
    async with tampering(museum) as db:
        await db.execute(update(Seal).where(Seal.seq > 2).values(seq=Seal.seq + 100))
        await db.execute(update(Seal).where(Seal.seq > 2).values(seq=Seal.seq - 99))
        before = (await db.execute(select(Seal.head).where(Seal.seq == 2))).scalar_one()
        record = (await load(db, BY_CODE["hazard_event"], [99]))[99]
        salts = record.new_salts()
        digest = record.digest(salts)
        seal_of_it = {
            "seq": 3, "kind": "hazard_event", "record_id": 99, "name": record.name, "digest": digest,
            "head": chained(before, digest), "salts": write_salts(salts), "sealed_at": NOW,
        }  # fmt: skip
        await db.execute(insert(Seal).values(**seal_of_it))
    broken = (await proof(museum)).broken
    assert broken is not None
    assert (broken.what, broken.name[-6:], broken.seq) == ("chain", "accept", 4)


async def test_what_waits_too_long_is_said(museum: House) -> None:
    await rounds(museum)
    guard = await museum.someone("g", "guard")
    await patrol(guard, "all normal")
    found = await proof(museum)
    assert (found.broken, found.waiting) == (None, 2)
    async with tampering(museum) as db:
        await db.execute(delete(unsealed))
    await sealing.catch_up(museum.database)
    broken = (await proof(museum, later=LATER)).broken
    assert broken is not None
    assert (broken.what, broken.kind, broken.seq) == ("unsealed", "inspection", None)
    assert broken.name.endswith("-0003")


async def test_who_has_left_is_erased_and_the_chain_stays_valid(museum: House) -> None:
    await rounds(museum)
    guard = await museum.someone("g", "guard")
    async with museum.database.transaction() as db:
        await db.execute(update(Person).where(Person.name == "g").values(roles=frozenset(), active=False))
    await guard.says("/mydata")
    await guard.taps("Erase")
    assert "Erased" in await guard.taps("Erase for good")
    found = await proof(museum)
    assert (found.broken, found.records, found.erased) == (None, 6, 0)


async def test_words_are_erased_with_their_salt_and_the_chain_stays_valid(museum: House) -> None:
    await rounds(museum)
    bad = update(InspectionItem).where(InspectionItem.state == "bad")
    with pytest.raises(IntegrityError):
        async with museum.database.transaction() as db:
            await db.execute(bad.values(note=None))
    async with museum.database.transaction() as db:
        await forget(db, "inspection", 2, "inspection_items.note")
        await db.execute(bad.values(note=None))
    found = await proof(museum)
    assert (found.broken, found.records, found.erased) == (None, 6, 1)
    with pytest.raises(IntegrityError):
        async with museum.database.transaction() as db:
            await db.execute(bad.values(note="something else"))
    async with tampering(museum) as db:
        await db.execute(bad.values(note="something else"))
    broken = (await proof(museum)).broken
    assert broken is not None
    assert (broken.what, broken.seq) == ("changed", 3)


async def test_what_was_forgotten_while_it_holds_words_is_no_erasure(museum: House) -> None:
    await rounds(museum)
    async with museum.database.transaction() as db:
        await forget(db, "inspection", 2, "inspection_items.note")
    broken = (await proof(museum)).broken
    assert broken is not None
    assert (broken.what, broken.seq) == ("changed", 3)


async def test_sample_data_is_not_sealed_and_may_go(museum: House) -> None:
    await rounds(museum)
    async with museum.database.transaction() as db:
        await demo.make(db, datetime.now(UTC), ZONE)
    assert await sealing.catch_up(museum.database) == 0
    async with museum.database.transaction() as db:
        await demo.remove(db)
    found = await proof(museum, later=LATER)
    assert (found.broken, found.records) == (None, 6)


async def test_two_workers_seal_without_gaps(museum: House) -> None:
    who = (await museum.someone("g", "guard")).house
    async with opened(museum.database.url) as second:

        async def submit(number: int) -> None:
            async with who.database.transaction() as db:
                values = inspection(f"XJ-20261122-{number:04d}", 1)
                made = insert(Inspection).values(**values).returning(Inspection.id)
                signed: dict[str, Any] = {
                    "inspection_id": (await db.execute(made)).scalar_one(),
                    "person_id": 1,
                }
                signed |= {"post": "inspector", "signed_at": values["submitted_at"]}
                await db.execute(insert(Signature).values(**signed))

        for start in range(0, 40, 10):
            await asyncio.gather(
                *(submit(start + number) for number in range(10)),
                sealing.catch_up(museum.database),
                sealing.catch_up(second),
            )
    await sealing.catch_up(museum.database)
    found = await proof(museum)
    assert (found.broken, found.records, found.waiting) == (None, 80, 0)


async def test_what_is_committed_late_with_a_lower_id_is_sealed_too(
    templates: Templates, postgres: Postgres
) -> None:
    with templates.database(with_places, postgres) as url:
        async with opened(url) as database:
            person = {"name": "g", "roles": frozenset(), "active": True, "created_at": datetime.now(UTC)}
            async with database.transaction() as db:
                await db.execute(insert(Person).values(**person, sample=False))
            async with database.transaction() as early:
                await early.execute(insert(Inspection).values(inspection("XJ-20261122-0001", 1)))
                async with database.transaction() as db:
                    await db.execute(insert(Inspection).values(inspection("XJ-20261122-0002", 1)))
                assert await sealing.catch_up(database) == 1
            assert await sealing.catch_up(database) == 1
            async with database.reading() as db:
                sealed = list(await db.scalars(select(Seal.record_id).order_by(Seal.seq)))
            assert sealed == [2, 1]


async def test_nobody_waits_while_another_worker_seals(templates: Templates, postgres: Postgres) -> None:
    with templates.database(with_places, postgres) as url:
        async with opened(url) as first, opened(url) as second:
            async with first.transaction() as db:
                await seal(db, datetime.now(UTC))
                async with second.transaction() as other:
                    await other.execute(insert(unsealed).values(kind="inspection", record_id=1))
                assert await sealing.catch_up(second) == 0
            assert await sealing.catch_up(second) == 1


async def test_a_record_is_digested_the_same_on_every_database(museum: House) -> None:
    """In this very form for ever, or every old seal would be broken."""
    day = date(2026, 5, 3)
    person = {"name": "g", "roles": frozenset(), "active": True, "created_at": datetime.now(UTC)}
    await museum.add(Person, {**person, "sample": False})
    where = {"latitude": 37.4513, "longitude": 116.3105, "accuracy": 12.0}
    await museum.add(Inspection, inspection("XJ-20260503-0001", 1, day, location=where, note="更正"))
    await museum.add(
        Signature,
        {
            "inspection_id": 1,
            "person_id": 1,
            "post": "inspector",
            "signed_at": datetime(2026, 5, 3, tzinfo=UTC),
        },
    )
    async with museum.database.reading() as db:
        digests = {}
        for kind in KINDS[:2]:
            record = (await load(db, BY_CODE[kind.code], [1]))[1]
            salts = dict.fromkeys(record.personal(), "00" * 16)
            digests[kind.code] = record.digest(salts)
    assert digests == DIGESTS


DIGESTS = {
    "inspection": "93a2177a83bfb27d49ed7e180e3b4542ac50ece49643cafacf5d4326a07b45c2",
    "signature": "d06d8493eb94999829b48132f5e2ff3f9200f56ae8b8363e1233db1dd1da5eb5",
}
