"""What those who manage people change: confirming, giving and taking posts, ending access."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, update

from handlers import audit, chain, members
from handlers.kit.buttons import for_action
from handlers.kit.messages import Button, Message
from handlers.kit.words import Text, _
from handlers.letter_records import hand_out
from handlers.people_card import card, may_end, person_of, posts
from handlers.roles import ROLES, gives, may
from handlers.routes import Routes
from handlers.work import Work
from models import Conversation, Person

routes = Routes()

NOT_YOURS = _("That post is not yours to give or take.")
DECIDED = _("That is decided already.")
LAST_ADMIN = _("The last administrator has to stay; make somebody else administrator first.")


@routes.action("confirm", needs="people")
async def confirm(work: Work, argument: str) -> None:
    """Let somebody in whose post waits for a supervisor."""
    asked = await _asked(work, argument)
    if asked is None:
        return
    person, role = asked
    if person.pending_role != role or not person.active:
        work.toast = DECIDED
        return
    await members.no_longer_waits(work.db, person, joined=True)
    await _change(work, person, person.roles | {role}, "confirmed", role)
    welcome = _("You are confirmed: {role} at {museum}. Welcome!", role=ROLES[role], museum=work.rules.museum)
    await work.tell(person.id, Message(welcome, members.what_now()))
    await hand_out(work, person.id)
    await _say(
        work, person, _("{name} is confirmed as {role}.", name=members.called(person.name), role=ROLES[role])
    )


@routes.action("refuse", needs="people")
async def refuse(work: Work, argument: str) -> None:
    """Turn somebody down whose post waits for a supervisor; the invite gets its use back."""
    asked = await _asked(work, argument)
    if asked is None:
        return
    person, role = asked
    if person.pending_role != role:
        work.toast = DECIDED
        return
    await members.no_longer_waits(work.db, person, joined=False)
    await audit.record(work.db, work.now, "refused", actor=work.me.id, subject=person.id, role=role)
    await work.tell(
        person.id,
        Message(_("You were not confirmed as {role}. Please speak to your supervisor.", role=ROLES[role])),
    )
    await _say(
        work,
        person,
        _("{name} was not confirmed as {role}.", name=members.called(person.name), role=ROLES[role]),
    )


@routes.action("posts", needs="people")
async def show_posts(work: Work, key: str) -> None:
    """The posts that may be given to a person or taken from them."""
    person = await person_of(work, key)
    if person is not None:
        work.reply(posts(work, person))


@routes.action("give", needs="people")
async def give(work: Work, argument: str) -> None:
    """Give a post, which also confirms it if it was waiting."""
    asked = await _asked(work, argument)
    if asked is None:
        return
    person, role = asked
    if role in person.roles or not person.active:
        work.toast = DECIDED
    else:
        if person.pending_role == role:
            await members.no_longer_waits(work.db, person, joined=True)
        await _change(work, person, person.roles | {role}, "given", role)
        given = _("You are now {role} at {museum}.", role=ROLES[role], museum=work.rules.museum)
        await work.tell(person.id, Message(given, members.what_now()))
        await hand_out(work, person.id)
    await _reshow_posts(work, person)


@routes.action("take", needs="people")
async def take(work: Work, argument: str) -> None:
    """Take a post away; drafts that only it allowed wait from now on."""
    asked = await _asked(work, argument)
    if asked is None:
        return
    person, role = asked
    if role not in person.roles:
        work.toast = DECIDED
    elif role == "admin" and await _is_last_admin(work, person):
        work.toast = LAST_ADMIN
    else:
        await _change(work, person, person.roles - {role}, "taken", role)
        taken = _("You are no longer {role} at {museum}.", role=ROLES[role], museum=work.rules.museum)
        await work.tell(person.id, Message(taken, members.what_now()))
    await _reshow_posts(work, person)


@routes.action("deactivate", needs="people")
async def deactivate(work: Work, argument: str) -> None:
    """`<id>` asks, `<id>.sure` does it: from that moment all posts of a person do nothing."""
    key, _sep, sure = argument.partition(".")
    person = await _mine_to_end(work, key)
    if person is None:
        return
    if not person.active:
        work.toast = DECIDED
        return
    if await _is_last_admin(work, person):
        work.toast = LAST_ADMIN
        return
    if sure != "sure":
        work.reply(_ask_to_end(person))
        return
    ended = _("Your access as {posts} has ended. Thank you for your work.", posts=members.posts(person.roles))
    await work.tell(person.id, Message(ended))
    await members.no_longer_waits(work.db, person, joined=False)
    await work.db.execute(update(Person).where(Person.id == person.id).values(active=False))
    await _let_wait(work, person.id, ())
    await chain.renew(work.db, work.today)
    await audit.record(
        work.db, work.now, "deactivated", actor=work.me.id, subject=person.id, roles=sorted(person.roles)
    )
    await _reshow_card(work, person)


@routes.action("reactivate", needs="people")
async def reactivate(work: Work, key: str) -> None:
    """Let somebody back in, with the posts they had."""
    person = await _mine_to_end(work, key)
    if person is None:
        return
    if person.active:
        work.toast = DECIDED
        return
    await work.db.execute(update(Person).where(Person.id == person.id).values(active=True))
    await chain.renew(work.db, work.today)
    await audit.record(
        work.db, work.now, "reactivated", actor=work.me.id, subject=person.id, roles=sorted(person.roles)
    )
    back = _(
        "Welcome back! You are {posts} at {museum} again.",
        posts=members.posts(person.roles),
        museum=work.rules.museum,
    )
    await work.tell(person.id, Message(back, members.what_now()))
    await hand_out(work, person.id)
    await _reshow_card(work, person)


async def _asked(work: Work, argument: str) -> tuple[members.Found, str] | None:
    """The member and the role that `<id>.<role>` names; a toast and None if that is not open to `work.me`."""
    key, _sep, role = argument.partition(".")
    if role not in gives(work.me.roles):
        work.toast = NOT_YOURS
        return None
    person = await person_of(work, key)
    return (person, role) if person is not None else None


async def _mine_to_end(work: Work, key: str) -> members.Found | None:
    person = await person_of(work, key)
    if person is not None and not may_end(work, person):
        work.toast = NOT_YOURS
        return None
    return person


async def _is_last_admin(work: Work, person: members.Found) -> bool:
    """Whether no other active administrator is left; their rows stay locked, so that of two
    administrators who remove each other at the same moment only one succeeds."""
    if "admin" not in person.roles:
        return False
    admins = (
        select(Person.id)
        .where(Person.active, Person.roles.holds("admin"))
        .order_by(Person.id)
        .with_for_update()
    )
    return set(await work.db.scalars(admins)) <= {person.id}


async def _change(work: Work, person: members.Found, roles: frozenset[str], action: str, role: str) -> None:
    await work.db.execute(update(Person).where(Person.id == person.id).values(roles=roles))
    await _let_wait(work, person.id, roles)
    await chain.renew(work.db, work.today)
    await audit.record(work.db, work.now, action, actor=work.me.id, subject=person.id, role=role)


async def _let_wait(work: Work, person_id: int, roles: Iterable[str]) -> None:
    """Pause a person's open conversation if `roles` no longer allow it."""
    await work.settle()
    denied = [name for name, form in work.routes.forms.items() if not may(roles, form.needs)]
    paused = update(Conversation).where(
        Conversation.person_id == person_id, Conversation.status == "open", Conversation.form.in_(denied)
    )
    await work.db.execute(paused.values(status="paused"))


async def _say(work: Work, person: members.Found, said: Text) -> None:
    """Say what was decided, and tell the maker of the invite as well."""
    work.reply(Message(said, replace=True))
    if person.invited_by is not None and person.invited_by != work.me.id:
        await work.tell(person.invited_by, Message(said))


async def _reshow_posts(work: Work, person: members.Found) -> None:
    found = await members.one(work.db, person.id)
    assert found is not None  # people are never deleted
    work.reply(posts(work, found))


async def _reshow_card(work: Work, person: members.Found) -> None:
    found = await members.one(work.db, person.id)
    assert found is not None  # people are never deleted
    work.reply(await card(work, found))


def _ask_to_end(person: members.Found) -> Message:
    name = members.called(person.name)
    said = _(
        "End the access of {name} ({posts})? It takes effect at once; their records stay.",
        name=name,
        posts=members.posts(person.roles),
    )
    sure = Button(_("End access"), for_action("deactivate", f"{person.id}.sure"), "danger")
    return Message(said, ((sure, Button(_("No, go back"), for_action("person", person.id))),), replace=True)
