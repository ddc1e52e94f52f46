"""The chain of responsibility (责任链) today: who holds each post, who is away, and who stands in."""

from __future__ import annotations

from sqlalchemy import select

from handlers import absence_records, chain, members
from handlers.absence_records import Entry
from handlers.kit.buttons import for_action
from handlers.kit.messages import Button, Message
from handlers.kit.words import Text, _, joined, lines
from handlers.roles import ROLES
from handlers.routes import Routes
from handlers.work import Work
from models import Person

routes = Routes()

MOST_NAMED = 20  # people of one post


@routes.command(
    "chain",
    needs="see chain",
    words=("责任链", "责任制", "安全责任"),
    title=_("🔗 Chain of responsibility"),
    about=_("Who holds which post today"),
    order=47,
)
async def page(work: Work, _rest: str) -> None:
    """`/chain` or 责任链: from the director down; empty posts by name."""
    absent = {entry.person_id: entry for entry in await absence_records.today(work.db, work.today)}
    gone = set(absent)
    posts = [await _post(work, post, absent, gone) for post in reversed(chain.POSTS)]
    rows: tuple[tuple[Button, ...], ...] = ()
    if work.me.may("be away"):
        rows = ((Button(_("Enter an absence"), for_action("away_new")),),)
    head = _("🔗 Chain of responsibility, {day}", day=work.today)
    work.reply(Message(lines(head, *posts), rows, replace=True))


async def _post(work: Work, post: str, absent: dict[int, Entry], gone: set[int]) -> Text:
    query = select(Person.id, Person.name).where(Person.active, Person.roles.holds(post))
    held = list(await work.db.execute(query.order_by(Person.name, Person.id)))
    if not held:
        return _("⚠️ {post}: nobody", post=ROLES[post])
    said = [_holder(row.name, absent.get(row.id), post, gone) for row in held[:MOST_NAMED]]
    more = _("and {count} more", count=len(held) - MOST_NAMED) if len(held) > MOST_NAMED else None
    line = _("{post}: {names}", post=ROLES[post], names=joined(*said, more))
    if await chain.holders(work.db, post, work.today):
        return line
    return joined("⚠️", line, between=" ")


def _holder(name: str, entry: Entry | None, post: str, gone: set[int]) -> Text:
    """A holder's name; behind it, where they are away today, until when and who stands in."""
    called = members.called(name)
    if entry is None or post not in entry.posts:
        return called
    if entry.deputy is None or entry.deputy_id in gone:
        return _("{name} (away until {last}, nobody stands in)", name=called, last=entry.last)
    return _(
        "{name} (away until {last}, {deputy} stands in)", name=called, last=entry.last, deputy=entry.deputy
    )
