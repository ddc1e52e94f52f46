"""Today's rounds (今日巡查): listed, told of before and at their time, and begun with one tap."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, select

from handlers import inspection, rounds_planning, rounds_records
from handlers.kit.buttons import id_in
from handlers.kit.messages import Message
from handlers.kit.words import Text, _, lines, n_
from handlers.rounds_records import together
from handlers.rounds_say import Names, begin_buttons, clock, counts, line
from handlers.routes import Routes
from handlers.work import Work
from models import Person, Round

routes = Routes()

MOST_LINES = 40  # of a day's rounds; where there are more, those done are only counted


@routes.command(
    "rounds",
    needs="inspect",
    words=("今日巡查", "巡查任务"),
    title=_("📅 Today's rounds"),
    about=_("Today's rounds and their state"),
    order=6,
    alone=True,
)
async def rounds(work: Work, _rest: str) -> None:
    """All of today's for leaders; for others those of their post and their own."""
    mine = await rounds_records.theirs(work)
    rows = [row for row in await _of_today(work) if _concerns(work, row, mine)]
    if not rows:
        work.reply(_("No rounds are planned for today."))
        return
    names = await Names.read(work.db)
    shown = rows if len(rows) <= MOST_LINES else [row for row in rows if row.status != "done"][:MOST_LINES]
    now = [row for row in rows if row.status == "due" and row.opens_at <= work.now and not row.sample]
    text = lines(
        _("📅 Rounds of {day}", day=work.today),
        counts(rows),
        "",
        *(line(row, names, row.name, work.rules.zone) for row in shown),
    )
    work.reply(Message(text, begin_buttons(now, names) if now else ()))


@routes.action("round", needs="inspect")
async def begin(work: Work, key: str) -> None:
    """Begin the inspection that a round is; of one that was missed, to make up for it."""
    found = (await work.db.execute(select(Round).where(Round.id == id_in(key)))).first()
    if found is None or found.sample or not _concerns(work, found, await rounds_records.theirs(work)):
        work.toast = _("That round is not yours.")
    elif found.status in {"done", "late"}:
        work.toast = _("That round is done already.")
    elif found.status == "off":
        work.toast = _("That round was cancelled.")
    elif found.opens_at > work.now:
        opens = clock(found.opens_at, work.rules.zone)
        work.toast = _("It is too early: that round can be begun from {time} on.", time=opens)
    else:
        await inspection.begin(work, found.place, found.checklist, "none")


@routes.timer("rounds.plan")
async def plan(work: Work, key: str) -> None:
    """Make the rounds of a day, and come again the evening before the next."""
    await rounds_planning.plan_next(work, key)


@routes.timer("rounds.remind")
async def remind(work: Work, key: str) -> None:
    """Say that rounds are coming; too late for that, say nothing."""
    rows = [row for row in await together(work.db, key) if row.status == "due"]
    if not rows or rows[0].due_at <= work.now:
        return
    names, first = await Names.read(work.db), rows[0]
    minutes = round((first.due_at - work.now).total_seconds() / 60)
    soon = n_(
        "⏰ In {count} minute: {what}", "⏰ In {count} minutes: {what}", minutes, what=_what(rows, names)
    )
    await _tell(work, first, Message(lines(soon, names.places(rows))))


@routes.timer("rounds.begin")
async def due(work: Work, key: str) -> None:
    """Say that rounds are due now, with the buttons to begin them."""
    rows = [row for row in await together(work.db, key) if row.status == "due"]
    if not rows or rows[0].ends_at <= work.now:
        return
    names, first = await Names.read(work.db), rows[0]
    text = lines(
        _("🔔 Due now ({time}): {what}", time=clock(first.due_at, work.rules.zone), what=_what(rows, names)),
        names.places(rows),
        _(
            "Scan the code on the spot, or start here. Until {time}.",
            time=clock(first.ends_at, work.rules.zone),
        ),
    )
    await _tell(work, first, Message(text, begin_buttons(rows, names)))


def _what(rows: Sequence[Row[Any]], names: Names) -> Text:
    several = n_("{count} place", "{count} places", len(rows)) if len(rows) > 1 else None
    checklist = names.checklist(rows[0].checklist)
    return _("{checklist} ({places})", checklist=checklist, places=several) if several else checklist


async def _tell(work: Work, one: Row[Any], message: Message) -> None:
    for person_id in await rounds_records.whose(work.db, one, work.now, work.today):
        await work.tell(person_id, message)


async def _of_today(work: Work) -> list[Row[Any]]:
    """Today's rounds, each with the name of whose it is."""
    query = (
        select(*Round.__table__.columns, Person.name)
        .join(Person, Person.id == Round.person_id, isouter=True)
        .where(Round.day == work.today, Round.status != "off")
        .order_by(Round.due_at, Round.place)
    )
    return list(await work.db.execute(query))


def _concerns(work: Work, row: Any, mine: Collection[int]) -> bool:
    """Whether a round is somebody's business: theirs, their post's, or that of those they lead."""
    return work.me.may("plan rounds") or row.person_id in mine or row.post in work.me.roles
