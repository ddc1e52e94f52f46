"""Rounds in the database: made from the plans, marked as an inspection begins and is submitted, and whose
they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Row, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import catalogue, chain
from handlers.calendar import USUAL_WEEK, Opening, Schedule
from handlers.kit.kinds.place import Tree
from handlers.work import Work
from models import Checklist, Note, OpeningDay, Person, Round, RoundPlan, Shift

OPENING: Final = "opening-hours"  # the note with the museum's week
LONGEST_SHIFT: Final = timedelta(hours=16)  # after which somebody has forgotten to say that it ended
PLAN: Final = "rounds.plan"  # the timer that makes a day's rounds
EVENING: Final = time(20)  # at which those of the next day are made, before any of them can be due
CATCH_UP: Final = timedelta(hours=24)  # a missed round that is made within this time is late
SOME: Final = 100  # rows an INSERT: SQLite takes no statement with more than some thousand values

Key = tuple[int, str, datetime]  # plan, place, when it is due


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


async def plan_next(work: Work, key: str) -> None:
    """Make the rounds of the day `key` (ISO 8601), and have those of the next made on its evening."""
    day = date.fromisoformat(key)
    await plan_day(work, day)
    evening = datetime.combine(day, EVENING, work.rules.zone)
    await work.due(PLAN, (day + timedelta(days=1)).isoformat(), evening)


async def plan_anew(work: Work) -> None:
    """Have today's rounds, and those made ahead, brought to what the plans and opening hours are now."""
    await work.due(PLAN, work.today.isoformat(), work.now)


async def plan_day(work: Work, day: date) -> None:
    """Make the rows and timers of a day, as the plans and the opening hours are now; again changes nothing.

    Of what is still to come, rounds that no plan wants any more are off, and those wanted again are on.
    """
    wanted = await _wanted(work, day)
    there = {(row.plan_id, row.place, row.due_at): row for row in await _of_day(work.db, day)}
    made = await _insert(work.db, [row for key, row in wanted.items() if key not in there])
    known = {(plan_id, due_at) for plan_id, _place, due_at in there}
    for plan_id, due_at in dict.fromkeys((row.plan_id, row.due_at) for row in made):
        if (plan_id, due_at) not in known:
            await _set_timers(work, plan_id, due_at)
    coming = {key: row for key, row in there.items() if row.due_at > work.now}
    await _switch(work.db, [row.id for key, row in coming.items() if key not in wanted], "due", "off")
    await _switch(work.db, [row.id for key, row in coming.items() if key in wanted], "off", "due")


async def _wanted(work: Work, day: date) -> dict[Key, dict[str, Any]]:
    plans = (await work.db.execute(select(RoundPlan).where(RoundPlan.active).order_by(RoundPlan.id))).all()
    if not plans:
        return {}
    hours = await opening(work.db)
    tree, lists = await catalogue.place_tree(work.db), await catalogue.checklists_at(work.db)
    found: dict[Key, dict[str, Any]] = {}
    for plan in plans:
        for at in Schedule.load(plan.schedule).due(day, hours):
            due_at = datetime.combine(day, at, work.rules.zone).astimezone(UTC)
            if due_at > plan.since:
                for place in places_of(plan, tree, lists):
                    found[plan.id, place, due_at] = _row(plan, place, day, due_at)
    return found


def _row(plan: Any, place: str, day: date, due_at: datetime) -> dict[str, Any]:
    early, grace = timedelta(minutes=max(plan.remind, plan.grace)), timedelta(minutes=plan.grace)
    return {
        "plan_id": plan.id,
        "place": place,
        "checklist": plan.checklist,
        "day": day,
        "due_at": due_at,
        "opens_at": due_at - early,
        "ends_at": due_at + grace,
        "post": plan.post,
        "person_id": plan.person_id,
        "status": "due",
        "sample": plan.sample,
    }


async def _of_day(db: AsyncConnection, day: date) -> list[Any]:
    query = select(Round.id, Round.plan_id, Round.place, Round.due_at, Round.status)
    return list(await db.execute(query.where(Round.day == day)))


async def _insert(db: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> list[Row[Any]]:
    """Store the rows that nobody else has stored meanwhile; returns those."""
    dialect: Any = postgresql if db.dialect.name == "postgresql" else sqlite
    made: list[Row[Any]] = []
    for start in range(0, len(rows), SOME):
        fresh = dialect.insert(Round).values(list(rows[start : start + SOME])).on_conflict_do_nothing()
        made += await db.execute(fresh.returning(Round.plan_id, Round.due_at))
    return made


async def _set_timers(work: Work, plan_id: int, due_at: datetime) -> None:
    """One timer of each sort for all the places of a plan at a time: people hear of them together."""
    minutes = select(RoundPlan.remind, RoundPlan.grace).where(RoundPlan.id == plan_id)
    plan = (await work.db.execute(minutes)).one()
    key = key_of(plan_id, due_at)
    if plan.remind:
        await work.due("rounds.remind", key, due_at - timedelta(minutes=plan.remind))
    await work.due("rounds.begin", key, due_at)
    await work.due("rounds.end", key, due_at + timedelta(minutes=plan.grace))


async def _switch(db: AsyncConnection, ids: Sequence[int], old: str, new: str) -> None:
    for start in range(0, len(ids), SOME):
        mine = update(Round).where(Round.id.in_(ids[start : start + SOME]), Round.status == old)
        await db.execute(mine.values(status=new))


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
        .where(Round.due_at > work.now - CATCH_UP, Round.opens_at <= work.now)
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
    """Who is to make a round: the person named, else who is on duty at the post, else who holds it, else the
    next above."""
    named = select(Person.id).where(Person.id == one.person_id, Person.active)
    if one.person_id is not None and (await db.execute(named)).first() is not None:
        return [one.person_id]
    held = await chain.nearest(db, one.post or "guard", today)
    on = await on_duty(db, now)
    return [person for person in held if person in on] or list(held)


async def on_duty(db: AsyncConnection, now: datetime) -> dict[int, str]:
    """Who is on duty now: their names by their ids, the longest there first."""
    query = (
        select(Person.id, Person.name)
        .join(Shift, Shift.person_id == Person.id)
        .where(Shift.off_at.is_(None), Shift.on_at > now - LONGEST_SHIFT, Person.active)
        .order_by(Shift.on_at)
    )
    return {row.id: row.name for row in await db.execute(query)}
