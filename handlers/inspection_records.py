"""Storing an inspection for good: its items, the inspector's signature, and the hazards it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import hazard_moves, place_codes, rounds_records
from handlers.hazard_words import title_of
from handlers.kit.buttons import id_in
from handlers.kit.kinds.photos import as_json
from handlers.kit.words import Both
from handlers.work import Work
from models import (
    UNSOLVED,
    Checklist,
    Hazard,
    HazardEvent,
    Inspection,
    InspectionItem,
    Place,
    Signature,
)

if TYPE_CHECKING:
    from handlers.inspection import Inspection as InspectionForm


@dataclass(frozen=True, slots=True)
class Stored:
    """An inspection as it was stored. `waits_for` is the role that signs second, if any."""

    id: int
    number: str
    too_fast: bool
    waits_for: str | None


async def store(work: Work, form: InspectionForm) -> Stored:
    """Write the records of a submitted form. A correction becomes the next revision of its number."""
    facts, states = form.facts, form.items
    corrects = await _newest(work.db, facts["corrects"]["number"]) if facts.get("corrects") else None
    number = corrects.number if corrects else await work.number("XJ")
    seconds = max(0, int((work.now - (work.started or work.now)).total_seconds()))
    too_fast = corrects is None and seconds < work.rules.seconds_per_item * len(facts["items"])
    if corrects is not None:
        await work.db.execute(update(Inspection).where(Inspection.number == number).values(current=False))
    values = {
        "number": number,
        "revision": corrects.revision + 1 if corrects else 1,
        "current": True,
        "person_id": work.me.id,
        "place": facts["place"],
        "checklist_id": facts["checklist"],
        "day": corrects.day if corrects else work.today,
        "started_at": work.started or work.now,
        "submitted_at": work.now,
        "presence": _presence(form),
        "location": form.position,
        "away": await place_codes.away_from(work.db, facts["place"], form.position),
        "seconds": seconds,
        "batch": any(one["how"] == "batch" for one in states.values()),
        "too_fast": too_fast,
        "failed": sum(one["state"] == "bad" for one in states.values()),
        "note": form.reason,
        "spot_photos": as_json(form.spot or []),
        "sample": corrects is not None and corrects.sample,  # what is done to a sample goes with it
    }
    inspection_id = (
        await work.db.execute(insert(Inspection).values(**values).returning(Inspection.id))
    ).scalar_one()
    await work.db.execute(insert(InspectionItem), _item_rows(form, inspection_id))
    inspector = {
        "inspection_id": inspection_id,
        "person_id": work.me.id,
        "post": "inspector",
        "signed_at": work.now,
    }
    work.leave(Signature, inspector)
    await _hazards(work, form, inspection_id, number, sample=values["sample"])
    if corrects is None:
        await rounds_records.submitted(work, facts["place"], facts["checklist"], inspection_id)
    waits_for = await second_signer(work.db, facts["checklist"])
    return Stored(inspection_id, number, too_fast, waits_for)


async def one_inspection(db: AsyncConnection, key: str) -> Row[Any] | None:
    """The inspection with that id."""
    query = select(Inspection).where(Inspection.id == id_in(key))
    return (await db.execute(query)).first()


async def items_of(db: AsyncConnection, inspection_id: int) -> list[Row[Any]]:
    query = select(InspectionItem).where(InspectionItem.inspection_id == inspection_id)
    return list(await db.execute(query.order_by(InspectionItem.number)))


async def second_signer(db: AsyncConnection, checklist_id: int) -> str | None:
    """The role whose signature the checklist wants under the inspector's, if any."""
    body = await db.scalar(select(Checklist.body).where(Checklist.id == checklist_id))
    signs = (body or {}).get("signs", [])
    return str(signs[1]["role"]) if len(signs) > 1 else None


async def answers_of(db: AsyncConnection, inspection: Row[Any]) -> dict[str, Any]:
    """A stored inspection as the answers it was made of, to be corrected."""
    answers: dict[str, Any] = {"items": {}, "spot": inspection.spot_photos or None}
    if inspection.location:
        answers["position"] = inspection.location
    for item in await items_of(db, inspection.id):
        state = {"state": item.state, "at": item.seconds, "how": item.how}
        if item.state != "bad":
            answers["items"][str(item.number)] = {**state, **({"note": item.note} if item.note else {})}
            continue
        answers["items"][str(item.number)] = state
        answers[f"faults/{item.number}/note"] = item.note
        answers[f"faults/{item.number}/fixed"] = "yes" if item.fixed else "no"
        if item.photos:
            answers[f"faults/{item.number}/photos"] = item.photos
    return answers


def _presence(form: InspectionForm) -> str:
    """How presence was shown: the point's code, else the device's location, else not at all."""
    shown = str(form.facts["presence"])
    return "location" if shown == "none" and form.position else shown


def _item_rows(form: InspectionForm, inspection_id: int) -> list[dict[str, Any]]:
    rows = []
    elapsed = _elapsed(form.items)
    for number, item in enumerate(form.facts["items"], 1):
        state = form.items[str(number)]
        fault = form.faults.get(str(number))
        rows.append(
            {
                "inspection_id": inspection_id,
                "number": number,
                "key": item["key"],
                "category": item["category"],
                "state": state["state"],
                "how": state["how"],
                "seconds": elapsed[str(number)],
                "note": fault.note if fault else state.get("note"),
                "photos": as_json(fault.photos or []) if fault else [],
                "fixed": bool(fault and fault.fixed == "yes"),
            }
        )
    return rows


def _elapsed(states: Mapping[str, Any]) -> dict[str, int]:
    """Seconds spent on each item: since the answer before it, shared by those answered together."""
    spent, before = {}, 0
    for moment in sorted({one["at"] for one in states.values()}):
        together = [number for number, one in states.items() if one["at"] == moment]
        for number in together:
            spent[number] = (moment - before) // len(together)
        before = moment
    return spent


async def _hazards(
    work: Work, form: InspectionForm, inspection_id: int, number: str, *, sample: bool
) -> None:
    """A hazard for each abnormal item not known from the revision before; those mended are withdrawn."""
    known = await _known_hazards(work.db, number)
    found = {form.facts["items"][int(key) - 1]["key"]: fault for key, fault in form.faults.items()}
    for item_key, hazard in known.items():
        if item_key not in found and hazard.status == "open":
            await hazard_moves.move(work, hazard.id, "withdraw", correction=True, note=form.reason)
    counted = {row.item_key for row in await found_again(work.db, number)}
    for item_key, fault in found.items():
        if item_key in known or item_key in counted:
            continue
        what = _hazard(form, fault, inspection_id)
        after = as_json(fault.after or []) if fault.fixed == "yes" else None
        if after is not None or not await _is_known(work, what):
            await hazard_moves.begin(work, after=after, sample=sample, **what)


async def _is_known(work: Work, what: Mapping[str, Any]) -> bool:
    """Whether the same item is open at the same place already, and so was only found again, which it now
    says."""
    # Whoever finds the same at this very moment waits here, and then sees it.
    await work.db.execute(select(Place.id).where(Place.code == what["place"]).with_for_update())
    same = (Hazard.place == what["place"], Hazard.item_key == what["item_key"])
    query = select(Hazard.id).where(*same, Hazard.status.in_(UNSOLVED), ~Hazard.sample).order_by(Hazard.id)
    hazard_id = await work.db.scalar(query.limit(1))
    if hazard_id is None:
        return False
    again = {"note": what["note"], "photos": what["photos"]}
    return isinstance(await hazard_moves.move(work, hazard_id, "recur", **again), hazard_moves.Moved)


async def found_again(db: AsyncConnection, number: str) -> list[Row[*tuple[Any, ...]]]:
    """The hazards that were open already when a revision of an inspection found them again."""
    then = (Inspection.submitted_at == HazardEvent.at) & (Inspection.person_id == HazardEvent.person_id)
    query = (
        select(*Hazard.__table__.columns)
        .join(HazardEvent, HazardEvent.hazard_id == Hazard.id)
        .join(Inspection, then)
        .where(HazardEvent.move == "recur", Inspection.number == number)
    )
    return list(await db.execute(query.order_by(Hazard.id)))


def _hazard(form: InspectionForm, fault: Any, inspection_id: int) -> dict[str, Any]:
    title = title_of(fault.note, Both(fault.item["zh"], fault.item["en"]))
    return {
        "inspection_id": inspection_id,
        "item_key": fault.item["key"],
        "category": fault.item["category"],
        "severity": fault.item["severity"],
        "place": form.facts["place"],
        "title_zh": title.zh,
        "title_en": title.en,
        "note": fault.note,
        "photos": as_json(fault.photos or []),
    }


async def _known_hazards(db: AsyncConnection, number: str) -> dict[str, Row[Any]]:
    """The hazards found by earlier revisions of the same inspection, by item."""
    query = (
        select(Hazard)
        .join(Inspection, Inspection.id == Hazard.inspection_id)
        .where(Inspection.number == number, Hazard.status != "withdrawn")
    )
    return {row.item_key: row for row in await db.execute(query)}


async def _newest(db: AsyncConnection, number: str) -> Row[Any]:
    newest = select(func.max(Inspection.revision)).where(Inspection.number == number).scalar_subquery()
    query = select(Inspection).where(Inspection.number == number, Inspection.revision == newest)
    return (await db.execute(query)).one()
