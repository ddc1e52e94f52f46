"""The digest: each morning what waits for each leader, on Mondays the week for managers; once a day each."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import chain
from handlers.digest_words import nothing, waiting, week
from handlers.kit import grammar
from handlers.kit.buttons import for_action, id_in
from handlers.kit.messages import Button, Message
from handlers.kit.words import Text, _, lines
from handlers.roles import may
from handlers.routes import Routes
from handlers.work import Rules, Work
from models import DigestChoice, Due, Person

routes = Routes()

KIND: Final = "digest"  # keyed by the day
ONE: Final = "digest.person"  # keyed by day and person
MONDAY: Final = 0
_ON: Final = {"on", "开", "打开", "开启", "要", "yes"}
_OFF: Final = {"off", "关", "关闭", "不要", "no"}


async def schedule(db: AsyncConnection, now: datetime, rules: Rules) -> None:
    """Have the next digest made at the time that is set; called when the program starts. One that came due
    while it stood still is made, and calls for the next itself."""
    waits = (Due.kind == KIND, Due.status == "waiting")
    if await db.scalar(select(func.count()).where(*waits, Due.due_at <= now)):
        return
    await db.execute(delete(Due).where(*waits))
    done = set(await db.scalars(select(Due.key).where(Due.kind == KIND)))
    day = now.astimezone(rules.zone).date()
    while day.isoformat() in done or _moment(day, rules) <= now:
        day += timedelta(days=1)
    row = {"kind": KIND, "key": day.isoformat(), "due_at": _moment(day, rules), "payload": {}}
    await db.execute(insert(Due).values(**row))


@routes.timer(KIND)
async def morning(work: Work, key: str) -> None:
    """Have everybody's digest made, each by itself; and the next day's."""
    if key != work.today.isoformat():  # the program stood still since
        await work.due(KIND, work.today.isoformat(), _moment(work.today, work.rules))
        return
    for person in await _recipients(work):
        await work.due(ONE, f"{key}.{person}", work.now)
    tomorrow = work.today + timedelta(days=1)
    await work.due(KIND, tomorrow.isoformat(), _moment(tomorrow, work.rules))


@routes.timer(ONE)
async def tell(work: Work, key: str) -> None:
    """One person's digest; where nothing waits for them, in one line."""
    day, _sep, person = key.partition(".")
    query = select(Person.id, Person.roles, Person.acting).where(Person.id == id_in(person), Person.active)
    found = (await work.db.execute(query)).first()
    if found is None or day != work.today.isoformat():
        return
    roles = found.roles | found.acting
    parts: list[Text] = await waiting(work, found.id, roles) or [await nothing(work)]
    if work.today.weekday() == MONDAY and may(roles, "issue letters"):
        parts += ["", *await week(work, found.id, roles)]
    head = _("☀️ Digest of {day}", day=work.today)
    off = Button(_("No more digests"), for_action("digest", "off"), "quiet")
    await work.tell(found.id, Message(lines(head, *parts), ((off,),)))


@routes.command(
    "digest",
    needs="digest",
    words=("日报", "每日提醒"),
    about=_("The daily digest: on or off"),
    order=49,
)
async def digest(work: Work, rest: str) -> None:
    """`/digest` says how it is, `/digest off` or 日报 关 changes it."""
    wanted = grammar.normalise(rest).casefold()
    if wanted in _ON | _OFF:
        await _choose(work, on=wanted in _ON)
    await _show(work)


@routes.action("digest", needs="digest")
async def switch(work: Work, argument: str) -> None:
    await _choose(work, on=argument != "off")
    await _show(work)


async def _choose(work: Work, *, on: bool) -> None:
    await work.db.execute(delete(DigestChoice).where(DigestChoice.person_id == work.me.id))
    row = {"person_id": work.me.id, "wanted": on, "chosen_at": work.now}
    await work.db.execute(insert(DigestChoice).values(**row))


async def _show(work: Work) -> None:
    at = f"{work.rules.digest_at:%H:%M}"
    choice = select(DigestChoice.wanted).where(DigestChoice.person_id == work.me.id)
    if await work.db.scalar(choice) is False:
        button = Button(_("Turn on"), for_action("digest", "on"), "main")
        work.reply(Message(_("Your daily digest is off."), ((button,),), replace=True))
        return
    button = Button(_("Turn off"), for_action("digest", "off"))
    said = _("Your daily digest comes at {at}.", at=at)
    work.reply(Message(said, ((button,),), replace=True))


async def _recipients(work: Work) -> list[int]:
    """Leaders and above, also those standing in, who are there today and did not turn it off."""
    off = set(await work.db.scalars(select(DigestChoice.person_id).where(~DigestChoice.wanted)))
    left_out = off | await chain.away(work.db, work.today)
    people = select(Person.id, Person.roles, Person.acting).where(Person.active).order_by(Person.id)
    return [
        row.id
        for row in await work.db.execute(people)
        if row.id not in left_out and may(row.roles | row.acting, "digest")
    ]


def _moment(day: date, rules: Rules) -> datetime:
    return datetime.combine(day, rules.digest_at, rules.zone)
