"""Joining: an invite makes a visitor a member, at once or after a supervisor's word; the first admin."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import audit, codes, members
from handlers.joining_first import spend_first_admin_code
from handlers.joining_name import LONGEST, Rename, as_name, no_name, provisional
from handlers.kit.buttons import for_action
from handlers.kit.form import Form, Start
from handlers.kit.kinds import text
from handlers.kit.messages import Button, Message
from handlers.kit.words import Text, _, say
from handlers.letter_records import hand_out
from handlers.roles import ROLES, WITHOUT_CONFIRMATION, gives, supervisors_of
from handlers.routes import Routes
from handlers.work import Opening, Work
from models import Invite, Person

routes = Routes()

# One sentence for unknown, used up, withdrawn and expired, so that nobody learns anything by guessing.
INVALID = _(
    "This code does not work (any more). Please check it, or ask whoever gave it to you for a new one."
)


@routes.form
class Join(
    Form,
    name="join",
    opens=_("Joining"),
    needs="talk",
    review=False,
    lasts=timedelta(days=1),
    on_expiry="discard",
):
    """The name to go with a post. The fact `invite` is the one being taken; `role` and `museum` say to
    what."""

    called: str = text(lambda so_far: so_far.welcome(), label=_("Name"), most=LONGEST, unfit=no_name)

    def welcome(self) -> Text:
        return _(
            "Welcome to {museum}! You are invited as {role}. What is your name? "
            "Your colleagues will see it beside your work.",
            museum=self.facts["museum"], role=ROLES[self.facts["role"]],
        )  # fmt: skip

    async def submit(self, work: Work) -> None:
        name = as_name(self.called)
        await work.db.execute(update(Person).where(Person.id == work.me.id).values(name=name))
        work.me = replace(work.me, name=name)
        await _redeem(work, Invite.id == self.facts["invite"])


@routes.recognises(needs="talk", order=5, first=True)
async def typed(work: Work, said: str) -> bool:
    """An invite, or the first administrator's code, typed at any moment."""
    invite = codes.read(said, codes.INVITE)
    if invite is not None:
        await take(work, invite)
        return True
    first = codes.read(said, codes.FIRST_ADMIN)
    return first is not None and await _become_admin(work, first)


@routes.link("i")
async def followed(work: Work, payload: str) -> None:
    """The deep link or QR code of an invite."""
    await take(work, codes.read(payload, codes.INVITE) or payload)


async def take(work: Work, code: str) -> None:
    """Take an invite by its code, asking for the person's name first if it is not known."""
    if not await audit.may_guess(work):
        work.reply(audit.TOO_MANY)
        return
    found = await _live(work, Invite.code_hash == codes.hashed(code))
    if found is None:
        await audit.guessed(work, "invite")
        work.reply(INVALID)
        return
    person = await members.one(work.db, work.me.id)
    assert person is not None  # the sender of this update
    refused = _refused(person, found.role)
    if refused is not None:
        work.reply(refused)
    elif person.name:
        await _redeem(work, Invite.id == found.id)
    else:
        museum = say(work.rules.museum, work.tongue)
        await work.open(Join, facts={"invite": found.id, "role": found.role, "museum": museum})


async def make_invite(
    db: AsyncConnection, role: str, uses: int, days: int, created_by: int | None, now: datetime
) -> str:
    """Offer `role` to `uses` people for `days`; returns the code, which is stored only as a hash.

    `created_by` is None for the command line. Raises ValueError for a role that does not exist.
    """
    if role not in ROLES:
        raise ValueError(f"no such role: {role} (there are {', '.join(ROLES)})")
    code = codes.make(codes.INVITE)
    offer = insert(Invite).values(
        code_hash=codes.hashed(code), role=role, uses_left=uses, expires_at=now + timedelta(days=days),
        created_by=created_by, created_at=now,
    )  # fmt: skip
    await db.execute(offer)
    await audit.record(db, now, "invited", actor=created_by, role=role, uses=uses, days=days)
    return code


async def _become_admin(work: Work, code: str) -> bool:
    if not await audit.may_guess(work):
        return await audit.say_unless_asked(work, audit.TOO_MANY)
    if not await spend_first_admin_code(work, code):
        await audit.guessed(work, "first_admin")
        return await audit.say_unless_asked(work, INVALID)
    person = await members.one(work.db, work.me.id)
    assert person is not None  # the sender of this update
    held = person.roles | {"admin"}
    name = person.name or work.me.name or provisional("admin", person.id, work.tongue)
    given = {"roles": held, "name": name, "active": True}
    await work.db.execute(update(Person).where(Person.id == person.id).values(given))
    await audit.record(work.db, work.now, "first_admin", actor=person.id, subject=person.id)
    work.me = replace(work.me, roles=held, name=name)
    welcome = _(
        "You are now the administrator of {museum}. /invite brings in the others.", museum=work.rules.museum
    )
    work.reply(Message(welcome, members.what_now()))
    if not person.name:
        work.opening = Opening(Rename, Start({}, {"called": name}, "called"))
    return True


async def _live(work: Work, which: ColumnElement[bool]) -> members.Found | None:
    """An invite that can be taken now: not used up or expired, its maker still one who may give the role."""
    query = (
        select(Invite.id, Invite.role, Invite.created_by, Person.active, Person.roles)
        .outerjoin(Person, Person.id == Invite.created_by)
        .where(which, Invite.uses_left > 0, Invite.expires_at > work.now)
    )
    found = (await work.db.execute(query)).first()
    if found is None or found.role not in ROLES:
        return None
    from_console = found.created_by is None
    return found if from_console or (found.active and found.role in gives(found.roles)) else None


def _refused(person: members.Found, role: str) -> Text | None:
    """Why this person does not get `role` by an invite, or None if they do."""
    if not person.active:
        return members.ENDED
    if role in person.roles:
        return _("You are here as {role} already; the code stays unused.", role=ROLES[role])
    if role == person.pending_role:
        return _(
            "You asked for that already ({role}). A supervisor still has to confirm you.", role=ROLES[role]
        )
    return None


async def _redeem(work: Work, which: ColumnElement[bool]) -> None:
    """Use an invite up by one, and give its role or ask a supervisor to."""
    found = await _live(work, which)
    person = await members.one(work.db, work.me.id)
    assert person is not None  # the sender of this update
    refused = _refused(person, found.role) if found is not None else INVALID
    if found is None or refused is not None or not await _use_up(work, found.id):
        work.reply(refused or INVALID)
        return
    invited = update(Person).where(Person.id == person.id).values(invited_by=found.created_by)
    await work.db.execute(invited)
    if found.role in WITHOUT_CONFIRMATION or found.role in gives(person.roles):
        await _join(work, person, found)
    else:
        await _ask(work, person, found)


async def _use_up(work: Work, invite_id: int) -> bool:
    """Take one use of an invite; False if somebody else took the last."""
    some_left = update(Invite).where(Invite.id == invite_id, Invite.uses_left > 0)
    return (await work.db.execute(some_left.values(uses_left=Invite.uses_left - 1))).rowcount == 1


async def _join(work: Work, person: members.Found, invite: members.Found) -> None:
    held = person.roles | {invite.role}
    await work.db.execute(update(Person).where(Person.id == person.id).values(roles=held))
    await audit.record(
        work.db, work.now, "joined", actor=person.id, subject=person.id, role=invite.role, invite=invite.id
    )
    work.me = replace(work.me, roles=held)
    role = ROLES[invite.role]
    welcome = _(
        "Welcome, {name}! You are now {role} at {museum}.",
        name=person.name,
        role=role,
        museum=work.rules.museum,
    )
    work.reply(Message(welcome, members.what_now()))
    await hand_out(work, person.id)
    await _tell_maker(
        work, invite, _("{name} has joined as {role} with your invite.", name=person.name, role=role)
    )


async def _ask(work: Work, person: members.Found, invite: members.Found) -> None:
    await members.no_longer_waits(work.db, person, joined=False)
    waits = {"pending_role": invite.role, "pending_invite": invite.id}
    await work.db.execute(update(Person).where(Person.id == person.id).values(**waits))
    await audit.record(
        work.db, work.now, "asked", actor=person.id, subject=person.id, role=invite.role, invite=invite.id
    )
    role = ROLES[invite.role]
    work.reply(
        _(
            "Thank you, {name}. A supervisor has been asked to confirm you as {role}; the answer comes here.",
            name=person.name,
            role=role,
        )
    )
    supervisors = await _supervisors(work, invite.role)
    message = await request(work, person, invite)
    for supervisor in supervisors:
        await work.tell(supervisor, message)
    if invite.created_by not in supervisors:
        said = _(
            "{name} used your invite; a supervisor still has to confirm them as {role}.",
            name=person.name,
            role=role,
        )
        await _tell_maker(work, invite, said)


async def request(work: Work, person: members.Found, invite: members.Found) -> Message:
    """What a supervisor decides on."""
    maker = await work.db.scalar(select(Person.name).where(Person.id == invite.created_by))
    said = _(
        "{name} would like to join as {role}, with an invite by {maker}. Do you know them?",
        name=person.name, role=ROLES[invite.role], maker=maker or _("the administrator"),
    )  # fmt: skip
    which = f"{person.id}.{invite.role}"
    confirm = Button(_("✔ Confirm"), for_action("confirm", which), "main")
    return Message(said, ((confirm, Button(_("✖ Refuse"), for_action("refuse", which), "danger")),))


async def _supervisors(work: Work, role: str) -> list[int]:
    """Who is asked to confirm `role`: those of the nearest post that anyone else holds."""
    for post in supervisors_of(role):
        others = [person_id for person_id in await work.holders(post) if person_id != work.me.id]
        if others:
            return others
    return []


async def _tell_maker(work: Work, invite: members.Found, said: Text) -> None:
    if invite.created_by is not None and invite.created_by != work.me.id:
        await work.tell(invite.created_by, Message(said))
