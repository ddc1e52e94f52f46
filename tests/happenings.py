"""What can happen to a museum's records, each by three small numbers, for tests that mix them at random."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.calendar import Schedule
from handlers.linking_records import move_records
from handlers.mydata_erase import erase
from models import (
    Base,
    Feedback,
    FeedbackReply,
    Hazard,
    Inspection,
    InspectionItem,
    Outreach,
    OutreachMember,
    Person,
    Round,
    RoundPlan,
    Signature,
    unprotect,
)
from models.guards import unguard
from models.rollup import KEYS, PART, forget, stale
from tests.fixtures.passing import planned
from tests.records import NOW, comment, event, hazard, inspection, item, member

PEOPLE: Final = 4
CATEGORIES: Final = ("fire", "people", "facility")
SEVERITIES: Final = ("critical", "major", "minor")
TABLES: Final = (
    Signature, InspectionItem, Hazard, Round, Inspection, OutreachMember, Outreach, FeedbackReply, Feedback,
    RoundPlan, Person,
)  # fmt: skip


@dataclass
class Scene:
    """A museum during one chain of events; `today` moves, `made` numbers what is made in `db`."""

    today: date
    made: int = 0
    db: AsyncConnection = field(init=False)

    def ago(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def number(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}-{self.made}"

    async def pick(self, model: Any, which: int) -> Any:
        """One of the rows there are; None if there is none."""
        rows = (await self.db.execute(select(*model.__table__.columns).order_by(model.id))).all()
        return rows[which % len(rows)] if rows else None

    async def add(self, model: type[Base], **values: Any) -> int:
        """Store a row; those with a number far apart, so that they are in parts of their own."""
        if "number" in values:
            self.made += 1
            values["id"] = self.made * PART // 2
        key: int = (await self.db.execute(insert(model).values(**values))).inserted_primary_key[0]  # type: ignore[index]  # of one row
        return key

    async def change(self, model: Any, key: int, **values: Any) -> None:
        await self.db.execute(update(model).where(model.id == key).values(**values))


async def begin(db: AsyncConnection) -> None:
    """Remove every record, and make the people. Whoever owns the database may change what it refuses."""
    await db.run_sync(unguard)
    await db.run_sync(unprotect)
    for model in TABLES:
        await db.execute(delete(model))
    await db.run_sync(forget)
    await db.execute(delete(stale))
    names = ("Wang", "Li", "", "Zhao")
    people = [
        {"id": number, "name": name, "roles": frozenset(), "active": True, "created_at": NOW, "sample": False}
        for number, name in enumerate(names, 1)
    ]
    await db.execute(insert(Person), people)
    await db.execute(insert(RoundPlan), [planned(1, Schedule("times"), NOW, id=1)])


async def inspected(at: Scene, a: int, b: int, c: int) -> None:
    values = inspection(
        at.number("XJ"), b % PEOPLE + 1, at.ago(a), failed=c, presence=("qr", "none")[b % 2],
        too_fast=c == 1, sample=a == 7,
    )  # fmt: skip
    await _items(at, await at.add(Inspection, **values), b, c)


async def corrected(at: Scene, a: int, b: int, c: int) -> None:
    old = await at.pick(Inspection, a)
    if old is None:
        return
    await at.db.execute(update(Inspection).where(Inspection.number == old.number).values(current=False))
    newest = select(Inspection.revision).where(Inspection.number == old.number)
    revision = max(await at.db.scalars(newest)) + 1
    values = inspection(old.number, old.person_id, old.day, revision=revision, failed=c)
    await _items(at, await at.add(Inspection, **values), b, c)


async def _items(at: Scene, key: int, b: int, bad: int) -> None:
    rows = [item(key, number, CATEGORIES[(b + number) % 3]) for number in range(bad)]
    await at.db.execute(insert(InspectionItem), [*rows, item(key, 9, "fire", "ok")])


async def mended_by_hand(at: Scene, a: int, b: int, _c: int) -> None:
    one = await at.pick(InspectionItem, a)
    if one is not None:
        await at.change(InspectionItem, one.id, state=("ok", "bad")[b % 2], category=CATEGORIES[b % 3])


async def found(at: Scene, a: int, b: int, c: int) -> None:
    status = ("open", "fixed_on_spot", "closed", "withdrawn")[c]
    what = {"category": CATEGORIES[b % 3], "severity": SEVERITIES[(b + c) % 3], "status": status}
    late = {"due_at": NOW + timedelta(days=b - 3), "sample": a == 7, "place": f"P{a % 2}"}
    await at.add(Hazard, **hazard(at.number("YH"), b % PEOPLE + 1, at.ago(a), **what, **late))


async def rectified(at: Scene, a: int, b: int, c: int) -> None:
    one = await at.pick(Hazard, a)
    if one is not None:
        status = ("open", "closed", "rejected", "ordered")[c]
        order = {"ordered_by": 1, "responsible_id": 2, "due_at": NOW} if status == "ordered" else {}
        closed = NOW + timedelta(hours=17 * b, seconds=0.7)
        await at.change(Hazard, one.id, status=status, closed_at=closed, **order)


async def recurred(at: Scene, a: int, b: int, _c: int) -> None:
    one = await at.pick(Hazard, a)
    if one is not None:
        await at.change(Hazard, one.id, recurred=one.recurred + b)


async def fell_due(at: Scene, a: int, b: int, c: int) -> None:
    at.made += 1
    moments = dict.fromkeys(("due_at", "opens_at", "ends_at"), NOW)
    whose = {"person_id": b % PEOPLE + 1 if c else None, "post": None if c else "guard"}
    key = {"id": at.made * PART // 2, "plan_id": 1, "place": f"P{at.made}", "day": at.ago(a)}
    what = {"checklist": ("opening", "closing")[b % 2], "status": ("due", "done", "missed", "late")[c]}
    await at.add(Round, **key, **moments, **whose, **what, sample=a == 7)


async def went_round(at: Scene, a: int, b: int, c: int) -> None:
    one = await at.pick(Round, a)
    if one is not None:
        state = ("started", "done", "missed", "off")[c]
        await at.change(Round, one.id, status=state, person_id=b % PEOPLE + 1 if c < 3 else None)


async def held(at: Scene, a: int, b: int, c: int) -> None:
    counted = {"participants": 10 * b, "minors": b if c else None, "leaflets": 5 if c > 1 else None}
    values = event(at.number("HD"), b % PEOPLE + 1, at.ago(a), status="pending", sample=a == 7, **counted)
    key = await at.add(Outreach, **values)
    for person in range(c):
        await at.add(OutreachMember, **member(key, person + 1, 30 * b + person))
    await at.add(OutreachMember, **member(key, None, 45, "路人"))


async def decided(at: Scene, a: int, b: int, _c: int) -> None:
    one = await at.pick(Outreach, a)
    if one is not None:
        await at.change(Outreach, one.id, status=("approved", "approved", "returned", "pending")[b % 4])


async def moved(at: Scene, a: int, b: int, c: int) -> None:
    """What was returned is submitted again with another day."""
    one = await at.pick(Outreach, c)
    if one is not None:
        await at.change(Outreach, one.id, day=at.ago(a), participants=b, elderly=c)


async def joined(at: Scene, a: int, b: int, c: int) -> None:
    one = await at.pick(Outreach, a)
    mine = (OutreachMember.outreach_id == (one.id if one else 0), OutreachMember.person_id == b % PEOPLE + 1)
    if one is None or await at.db.scalar(select(OutreachMember.id).where(*mine)) is not None:
        return
    await at.add(OutreachMember, **(member(one.id, b % PEOPLE + 1, 60) | {"waits": c == 0}))


async def wrote(at: Scene, a: int, b: int, c: int) -> None:
    said = {"rating": b % 5 + 1 if c else None, "kind": ("praise", "complaint", None, None)[c]}
    values = comment(at.number("LY"), at.ago(a), person_id=b % PEOPLE + 1, sample=a == 7, **said)
    await at.add(Feedback, **values)


async def answered(at: Scene, a: int, b: int, c: int) -> None:
    one = await at.pick(Feedback, a)
    if one is None:
        return
    status = ("new", "answered", "reopened", "satisfied")[c]
    when = None if c == 0 else NOW + timedelta(minutes=b, seconds=0.7)
    await at.change(Feedback, one.id, status=status, told_at=NOW, answered_at=when, rating=b % 5 + 1)


async def erased(at: Scene, _a: int, b: int, _c: int) -> None:
    await erase(at.db, b % PEOPLE + 1, NOW)


async def linked(at: Scene, _a: int, b: int, c: int) -> None:
    old, new = b % PEOPLE + 1, (b + c) % PEOPLE + 1
    if old != new:
        await move_records(at.db, old, new)


async def removed(at: Scene, a: int, b: int, _c: int) -> None:
    """As when sample data is removed: the parts first."""
    model, part, whole = (
        (Inspection, InspectionItem, InspectionItem.inspection_id),
        (Outreach, OutreachMember, OutreachMember.outreach_id),
    )[b % 2]
    one = await at.pick(model, a)
    if one is not None:
        await at.db.execute(delete(part).where(whole == one.id))
        await at.db.execute(delete(model).where(model.id == one.id))


async def slept(at: Scene, a: int, _b: int, _c: int) -> None:
    """Days pass; or the museum moves to a time zone where it is still yesterday."""
    at.today += timedelta(days=a % 5 - 1)


HAPPENINGS: Final[Mapping[str, Callable[[Scene, int, int, int], Awaitable[None]]]] = {
    act.__name__: act
    for act in (
        inspected, corrected, mended_by_hand, fell_due, went_round, found, rectified, recurred, held, decided,
        moved, joined, wrote, answered, erased, linked, removed, slept,
    )
}  # fmt: skip


async def stored(db: AsyncConnection) -> int:
    """How many figures and shares are stored."""
    return sum([len((await db.execute(select(table.period))).all()) for table in KEYS])
