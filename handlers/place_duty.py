"""Who answers for a place (责任部门、责任人): shown, set from the chief up, inherited from the place above.

The department and person responsible for each part are asked for by 公安部令第61号 §4 and §6 and by the
rectification notice (§32: 责任部门、责任人)."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import audit, catalogue, chain, members
from handlers.kit.buttons import for_action
from handlers.kit.form import Form
from handlers.kit.kinds import choice, place, text
from handlers.kit.kinds.place import find
from handlers.kit.kinds.place import name_of as place_of
from handlers.kit.messages import Button, Message, Option
from handlers.kit.words import Both, Text, _, joined, lines, p_
from handlers.routes import Routes
from handlers.work import Work
from models import Person, Place, PlaceDuty

routes = Routes()

ABOVE = "above"
_AS_ABOVE = ("上级", "同上", "above", "none", "无")


async def responsible_for(db: AsyncConnection, place_code: str) -> tuple[str, int | None]:
    """The department (empty if none is named) and the person that answer for a place.

    Each is that of the nearest place, going up, that names one; a person who has left counts as none.
    """
    parents = {row.code: row.parent for row in await db.execute(select(Place.code, Place.parent))}
    query = select(PlaceDuty.place, PlaceDuty.department, Person.id).join(
        Person, (Person.id == PlaceDuty.person_id) & Person.active, isouter=True
    )
    named = {row.place: row for row in await db.execute(query)}
    department, person, code, seen = "", None, place_code, set[str]()
    while code and code not in seen:
        seen.add(code)
        if (row := named.get(code)) is not None:
            department, person = department or row.department, row.id if person is None else person
        code = parents.get(code, "")
    return department, person


async def answering(db: AsyncConnection, place_code: str, today: date) -> tuple[str, int | None]:
    """As `responsible_for`, with whoever stands in today for a person who is away."""
    department, person = await responsible_for(db, place_code)
    return department, person if person is None else await chain.in_place_of(db, person, today)


@routes.form
class Look(
    Form, name="duty", opens=_("Responsible for a place"), needs="see chain", review=False,
    lasts=timedelta(hours=1), on_expiry="discard",
):  # fmt: skip
    """Which place is asked about."""

    place: str = place(_("Responsible for which place?"), label=_("Place"))

    async def submit(self, work: Work) -> None:
        work.reply(await card(work, self.place))


@routes.form
class Assign(
    Form, name="duty_set", opens=_("Responsible for a place"), needs="set duty", review=False,
    lasts=timedelta(hours=1), on_expiry="discard",
):  # fmt: skip
    """The department and person for a place. Facts: `place`, `name` (both languages), `people` (id, name)."""

    department: str | None = text(
        _("Which department answers for it? Skip if that of the place above does."),
        label=_("Department"), most=60, optional=True,
    )  # fmt: skip
    person: str = choice(
        _("And which person? Tap, or type the name."), lambda so_far: so_far.people(),
        label=_("Person"), columns=2,
    )  # fmt: skip

    def head(self) -> Text | None:
        return joined("📍", Both(*self.facts["name"]), between=" ")

    def people(self) -> list[Option]:
        known = [Option(str(person), name) for person, name in self.facts["people"]]
        return [*known, Option(ABOVE, p_("duty", "As above it"), _AS_ABOVE)]

    async def submit(self, work: Work) -> None:
        code, person = self.facts["place"], None if self.person == ABOVE else int(self.person)
        row = {
            "place": code, "department": self.department or "", "person_id": person,
            "set_by": work.me.id, "set_at": work.now, "sample": False,
        }  # fmt: skip
        await work.db.execute(delete(PlaceDuty).where(PlaceDuty.place == code))
        await work.db.execute(insert(PlaceDuty).values(**row))
        said = {"place": code, "department": row["department"]}
        await audit.record(work.db, work.now, "duty", actor=work.me.id, subject=person, **said)
        if person is not None and person != work.me.id:
            yours = _(
                "{name} made you responsible for {place}.", name=work.me.name, place=await _name(work, code)
            )
            await work.tell(person, Message(yours))
        shown = await card(work, code)
        work.reply(Message(lines(_("✔ Entered"), shown.text), shown.rows, replace=True))


@routes.command(
    "duty",
    needs="see chain",
    words=("责任人", "责任部门"),
    about=_("Who answers for a place: /duty H1"),
    order=50,
)
async def duty(work: Work, rest: str) -> None:
    """`/duty H1`, `责任人 一号展厅`; without a place, or with one not known, it is asked for."""
    tree = await catalogue.place_tree(work.db)
    found = find(tree, rest) if rest.strip() else []
    if len(found) == 1:
        work.reply(await card(work, found[0]))
    else:
        await work.open(Look, facts={"places": tree})


@routes.action("duty_set", needs="set duty")
async def assign(work: Work, code: str) -> None:
    tree = await catalogue.place_tree(work.db)
    if code not in tree:
        work.toast = _("That place is no longer in use.")
        return
    query = select(Person.id, Person.name).where(Person.active, Person.roles != frozenset())
    people = [[row.id, row.name] for row in await work.db.execute(query.order_by(Person.name)) if row.name]
    name = place_of(tree, code)
    await work.open(Assign, facts={"place": code, "name": [name.zh, name.en], "people": people})


async def card(work: Work, code: str) -> Message:
    """Who answers for a place, and the button to change that for those who may."""
    department, person = await responsible_for(work.db, code)
    _department, today = await answering(work.db, code, work.today)
    query = select(Person.id, Person.name).where(Person.id.in_((person, today)))
    names = {row.id: row.name for row in await work.db.execute(query)}
    own = await work.db.scalar(select(PlaceDuty.id).where(PlaceDuty.place == code))
    said = lines(
        joined("📍", await _name(work, code), between=" "),
        _("Department: {department}", department=department or _("not named")),
        _("Person: {name}", name=members.called(names[person]) if person else _("not named")),
        _("Away today; {name} stands in.", name=members.called(names[today])) if today != person else None,
        _("(as for the place above it)") if own is None and (department or person) else None,
    )
    change = Button(_("✎ Set who answers"), for_action("duty_set", code))
    return Message(said, ((change,),) if work.me.may("set duty") else (), replace=True)


async def _name(work: Work, code: str) -> Text:
    return await catalogue.place_name(work.db, code)
