"""The plans of rounds (巡查计划): listed, made, changed, paused and taken up again by leaders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update

from handlers import audit, chain, rounds_form, rounds_planning, rounds_records
from handlers.calendar import Schedule
from handlers.kit.buttons import for_action, id_in
from handlers.kit.messages import Button, Message
from handlers.kit.words import Text, _, joined, lines, n_
from handlers.roles import ROLES
from handlers.rounds_say import Names
from handlers.routes import Routes
from handlers.work import Work
from models import Person, RoundPlan

routes = Routes()

PAGE = 6


@routes.command(
    "plan",
    needs="plan rounds",
    words=("巡查计划", "计划"),
    title=_("🗓 Plans of rounds"),
    about=_("Plan rounds: list, new, change, pause"),
    order=60,
    alone=True,
)
async def plans(work: Work, _rest: str) -> None:
    """The plans with their next time."""
    await _show(work, 0)


@routes.action("plans", needs="plan rounds")
async def turned(work: Work, page: str) -> None:
    """Another page of the list."""
    await _show(work, id_in(page) if len(page) < 4 else 0)


@routes.action("plan_new", needs="plan rounds")
async def new(work: Work, _argument: str) -> None:
    """Ask for a new plan."""
    await work.open(rounds_form.Plan, facts=await _facts(work))


@routes.action("plan_edit", needs="plan rounds")
async def edit(work: Work, key: str) -> None:
    """Show a plan as it is, each part of it to be changed with a tap."""
    plan = (await work.db.execute(select(RoundPlan).where(RoundPlan.id == id_in(key)))).first()
    if plan is None:
        work.toast = _("That button is no longer in use.")
        return
    facts = {**await _facts(work), "plan": plan.id}
    await work.open(rounds_form.Plan, facts=facts, **rounds_form.answers(plan, facts))


async def _facts(work: Work) -> dict[str, Any]:
    guarding = or_(*(Person.roles.holds(post) for post in chain.POSTS))
    query = select(Person.id, Person.name).where(Person.active, guarding).order_by(Person.name, Person.id)
    return await rounds_form.facts(work, [(row.id, row.name) for row in await work.db.execute(query)])


@routes.action("plan_pause", needs="plan rounds")
async def pause(work: Work, key: str) -> None:
    """`<id>.off` pauses a plan, `<id>.on` takes it up again: what is still to come is off, or on."""
    which, _sep, state = key.partition(".")
    active = state == "on"
    mine = update(RoundPlan).where(RoundPlan.id == id_in(which), RoundPlan.active != active)
    since = {"since": work.now} if active else {}
    if (
        state not in {"on", "off"}
        or not (await work.db.execute(mine.values(active=active, **since))).rowcount
    ):
        work.toast = _("That button is no longer in use.")
    else:
        act = "plan_resumed" if active else "plan_paused"
        await audit.record(work.db, work.now, act, actor=work.me.id, plan=id_in(which))
        await rounds_planning.plan_anew(work)
        work.toast = _("The plan is in force again.") if active else _("The plan is paused.")
    await _show(work, 0)


async def _show(work: Work, page: int) -> None:
    query = (
        select(*RoundPlan.__table__.columns, Person.name)
        .join(Person, Person.id == RoundPlan.person_id, isouter=True)
        .order_by(RoundPlan.active.desc(), RoundPlan.id)
    )
    found = (await work.db.execute(query)).all()
    page = min(page, max(0, (len(found) - 1) // PAGE))
    shown = found[page * PAGE : (page + 1) * PAGE]
    names, opening = await Names.read(work.db), await rounds_records.opening(work.db)
    following = await rounds_planning.following(work, shown, opening)
    told = [_line(number, row, names, following.get(row.id)) for number, row in enumerate(shown, 1)]
    turns = [
        *([Button(_("‹ Before"), for_action("plans", page - 1), "quiet")] if page else []),
        *(
            [Button(_("More ›"), for_action("plans", page + 1), "quiet")]
            if len(found) > (page + 1) * PAGE
            else []
        ),
    ]
    rows = (
        (Button(_("＋ New plan"), for_action("plan_new"), "main"),),
        *((_change(number, row), _switch(number, row)) for number, row in enumerate(shown, 1)),
        *((tuple(turns),) if turns else ()),
    )
    head = n_("🗓 {count} plan of rounds", "🗓 {count} plans of rounds", len(found))
    text = lines(head, *told) if found else _("There are no plans of rounds yet.")
    work.reply(Message(text, rows, replace=True))


def _line(number: int, row: Any, names: Names, following: datetime | None) -> Text:
    who = row.name or ROLES.get(row.post or "")
    where = names.place(row.place)
    if row.spread:
        where = _("the points of {place}", place=where)
    then = _("next {when}", when=following) if following else None
    paused = None if row.active else _("⏸ paused")
    said = rounds_form.said(Schedule.load(row.schedule))
    sample = _("(sample)") if row.sample else None
    what = joined(names.checklist(row.checklist), where, said, who, then, paused, sample)
    return joined(f"{number}.", what, between=" ")


def _change(number: int, row: Any) -> Button:
    return Button(_("✎ Change {number}", number=number), for_action("plan_edit", row.id))


def _switch(number: int, row: Any) -> Button:
    label = _("⏸ Pause {number}", number=number) if row.active else _("▶ Resume {number}", number=number)
    return Button(label, for_action("plan_pause", f"{row.id}.{'off' if row.active else 'on'}"))
