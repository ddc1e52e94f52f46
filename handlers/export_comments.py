"""The sheets of visitors' comments and of the answers to them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from handlers.export_table import Column, Table, files, label, place_of
from handlers.feedback_desk import KINDS, TOPICS
from handlers.kit.grammar import Period
from handlers.kit.words import p_
from handlers.labels import COMMENT_STATES, YES_NO
from models import Feedback, FeedbackReply, Person, Place


def comments(period: Period, *, with_contact: bool) -> list[Table]:
    """Comments, one row each; and the answers, one row each. Contact details only `with_contact`."""
    within = Feedback.day.between(period.start, period.end)
    columns = [column for column in _COMMENT if with_contact or column is not _CONTACT]
    return [
        Table(p_("sheet", "Comments"), _comments(within), columns),
        Table(p_("sheet", "Answers"), _answers(within), _ANSWER),
    ]


def _comments(within: Any) -> Any:
    return (
        select(*Feedback.__table__.columns, Place.name_zh.label("place_zh"), Place.name_en.label("place_en"))
        .join(Place, Place.code == Feedback.place, isouter=True)
        .where(within)
        .order_by(Feedback.day, Feedback.id)
    )


def _answers(within: Any) -> Any:
    return (
        select(Feedback.number, *FeedbackReply.__table__.columns, Person.name)
        .join(Feedback, Feedback.id == FeedbackReply.feedback_id)
        .join(Person, Person.id == FeedbackReply.person_id)
        .where(within)
        .order_by(Feedback.day, Feedback.id, FeedbackReply.id)
    )


_CONTACT = Column(p_("column", "Contact"), lambda row: row.contact, 20)

_COMMENT = [
    Column(p_("column", "Number"), lambda row: row.number, 18),
    Column(p_("column", "Day"), lambda row: row.day),
    Column(p_("column", "Written"), lambda row: row.created_at, 16),
    Column(p_("column", "Place"), place_of, 20),
    Column(p_("column", "Rating"), lambda row: row.rating, 8),
    Column(p_("column", "Kind"), lambda row: label(KINDS, row.kind)),
    Column(p_("column", "Topic"), lambda row: label(TOPICS, row.topic), 14),
    Column(p_("column", "Comment"), lambda row: row.comment, 60, long=Feedback.comment),
    _CONTACT,
    Column(p_("column", "State"), lambda row: label(COMMENT_STATES, row.status)),
    Column(p_("column", "Answered"), lambda row: row.answered_at, 16),
    Column(p_("column", "Photos"), lambda row: len(row.photos), 8),
    Column(p_("column", "Files"), lambda row: files([*row.photos, *row.voice]), 20),
    Column(p_("column", "Sample data"), lambda row: YES_NO[row.sample], 8),
]

_ANSWER = [
    Column(p_("column", "Comment number"), lambda row: row.number, 18),
    Column(p_("column", "Answered"), lambda row: row.created_at, 16),
    Column(p_("column", "Answered by"), lambda row: row.name),
    Column(p_("column", "Answer"), lambda row: row.body, 60, long=FeedbackReply.body),
    Column(
        p_("column", "Visitor satisfied"),
        lambda row: None if row.satisfied is None else YES_NO[row.satisfied],
        10,
    ),
]
