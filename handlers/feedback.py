"""Visitors' comments: saved with the first tap, told to the front desk, followed by number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from handlers.feedback_desk import (
    FACES,
    KINDS,
    TOPICS,
    as_text,
    for_desk,
    one_comment,
    state_of,
    tell_desk,
)
from handlers.kit.buttons import id_in
from handlers.kit.form import Form
from handlers.kit.kinds import choice, photos, recording, scale, text
from handlers.kit.kinds.choice import MOST_WORDS
from handlers.kit.kinds.photos import as_json, sent_with
from handlers.kit.messages import Message, Option
from handlers.kit.words import Text, _
from handlers.routes import Routes
from handlers.work import Work
from models import Feedback, FeedbackReply, Place

routes = Routes()

MOST_A_DAY = 5
TELL_AFTER = timedelta(minutes=2)  # of quiet, for comments left without tapping Done
LOW = 2  # a rating from which the desk is told even without words
HEARD = (Feedback.id, Feedback.told_at)
LOOK_UP = re.compile(r"\W*(?:查|查询|查看|check|status)?\W*(LY-\d{8}-\d{4,9})\W*", re.IGNORECASE)


@routes.form
class Comment(
    Form,
    name="feedback",
    opens=_("Comment"),
    needs="feedback",
    review=False,
    lasts=timedelta(hours=2),
    on_expiry="submit",
):
    """Everything after the rating is optional; what was given counts even if the rest never comes."""

    rating: int | None = scale(
        _("How was your visit? A face is enough."), FACES, label=_("Rating"), optional=True, words="comment"
    )
    comment: str | None = text(
        _("Would you like to tell us more? Write, speak, or send photos."),
        label=_("Comment"),
        optional=True,
        voice="voice",
        photos="photos",
        grows=True,
    )
    photos: list[Any] | None = photos(_("Send a photo."), label=_("Photos"), asks=False)
    voice: list[Any] | None = recording(label=_("Voice message"))
    kind: str | None = choice(
        _("What kind of comment is it?"),
        [Option(code, label) for code, label in KINDS.items()],
        label=_("Kind"),
        optional=True,
        columns=2,
        words="comment",
        when=lambda so_far: so_far.said,
    )
    topic: str | None = choice(
        _("What is it about?"),
        [Option(code, label) for code, label in TOPICS.items()],
        label=_("Topic"),
        optional=True,
        columns=2,
        words="comment",
        when=lambda so_far: so_far.said,
    )
    contact: str | None = text(
        _(
            "If you want us to reach you elsewhere, leave a phone number or e-mail. It is used only to "
            "answer this comment and deleted six months after. Otherwise skip: the answer comes to this chat."
        ),
        label=_("Contact"),
        optional=True,
        most=100,
        when=lambda so_far: so_far.said,
    )

    @property
    def said(self) -> bool:
        """Whether there is more than a rating."""
        return bool(self.comment or self.photos or self.voice)

    async def kept(self, work: Work) -> None:
        """Save what is there: at the first answer a new record with its number, later the same one."""
        if self.rating is None and not self.said:
            return
        values = {
            "rating": self.rating,
            "comment": self.comment,
            "kind": self.kind,
            "topic": self.topic,
            "contact": self.contact,
            "photos": as_json(self.photos or []),
            "voice": as_json(self.voice or []),
        }
        found = await self._change(work, values) or await self._create(work, values)
        if found.told_at is None and (self.said or (self.rating or LOW + 1) <= LOW):
            await work.due("feedback.tell", str(found.id), work.now + TELL_AFTER)

    async def dropped(self, work: Work) -> Text | None:
        """Nobody has heard of it yet: it is gone. Else it stays."""
        found = await _of_conversation(work)
        if found is None:
            return None
        if found.told_at is not None:
            return _("Stopped. What you told us before was passed on as {number}.", number=found.number)
        await work.db.execute(delete(Feedback).where(Feedback.id == found.id))
        return None

    async def submit(self, work: Work) -> None:
        found = await _of_conversation(work)
        if found is None:
            work.reply(Message(_("Nothing was written down. Come back any time."), replace=True))
            return
        if found.told_at is None and (self.said or (self.rating or LOW + 1) <= LOW):
            await tell_desk(work, found.id)
            work.not_due("feedback.tell", str(found.id))
        closing = _(
            "Thank you. The answer to {number} comes to this chat; "
            "write “check {number}” to see where it stands.",
            number=found.number,
        )
        work.reply(Message(closing if self.said else _("Thank you for your visit!"), replace=True))

    async def _change(self, work: Work, values: Mapping[str, Any]) -> Row[int, datetime | None] | None:
        """The record of this conversation, with the answers so far; None before there is one."""
        mine = update(Feedback).where(Feedback.conversation_id == work.conversation_id)
        return (await work.db.execute(mine.values(**values).returning(*HEARD))).first()

    async def _create(self, work: Work, values: Mapping[str, Any]) -> Row[int, datetime | None]:
        number = await work.number("LY")
        record = insert(Feedback).values(
            **values,
            number=number,
            conversation_id=work.conversation_id,
            person_id=work.me.id,
            account_id=work.me.account_id,
            day=work.today,
            place=self.facts.get("place"),
            status="new",
            created_at=work.now,
            sample=False,
        )
        work.reply(Message(_("Thank you! Your comment is saved as {number}.", number=number), replace=True))
        return (await work.db.execute(record.returning(*HEARD))).one()


@routes.form
class More(
    Form,
    name="feedback_more",
    opens=_("Comment"),
    needs="feedback",
    review=False,
    lasts=timedelta(hours=12),
    on_expiry="discard",
):
    """What an answer left open, asked of those it did not satisfy."""

    missing: str | None = text(
        _("What is still open? Write it, or skip."), label=_("Comment"), most=1000, optional=True
    )

    async def submit(self, work: Work) -> None:
        found = await one_comment(work, str(self.facts["id"]))
        if found is None or self.missing is None:
            return
        said = f"{found.comment}\n—\n{self.missing}" if found.comment else self.missing
        await work.db.execute(update(Feedback).where(Feedback.id == found.id).values(comment=said))
        await tell_desk(work, found.id)
        work.reply(_("Thank you, that was passed on ({number}).", number=found.number))


@routes.command(
    "feedback",
    needs="feedback",
    words=("留言", "意见", "comment", "评价"),
    title=_("💬 Leave a comment"),
    about=_("Leave a comment"),
    order=10,
)
async def feedback(work: Work, rest: str) -> None:
    """`/feedback`, or `/feedback 厕所很干净` with the comment at once."""
    if not await _may_comment(work):
        return
    if rest.strip():
        await _open_with(work, rest.strip())
        return
    await work.open(Comment)


@routes.link("h")
async def from_hall(work: Work, code: str) -> None:
    """The QR code of a hall: a comment about it."""
    place = (await work.db.execute(select(Place).where(Place.code == code, Place.active))).first()
    if await _may_comment(work):
        await work.open(Comment, facts={"place": code if place else None})


@routes.recognises(needs="feedback", order=10, first=True)
async def look_up(work: Work, said: str) -> bool:
    """`查 LY-20261122-0031`, or the number alone."""
    asked = LOOK_UP.fullmatch(said)
    if asked is None:
        return False
    number = asked[1].upper()
    found = (await work.db.execute(select(Feedback).where(Feedback.number == number))).first()
    if found is None:
        work.reply(_("There is no comment {number}. Please check the number.", number=number))
        return True
    if work.me.may("answer feedback"):
        work.reply(await for_desk(work, found))
    elif found.person_id == work.me.id or work.me.may("see feedback"):
        work.reply(await as_text(work, found))
    else:
        work.reply(state_of(found))
    return True


@routes.recognises(needs="feedback", order=99, files=True)
async def anything_else(work: Work, said: str) -> bool:
    """What a visitor simply sends is a comment, unless it is as short as a greeting: 灯坏了 is not."""
    if work.me.roles or (said.strip() and not re.search(r"[\u4e00-\u9fff]{3}|\S[\s\S]{2,}\S", said)):
        return False
    if await _may_comment(work):
        await _open_with(work, said.strip())
    return True


@routes.action("satisfied", needs="feedback")
async def satisfied(work: Work, argument: str) -> None:
    """`<reply id>.yes` or `.no`, by the one who commented; a no reopens the comment."""
    key, _sep, said = argument.partition(".")
    query = (
        select(Feedback, FeedbackReply.id.label("reply_id"), FeedbackReply.satisfied)
        .join(FeedbackReply, FeedbackReply.feedback_id == Feedback.id)
        .where(FeedbackReply.id == id_in(key))
    )
    found = (await work.db.execute(query)).first()
    if found is None or found.person_id != work.me.id:
        work.toast = _("That button is no longer in use.")
        return
    if found.satisfied is not None:
        work.toast = _("Your opinion is already noted, thank you.")
        return
    happy = said == "yes"
    await work.db.execute(
        update(FeedbackReply).where(FeedbackReply.id == found.reply_id).values(satisfied=happy)
    )
    state = {"status": "satisfied"} if happy else {"status": "reopened"}
    await work.db.execute(update(Feedback).where(Feedback.id == found.id).values(**state))
    thanks = _("Thank you! {number} is closed.", number=found.number)
    sorry = _("We are sorry. {number} is open again and will be looked at once more.", number=found.number)
    work.reply(Message(thanks if happy else sorry, replace=True))
    if not happy:
        await tell_desk(work, found.id)
        await work.open(More, facts={"id": found.id, "number": found.number})


async def _open_with(work: Work, words: str) -> None:
    """Begin with the comment already written, and the recording or the photos that it came with."""
    if len(words) > MOST_WORDS:
        work.reply(_("That is too long: {most} characters fit.", most=MOST_WORDS))
        return
    await work.open(Comment, comment=words or None, **sent_with(work.given))


async def _may_comment(work: Work) -> bool:
    """Visitors may leave a few comments a day; the desk must stay able to read them."""
    query = select(func.count()).where(Feedback.person_id == work.me.id, Feedback.day == work.today)
    if work.me.roles or int(await work.db.scalar(query) or 0) < MOST_A_DAY:
        return True
    work.reply(
        _("Thank you! You can leave {most} comments a day; please come back tomorrow.", most=MOST_A_DAY)
    )
    return False


async def _of_conversation(work: Work) -> Row[Any] | None:
    query = select(Feedback).where(Feedback.conversation_id == work.conversation_id)
    return (await work.db.execute(query)).first()
