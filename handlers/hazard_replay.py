"""Whether hazards stand as their events say: every row is derived anew from its history, and compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import chain
from handlers.hazard_effects import Making, changed
from handlers.hazard_given import GRADING
from handlers.hazard_table import Actor
from models import Hazard, HazardEvent

CHUNK: Final = 500  # hazards at once
ANY: Final = object()  # what no event says
# What a hazard is before its first event: the columns that are compared.
_BEFORE: Final = {
    **dict.fromkeys(("found_by", "found_at", "status", "severity", "due_at", "responsible_id", "ordered_by")),
    **dict.fromkeys(("issued_post", "measures", "funds", "interim", "asked_until", "fixed_by", "fixed_at")),
    **dict.fromkeys(("reviewed_by", "external_ref", "closed_at", "place")),
    **dict.fromkeys(("reopened", "recurred", "escalated", "seq"), 0),
    "suspended": False,
}
_HAZARD: Final = (Hazard.id, Hazard.number, *(getattr(Hazard, name) for name in _BEFORE))
_EVENTS: Final = select(*HazardEvent.__table__.columns)


async def first_other(db: AsyncConnection) -> str | None:
    """The number of the first hazard that does not stand as its events say, and the column that differs."""
    after = 0
    while True:
        query = select(*_HAZARD).where(~Hazard.sample, Hazard.id > after).order_by(Hazard.id).limit(CHUNK)
        hazards = (await db.execute(query)).all()
        if not hazards:
            return None
        after = hazards[-1].id
        by_hazard: dict[int, list[Row[Any]]] = defaultdict(list)
        mine = HazardEvent.hazard_id.between(hazards[0].id, after)
        for event in await db.execute(_EVENTS.where(mine).order_by(HazardEvent.hazard_id, HazardEvent.seq)):
            by_hazard[event.hazard_id].append(event)
        for hazard in hazards:
            if (column := next(differing(hazard, by_hazard[hazard.id]), None)) is not None:
                return f"{hazard.number} ({column})"


def differing(hazard: Any, events: Sequence[Any]) -> Iterator[str]:
    """The columns of a hazard in which its events, in their order, say another thing than its row."""
    said = SimpleNamespace(**_BEFORE, photos=[])
    for event in events:
        try:
            is_next = (event.seq, event.before) == (said.seq + 1, said.status)
            _follow(said, event)
        except (KeyError, TypeError, ValueError):  # a move without what it needs
            is_next = False
        if not is_next:
            yield f"step {event.seq}"
            return
    if len(events) == 1 and "severity" not in events[0].data and said.status == "open":
        said.status = said.closed_at = ANY  # of before there were events
    for column in _BEFORE:
        if getattr(said, column) is not ANY and getattr(said, column) != getattr(hazard, column):
            yield column


def _follow(said: SimpleNamespace, event: Any) -> None:
    """Do to a hazard what one of its events did."""
    if event.move == "report":
        _found(said, event)
    elif event.move == "escalate":
        said.escalated += 1
    else:
        vars(said).update(changed(event.move, _making(said, event)))
        if event.move in GRADING and "severity" in event.data:
            said.severity = event.data["severity"]
            if said.status == "open":
                said.due_at = _moment(event.data.get("until")) or ANY
    if event.after == "closed" != said.status:
        said.closed_at = event.at
    said.status, said.place, said.seq = event.after, event.place, event.seq


def _found(said: SimpleNamespace, event: Any) -> None:
    """What its first event says; those of before kept neither severity nor time."""
    known = "severity" in event.data
    said.found_by, said.found_at = event.person_id, event.at
    said.severity = event.data["severity"] if known else ANY
    said.due_at = _moment(event.data.get("until")) if known else ANY
    if event.after == "fixed_on_spot":  # of before too: since then that is a step of its own
        said.fixed_by = said.fixed_at = said.closed_at = ANY


def _making(said: SimpleNamespace, event: Any) -> Making:
    """The move as it was made then. Raises KeyError or ValueError where the event does not say how."""
    data = event.data
    given = {**data, "note": event.note, "photos": event.photos, "place": event.place}
    given |= {"due": _moment(data.get("due")), "before": None}
    if event.move == "order" and data["issued_post"] not in chain.POSTS:
        raise ValueError(data["issued_post"])
    who = Actor(event.person_id, frozenset({data.get("issued_post", "")}), contractor=event.contractor)
    return Making(said, who, given, event.at)


def _moment(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None
