"""Proving the chain of seals over the whole database, a few records at a time, or finding what is wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from handlers.hazard_replay import first_other
from handlers.sealing import FIRST
from handlers.sealing_records import BY_CODE, ERASED, Record, chained, load, read_salts, real
from models import Inspection
from models.seals import KINDS, Seal

CHUNK: Final = 500  # seals at once
GRACE: Final = timedelta(hours=1)  # in which a record must have been sealed
LEAST_OF_A_HEAD: Final = 12  # hexadecimal digits by which a head may be named

What = Literal["changed", "removed", "unsealed", "not current", "chain", "differs"]


@dataclass(frozen=True, slots=True)
class Broken:
    """The first thing that is wrong. `seq` is its place in the chain, None for what is not in it."""

    what: What
    kind: str
    name: str
    seq: int | None


@dataclass(slots=True)
class Proof:
    """What was found. `told` is the place in the chain of the head that was asked about."""

    records: int = 0
    head: str = FIRST
    sealed_at: datetime | None = None
    erased: int = 0  # personal fields whose content is gone
    waiting: int = 0  # records that are to be sealed soon
    told: int | None = None
    broken: Broken | None = None


async def prove(db: AsyncConnection, now: datetime, told: str = "") -> Proof:
    """Go through the chain from its beginning and through all records there are. `told` is a head, or how
    one begins. `db` sees everything as of one moment."""
    proof = Proof()
    async for seals in _chunks(db):
        records = await _records(db, seals)
        for seal in seals:
            proof.broken = _wrong(proof, seal, records.get((seal.kind, seal.record_id)))
            if proof.broken is not None:
                return proof
            if told and seal.head.startswith(told):
                proof.told = seal.seq
    proof.broken = await _not_current(db) or await _unsealed(db, now, proof) or await _differs(db)
    return proof


async def _chunks(db: AsyncConnection) -> AsyncIterator[Sequence[Row[Any]]]:
    """All seals in their order."""
    after: int | None = None
    while True:
        query = select(*Seal.__table__.columns).order_by(Seal.seq).limit(CHUNK)
        seals = (await db.execute(query if after is None else query.where(Seal.seq > after))).all()
        if not seals:
            return
        yield seals
        after = seals[-1].seq


async def _records(db: AsyncConnection, seals: Sequence[Row[Any]]) -> dict[tuple[str, int], Record]:
    ids: dict[str, list[int]] = defaultdict(list)
    for seal in seals:
        ids[seal.kind].append(seal.record_id)
    found: dict[tuple[str, int], Record] = {}
    for code, some in ids.items():
        if code in BY_CODE:
            loaded = await load(db, BY_CODE[code], some)
            found |= {(code, id): record for id, record in loaded.items()}
    return found


def _wrong(proof: Proof, seal: Row[Any], record: Record | None) -> Broken | None:
    """What is wrong about one seal, if anything; else the proof is that much longer."""
    salts = read_salts(seal.salts)
    if seal.seq != proof.records + 1:
        return Broken("chain", seal.kind, seal.name, proof.records + 1)
    if record is None:
        return Broken("removed", seal.kind, seal.name, seal.seq)
    if record.digest(salts) != seal.digest:
        return Broken("changed", seal.kind, record.name, seal.seq)
    if chained(proof.head, seal.digest) != seal.head:
        return Broken("chain", seal.kind, seal.name, seal.seq)
    proof.records, proof.head, proof.sealed_at = seal.seq, seal.head, seal.sealed_at
    proof.erased += sum(salt.startswith(ERASED) for salt in salts.values())
    return None


async def _not_current(db: AsyncConnection) -> Broken | None:
    """The first inspection that is hidden though nothing corrects it, or shown though something does."""
    newer = aliased(Inspection)
    corrected = (
        select(newer.id)
        .where(newer.number == Inspection.number, newer.revision > Inspection.revision)
        .exists()
    )
    query = (
        select(Inspection.number, Inspection.revision)
        .where(~Inspection.sample, Inspection.current == corrected)
        .order_by(Inspection.id)
        .limit(1)
    )
    found = (await db.execute(query)).first()
    if found is None:
        return None
    return Broken("not current", "inspection", f"{found.number} {found.revision}", None)


async def _differs(db: AsyncConnection) -> Broken | None:
    """The first hazard whose row says another thing than its events, which are sealed."""
    found = await first_other(db)
    return Broken("differs", "hazard", found, None) if found is not None else None


async def _unsealed(db: AsyncConnection, now: datetime, proof: Proof) -> Broken | None:
    """Count what waits to be sealed; the first record that has waited too long, if any does."""
    for kind in KINDS:
        table = kind.table.__table__
        sealed = select(Seal.seq).where(Seal.kind == kind.code, Seal.record_id == table.c.id).exists()
        query = real(kind).where(~sealed)
        late = query.where(table.c[kind.at] < now - GRACE).order_by(table.c.id).limit(1)
        if (found := (await db.execute(late)).first()) is not None:
            return Broken("unsealed", kind.code, found.number, None)
        proof.waiting += await db.scalar(select(func.count()).select_from(query.subquery())) or 0
    return None
