"""The chain of seals over submitted records: made longer, and kept valid where personal data is erased."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.sealing_records import (
    BY_CODE,
    ERASED,
    Record,
    chained,
    in_order,
    load,
    read_salts,
    write_salts,
)
from models.seals import Kind, Seal, unsealed

FIRST: Final = "0" * 64  # the head of a chain without records
MOST: Final = 200  # marks taken in one transaction: on SQLite everybody else who writes waits for it
_LOCK: Final = (
    0x446F63656E76  # PostgreSQL's number for the lock; bot/migrate.py and bot/election.py have others
)


@dataclass(frozen=True, slots=True)
class End:
    """Where the chain ends."""

    seq: int = 0
    head: str = FIRST
    sealed_at: datetime | None = None


async def end(db: AsyncConnection) -> End:
    """The last seal."""
    query = select(Seal.seq, Seal.head, Seal.sealed_at).order_by(Seal.seq.desc()).limit(1)
    last = (await db.execute(query)).first()
    return End(last.seq, last.head, last.sealed_at) if last is not None else End()


async def waiting(db: AsyncConnection) -> bool:
    """Whether there is anything to seal."""
    return (await db.execute(select(unsealed).limit(1))).first() is not None


async def seal(db: AsyncConnection, now: datetime) -> int:
    """Seal what has been submitted since, up to MOST records; returns how many marks were worked off.

    Nobody waits for it: while another worker seals, nothing is done and 0 returned.
    """
    if not await _turn(db, wait=False):
        return 0
    marks = list(await db.execute(select(unsealed).order_by(unsealed.c.record_id).limit(MOST)))
    ids = _by_kind((mark.kind, mark.record_id) for mark in marks)
    found = [await _new(db, BY_CODE[code], some) for code, some in ids.items() if code in BY_CODE]
    await _append(db, in_order(chain.from_iterable(found)), now)
    for code, some in ids.items():
        mine = (unsealed.c.kind == code, unsealed.c.record_id.in_(some))
        await db.execute(delete(unsealed).where(*mine))
    return len(marks)


async def forget(db: AsyncConnection, kind: str, record_id: int, *fields: str) -> None:
    """Have the chain stay valid though `fields` of a record are erased, which the caller does after this, in
    the same transaction: in place of their salts their hashes are kept, from which nothing can be guessed.

    Fields of rows that belong to the record are named with their table: `inspection_items.note`.
    """
    await _turn(db, wait=True)  # or the record might be sealed between this and the erasure
    mine = (Seal.kind == kind, Seal.record_id == record_id)
    sealed = await db.scalar(select(Seal.salts).where(*mine))
    record = (await load(db, BY_CODE[kind], [record_id])).get(record_id)
    if sealed is None or record is None:
        return
    salts = read_salts(sealed)
    hashes = record.hashes(salts)
    salts |= {
        name: f"{ERASED}{hashes[name]}"
        for name in fields
        if name in salts and not salts[name].startswith(ERASED)
    }
    await db.execute(update(Seal).where(*mine).values(salts=write_salts(salts)))


async def _turn(db: AsyncConnection, *, wait: bool) -> bool:
    """Be the only one who works on the chain until the transaction ends; False if another does.

    On SQLite whoever writes is alone.
    """
    if db.dialect.name != "postgresql":
        return True
    lock = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    got = await db.scalar(text(f"SELECT {lock}(:lock)"), {"lock": _LOCK})
    return wait or bool(got)


async def _new(db: AsyncConnection, kind: Kind, ids: list[int]) -> list[Record]:
    """Those of the records that are not sealed; sample data that is gone since is not there."""
    query = select(Seal.record_id).where(Seal.kind == kind.code, Seal.record_id.in_(ids))
    sealed = set(await db.scalars(query))
    return list((await load(db, kind, [id for id in ids if id not in sealed])).values())


async def _append(db: AsyncConnection, records: list[Record], now: datetime) -> None:
    last = await end(db)
    seq, head = last.seq, last.head
    rows: list[dict[str, Any]] = []
    for record in records:
        salts = record.new_salts()
        digest = record.digest(salts)
        seq, head = seq + 1, chained(head, digest)
        rows.append(
            {
                "seq": seq,
                "kind": record.kind.code,
                "record_id": record.row.id,
                "name": record.name,
                "digest": digest,
                "head": head,
                "salts": write_salts(salts),
                "sealed_at": now,
            }
        )
    if rows:
        await db.execute(insert(Seal), rows)


def _by_kind(marks: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    ids: dict[str, dict[int, None]] = defaultdict(dict)  # in order, each once
    for kind, record_id in marks:
        ids[kind][record_id] = None
    return {kind: list(some) for kind, some in ids.items()}
