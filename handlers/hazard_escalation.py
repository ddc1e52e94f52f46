"""Overdue hazards go up the chain: each post is told once for a due date, the director also of idleness.

`hazard.due` comes when a hazard is due, and anew whenever that time moves; it plans a `hazard.late` for every
post above. Whether a hazard is late is looked at when they come, never stored.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row, select

from handlers import catalogue, chain
from handlers.hazard_actors import actors
from handlers.hazard_card import card_for
from handlers.hazard_moves import DUE, IDLE, escalated, locked
from handlers.kit.buttons import id_in
from handlers.kit.words import Text, _, n_
from handlers.routes import Routes
from handlers.work import Work
from models import UNSOLVED, Hazard, HazardEvent

routes = Routes()

LATE: Final = "hazard.late"  # its key is `<hazard id>.<level>`
LEVELS: Final = ("leader", "chief", "deputy", "director")
# Moves that are no action against it.
IDLY: Final = frozenset({"report", "amend", "recur", "grade", "escalate"})


@routes.timer(DUE)
async def due(work: Work, key: str) -> None:
    """The time to be rectified is over: plan who is told when."""
    # Not locked: who moves it holds it, and at the end plans this very timer, which is held here.
    hazard = (await work.db.execute(select(Hazard.__table__).where(Hazard.id == id_in(key)))).first()
    if hazard is None or not _is_open(hazard) or hazard.due_at > work.now:
        return
    for level, hours in enumerate(work.rules.escalate_hours):
        await work.due(LATE, f"{hazard.id}.{level}", hazard.due_at + timedelta(hours=hours))


@routes.timer(LATE)
async def late(work: Work, key: str) -> None:
    """A post's turn to be told, unless the hazard is closed, has more time now, or they were told."""
    hazard_id, _dot, said = key.partition(".")
    level = int(said)
    hazard = await locked(work, id_in(hazard_id))
    if hazard is None or not _is_open(hazard):
        return
    hours = work.rules.escalate_hours[level]
    about = {"post": LEVELS[level], "due": hazard.due_at.isoformat()}
    if hazard.due_at + timedelta(hours=hours) > work.now or await _was_told(work, hazard, about):
        return
    people = list(await chain.nearest(work.db, LEVELS[level], work.today))
    if level == 0 and hazard.responsible_id is not None:
        people.insert(0, await chain.in_place_of(work.db, hazard.responsible_id, work.today))
    await _tell(work, hazard, people, about, _late_since(work, hazard))


@routes.timer(IDLE)
async def idle(work: Work, key: str) -> None:
    """Nobody has done anything about a critical hazard in time: the director is told once more."""
    hazard = await locked(work, id_in(key))
    about = {"post": "director", "idle": True}
    if hazard is None or not _is_open(hazard) or await _was_told(work, hazard, about):
        return
    moves = await work.db.scalars(select(HazardEvent.move).where(HazardEvent.hazard_id == hazard.id))
    if not IDLY.issuperset(moves):
        return
    within = await catalogue.first_action(work.db, "critical")
    head = n_(
        "‼️ Critical hazard: nothing was done about it for {count} hour.",
        "‼️ Critical hazard: nothing was done about it for {count} hours.",
        int(within.total_seconds()) // 3600,
    )
    await _tell(work, hazard, list(await chain.nearest(work.db, "director", work.today)), about, head)


async def _tell(work: Work, hazard: Row[Any], people: list[int], about: dict[str, Any], head: Text) -> None:
    """Tell `people`, each once, and keep that they were."""
    known = await actors(work, people)
    told = [person for person in dict.fromkeys(people) if person in known]
    fresh = await escalated(work, hazard, {**about, "told": told})
    for person in told:
        await work.tell(person, await card_for(work, fresh, known[person], head=head))


def _late_since(work: Work, hazard: Row[Any]) -> Text:
    days = (work.now - hazard.due_at).days
    if days < 1:
        return _("⏰ {number} is due and not rectified.", number=hazard.number)
    return n_(
        "⏰ {number} has been overdue for {count} day.",
        "⏰ {number} has been overdue for {count} days.",
        days,
        number=hazard.number,
    )


async def _was_told(work: Work, hazard: Row[Any], about: dict[str, Any]) -> bool:
    mine = (HazardEvent.hazard_id == hazard.id, HazardEvent.move == "escalate")
    told = await work.db.scalars(select(HazardEvent.data).where(*mine))
    return any(about.items() <= data.items() for data in told)


def _is_open(hazard: Row[Any]) -> bool:
    return hazard.status in UNSOLVED and hazard.due_at is not None and not hazard.sample
