"""Hazards as a list: one's own, the open and the overdue ones, five at a time, narrowed by words or taps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, func, or_, select, true

from handlers import catalogue, chain
from handlers.hazard_card import hazard_card, may_see
from handlers.hazard_table import SEVERITY, STATES
from handlers.hazard_words import KINDS, SCOPES, SEVERITIES, Wanted, read
from handlers.kit.buttons import for_action, id_in
from handlers.kit.kinds.checklist import short
from handlers.kit.kinds.place import Tree, name_of
from handlers.kit.messages import Button, Message
from handlers.kit.words import Both, Text, _, joined, lines
from handlers.labels import CATEGORIES
from handlers.routes import Routes
from handlers.work import Work
from models import UNSOLVED, Hazard, HazardEvent

routes = Routes()

PAGE: Final = 5
MOST_PLACES: Final = 8  # offered where a name means several


@routes.command(
    "hazards",
    needs="hazards",
    words=("隐患", "隐患清单", "隐患列表"),
    title=_("📋 Hazards"),
    about=_("Hazards: mine, open, overdue"),
    order=9,
)
async def hazards(work: Work, rest: str) -> None:
    """`/hazards`, or `隐患 逾期`, `隐患 重大 消防`, `隐患 序厅`."""
    tree = await catalogue.place_tree(work.db)
    asked = read(rest, tree)
    if asked.unread:
        work.reply(_not_understood(asked.unread))
    elif asked.places:
        work.reply(_which_place(asked.wanted, asked.places, tree))
    else:
        await _page(work, asked.wanted, 0, tree)


@routes.action("hazards", needs="hazards")
async def further(work: Work, argument: str) -> None:
    """Another page, or other hazards: see `Wanted.packed`."""
    wanted, offset = Wanted.unpacked(argument)
    await _page(work, wanted, offset, await catalogue.place_tree(work.db))


@routes.action("hazard", needs="hazards")
async def look(work: Work, key: str) -> None:
    """The card of the hazard with that id."""
    found = (await work.db.execute(select(Hazard.__table__).where(Hazard.id == id_in(key)))).first()
    if found is None or not await may_see(work, found):
        work.toast = _("There is no such hazard that you may see.")
        return
    work.reply(await hazard_card(work, found))


def visible(work: Work) -> ColumnElement[bool]:
    """The condition that this person may see a hazard: all for leaders and above, for others what they
    found, found again, or are responsible for, also in somebody's place."""
    if work.me.may("see inspections"):
        return true()
    moved = select(HazardEvent.hazard_id).where(HazardEvent.person_id == work.me.id)
    return or_(_own(work), Hazard.id.in_(moved))


def _own(work: Work) -> ColumnElement[bool]:
    stood_for = Hazard.responsible_id.in_(chain.stood_for(work.me.id, work.today))
    return or_(Hazard.found_by == work.me.id, Hazard.responsible_id == work.me.id, stood_for)


async def _page(work: Work, wanted: Wanted, offset: int, tree: Tree) -> None:
    which = conditions(work, wanted, tree)
    count = int(await work.db.scalar(select(func.count()).select_from(Hazard).where(*which)) or 0)
    query = (
        select(*Hazard.__table__.columns)
        .where(*which)
        .order_by(Hazard.due_at.is_(None), Hazard.due_at, Hazard.id)
        .offset(offset)
        .limit(PAGE)
    )
    found = (await work.db.execute(query)).all()
    head = joined(_("📋 Hazards"), *narrowed_to(wanted, tree))
    if not found:
        text = lines(head, _("There are none."))
    else:
        shown = _("{first} to {last} of {count}", first=offset + 1, last=offset + len(found), count=count)
        text = lines(head, *(_line(work, row, tree) for row in found), shown if count > PAGE else None)
    rows = tuple((_opens(row),) for row in found)
    work.reply(Message(text, (*rows, *_ways_on(wanted, offset, count)), replace=True))


def conditions(work: Work, wanted: Wanted, tree: Tree) -> list[ColumnElement[bool]]:
    """What a hazard that is wanted meets, as far as this person may see it."""
    scopes = {
        "open": Hazard.status.in_(UNSOLVED),
        "mine": Hazard.status.in_(UNSOLVED) & _own(work),
        "late": Hazard.status.in_(UNSOLVED) & (Hazard.due_at < work.now),
        "done": Hazard.status.in_(("closed", "fixed_on_spot")),
    }
    which = [visible(work), scopes[wanted.scope]]
    if wanted.severity:
        which.append(Hazard.severity == SEVERITIES[wanted.severity])
    if wanted.kind:
        which.append(Hazard.category == KINDS[wanted.kind])
    if wanted.place:
        which.append(Hazard.place.in_(_with_those_below(tree, wanted.place)))
    return which


def _with_those_below(tree: Tree, code: str) -> list[str]:
    found = [code]
    for place in found:  # grows while it is gone through
        found += [below for below, (parent, *_names) in tree.items() if parent == place]
    return found


def _line(work: Work, row: Row[Any], tree: Tree) -> Text:
    late = row.status in UNSOLVED and row.due_at is not None and row.due_at < work.now
    return joined(
        joined("⏰" if late else "▪️", row.number, between=" "),
        name_of(tree, row.place) if row.place in tree else row.place,
        short(Both(row.title_zh, row.title_en)),
        STATES[row.status],
        _("due {when}", when=row.due_at) if row.due_at and row.status in UNSOLVED else None,
        _("overdue") if late else None,
        _("(sample)") if row.sample else None,
    )


def _opens(row: Row[Any]) -> Button:
    title = short(Both(row.title_zh, row.title_en))
    return Button(joined(row.number, title, between=" "), for_action("hazard", row.id))


def _ways_on(wanted: Wanted, offset: int, count: int) -> tuple[tuple[Button, ...], ...]:
    """The page before and behind this one, the other scopes, and what narrows the list."""
    turns = []
    if offset:
        turns.append(Button(_("‹ Earlier"), for_action("hazards", wanted.packed(max(0, offset - PAGE)))))
    if offset + PAGE < count:
        turns.append(Button(_("More ›"), for_action("hazards", wanted.packed(offset + PAGE)), "main"))
    others = tuple(
        Button(label, for_action("hazards", replace(wanted, scope=scope).packed()), "quiet")
        for scope, label in SCOPES.items()
        if scope != wanted.scope
    )
    others += (Button(_("🔍 Filter"), for_action("hazard_filter", wanted.packed()), "quiet"),)
    return (tuple(turns), others) if turns else (others,)


def narrowed_to(wanted: Wanted, tree: Tree) -> list[Text]:
    """What the list is narrowed to."""
    said: list[Text] = [SCOPES[wanted.scope]]
    if wanted.severity:
        said.append(SEVERITY[SEVERITIES[wanted.severity]])
    if wanted.kind:
        said.append(CATEGORIES[KINDS[wanted.kind]])
    if wanted.place:
        said.append(name_of(tree, wanted.place) if wanted.place in tree else wanted.place)
    return said


def _not_understood(unread: str) -> Message:
    hint = _(
        "“{words}” was not understood. Write for example: hazards overdue, hazards mine, hazards critical, "
        "hazards fire, or hazards with the name of a place.",
        words=unread[:60],
    )
    return Message(hint, _ways_on(Wanted(), 0, 0))


def _which_place(wanted: Wanted, places: tuple[str, ...], tree: Tree) -> Message:
    rows = tuple(
        (Button(name_of(tree, code), for_action("hazards", replace(wanted, place=code).packed())),)
        for code in places[:MOST_PLACES]
    )
    return Message(_("Several places are called that; please choose."), rows)
