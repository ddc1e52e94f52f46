"""Who people are to a hazard today: their posts, whose signature they are, and who has signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, select

from handlers import chain
from handlers.hazard_table import SIGNERS, Actor
from handlers.work import Work
from models import HazardEvent, HazardSignature, Person


async def actors(work: Work, people: Iterable[int]) -> dict[int, Actor]:
    """Those of `people` who are active, by their id."""
    wanted = sorted(set(people))
    signers = {post: await chain.holders(work.db, post, work.today) for post in SIGNERS}
    stood_for: dict[int | None, set[int]] = {}
    for person, deputy in (await chain.substitutes(work.db, work.today)).items():
        stood_for.setdefault(deputy, set()).add(person)
    query = select(Person.id, Person.roles, Person.acting).where(Person.id.in_(wanted), Person.active)
    return {
        row.id: Actor(
            row.id,
            row.roles | row.acting,
            {post: held[row.id] for post, held in signers.items() if row.id in held},
            stands_for=frozenset(stood_for.get(row.id, ())),
        )
        for row in await work.db.execute(query)
    }


async def actor(work: Work, person_id: int) -> Actor:
    """One person; without any post where they are not active."""
    return (await actors(work, [person_id])).get(person_id, Actor(person_id))


async def asking(work: Work, hazard: Row[Any], who: Actor) -> Actor:
    """The actor, who may be the one that asked for more time: who stood in then may not do so now."""
    if hazard.asked_until is None:
        return who
    query = select(HazardEvent.person_id).where(HazardEvent.hazard_id == hazard.id, HazardEvent.move == "ask")
    asker = await work.db.scalar(query.order_by(HazardEvent.seq.desc()).limit(1))
    return replace(who, asked=asker is not None and asker == who.id)


async def signed_by(work: Work, hazard: Row[Any]) -> Mapping[str, int]:
    """Who signed since the hazard was last sent back, by post."""
    query = select(HazardSignature.post, HazardSignature.person_id).where(
        HazardSignature.hazard_id == hazard.id, HazardSignature.round == hazard.reopened
    )
    return {row.post: row.person_id for row in await work.db.execute(query)}
