"""Visitors' comments: saved with the first tap, told to the front desk, followed by number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from handlers.kit.buttons import for_action
from handlers.kit.form import Form
from handlers.kit.kinds import choice, photos, recording, scale, text
from handlers.kit.kinds.photos import as_json
from handlers.kit.messages import Attached, Button, Message, Option
from handlers.kit.words import Both, Text, _, lines, p_
from handlers.routes import Routes
from handlers.work import Work
from models import Feedback, FeedbackReply, Place

routes = Routes()

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
}
MOST_A_DAY = 5
TELL_AFTER = timedelta(minutes=2)  # of quiet, for comments left without tapping Done
LOW = 2  # a rating from which the desk is told even without words
NUMBER = re.compile(r"LY-\d{8}-\d{4,}", re.IGNORECASE)


@routes.form
class Comment(
    Form, name="feedback", opens=_("Comment"), needs="feedback", review=False, lasts=timedelta(hours=2), on_expiry="submit"
):
    """Everything after the rating is optional; what was given counts even if the rest never comes."""

    rating: int | None = scale(
        _("How was your visit? One tap is enough."), FACES, label=_("Rating"), optional=True, words="comment"
    )
    comment: str | None = text(
        _("Would you like to tell us more? Write, speak, or send photos."),
        label=_("Comment"), optional=True, voice="voice", photos="photos",
    )  # fmt: skip
    photos: list[Any] | None = photos(_("Send a photo."), label=_("Photos"), asks=False)
    voice: list[Any] | None = recording(label=_("Voice message"))
    kind: str | None = choice(
        _("What is it?"), [Option(code, label) for code, label in KINDS.items()], label=_("Kind"), optional=True, columns=2,
        when=lambda so_far: so_far.said,
    )  # fmt: skip
    topic: str | None = choice(
        _("What is it about?"), [Option(code, label) for code, label in TOPICS.items()], label=_("Topic"), optional=True,
        columns=2, when=lambda so_far: so_far.said,
    )  # fmt: skip
    contact: str | None = text(
        _(
            "If you want us to reach you elsewhere, leave a phone number or e-mail. It is used only to answer this "
            "comment and deleted six months after. Otherwise skip: the answer comes to this chat."
        ),
        label=_("Contact"), optional=True, most=100, when=lambda so_far: so_far.said,
    )  # fmt: skip

    @property
    def said(self) -> bool:
        """Whether there is more than a rating."""
        return bool(self.comment or self.photos or self.voice)

    async def kept(self, work: Work) -> None:
        """Save what is there: at the first answer a new record with its number, later the same one."""
        if self.rating is None and not self.said:
            return
        found = await _of_conversation(work)
        if found is None:
            number = await self._create(work)
            work.reply(Message(_("Thank you! Your comment is saved as {number}.", number=number), replace=True))
            found = await _of_conversation(work)
        assert found is not None  # made above
        values = {
            "rating": self.rating, "comment": self.comment, "kind": self.kind, "topic": self.topic,
            "contact": self.contact, "photos": as_json(self.photos or []), "voice": as_json(self.voice or []),
        }  # fmt: skip
        await work.db.execute(update(Feedback).where(Feedback.id == found.id).values(**values))
        if found.told_at is None and (self.said or (self.rating or LOW + 1) <= LOW):
            await work.due("feedback.tell", str(found.id), work.now + TELL_AFTER)

    async def submit(self, work: Work) -> None:
        found = await _of_conversation(work)
        if found is None:
            work.reply(Message(_("Nothing was written down. Come back any time."), replace=True))
            return
        if self.said or (self.rating or LOW + 1) <= LOW:
            await tell_desk(work, found.id)
        closing = _("Thank you. The answer to {number} comes to this chat; write “check {number}” to see where it stands.", number=found.number)
        work.reply(Message(closing if self.said else _("Thank you for your visit!"), replace=True))

    async def _create(self, work: Work) -> str:
        number = await work.number("LY")
        record = insert(Feedback).values(
            number=number, conversation_id=work.conversation_id, person_id=work.me.id, account_id=work.me.account_id,
            day=work.today, place=self.facts.get("place"), photos=[], voice=[], status="new", created_at=work.now, sample=False,
        )  # fmt: skip
        await work.db.execute(record)
        return number


@routes.form
class Answer(Form, name="feedback_answer", opens=_("Answer to a comment"), needs="answer feedback", review=False):
    """The front desk's answer, sent to where the visitor wrote."""

    body: str = text(_("Write the answer; it goes to the visitor at once."), label=_("Answer"), most=1000)

    def head(self) -> Text | None:
        return _("{number}: {comment}", number=self.facts["number"], comment=self.facts["comment"])

    async def submit(self, work: Work) -> None:
        await answer(work, int(self.facts["id"]), self.body)


@routes.command(
    "feedback", needs="feedback", words=("留言", "意见", "comment", "评价"), title=_("💬 Leave a comment"), about=_("Leave a comment"), order=10
)
async def feedback(work: Work, rest: str) -> None:
    """`/feedback`, or `/feedback 厕所很干净` with the comment at once."""
    if not await _may_comment(work):
        return
    if rest.strip():
        await work.open(Comment, comment=rest.strip()[:2000])
        return
    await work.open(Comment)


@routes.link("h")
async def from_hall(work: Work, code: str) -> None:
    """The QR code of a hall: a comment about it."""
    place = (await work.db.execute(select(Place).where(Place.code == code, Place.active))).first()
    if await _may_comment(work):
        await work.open(Comment, facts={"place": code if place else None})


@routes.recognises(needs="feedback", order=10)
async def look_up(work: Work, said: str) -> bool:
    """`查 LY-20261122-0031`, or the number alone."""
    number = NUMBER.search(said.upper())
    if number is None:
        return False
    found = (await work.db.execute(select(Feedback).where(Feedback.number == number[0]))).first()
    if found is None:
        work.reply(_("There is no comment {number}. Please check the number.", number=number[0]))
        return True
    mine = found.person_id == work.me.id or work.me.may("see feedback")
    work.reply(await _as_text(work, found) if mine else _state(found))
    return True


@routes.recognises(needs="feedback", order=99)
async def anything_else(work: Work, said: str) -> bool:
    """What a visitor simply writes is a comment: nobody should have to find the command first."""
    if work.me.roles or len(said.strip()) < 4:
        return False
    if await _may_comment(work):
        await work.open(Comment, comment=said.strip()[:2000])
    return True


@routes.command(
    "inbox", needs="answer feedback", words=("待答复", "留言箱"), title=_("📥 Comments to answer"), about=_("Comments waiting for an answer"), order=30
)
async def waiting(work: Work, rest: str) -> None:
    """The comments that wait for an answer, the oldest first."""
    query = select(Feedback).where(Feedback.status.in_(("new", "reopened")), Feedback.told_at.is_not(None))
    found = (await work.db.execute(query.order_by(Feedback.created_at).limit(5))).all()
    if not found:
        work.reply(Message(_("No comment is waiting for an answer."), replace=True))
    for row in found:
        work.reply(await _for_desk(work, row))


@routes.action("answer", needs="answer feedback")
async def begin_answer(work: Work, key: str) -> None:
    found = await _one(work, key)
    if found is None:
        work.toast = _("That comment is no longer there.")
        return
    said = (found.comment or "")[:200] or f"{found.rating or '–'}/5"
    await work.open(Answer, facts={"id": found.id, "number": found.number, "comment": said})


@routes.reply("feedback", needs="answer feedback")
async def answered_by_reply(work: Work, key: str) -> None:
    """Replying to the desk's notice is an answer too."""
    await answer(work, int(key), work.given.text[:1000])


@routes.action("satisfied", needs="feedback")
async def satisfied(work: Work, argument: str) -> None:
    """`<reply id>.yes` or `.no`, by the one who commented; a no reopens the comment."""
    key, _sep, said = argument.partition(".")
    query = (
        select(Feedback, FeedbackReply.id.label("reply_id"), FeedbackReply.satisfied)
        .join(FeedbackReply, FeedbackReply.feedback_id == Feedback.id)
        .where(FeedbackReply.id == (int(key) if key.isdecimal() else 0))
    )
    found = (await work.db.execute(query)).first()
    if found is None or found.person_id != work.me.id:
        work.toast = _("That button is no longer in use.")
        return
    if found.satisfied is not None:
        work.toast = _("Your opinion is already noted, thank you.")
        return
    happy = said == "yes"
    await work.db.execute(update(FeedbackReply).where(FeedbackReply.id == found.reply_id).values(satisfied=happy))
    state = {"status": "satisfied"} if happy else {"status": "reopened"}
    await work.db.execute(update(Feedback).where(Feedback.id == found.id).values(**state))
    thanks = _("Thank you! {number} is closed.", number=found.number)
    sorry = _("We are sorry. {number} is open again and will be looked at once more.", number=found.number)
    work.reply(Message(thanks if happy else sorry, replace=True))
    if not happy:
        await tell_desk(work, found.id)


@routes.timer("feedback.tell")
async def tell_later(work: Work, key: str) -> None:
    """Comments left without tapping through to the end reach the desk all the same."""
    found = await _one(work, key)
    if found is not None and found.told_at is None:
        await tell_desk(work, found.id)


async def answer(work: Work, feedback_id: int, body: str) -> None:
    """Store an answer and send it to where the comment was written."""
    found = await _one(work, str(feedback_id))
    if found is None:
        work.reply(_("That comment is no longer there."))
        return
    stored = insert(FeedbackReply).values(feedback_id=found.id, person_id=work.me.id, body=body, created_at=work.now)
    reply_id = (await work.db.execute(stored.returning(FeedbackReply.id))).scalar_one()
    values = {"status": "answered", "answered_at": found.answered_at or work.now}
    await work.db.execute(update(Feedback).where(Feedback.id == found.id).values(**values))
    if found.account_id is None:
        work.reply(Message(_("Stored. {number} has no chat to answer to.", number=found.number), replace=True))
        return
    asked = (
        Button(_("👍 Satisfied"), for_action("satisfied", f"{reply_id}.yes")),
        Button(_("👎 Not satisfied"), for_action("satisfied", f"{reply_id}.no")),
    )
    said = lines(_("{museum} answers your comment {number}:", museum=work.rules.museum, number=found.number), body, "", _("Are you satisfied with the answer?"))
    work.send(found.account_id, Message(said, (asked,)))
    work.reply(Message(_("Sent to the visitor ({number}).", number=found.number), replace=True))


async def tell_desk(work: Work, feedback_id: int) -> None:
    """Tell everyone at the front desk, or the administrators where there is no desk yet."""
    await work.db.execute(update(Feedback).where(Feedback.id == feedback_id).values(told_at=work.now))
    found = await _one(work, str(feedback_id))
    if found is None:
        return
    message = await _for_desk(work, found)
    for person_id in await work.holders("staff", "admin"):
        await work.tell(person_id, message)


async def _for_desk(work: Work, found: Row[Any]) -> Message:
    kept = [*found.photos, *found.voice]
    shown = tuple(Attached(one["sha"], one["name"] or "photo.jpg", one["mime"]) for one in found.photos)
    voice = next((Attached(one["sha"], one["name"] or "voice.ogg", one["mime"]) for one in found.voice), None)
    rows = ((Button(_("✍ Answer"), for_action("answer", found.id), "main"),),)
    hint = _("Tap Answer, or reply to this message.") if not kept else _("Tap Answer to reply.")
    return Message(lines(await _as_text(work, found), "", hint), rows, photos=shown, file=voice, subject=f"feedback:{found.id}")


async def _as_text(work: Work, found: Row[Any]) -> Text:
    place = (await work.db.execute(select(Place.name_zh, Place.name_en).where(Place.code == (found.place or "")))).first()
    reply = await work.db.scalar(
        select(FeedbackReply.body).where(FeedbackReply.feedback_id == found.id).order_by(FeedbackReply.id.desc()).limit(1)
    )
    return lines(
        _("💬 {number} · {when}", number=found.number, when=found.created_at),
        FACES[found.rating - 1] if found.rating else None,
        Both(place.name_zh, place.name_en) if place else None,
        KINDS.get(found.kind or ""),
        TOPICS.get(found.topic or ""),
        found.comment,
        _("Contact: {contact}", contact=found.contact) if found.contact and work.me.may("answer feedback") else None,
        _("State: {state}", state=STATES[found.status]),
        _("Answer: {answer}", answer=reply) if reply else None,
    )


def _state(found: Row[Any]) -> Text:
    """What a stranger with the number may know."""
    return _("{number}: {state}", number=found.number, state=STATES[found.status])


async def _may_comment(work: Work) -> bool:
    """Visitors may leave a few comments a day; the desk must stay able to read them."""
    query = select(func.count()).where(Feedback.person_id == work.me.id, Feedback.day == work.today)
    if work.me.roles or int(await work.db.scalar(query) or 0) < MOST_A_DAY:
        return True
    work.reply(_("Thank you! You can leave {most} comments a day; please come back tomorrow.", most=MOST_A_DAY))
    return False


async def _of_conversation(work: Work) -> Row[Any] | None:
    query = select(Feedback).where(Feedback.conversation_id == work.conversation_id)
    return (await work.db.execute(query)).first()


async def _one(work: Work, key: str) -> Row[Any] | None:
    query = select(Feedback).where(Feedback.id == (int(key) if key.isdecimal() else 0))
    return (await work.db.execute(query)).first()
