"""Rounds in the database: where they go, marked as an inspection begins and is submitted, and whose they
are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import chain
from handlers.calendar import USUAL_WEEK, Opening
from handlers.kit.kinds.place import Tree
from handlers.work import Work
from models import Checklist, Note, OpeningDay, Person, Round, Shift

OPENING: Final = "opening-hours"  # the note with the museum's week
LONGEST_SHIFT: Final = timedelta(hours=16)  # after which somebody has forgotten to say that it ended
CATCH_UP: Final = timedelta(hours=24)  # a missed round that is made within this time is late


async def opening(db: AsyncConnection) -> Opening:
    """When the museum is open."""
    note = await db.scalar(select(Note.value).where(Note.key == OPENING))
    rows = await db.execute(select(OpeningDay.day, OpeningDay.opens, OpeningDay.closes))
    days = {row.day: (row.opens, row.closes) if row.opens and row.closes else None for row in rows}
    if note is None:
        return Opening(days=days)
    week = [tuple(time.fromisoformat(one) for one in hours) if hours else None for hours in note["week"]]
    usual = [(hours[0], hours[1]) if hours else None for hours in week]
    return Opening(usual if len(usual) == len(USUAL_WEEK) else USUAL_WEEK, note["on_holidays"], days)


def places_of(plan: Any, tree: Tree, lists: Mapping[str, Collection[str]]) -> list[str]:
    """Where the rounds of a plan go: the place itself, or with `spread` the points below that have its
    checklist. Places no longer in use are none."""
    if plan.place not in tree:
        return []
    below = points_with(plan.checklist, plan.place, tree, lists) if plan.spread else []
    return below or [plan.place]


def points_with(checklist: str, place: str, tree: Tree, lists: Mapping[str, Collection[str]]) -> list[str]:
    """The places below `place` that have nothing below themselves and have the checklist."""
    parents = {parent for parent, *_names in tree.values()}
    return [
        code
        for code in tree
        if code not in parents and code != place and _is_below(tree, code, place) and checklist in lists[code]
    ]


def _is_below(tree: Tree, code: str, top: str) -> bool:
    while code in tree and code != top:
        code = tree[code][0]
    return code == top


def key_of(plan_id: int, due_at: datetime) -> str:
    """What the rounds of a plan at one time are called in timers and buttons."""
    return f"{plan_id}.{int(due_at.timestamp())}"


async def together(db: AsyncConnection, key: str) -> list[Row[Any]]:
    """The rounds of such a key, in the order of their places' codes; none where it is no key."""
    plan, _sep, moment = key.partition(".")
    if not (plan.isascii() and plan.isdecimal() and moment.isascii() and moment.isdecimal()):
        return []
    if len(plan) > 18 or len(moment) > 11:
        return []
    due_at = datetime.fromtimestamp(int(moment), UTC)
    query = select(Round).where(Round.plan_id == int(plan), Round.due_at == due_at)
    return list(await db.execute(query.order_by(Round.place)))


async def begun(work: Work, place: str, checklist: str) -> None:
    """Mark the rounds that are due there now as started."""
    rows = [row for row in await _open_at(work, place, checklist, ("due",)) if row.ends_at >= work.now]
    if rows:
        mine = update(Round).where(Round.id.in_(_one_a_plan(rows)))
        await work.db.execute(mine.values(status="started", started_at=work.now, person_id=work.me.id))


async def submitted(work: Work, place: str, checklist_id: int, inspection_id: int) -> None:
    """Mark the rounds that an inspection makes good: of each plan the one whose time it is, else the last one
    that was missed, which is then late."""
    checklist = await work.db.scalar(select(Checklist.code).where(Checklist.id == checklist_id))
    rows = await _open_at(work, place, str(checklist), ("due", "started", "missed"))
    punctual = [row for row in rows if row.ends_at >= work.now]
    served = {row.plan_id for row in punctual}
    behind = [row for row in reversed(rows) if row.ends_at < work.now and row.plan_id not in served]
    for status, ids in (("done", _one_a_plan(punctual)), ("late", _one_a_plan(behind))):
        if ids:
            made = {"done_at": work.now, "person_id": work.me.id, "inspection_id": inspection_id}
            await work.db.execute(update(Round).where(Round.id.in_(ids)).values(status=status, **made))


async def _open_at(work: Work, place: str, checklist: str, states: Sequence[str]) -> list[Row[Any]]:
    """The rounds there that can be made now, the earliest first; locked, for several may submit at once."""
    query = (
        select(Round.id, Round.plan_id, Round.ends_at)
        .where(Round.place == place, Round.checklist == checklist, Round.status.in_(states))
        .where(Round.due_at > work.now - CATCH_UP, Round.opens_at <= work.now, ~Round.sample)
        .order_by(Round.due_at)
        .with_for_update()
    )
    return list(await work.db.execute(query))


def _one_a_plan(rows: Iterable[Row[Any]]) -> list[int]:
    first: dict[int, int] = {}
    for row in rows:
        first.setdefault(row.plan_id, row.id)
    return list(first.values())


async def whose(db: AsyncConnection, one: Any, now: datetime, today: date) -> list[int]:
    """Who is to make a round: the person named, while they are away who stands in for them, else who is on
    duty at the post, else who holds it, else the next above."""
    named = select(Person.id).where(Person.id == one.person_id, Person.active)
    if one.person_id is not None and (await db.execute(named)).first() is not None:
        person = (await chain.substitutes(db, today)).get(one.person_id, one.person_id)
        if person is not None:
            return [person]
    held = await chain.nearest(db, one.post or "guard", today)
    on = await on_duty(db, now)
    return [person for person in held if person in on] or list(held)


async def theirs(work: Work) -> set[int]:
    """Whose rounds the person at work makes today: their own, and those of who they stand in for."""
    return {work.me.id, *await work.db.scalars(chain.stood_for(work.me.id, work.today))}


async def on_duty(db: AsyncConnection, now: datetime) -> dict[int, str]:
    """Who is on duty now: their names by their ids, the longest there first."""
    query = (
        select(Person.id, Person.name)
        .join(Shift, Shift.person_id == Person.id)
        .where(Shift.off_at.is_(None), Shift.on_at > now - LONGEST_SHIFT, Person.active)
        .order_by(Shift.on_at)
    )
    return {row.id: row.name for row in await db.execute(query)}
