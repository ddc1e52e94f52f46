"""`invite`, `admin` and `people`: who belongs to the museum, from the machine it runs on."""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from typing import Any

import segno
from sqlalchemy import Row, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.cli.console import ONLY_HERE, Console, Problem, Verb
from handlers import audit, codes, members
from handlers.joining import make_invite
from handlers.joining_first import first_admin_code
from handlers.joining_name import LONGEST, as_name, provisional
from handlers.kit.words import Text, _, joined
from handlers.roles import ROLES, WITHOUT_CONFIRMATION
from models import Person

MOST_USES, MOST_DAYS = 200, 90


def declare(verbs: Verb) -> None:
    """Add the verbs."""
    verb = verbs.add("invite", _("Make an invite to a post: a code, its links and a QR code"), invite)
    verb.takes("--role", required=True, choices=list(ROLES), about=_("The post"))
    verb.takes("--days", type=int, default=7, about=_("For how many days"))
    verb.takes("--uses", type=int, default=1, about=_("For how many people"))

    admin = verbs.add("admin", _("Administrators"))
    admin.add("code", _("A new code that makes the first administrator"), new_code)
    grant = admin.add("grant", _("Make somebody administrator who has written before"), make_admin)
    grant.takes("--person", type=int, metavar="ID", about=_("Their number in `people list`"))
    grant.takes("--name", about=_("Their name, if nobody else has it"))
    grant.takes("--called", default="", about=_("What colleagues call them from now on"))

    people = verbs.add("people", _("The museum's people"))
    listing = people.add("list", _("Who belongs to the museum, or waits to"), list_people)
    listing.takes("--all", action="store_true", about=_("Visitors too"))


async def invite(console: Console, given: argparse.Namespace) -> None:
    """Make an invite and print what to hand on."""
    if not (1 <= given.days <= MOST_DAYS and 1 <= given.uses <= MOST_USES):
        raise Problem(_("1 to {days} days and 1 to {uses} people fit.", days=MOST_DAYS, uses=MOST_USES))
    async with console.transaction() as db:
        code = await make_invite(db, given.role, given.uses, given.days, None, console.now)
        rules = await console.rules(db)
    ways, in_wechat = members.ways_in(rules, "i", code), members.way_in_wechat(rules)
    at_once = _("Whoever uses it joins at once.")
    confirmed = _("Whoever uses it still has to be confirmed by a supervisor.")
    until = console.now + timedelta(days=given.days)
    console.say(
        _("Invite to {museum} as {role}", museum=console.settings.museum_name, role=ROLES[given.role]),
        _("Code: {code}", code=codes.grouped(code)),
        *ways.values(),
        *([in_wechat] if in_wechat else []),
        _("For {people} people, until {when}.", people=given.uses, when=until),
        at_once if given.role in WITHOUT_CONFIRMATION else confirmed,
    )
    if members.is_local(rules.public_url):
        console.say(ONLY_HERE)
    qr = segno.make(ways.get("telegram", ways["web"]), error="m", micro=False)
    qr.terminal(out=sys.stdout, border=2, compact=True)


async def new_code(console: Console, _given: argparse.Namespace) -> None:
    """Print a code for the first administrator; once there is one, others are made by `admin grant`."""
    async with console.transaction() as db:
        code = await first_admin_code(db, console.now)
    if code is None:
        raise Problem(_("There is an administrator already. To make another: admin grant --person ID"))
    console.say(codes.grouped(code))


async def make_admin(console: Console, given: argparse.Namespace) -> None:
    """Give the post of administrator to one person."""
    async with console.transaction() as db:
        person = await _wanted(db, given)
        called = as_name(given.called)
        if len(called) > LONGEST:
            raise Problem(
                _("A name of up to {most} characters fits. Please write a shorter one.", most=LONGEST)
            )
        name = called or person.name or provisional("admin", person.id, console.tongue)
        given_now = {"roles": person.roles | {"admin"}, "name": name, "active": True}
        await db.execute(update(Person).where(Person.id == person.id).values(given_now))
        await audit.record(db, console.now, "given", actor=None, subject=person.id, role="admin")
    console.say(_("{name} is an administrator now.", name=name))
    if not person.name and not called:
        console.say(_("No name is known yet: /name in the chat changes it, or --called here."))


async def _wanted(db: AsyncConnection, given: argparse.Namespace) -> Row[Any]:
    if (given.person is None) == (given.name is None):
        raise Problem(_("Say who: --person with a number of `people list`, or --name."))
    which = Person.id == given.person if given.name is None else Person.name == given.name.strip()
    found = (await db.execute(select(*Person.__table__.columns).where(which).with_for_update())).all()
    if not found:
        raise Problem(_("There is no such person. `people list --all` shows everybody who has written."))
    if len(found) > 1:
        raise Problem(_("{count} people have that name; use --person with a number.", count=len(found)))
    return found[0]


async def list_people(console: Console, given: argparse.Namespace) -> None:
    """Print a line for each person."""
    belongs = or_(Person.roles != frozenset(), Person.pending_role.is_not(None))
    async with console.transaction() as db:
        query = select(*Person.__table__.columns).order_by(Person.id)
        people = (await db.execute(query if given.all else query.where(belongs))).all()
        for person in people:
            chats = await members.chats(db, person.id)
            console.say(_line(person, chats))
    if not people:
        console.say(_("Nobody yet."))


def _line(person: Row[Any], chats: list[Row[Any]]) -> Text:
    role, last = person.pending_role, chats[0] if chats else None
    channel = members.CHANNELS[last.channel] if last else ""
    return joined(
        str(person.id),
        members.called(person.name),
        members.posts(person.roles),
        _("waits to be confirmed as {role}", role=ROLES[role]) if role else None,
        None if person.active else _("has left"),
        _("{channel}, last {when}", channel=channel, when=last.seen_at) if last else None,
    )
