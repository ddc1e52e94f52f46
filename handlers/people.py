"""The people who work here: listed, found, and looked at one by one."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, func, select

from handlers import members
from handlers.invite import role_options
from handlers.kit import grammar
from handlers.kit.buttons import for_action
from handlers.kit.kinds.choice import pick
from handlers.kit.messages import Button, Message
from handlers.kit.words import Text, _, joined, lines, n_, p_
from handlers.people_card import card, person_of
from handlers.roles import ROLES
from handlers.routes import Routes
from handlers.work import Work
from models import Person

routes = Routes()

PAGE = 8
_NOBODY: frozenset[str] = frozenset()
_SORTS: dict[str, Text] = {
    "all": p_("people", "Everybody"),
    "pending": p_("people", "To be confirmed"),
    "left": p_("people", "Left"),
}


@routes.command(
    "people",
    needs="people",
    words=("人员", "人员管理"),
    title=_("👥 People"),
    about=_("Confirm, change and list people"),
    order=70,
)
async def people(work: Work, rest: str) -> None:
    """`/people`, `/people 保安`, or `/people 王` for those with that in their name."""
    wanted = grammar.normalise(rest)
    role = pick(wanted, role_options(list(ROLES)), work.tongue)
    if wanted and role is None:
        await _show(work, "all", 0, wanted)
        return
    waiting = await work.db.scalar(select(func.count()).select_from(Person).where(_sort("pending")))
    await _show(work, role or ("pending" if waiting else "all"), 0)


@routes.action("people", needs="people")
async def turned(work: Work, argument: str) -> None:
    """`<sort or role>.<page>`; without a sort, the choice of one."""
    sort, _sep, page = argument.partition(".")
    if sort not in {*_SORTS, *ROLES}:
        work.reply(await _sorts(work))
        return
    await _show(work, sort, int(page) if page.isdecimal() and len(page) < 4 else 0)


@routes.action("person", needs="people")
async def person(work: Work, key: str) -> None:
    """One person's card."""
    found = await person_of(work, key)
    if found is not None:
        work.reply(await card(work, found))


def _sort(sort: str) -> ColumnElement[bool]:
    """The people of a sort or role; visitors are none of them."""
    member = (Person.roles != _NOBODY) | Person.pending_role.is_not(None)
    if sort == "all":
        return Person.active & member
    if sort == "pending":
        return Person.active & Person.pending_role.is_not(None)
    if sort == "left":
        return ~Person.active & (Person.roles != _NOBODY)
    return Person.active & Person.roles.holds(sort) if sort in ROLES else false()


async def _show(work: Work, sort: str, page: int, named: str = "") -> None:
    """One page of people. Those found by name fit on the first, or the name has to be longer."""
    which = _sort(sort) & (Person.name.icontains(named, autoescape=True) if named else Person.id.is_not(None))
    count = int(await work.db.scalar(select(func.count()).select_from(Person).where(which)) or 0)
    page = min(page, max(0, (count - 1) // PAGE))
    query = select(Person.id, Person.name, Person.roles, Person.pending_role, Person.active).where(which)
    found = (
        await work.db.execute(query.order_by(Person.name, Person.id).limit(PAGE).offset(page * PAGE))
    ).all()
    title = _("Named “{name}”", name=named) if named else _SORTS.get(sort) or ROLES[sort]
    head = joined("👥", title, n_("{count} person", "{count} people", count), between=" ")
    more = _("Only the first are shown; write more of the name.") if named and count > PAGE else None
    buttons = [Button(members.called(row.name), for_action("person", row.id)) for row in found]
    rows = [tuple(buttons[place : place + 2]) for place in range(0, len(buttons), 2)]
    turns = () if named else _turns(sort, page, count)
    choose = Button(_("Filter"), for_action("people"), "quiet")
    text = lines(head, *(_line(row) for row in found), _("Nobody here.") if not found else None, more)
    work.reply(Message(text, (*rows, (*turns, choose)), replace=True))


def _turns(sort: str, page: int, count: int) -> tuple[Button, ...]:
    turns = []
    if page:
        turns.append(Button(_("‹ Before"), for_action("people", f"{sort}.{page - 1}"), "quiet"))
    if (page + 1) * PAGE < count:
        turns.append(Button(_("More ›"), for_action("people", f"{sort}.{page + 1}"), "quiet"))
    return tuple(turns)


def _line(row: members.Found) -> Text:
    waits = _("⏳ {role}", role=ROLES[row.pending_role]) if row.pending_role in ROLES else None
    held = members.posts(row.roles) if row.roles else None
    return joined(members.called(row.name), held, waits, None if row.active else _("left"))


async def _sorts(work: Work) -> Message:
    """The sorts and roles that anybody is of, with how many."""
    buttons = []
    for sort, title in {**_SORTS, **ROLES}.items():
        count = await work.db.scalar(select(func.count()).select_from(Person).where(_sort(sort)))
        if count:
            buttons.append(
                Button(_("{title} ({count})", title=title, count=count), for_action("people", f"{sort}.0"))
            )
    rows = tuple(tuple(buttons[place : place + 2]) for place in range(0, len(buttons), 2))
    return Message(_("Whom do you want to see?"), rows, replace=True)
