"""One's own records and drafts, the newest first."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from handlers.feedback_desk import FACES, STATES
from handlers.kit.buttons import for_action
from handlers.kit.messages import Button, Message
from handlers.kit.words import Both, Text, _, joined, lines, n_
from handlers.outreach_card import STATES as ACTIVITY_STATES
from handlers.outreach_card import reason
from handlers.outreach_totals import of_person
from handlers.routes import Routes
from handlers.summary_scope import TOPICS
from handlers.themes import theme
from handlers.work import Work
from models import Conversation, Feedback, Inspection, Outreach, Place

routes = Routes()

MOST = 3  # of each kind of record
MOST_DRAFTS = 5


@routes.command(
    "mine",
    needs="talk",
    words=("我的", "我的记录"),
    title=_("📋 My records"),
    about=_("Your last records and drafts"),
    order=45,
    alone=True,
)
async def mine(work: Work, _rest: str) -> None:
    """`/mine` or 我的: what became of one's last records, and drafts to go on with."""
    drafts = await _drafts(work)
    sections = [
        (TOPICS["inspections"], await _inspections(work)),
        (TOPICS["outreach"], await _outreach(work)),
        (TOPICS["comments"], await _comments(work)),
        (_("Drafts"), [text for text, _button in drafts]),
    ]
    told = [part for title, records in sections if records for part in ("", title, *records)]
    if not told:
        work.reply(_("You have no records yet."))
        return
    work.reply(Message(lines(_("📋 Your last records"), *told), tuple((button,) for _text, button in drafts)))


async def _inspections(work: Work) -> list[Text]:
    query = (
        select(Inspection.number, Inspection.submitted_at, Inspection.failed, *_PLACE)
        .join(Place, Place.code == Inspection.place, isouter=True)
        .where(Inspection.current, Inspection.person_id == work.me.id)
        .order_by(Inspection.submitted_at.desc())
        .limit(MOST)
    )
    return [_inspection(row) for row in await work.db.execute(query)]


def _inspection(row: Any) -> Text:
    found = n_("{count} item failed", "{count} items failed", row.failed) if row.failed else _("all normal")
    place = Both(row.name_zh, row.name_en) if row.name_zh else None
    return joined(row.number, place, _("{when}", when=row.submitted_at), found)


async def _outreach(work: Work) -> list[Text]:
    query = (
        select(
            Outreach.number,
            Outreach.day,
            Outreach.theme,
            Outreach.place,
            Outreach.status,
            Outreach.returned_because,
        )
        .where(*of_person(work.me.id))
        .order_by(Outreach.day.desc(), Outreach.id.desc())
        .limit(MOST)
    )
    return [_activity(row) for row in await work.db.execute(query)]


def _activity(row: Any) -> Text:
    known = theme(row.theme)
    because = reason(row.returned_because) if row.status == "returned" else None
    what = known.name if known else row.place or None
    return joined(row.number, what, _("{when}", when=row.day), ACTIVITY_STATES[row.status], because)


async def _comments(work: Work) -> list[Text]:
    query = (
        select(Feedback.number, Feedback.rating, Feedback.status)
        .where(Feedback.person_id == work.me.id)
        .order_by(Feedback.created_at.desc())
        .limit(MOST)
    )
    return [_comment(row) for row in await work.db.execute(query)]


def _comment(row: Any) -> Text:
    return joined(row.number, FACES[row.rating - 1] if row.rating else None, STATES.get(row.status))


async def _drafts(work: Work) -> list[tuple[Text, Button]]:
    """What is unfinished, each with its button to go on."""
    await work.settle()
    query = (
        select(Conversation.id, Conversation.form, Conversation.touched_at)
        .where(Conversation.person_id == work.me.id, Conversation.status.in_(("open", "paused")))
        .order_by(Conversation.touched_at.desc())
        .limit(MOST_DRAFTS)
    )
    forms = work.routes.forms
    return [
        _draft(row, forms[row.form].opens)
        for row in await work.db.execute(query)
        if row.form in forms and work.me.may(forms[row.form].needs)
    ]


def _draft(row: Any, name: Text) -> tuple[Text, Button]:
    go_on = Button(_("Go on: {form}", form=name), for_action("resume", row.id), "main")
    return joined(name, _("{when}", when=row.touched_at)), go_on


_PLACE = (Place.name_zh, Place.name_en)
