"""The front desk's side of comments: what waits, the answer, and what a comment looks like to its readers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, func, insert, select, true, update

from handlers import catalogue
from handlers.kit.buttons import for_action, id_in
from handlers.kit.form import Form
from handlers.kit.kinds import text
from handlers.kit.kinds.choice import pick
from handlers.kit.messages import Attached, Button, Message, Option
from handlers.kit.words import Text, _, lines, p_
from handlers.routes import Routes
from handlers.work import Work
from models import UNSENT, Feedback, FeedbackReply, Hazard, Outbox

routes = Routes()

PAGE = 5  # comments shown at once
SEE_AFTER = timedelta(seconds=30)  # until an answer is on its way, or was refused
HAZARD_TOPICS = frozenset({"safety", "access"})  # what such comments tell of may be a hazard

FACES: tuple[Text, ...] = ("😡 1", "🙁 2", "😐 3", "🙂 4", "😍 5")
KINDS: Mapping[str, Text] = {
    "question": p_("comment", "Question"),
    "help": p_("comment", "Request for help"),
    "complaint": p_("comment", "Complaint"),
    "suggestion": p_("comment", "Suggestion"),
    "praise": p_("comment", "Praise"),
    "report": p_("comment", "Report of wrongdoing"),
}
TOPICS: Mapping[str, Text] = {
    "exhibition": p_("topic", "Exhibitions"),
    "guiding": p_("topic", "Guided tours"),
    "hygiene": p_("topic", "Cleanliness"),
    "access": p_("topic", "Facilities and accessibility"),
    "safety": p_("topic", "Safety and order"),
    "booking": p_("topic", "Booking"),
    "volunteering": p_("topic", "Volunteering"),
    "shop": p_("topic", "Shop and café"),
    "donation": p_("topic", "Donating an object"),
    "other": p_("topic", "Something else"),
}
STATES: Mapping[str, Text] = {
    "new": p_("comment", "received, not yet answered"),
    "answered": p_("comment", "answered"),
    "satisfied": p_("comment", "answered, and you were satisfied"),
    "reopened": p_("comment", "being looked at again"),
    "closed": p_("comment", "closed"),
}


@routes.form
class Answer(
    Form, name="feedback_answer", opens=_("Answer to a comment"), needs="answer feedback", review=False
):
    """The front desk's answer, sent to where the visitor wrote."""

    body: str = text(_("Write the answer; it goes to the visitor at once."), label=_("Answer"), most=1000)

    def head(self) -> Text | None:
        return _("{number}: {comment}", number=self.facts["number"], comment=self.facts["comment"])

    async def submit(self, work: Work) -> None:
        await answer(work, int(self.facts["id"]), self.body)


@routes.command(
    "inbox",
    needs="answer feedback",
    words=("待答复", "留言箱"),
    title=_("📥 Comments to answer"),
    about=_("Comments waiting for an answer"),
    order=30,
)
async def waiting(work: Work, rest: str) -> None:
    """The comments that wait for an answer, the newest first: `/inbox`, or `/inbox 投诉` for one kind."""
    kind = pick(rest, [Option(code, label) for code, label in KINDS.items()], work.tongue)
    await _page(work, 0, kind or "")


@routes.action("inbox", needs="answer feedback")
async def further(work: Work, argument: str) -> None:
    """`<offset>.<kind>`: older comments that wait."""
    offset, _sep, kind = argument.partition(".")
    await _page(work, id_in(offset), kind)


async def _page(work: Work, offset: int, kind: str) -> None:
    waits = (
        Feedback.status.in_(("new", "reopened")),
        Feedback.told_at.is_not(None),
        Feedback.kind == kind if kind else true(),
    )
    count = int(await work.db.scalar(select(func.count()).select_from(Feedback).where(*waits)) or 0)
    query = select(*Feedback.__table__.columns).where(*waits).order_by(Feedback.created_at.desc())
    found = (await work.db.execute(query.offset(offset).limit(PAGE))).all()
    if not found:
        work.reply(Message(_("No comment is waiting for an answer."), replace=True))
        return
    # The newest of the page comes last, where the eye is.
    for row in reversed(found):
        work.reply(await for_desk(work, row))
    shown = _("{first} to {last} of {count} waiting", first=offset + 1, last=offset + len(found), count=count)
    older = Button(_("Older ones"), for_action("inbox", f"{offset + PAGE}.{kind}"))
    work.reply(Message(shown, ((older,),) if offset + PAGE < count else ()))


@routes.action("answer", needs="answer feedback")
async def begin_answer(work: Work, key: str) -> None:
    found = await one_comment(work, key)
    if found is None:
        work.toast = _("That comment is no longer there.")
        return
    said = (found.comment or "")[:200] or f"{found.rating or '–'}/5"
    await work.open(Answer, facts={"id": found.id, "number": found.number, "comment": said})


@routes.reply("feedback", needs="answer feedback")
async def answered_by_reply(work: Work, key: str) -> None:
    """Replying to the desk's notice is an answer too."""
    await answer(work, int(key), work.given.text[:1000])


@routes.timer("feedback.tell")
async def tell_later(work: Work, key: str) -> None:
    """Comments left without tapping through to the end reach the desk all the same."""
    found = await one_comment(work, key)
    if found is not None and found.told_at is None:
        await tell_desk(work, found.id)


async def answer(work: Work, feedback_id: int, body: str) -> None:
    """Store an answer and send it to where the comment was written."""
    found = await one_comment(work, str(feedback_id))
    if found is None:
        work.reply(_("That comment is no longer there."))
        return
    stored = insert(FeedbackReply).values(
        feedback_id=found.id, person_id=work.me.id, body=body, created_at=work.now
    )
    reply_id = (await work.db.execute(stored.returning(FeedbackReply.id))).scalar_one()
    values = {"status": "answered", "answered_at": found.answered_at or work.now}
    await work.db.execute(update(Feedback).where(Feedback.id == found.id).values(**values))
    if found.account_id is None:
        work.reply(
            Message(_("Stored. {number} has no chat to answer to.", number=found.number), replace=True)
        )
        return
    asked = (
        Button(_("👍 Satisfied"), for_action("satisfied", f"{reply_id}.yes")),
        Button(_("👎 Not satisfied"), for_action("satisfied", f"{reply_id}.no")),
    )
    said = lines(
        _("{museum} answers your comment {number}:", museum=work.rules.museum, number=found.number),
        body,
        "",
        _("Are you satisfied with the answer?"),
    )
    work.send(found.account_id, Message(said, (asked,), subject=_subject(found)))
    sent: Text = _("Sent to the visitor ({number}).", number=found.number)
    if await work.reaches(found.account_id):
        await work.due("feedback.sent", str(reply_id), work.now + SEE_AFTER)
    else:
        sent = _stored(found)
    work.reply(Message(sent, replace=True))


def _stored(found: Row[Any]) -> Text:
    return _("Stored ({number}): it is delivered when the visitor next comes here.", number=found.number)


@routes.timer("feedback.sent")
async def see_later(work: Work, key: str) -> None:
    """Whoever was told that an answer was sent hears so if the visitor could not be written to after all."""
    query = select(FeedbackReply.feedback_id, FeedbackReply.person_id).where(FeedbackReply.id == id_in(key))
    reply = (await work.db.execute(query)).first()
    found = await one_comment(work, str(reply.feedback_id)) if reply is not None else None
    if reply is not None and found is not None and await _delivery(work, found) is not None:
        await work.tell(reply.person_id, Message(_stored(found)))


async def tell_desk(work: Work, feedback_id: int) -> None:
    """Tell everyone at the front desk, or the administrators where there is no desk yet."""
    told = update(Feedback).where(Feedback.id == feedback_id).values(told_at=work.now)
    found = (await work.db.execute(told.returning(*Feedback.__table__.columns))).first()
    if found is None:
        return
    message = await for_desk(work, found)
    for person_id in await work.holders("staff", "admin"):
        await work.tell(person_id, message)


async def for_desk(work: Work, found: Row[Any]) -> Message:
    kept = [*found.photos, *found.voice]
    shown = tuple(Attached(one["sha"], one["name"] or "photo.jpg", one["mime"]) for one in found.photos)
    voice = next((Attached(one["sha"], one["name"] or "voice.ogg", one["mime"]) for one in found.voice), None)
    row = [Button(_("✍ Answer"), for_action("answer", found.id), "main")]
    hazard = await work.db.scalar(select(Hazard.number).where(Hazard.feedback_id == found.id))
    if hazard is None and found.topic in HAZARD_TOPICS and (found.comment or found.photos):
        row.append(Button(_("⚠️ Make it a hazard"), for_action("comment_hazard", found.id)))
    hint = _("Tap Answer, or reply to this message.") if not kept else _("Tap Answer to reply.")
    return Message(
        lines(
            await as_text(work, found),
            _("Hazard: {number}", number=hazard) if hazard else None,
            await _delivery(work, found),
            "",
            hint,
        ),
        (tuple(row),),
        photos=shown,
        file=voice,
        subject=f"feedback:{found.id}",
    )


async def as_text(work: Work, found: Row[Any]) -> Text:
    reply = await work.db.scalar(
        select(FeedbackReply.body)
        .where(FeedbackReply.feedback_id == found.id)
        .order_by(FeedbackReply.id.desc())
        .limit(1)
    )
    return lines(
        _("(sample)") if found.sample else None,
        _("💬 {number} · {when}", number=found.number, when=found.created_at),
        FACES[found.rating - 1] if found.rating else None,
        await catalogue.place_name(work.db, found.place) if found.place else None,
        KINDS.get(found.kind or ""),
        TOPICS.get(found.topic or ""),
        found.comment,
        _("Contact: {contact}", contact=found.contact)
        if found.contact and work.me.may("answer feedback")
        else None,
        _("State: {state}", state=STATES[found.status]),
        _("Answer: {answer}", answer=reply) if reply else None,
    )


def _subject(found: Row[Any]) -> str:
    """What an answer to the visitor is about; nobody is called when they reply to it."""
    return f"answer:{found.id}"


async def _delivery(work: Work, found: Row[Any]) -> Text | None:
    """That an answer is still here because the visitor cannot be written to, if so."""
    if found.answered_at is None or found.account_id is None:
        return None
    its_answer = (Outbox.account_id == found.account_id, Outbox.subject == _subject(found))
    query = select(Outbox.id).where(*its_answer, UNSENT, Outbox.status != "dead").limit(1)
    if await work.db.scalar(query) is None or await work.reaches(found.account_id):
        return None
    return _("The answer is delivered when the visitor next comes here.")


def state_of(found: Row[Any]) -> Text:
    """What a stranger with the number may know."""
    return _("{number}: {state}", number=found.number, state=STATES[found.status])


async def one_comment(work: Work, key: str) -> Row[Any] | None:
    query = select(Feedback).where(Feedback.id == id_in(key))
    return (await work.db.execute(query)).first()
