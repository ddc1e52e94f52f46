"""Absences (请假, 外出): entered by oneself or from above, with who stands in; ended early with a tap."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from handlers import absence_records as records
from handlers import audit, chain, members
from handlers.absence_records import Entry
from handlers.kit.buttons import for_action, id_in
from handlers.kit.form import Form
from handlers.kit.kinds import choice, day
from handlers.kit.messages import Button, Message, Option
from handlers.kit.words import Text, _, joined, lines, p_
from handlers.roles import ROLES
from handlers.routes import Routes
from handlers.work import Work

routes = Routes()

NOBODY = "nobody"
_MYSELF = ("我", "自己", "本人", "me", "i")
_NO_ONE = ("无", "没有", "没人", "无人", "none", "no one")


@routes.form
class Away(
    Form,
    name="away",
    opens=_("Absence"),
    needs="be away",
    lasts=timedelta(days=1),
    on_expiry="discard",
):
    """Who is away, from when to when, and who stands in. Facts: `me`; `people` who may be entered and
    `deputies` who may stand in, each (id, name, highest post); `away`, what is entered already (id, days)."""

    who: str | None = choice(
        _("Who is away?"), lambda so_far: so_far.people(), label=_("Who"), columns=2,
        when=lambda so_far: len(so_far.facts["people"]) > 1,
    )  # fmt: skip
    first: date = day(_("From which day on (the first day away)?"), label=_("From"), ahead=True)
    last: date = day(
        _("Until and including which day (the last day away)?"), label=_("Until"), ahead=True, since="first"
    )
    deputy: str = choice(
        _("Who stands in?"), lambda so_far: so_far.deputies(), label=_("Stands in"), columns=2
    )

    @property
    def person(self) -> int:
        return int(self.who or self.facts["people"][0][0])

    def people(self) -> list[Option]:
        return [
            Option(str(person), p_("away", "Myself"), _MYSELF)
            if person == self.facts["me"]
            else Option(str(person), joined(name, ROLES[chain.POSTS[post]]))
            for person, name, post in self.facts["people"]
        ]

    def deputies(self) -> list[Option]:
        """Those of the same post and of the posts beside it who are there on these days; nobody, too."""
        nobody = Option(NOBODY, p_("away", "Nobody"), _NO_ONE)
        if None in (self.first, self.last):
            return [nobody]
        post = next((post for person, _name, post in self.facts["people"] if person == self.person), 0)
        there = [
            Option(str(person), joined(name, ROLES[chain.POSTS[its]]))
            for person, name, its in self.facts["deputies"]
            if person != self.person and abs(its - post) <= 1 and not self._is_gone(person)
        ]
        return [*there, nobody]

    def _is_gone(self, person: int) -> bool:
        days = ((first, last) for one, first, last in self.facts["away"] if one == person)
        return any(first <= self.last.isoformat() and last >= self.first.isoformat() for first, last in days)

    async def submit(self, work: Work) -> None:
        person = await members.one(work.db, self.person)
        if person is None or not records.is_enterable(work.me, person):
            work.reply(_("That absence is not yours to enter (any more)."))
            return
        if self.last < self.first:
            work.reply(_("The last day is before the first; nothing was entered. Please start again: /away"))
            return
        if self.last < work.today:  # of a draft that was left until then
            work.reply(_("{day} is past.", day=self.last))
            return
        if (taken := await records.overlapping(work.db, person.id, self.first, self.last)) is not None:
            said = lines(_("Those days are taken already; nothing was entered."), line(taken, work.today))
            work.reply(Message(said, _endings(work, [taken])))
            return
        deputy = None if self.deputy == NOBODY else int(self.deputy)
        if deputy is not None and not await records.may_stand_in(work.db, deputy, person, self):
            work.reply(_("They cannot stand in on those days any more; nothing was entered. /away"))
            return
        await self._enter(work, person, deputy)

    async def _enter(self, work: Work, person: members.Found, deputy: int | None) -> None:
        entry = await records.enter(work, person, deputy, self.first, self.last)
        said = line(entry, work.today)
        await _tell(work, entry, lines(_("Entered by {name}:", name=work.me.name), said))
        for superior in await _superiors(work, entry):
            if superior not in (entry.person_id, entry.deputy_id, work.me.id):
                await work.tell(superior, Message(lines(_("An absence was entered:"), said)))
        others = await records.stands_in_for(work.db, person.id, self.first, self.last)
        note = [_("Somebody else has to stand in for {name} then.", name=name) for name in others]
        work.reply(Message(lines(_("✔ Entered"), said, *note), _endings(work, [entry]), replace=True))


@routes.command(
    "away",
    needs="be away",
    words=("请假", "外出", "休假", "absence"),
    title=_("🧳 Absence"),
    about=_("Enter an absence and who stands in"),
    order=46,
)
async def away(work: Work, _rest: str) -> None:
    """`/away` or 请假: what is entered, with buttons to end it; where nothing is, the form at once."""
    entries = await records.seen_by(work)
    if not entries:
        await begin(work, "")
        return
    said = lines(_("🧳 Absences"), *(line(entry, work.today) for entry in entries))
    more = (Button(_("Enter an absence"), for_action("away_new"), "main"),)
    work.reply(Message(said, (*_endings(work, entries), more), replace=True))


@routes.action("away_new", needs="be away")
async def begin(work: Work, _argument: str) -> None:
    facts = await records.facts(work)
    if not facts["people"]:
        work.reply(_("You hold no post of the chain of responsibility."))
        return
    await work.open(Away, facts=facts)


@routes.action("away_end", needs="be away")
async def end(work: Work, key: str) -> None:
    """Back early, or not away after all: whoever may enter an absence may end it."""
    entry = await records.one(work.db, id_in(key))
    if entry is None or not records.may_end(work.me, entry):
        work.toast = _("That absence is not yours to end.")
        return
    if entry.ended or entry.last < work.today:
        work.toast = _("That absence is over already.")
        return
    await records.end(work, entry)
    await audit.record(work.db, work.now, "away_ended", actor=work.me.id, subject=entry.person_id)
    said = lines(_("✔ Ended early: {name} is back in their post.", name=members.called(entry.name)))
    await _tell(work, entry, lines(said, _("By {name}", name=work.me.name)))
    work.reply(Message(said, replace=True))


@routes.timer(records.KIND)
async def midnight(work: Work, _day: str) -> None:
    """On the first day of an absence and after the last, at midnight in the museum."""
    await chain.renew(work.db, work.today)


def line(entry: Entry, today: date) -> Text:
    """An absence as everybody reads it."""
    gaps: dict[str, Any] = {"name": members.called(entry.name), "first": entry.first, "last": entry.last}
    if entry.first == entry.last:
        days = _("{name} is away on {first}", **gaps)
    elif entry.first <= today:
        days = _("{name} is away until {last}", **gaps)
    else:
        days = _("{name} is away from {first} to {last}", **gaps)
    deputy = _("{name} stands in", name=entry.deputy) if entry.deputy else _("nobody stands in")
    return joined(days, members.posts(entry.posts), deputy)


def _endings(work: Work, entries: list[Entry]) -> tuple[tuple[Button, ...], ...]:
    mine = [entry for entry in entries if records.may_end(work.me, entry)]
    return tuple(
        (Button(_("End early: {name}", name=members.called(entry.name)), for_action("away_end", entry.id)),)
        for entry in mine
    )


async def _tell(work: Work, entry: Entry, said: Text) -> None:
    """Tell both whom an absence concerns, but not who entered or ended it."""
    for person in (entry.person_id, entry.deputy_id):
        if person is not None and person != work.me.id:
            rows = _endings(work, [entry]) if person == entry.person_id and not entry.ended else ()
            await work.tell(person, Message(said, rows))


async def _superiors(work: Work, entry: Entry) -> list[int]:
    higher = chain.above(chain.POSTS[chain.highest(entry.posts)])
    return list(await chain.nearest(work.db, higher[0], work.today)) if higher else []
