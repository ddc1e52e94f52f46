"""Moving a hazard: the only way its state changes, in one transaction with the event that says so.

`begin` stores a new hazard, `move` makes a move of `hazard_table`. Both write the event, change the hazard's
row, plan `hazard.due` work at its new time, and tell whom it concerns (`hazard_news`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Row, insert, select, update

from handlers import catalogue, hazard_news
from handlers.hazard_actors import actor, asking, signed_by
from handlers.hazard_effects import Making, changed
from handlers.hazard_given import GRADING, kept_with, unfit
from handlers.hazard_table import BESIDE, CHANGED, GONE, MOVES, SIGNERS, Actor, refusal
from handlers.kit.words import Text
from handlers.work import Work
from models import UNSOLVED, Hazard, HazardEvent, HazardSignature

# Due work that somebody may declare a timer for: its key is the hazard's id, its time when the hazard is due.
DUE: Final = "hazard.due"
# As `DUE`, for a critical one when the first action is due.
IDLE: Final = "hazard.idle"
_IN_DATA: Final = (
    "came_of",
    "kind",
    "measures",
    "funds",
    "term",
    "wanted",
    "interim",
    "reference",
    "responsible",
    "before",
    "severity",
)


@dataclass(frozen=True, slots=True)
class Moved:
    """A move that was made: the hazard as it is now and as it was, and by whom."""

    hazard: Row[Any]
    was: Row[Any]
    move: str
    who: Actor


async def locked(work: Work, hazard_id: int) -> Row[Any] | None:
    """A hazard's row, locked until the transaction ends."""
    query = select(Hazard.__table__).where(Hazard.id == hazard_id).with_for_update()
    return (await work.db.execute(query)).first()


async def begin(
    work: Work,
    *,
    after: list[Any] | None = None,
    due: datetime | None = None,
    came_of: str | None = None,
    **values: Any,
) -> Row[Any]:
    """Store a hazard that was found now: what it is (`item_key`, `category`, `severity`, `place`, `title_zh`,
    `title_en`, `note`, `photos`, `source` and what it came from), and with photos from `after` that it was
    put right on the spot. Until an order says otherwise, its severity says when the first action is due, or
    `due` does where it is not critical; `came_of` is the number of the record that it came of, where that has
    no column."""
    by_rule = work.now + await catalogue.first_action(work.db, values["severity"])
    stored = {
        "photos": [],
        "sample": False,
        **values,
        "on_spot": values["item_key"] in await catalogue.mended_on_spot(work.db),
        "number": await work.number("YH", yearly=True),
        "status": "open",
        "day": work.today,
        "found_by": work.me.id,
        "found_at": work.now,
        "due_at": due if due is not None and values["severity"] != "critical" else by_rule,
        "seq": 1,
    }
    made = insert(Hazard).values(**stored).returning(*Hazard.__table__.columns)
    hazard = (await work.db.execute(made)).one()
    finder = Actor(work.me.id)
    given = {"note": hazard.note, "photos": hazard.photos, "due": due, "came_of": came_of}
    judged = {"severity": hazard.severity, "until": hazard.due_at.isoformat()}
    await _write(work, hazard, None, "report", finder, given, judged)
    if after is not None:
        hazard = await _fixed_at_once(work, hazard, finder, after)
    await _plan(work, hazard)
    if hazard.status == "open" and hazard.severity == "critical":
        await work.due(IDLE, str(hazard.id), hazard.due_at)
    await hazard_news.reported(work, hazard)
    return hazard


async def _fixed_at_once(work: Work, hazard: Row[Any], finder: Actor, after: list[Any]) -> Row[Any]:
    """Put a hazard right that was found just now; nobody has heard of it, so that is no news."""
    changes = changed("fix", Making(hazard, finder, {}, work.now))
    changes |= {"status": MOVES["fix"].after, "seq": hazard.seq + 1}
    await work.db.execute(update(Hazard).where(Hazard.id == hazard.id).values(**changes))
    now = await locked(work, hazard.id)
    assert now is not None  # stored by this transaction
    await _write(work, now, hazard.status, "fix", finder, {"photos": after})
    return now


async def move(
    work: Work,
    hazard_id: int,
    name: str,
    *,
    contractor: str | None = None,
    correction: bool = False,
    seen: int | None = None,
    **given: Any,
) -> Moved | Text:
    """Make a move, by the person at work or by a `contractor` whose link was checked; or the text that says
    why not. `seen` is the hazard's `seq` as it was looked at, where that matters.

    Given, each where the move needs or takes it: `note`, `photos` (as answers store them), `measures`,
    `responsible` (a person's id), `due` (aware), `term` (which `due` is knowingly later than),
    `funds`, `wanted` (interim protection asked for), `interim`, `before` (photos from before), `reference`,
    `kind` (of a rejection: untrue, twice), `post` (signed for), `severity`, `place` (a code).
    """
    hazard = await locked(work, hazard_id)
    if hazard is None:
        return GONE
    who = await asking(work, hazard, await _who(work, contractor, correction=correction))
    signed = await signed_by(work, hazard)
    why = refusal(name, hazard, who, signed)
    if why is None and seen is not None and await _has_changed(work, hazard, seen):
        why = CHANGED
    why = why or await unfit(work, name, hazard, given)
    if why is not None:
        return why
    making = Making(hazard, who, given, work.now)
    changes = changed(name, making)
    if name == "sign":
        changes |= await _sign(work, making, signed)
    if name in GRADING and given.get("severity") is not None:
        changes |= await _graded(work, making)
    changes = {"status": MOVES[name].after or hazard.status, **changes, "seq": hazard.seq + 1}
    await work.db.execute(update(Hazard).where(Hazard.id == hazard.id).values(**changes))
    now = await locked(work, hazard_id)
    assert now is not None  # locked by this transaction
    await _write(work, now, hazard.status, name, who, given, await kept_with(work, name, now))
    await _plan(work, now)
    moved = Moved(now, hazard, name, who)
    await hazard_news.moved(work, moved)
    return moved


async def escalated(work: Work, hazard: Row[Any], data: Mapping[str, Any]) -> Row[Any]:
    """Keep that a post was told of a hazard, which is locked; returns it as it is now. `data` says which."""
    changes = {"seq": hazard.seq + 1, "escalated": hazard.escalated + 1}
    await work.db.execute(update(Hazard).where(Hazard.id == hazard.id).values(**changes))
    now = await locked(work, hazard.id)
    assert now is not None  # locked by this transaction
    await _write(work, now, hazard.status, "escalate", Actor(None), {}, data)
    return now


async def _has_changed(work: Work, hazard: Row[Any], seen: int) -> bool:
    """Whether it has moved on since somebody looked: the other signature, say, changes nothing they judge."""
    since = (HazardEvent.hazard_id == hazard.id, HazardEvent.seq > seen, HazardEvent.move.not_in(BESIDE))
    return (await work.db.execute(select(HazardEvent.id).where(*since).limit(1))).first() is not None


async def _who(work: Work, contractor: str | None, *, correction: bool) -> Actor:
    if contractor is not None:
        return Actor(None, contractor=contractor)
    if correction:
        return Actor(work.me.id, correction=True)
    return await actor(work, work.me.id)


async def _write(
    work: Work,
    hazard: Row[Any],
    before: str | None,
    name: str,
    who: Actor,
    given: Mapping[str, Any],
    more: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Add the event of a move just made; `more` is what it was not given but says."""
    data = {**more, **{key: given[key] for key in _IN_DATA if given.get(key) is not None}}
    if given.get("due") is not None:
        data["due"] = given["due"].isoformat()
    if name == "sign":
        data["post"] = given["post"]
    event = {
        "hazard_id": hazard.id,
        "seq": hazard.seq,
        "move": name,
        "before": before,
        "after": hazard.status,
        "person_id": who.id,
        "contractor": who.contractor,
        "at": work.now,
        "place": hazard.place,
        "note": given.get("note"),
        "photos": given.get("photos") or [],
        "data": data,
    }
    await work.db.execute(insert(HazardEvent).values(**event))


async def _plan(work: Work, hazard: Row[Any]) -> None:
    """Have it looked at when it is due."""
    if hazard.status in UNSOLVED and hazard.due_at is not None:
        await work.due(DUE, str(hazard.id), hazard.due_at)


async def _graded(work: Work, making: Making) -> dict[str, Any]:
    """Until there is an order, the severity says when the first action is due."""
    severity = making.given["severity"]
    if making.hazard.status != "open":
        return {"severity": severity}
    due_at = work.now + await catalogue.first_action(work.db, severity)
    if severity == "critical":
        await work.due(IDLE, str(making.hazard.id), due_at)
    return {"severity": severity, "due_at": due_at}


async def _sign(work: Work, making: Making, signed: Mapping[str, int]) -> dict[str, Any]:
    """Store the signature; what changes if it was the last one missing."""
    post = making.given["post"]
    signature = {
        "hazard_id": making.hazard.id,
        "round": making.hazard.reopened,
        "post": post,
        "person_id": making.who.id,
        "stood_in_for": making.who.signs[post],
        "signed_at": work.now,
    }
    await work.db.execute(insert(HazardSignature).values(**signature))
    complete = {*signed, post} == set(SIGNERS)
    return {"status": "closed", "closed_at": work.now} if complete else {}
