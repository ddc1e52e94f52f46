"""What is stored about a person: said in plain words, handed over as a file, and erased."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, select

from handlers import audit, members
from handlers.kit.buttons import for_action
from handlers.kit.messages import Button, Message
from handlers.kit.words import Text, _, joined, lines, n_
from handlers.mydata_erase import erase, forget_file, initials, serves
from handlers.mydata_export import export
from handlers.routes import Routes
from handlers.work import Work
from models import Account, Conversation, Feedback, Inspection, Outbox, Outreach, Signature

routes = Routes()


@routes.command(
    "mydata",
    needs="talk",
    words=("我的数据", "个人信息", "我的信息"),
    about=_("What is stored about you; erase it"),
    order=93,
    alone=True,
)
async def mydata(work: Work, rest: str) -> None:
    """What is stored, where, and the buttons to take it along and to erase it."""
    person = await members.one(work.db, work.me.id)
    assert person is not None  # the sender of this update
    chats = await members.chats(work.db, person.id)
    text = lines(
        _("What {museum} stores about you:", museum=work.rules.museum),
        joined("•", _("Name: {name}", name=members.called(person.name)), between=" "),
        joined("•", _("Post: {posts}", posts=members.posts(work.me.roles)), between=" ")
        if person.roles
        else None,
        joined(
            "•", _("Chats: {channels}", channels=_channels([chat.channel for chat in chats])), between=" "
        ),
        *[joined("•", line, between=" ") for line in await _counts(work)],
        "",
        _("It is kept in the museum's own database and used only for the work of the museum."),
        _("Telegram keeps a chat history of its own; delete that in Telegram.")
        if "telegram" in {c.channel for c in chats}
        else None,
        "",
        await _about_erasing(work),
    )
    row = (
        Button(_("⬇ Download"), for_action("mydata_file")),
        Button(_("🗑 Erase"), for_action("erase"), "danger"),
    )
    work.reply(Message(text, (row[:1] if work.me.roles else row,), replace=True))


@routes.action("mydata_file", needs="talk")
async def download(work: Work, argument: str) -> None:
    """Everything stored about the person, as a JSON file."""
    content = await export(work.db, work.me.id, work.now)
    file = work.keep_file(content, f"my-data-{work.today:%Y%m%d}.json", "application/json")
    await audit.record(work.db, work.now, "exported", actor=work.me.id, subject=work.me.id)
    work.reply(Message(_("Everything that is stored about you is in this file."), file=file))


@routes.action("erase", needs="talk")
async def erase_(work: Work, argument: str) -> None:
    """Asks first; with the argument `sure` it is done."""
    if work.me.roles:
        work.reply(await _about_erasing(work))
        return
    if argument != "sure":
        work.reply(await _ask(work))
        return
    await work.settle()
    comments = await erase(work.db, work.me.id, work.now)
    await audit.record(
        work.db, work.now, "erased", actor=work.me.id, subject=work.me.id, comments=len(comments.numbers)
    )
    for sha in comments.files:
        await work.due("mydata.file", sha, work.now)
    said = _("Erased. What this app still shows of our chat, you can delete in the app itself.")
    work.reply(Message(said, device={"forget": "yes"}))


@routes.timer("mydata.file")
async def forget(work: Work, sha: str) -> None:
    """Delete a file of an erased person once the erasure is committed, unless another record has it."""
    await forget_file(work, sha)


async def _ask(work: Work) -> Message:
    text = lines(
        _("Erase your personal data for good?"),
        _(
            "Gone are: your name, contact details, what you wrote, photos and recordings, drafts, "
            "and this chat's history."
        ),
        _("What stays: ratings, topics and days of comments, as figures without a name."),
        await _about_service(work),
    )
    sure = Button(_("Erase for good"), for_action("erase", "sure"), "danger")
    return Message(text, ((sure, Button(_("Keep it"), for_action("menu", "mydata"))),), replace=True)


async def _about_erasing(work: Work) -> Text:
    if work.me.roles:
        return _(
            "You have a post here. The law requires rounds, signatures and volunteer hours to be kept "
            "under your name. When you leave, a supervisor ends your posts; then you can erase your "
            "personal data here."
        )
    return lines(_("You can have it erased at any time."), await _about_service(work))


async def _about_service(work: Work) -> Text | None:
    """What former members have to know: their rounds and hours are not theirs to erase."""
    if not await serves(work.db, work.me.id):
        return None
    person = await members.one(work.db, work.me.id)
    assert person is not None  # the sender of this update
    return _(
        "Rounds, signatures and hours of your service have to be kept by law; they stay, signed {initials}.",
        initials=initials(person.name),
    )


async def _counts(work: Work) -> list[Text]:
    """One line for each sort of record there is any of."""
    await work.settle()
    me = work.me.id
    own = Feedback.person_id == me
    accounts = select(Account.id).where(Account.person_id == me).scalar_subquery()
    comments = await _count(work, Feedback, own)
    contacts = await _count(work, Feedback, own & Feedback.contact.is_not(None))
    kept = (await work.db.execute(select(Feedback.photos, Feedback.voice).where(own))).all()
    files = sum(len(row.photos) + len(row.voice) for row in kept)
    drafts = await _count(
        work, Conversation, (Conversation.person_id == me) & Conversation.status.in_(("open", "paused"))
    )
    rounds = await _count(work, Inspection, (Inspection.person_id == me) & Inspection.current)
    signed = await _count(work, Signature, Signature.person_id == me)
    events = await _count(work, Outreach, Outreach.person_id == me)
    messages = await _count(work, Outbox, Outbox.account_id.in_(accounts))
    counted = [
        (comments, n_("{count} comment", "{count} comments", comments)),
        (contacts, n_("contact details in {count} of them", "contact details in {count} of them", contacts)),
        (files, n_("{count} photo or recording with them", "{count} photos and recordings with them", files)),
        (drafts, n_("{count} unfinished draft", "{count} unfinished drafts", drafts)),
        (rounds, n_("{count} inspection", "{count} inspections", rounds)),
        (signed, n_("{count} signature", "{count} signatures", signed)),
        (events, n_("{count} outreach event", "{count} outreach events", events)),
        (messages, n_("{count} message of this chat", "{count} messages of this chat", messages)),
    ]
    return [line for count, line in counted if count]


async def _count(work: Work, model: Any, which: ColumnElement[bool]) -> int:
    return int(await work.db.scalar(select(func.count()).select_from(model).where(which)) or 0)


def _channels(names: list[str]) -> Text:
    return joined(*(members.CHANNELS.get(name, name) for name in sorted(set(names))))
