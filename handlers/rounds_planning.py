"""The rounds that plans make: a row and timers for each time that falls due, brought to what the plans and
the opening hours are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import catalogue
from handlers.calendar import Opening, Schedule
from handlers.rounds_records import key_of, opening, places_of
from handlers.work import Work
from models import Due, Round, RoundPlan

PLAN: Final = "rounds.plan"  # the timer that makes a day's rounds
EVENING: Final = time(20)  # at which those of the next day are made, before any of them can be due
AHEAD: Final = 40  # days looked at for the next round of a plan: those of a month are among them
SOME: Final = 100  # rows an INSERT: SQLite takes no statement with more than some thousand values
BEGUN: Final = frozenset({"started", "done", "late"})

Key = tuple[int, str, datetime]  # plan, place, when it is due

_IN_FORCE: Final = (RoundPlan.active, ~RoundPlan.sample)


async def schedule(db: AsyncConnection, local: datetime) -> None:
    """Have today's rounds made where there are plans; called when the program starts, for a planning that
    failed for good calls for no next one."""
    if not await any_plans(db):
        return
    key = local.date().isoformat()
    await db.execute(delete(Due).where(Due.kind == PLAN, Due.key == key))
    await db.execute(insert(Due).values(kind=PLAN, key=key, due_at=local.astimezone(UTC), payload={}))


async def any_plans(db: AsyncConnection) -> bool:
    """Whether any plan is in force."""
    return await db.scalar(select(RoundPlan.id).where(*_IN_FORCE).limit(1)) is not None


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

    Of what is still to come and was not begun, rounds that no plan wants any more are off, and those wanted
    are as their plan says now. Where a round was begun that its plan, changed since, no longer wants, its
    time has had its round.
    """
    wanted = await _wanted(work, day)
    there = {(row.plan_id, row.place, row.due_at): row for row in await _of_day(work.db, day)}
    served = {
        (row.plan_id, row.due_at)
        for key, row in there.items()
        if row.status in BEGUN and key not in wanted and row.due_at > work.now
    }
    lacking = [
        row
        for key, row in wanted.items()
        if key not in there and (row["plan_id"], row["due_at"]) not in served
    ]
    made = {(row.plan_id, row.due_at) for row in await _insert(work.db, lacking)}
    coming = {
        key: row for key, row in there.items() if row.due_at > work.now and row.status in {"due", "off"}
    }
    await _switch_off(work.db, [row.id for key, row in coming.items() if key not in wanted])
    changed = {
        (row.plan_id, row.due_at)
        for key, row in coming.items()
        if key in wanted and await _bring_to(work.db, row, wanted[key])
    }
    known = {(plan_id, due_at) for plan_id, _place, due_at in there}
    for plan_id, due_at in sorted(made | changed):
        if (plan_id, due_at) not in known or due_at > work.now:
            await _set_timers(work, plan_id, due_at, again=(plan_id, due_at) in known)


async def _wanted(work: Work, day: date) -> dict[Key, dict[str, Any]]:
    plans = (await work.db.execute(select(RoundPlan).where(*_IN_FORCE).order_by(RoundPlan.id))).all()
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
    return list(await db.execute(select(Round).where(Round.day == day, ~Round.sample).order_by(Round.id)))


async def _bring_to(db: AsyncConnection, row: Row[Any], wanted: Mapping[str, Any]) -> bool:
    """Make a round as its plan says now, unless somebody has just begun it; False if it is so already."""
    fresh = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if not fresh:
        return False
    mine = update(Round).where(Round.id == row.id, Round.status == row.status)
    return (await db.execute(mine.values(**fresh))).rowcount > 0


async def _insert(db: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> list[Row[Any]]:
    """Store the rows that nobody else has stored meanwhile; returns those."""
    dialect: Any = postgresql if db.dialect.name == "postgresql" else sqlite
    made: list[Row[Any]] = []
    for start in range(0, len(rows), SOME):
        fresh = dialect.insert(Round).values(list(rows[start : start + SOME])).on_conflict_do_nothing()
        made += await db.execute(fresh.returning(Round.plan_id, Round.due_at))
    return made


async def _set_timers(work: Work, plan_id: int, due_at: datetime, *, again: bool) -> None:
    """One timer of each sort for all the places of a plan at a time: people hear of them together. Set
    `again`, they move; a reminder whose time has passed was given, and one that is no longer wanted comes
    too late to say anything."""
    remind = await work.db.scalar(select(RoundPlan.remind).where(RoundPlan.id == plan_id)) or 0
    open_ = (Round.plan_id == plan_id, Round.due_at == due_at, Round.status.in_(("due", "started")))
    ends_at = await work.db.scalar(select(func.max(Round.ends_at)).where(*open_))
    key, reminds_at = key_of(plan_id, due_at), due_at - timedelta(minutes=remind)
    if (remind and not again) or (again and reminds_at > work.now):
        await work.due("rounds.remind", key, reminds_at)
    await work.due("rounds.begin", key, due_at)
    if ends_at is not None:
        await work.due("rounds.end", key, ends_at)


async def _switch_off(db: AsyncConnection, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), SOME):
        mine = update(Round).where(Round.id.in_(ids[start : start + SOME]), Round.status == "due")
        await db.execute(mine.values(status="off"))


async def following(work: Work, plans: Sequence[Any], opening: Opening) -> dict[int, datetime]:
    """By plan, when its next round is due that nobody has begun and whose grace is not over; of paused plans,
    and those that come in more than `AHEAD` days, nothing."""
    coming = (Round.plan_id.in_([plan.id for plan in plans]), Round.day >= work.today, Round.status != "off")
    states: dict[tuple[int, datetime], set[str]] = {}
    for row in await work.db.execute(select(Round.plan_id, Round.due_at, Round.status).where(*coming)):
        states.setdefault((row.plan_id, row.due_at), set()).add(row.status)
    return {
        plan.id: due_at
        for plan in plans
        if plan.active and (due_at := _next(work, plan, opening, states)) is not None
    }


def _next(
    work: Work, plan: Any, opening: Opening, states: Mapping[tuple[int, datetime], set[str]]
) -> datetime | None:
    schedule = Schedule.load(plan.schedule)
    for day in (work.today + timedelta(days=ahead) for ahead in range(AHEAD)):
        for at in schedule.due(day, opening):
            due_at = datetime.combine(day, at, work.rules.zone).astimezone(UTC)
            known = states.get((plan.id, due_at))
            open_ = due_at > plan.since if known is None else "due" in known
            if open_ and due_at + timedelta(minutes=plan.grace) > work.now:
                return due_at
    return None
