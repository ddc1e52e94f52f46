"""One person, several chats: a code shown in one and typed in another makes both the same person's."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace
from sqlalchemy import delete, insert, select, update

from handlers import audit, codes, members
from handlers.kit.buttons import for_action, id_in
from handlers.kit.messages import Button, Message
from handlers.kit.words import Text, _, lines
from handlers.linking_records import move_records
from handlers.routes import Routes
from handlers.work import Work
from models import Account, Audit, LinkCode, Person

routes = Routes()

LASTS = timedelta(minutes=10)

# One sentence for unknown, used, replaced and expired, so that nobody learns anything by guessing.
INVALID = _(
    "This code does not work (any more): it is good once, for ten minutes. "
    "/link in your other app shows a new one."
)


@routes.command(
    "link",
    needs="talk",
    words=("关联", "绑定"),
    about=_("Go on in another app with the same records"),
    order=92,
    alone=True,
)
async def link(work: Work, rest: str) -> None:
    """`/link` shows a new code; `/link K7M2-Q9XW` takes one."""
    typed = codes.read(rest, codes.LINK)
    if typed is not None:
        await take(work, typed)
        return
    code = codes.make(codes.LINK)
    await work.db.execute(delete(LinkCode).where(LinkCode.person_id == work.me.id))
    fresh = insert(LinkCode).values(
        code_hash=codes.hashed(code),
        person_id=work.me.id,
        account_id=work.me.account_id,
        expires_at=work.now + LASTS,
    )
    await work.db.execute(fresh)
    chats = [chat.channel for chat in await members.chats(work.db, work.me.id)]
    work.reply(
        lines(
            _("Your code: {code}", code=codes.grouped(code)),
            _("Type it in your other app within ten minutes, or open it there:"),
            *members.ways_in(work.rules, "l", code).values(),
            _("Show it to nobody: whoever types it acts in your name."),
            _("You have {count} chats linked so far.", count=len(chats)) if len(chats) > 1 else None,
        )
    )


@routes.recognises(needs="talk", order=6, first=True)
async def typed(work: Work, said: str) -> bool:
    """A link code, typed at any moment. A wrong one typed in a conversation is an answer there."""
    code = codes.read(said, codes.LINK)
    if code is None:
        return False
    why = await _taken(work, code)
    return why is None or await audit.say_unless_asked(work, why)


@routes.link("l")
async def followed(work: Work, payload: str) -> None:
    """The link beside the code."""
    await take(work, codes.read(payload, codes.LINK) or payload)


async def take(work: Work, code: str) -> None:
    """Link the account that is used now by a code, or say why not."""
    why = await _taken(work, code)
    if why is not None:
        work.reply(why)


async def _taken(work: Work, code: str) -> Text | None:
    """Link by `code`; the reason if that is not possible."""
    if not await audit.may_guess(work):
        return audit.TOO_MANY
    query = select(LinkCode).where(
        LinkCode.code_hash == codes.hashed(code), LinkCode.used_at.is_(None), LinkCode.expires_at > work.now
    )
    found = (await work.db.execute(query)).first()
    owner = await members.one(work.db, found.person_id) if found is not None else None
    if found is None or owner is None or not owner.active:
        await audit.guessed(work, "link")
        return INVALID
    newcomer = await members.one(work.db, work.me.id)
    assert newcomer is not None  # the sender of this update
    refused = _refused(work, found, owner, newcomer)
    if refused is not None:
        return refused
    spent = (
        update(LinkCode).where(LinkCode.id == found.id, LinkCode.used_at.is_(None)).values(used_at=work.now)
    )
    if (await work.db.execute(spent)).rowcount == 0:
        return INVALID
    await _link(work, found.account_id, owner, newcomer)
    return None


def _refused(work: Work, code: members.Found, owner: members.Found, newcomer: members.Found) -> Text | None:
    """Why these two are not linked. Posts come from the code's owner only: who types has none."""
    if code.account_id == work.me.account_id:
        return _("This is the chat where you got the code. Type it in your other app.")
    if owner.id == newcomer.id:
        return _("These two chats are linked already.")
    if not newcomer.active:
        return members.ENDED
    if not newcomer.roles:
        return None
    if owner.roles:
        return _(
            "You have a post in both chats, so they cannot be linked. "
            "Ask a manager to take one of them away first."
        )
    return _(
        "You have a post here, so it goes the other way round: "
        "write /link here and type that code in your other app."
    )


async def _link(work: Work, owner_account: int, owner: members.Found, newcomer: members.Found) -> None:
    """Make the account in use one of the owner's, with all that its visitor left here."""
    await members.no_longer_waits(work.db, newcomer, joined=False)
    await work.settle()
    await move_records(work.db, newcomer.id, owner.id)
    name = owner.name or newcomer.name
    await work.db.execute(update(Person).where(Person.id == owner.id).values(name=name))
    await work.db.execute(update(Person).where(Person.id == newcomer.id).values(active=False))
    detail = {"account": work.me.account_id, "by": owner_account, "before": newcomer.id}
    await audit.record(work.db, work.now, "linked", actor=newcomer.id, subject=owner.id, **detail)
    work.me = replace(
        work.me, id=owner.id, name=name or work.me.name, roles=owner.roles, pending_role=owner.pending_role
    )
    work.reply(
        Message(_("Linked. You can go on here where you stopped in your other app."), members.what_now())
    )
    here = members.CHANNELS.get(work.me.channel, work.me.channel)
    undo = Button(_("That was not me: undo"), for_action("unlink", work.me.account_id), "danger")
    said = _(
        "Another chat is now linked with you: {channel}. If that was not you, undo it at once.", channel=here
    )
    work.send(owner_account, Message(said, ((undo,),)))


@routes.action("unlink", needs="talk")
async def unlink(work: Work, key: str) -> None:
    """Cut a linked account off: it belongs to a new visitor from now on. Only the chat that showed the
    code can, or else whoever got hold of a code could lock the owner out."""
    account_id = id_in(key)
    mine = select(Account.id).where(Account.id == account_id, Account.person_id == work.me.id)
    if not await _linked_from_here(work, account_id) or (await work.db.execute(mine)).first() is None:
        work.toast = _("That chat is not linked from here.")
        return
    stranger = insert(Person).values(
        name="", roles=frozenset(), active=True, created_at=work.now, sample=False
    )
    stranger_id = (await work.db.execute(stranger.returning(Person.id))).scalar_one()
    await work.db.execute(update(Account).where(Account.id == account_id).values(person_id=stranger_id))
    await audit.record(
        work.db, work.now, "unlinked", actor=work.me.id, subject=work.me.id, account=account_id
    )
    work.send(account_id, Message(_("This chat is no longer linked with your other app.")))
    work.reply(Message(_("Undone: that chat can no longer act in your name."), replace=True))


async def _linked_from_here(work: Work, account_id: int) -> bool:
    """Whether the account was linked with a code that the chat in use had shown."""
    query = select(Audit.detail).where(Audit.subject_id == work.me.id, Audit.action == "linked")
    links = await work.db.scalars(query)
    return any(link["account"] == account_id and link["by"] == work.me.account_id for link in links)
