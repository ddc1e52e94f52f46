"""One person as those who manage people see them, with the buttons for what they may change."""

from __future__ import annotations

from sqlalchemy import select

from handlers import members
from handlers.kit.buttons import for_action, id_in
from handlers.kit.messages import Button, Message
from handlers.kit.words import Text, _, joined, lines
from handlers.roles import ROLES, gives
from handlers.work import Work
from models import Audit, Person


async def person_of(work: Work, key: str) -> members.Found | None:
    """The member or former member with that id, locked. Visitors are nobody's business: a toast and None."""
    found = await members.one(work.db, id_in(key))
    if found is not None and (found.roles or found.pending_role or await _was_member(work, found.id)):
        return found
    work.toast = _("That person is not among the people who work here.")
    return None


async def _was_member(work: Work, person_id: int) -> bool:
    taken = select(Audit.id).where(Audit.subject_id == person_id, Audit.action == "taken").limit(1)
    return (await work.db.execute(taken)).first() is not None


def may_end(work: Work, person: members.Found) -> bool:
    """Whether all of a person's posts are such as `work.me` may give, so that they may end them all."""
    return bool(person.roles) and person.roles <= gives(work.me.roles)


async def card(work: Work, person: members.Found) -> Message:
    """Name, posts, chats, since when, last seen; and what may be changed."""
    chats = await members.chats(work.db, person.id)
    maker = await work.db.scalar(select(Person.name).where(Person.id == person.invited_by))
    waits = ROLES.get(person.pending_role or "")
    channels = sorted({chat.channel for chat in chats})
    text = lines(
        joined("👤", members.called(person.name), between=" "),
        _("Post: {posts}", posts=members.posts(person.roles)),
        _("⏳ Waits to be confirmed as {role}", role=waits) if waits is not None else None,
        None if person.active else _("🚫 Has left: the posts above do nothing."),
        _("Chats: {channels}", channels=joined(*(members.CHANNELS.get(name, name) for name in channels)))
        if chats
        else None,
        _("Here since {day}", day=person.created_at.astimezone(work.rules.zone).date()),
        _("Last seen {when}", when=chats[0].seen_at) if chats else None,
        _("Invited by {name}", name=maker) if maker else None,
    )
    return Message(text, tuple(_changes(work, person)), replace=True)


def _changes(work: Work, person: members.Found) -> list[tuple[Button, ...]]:
    rows: list[tuple[Button, ...]] = []
    mine = gives(work.me.roles)
    if person.active and person.pending_role in mine:
        which = f"{person.id}.{person.pending_role}"
        confirm = Button(_("✔ Confirm"), for_action("confirm", which), "main")
        rows.append((confirm, Button(_("✖ Refuse"), for_action("refuse", which), "danger")))
    last: list[Button] = []
    if person.active and mine:
        last.append(Button(_("Change posts"), for_action("posts", person.id)))
    if may_end(work, person):
        ends = Button(_("End access"), for_action("deactivate", person.id), "danger")
        last.append(ends if person.active else Button(_("Let back in"), for_action("reactivate", person.id)))
    return [*rows, tuple(last), (Button(_("‹ All people"), for_action("people", "all.0"), "quiet"),)]


def posts(work: Work, person: members.Found) -> Message:
    """The posts `work.me` may give to a person or take from them, as buttons."""
    mine = gives(work.me.roles)
    buttons = [_post(person, role, title) for role, title in ROLES.items() if role in mine]
    rows = [tuple(buttons[place : place + 2]) for place in range(0, len(buttons), 2)]
    back = (Button(_("‹ Back"), for_action("person", person.id), "quiet"),)
    said = _(
        "{name}: tap a post to give or take it. Now: {posts}.",
        name=members.called(person.name),
        posts=members.posts(person.roles),
    )
    return Message(said, (*rows, back), replace=True)


def _post(person: members.Found, role: str, title: Text) -> Button:
    held = role in person.roles
    label = joined("✓", title, between=" ") if held else joined("+", title, between=" ")
    return Button(label, for_action("take" if held else "give", f"{person.id}.{role}"))
