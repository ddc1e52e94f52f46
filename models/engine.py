"""What the engine keeps: updates received, conversations, messages to send, due work, number series."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, code, id_, long


class Inbox(Base):
    """An update that was received; the unique mark makes a second delivery harmless.

    status: done, failed (will be tried again), dead (gave up; `error` says why).
    """

    __tablename__ = "inbox"
    __table_args__ = (UniqueConstraint("channel", "external_id"),)

    id: Mapped[id_]
    channel: Mapped[code]
    external_id: Mapped[str] = mapped_column(String(140))
    status: Mapped[code]
    attempts: Mapped[int] = mapped_column(default=1)
    payload: Mapped[dict[str, Any] | None]
    error: Mapped[long | None]
    received_at: Mapped[datetime] = mapped_column(index=True)


class Conversation(Base):
    """A form being filled in: answers by path and the facts snapshotted at the start. No position.

    status: open (at most one per person), paused, done, cancelled, expired.
    """

    __tablename__ = "conversations"
    __table_args__ = (Index("ix_conversations_person", "person_id", "status"),)

    id: Mapped[id_]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    form: Mapped[code]
    status: Mapped[code]
    answers: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]
    focus: Mapped[str | None] = mapped_column(String(100))
    revision: Mapped[int] = mapped_column(default=0)
    misfits: Mapped[int] = mapped_column(default=0)
    album: Mapped[str | None] = mapped_column(String(120))
    started_at: Mapped[datetime]
    touched_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


# In these very words in every query too: that is how SQLite knows which of its indexes serves.
UNSENT = text("status IN ('pending', 'sending', 'dead')")
_ABOUT = text("subject IS NOT NULL")


class Outbox(Base):
    """A message on its way to an account, rendered in its reader's language; `seq` is its order there.

    status: pending, sending (claimed by the worker `claimed_by`), sent, dead (refused for good), dropped
    (the account blocked us). `external_id` is the channel's id of the message once sent; a message that
    went inside the answer to a delivery has none, but `answers`, the external id of that update: should
    it be delivered again, it is answered the same.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("account_id", "seq"),
        # Of the few that are not sent, so that those that are cost nothing.
        Index("ix_outbox_unsent", "account_id", "seq", postgresql_where=UNSENT, sqlite_where=UNSENT),
        Index("ix_outbox_subject", "account_id", "external_id", postgresql_where=_ABOUT, sqlite_where=_ABOUT),
    )

    id: Mapped[id_]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    seq: Mapped[int]
    payload: Mapped[dict[str, Any]]
    subject: Mapped[str | None] = mapped_column(String(60))
    status: Mapped[code]
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    claimed_by: Mapped[int | None]
    external_id: Mapped[str | None] = mapped_column(String(60))
    answers: Mapped[str | None] = mapped_column(String(140))
    error: Mapped[long | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class Due(Base):
    """Work to be done at a time; `key` makes the same work one row."""

    __tablename__ = "due"
    __table_args__ = (UniqueConstraint("kind", "key"), Index("ix_due_when", "status", "due_at"))

    id: Mapped[id_]
    kind: Mapped[code]
    key: Mapped[str] = mapped_column(String(80))
    due_at: Mapped[datetime]
    payload: Mapped[dict[str, Any]]
    status: Mapped[code] = mapped_column(default="waiting")  # waiting, done, dead
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[long | None]


class Series(Base):
    """The last number given in a series of record numbers, such as XJ on one day."""

    __tablename__ = "series"

    prefix: Mapped[code] = mapped_column(primary_key=True)
    period: Mapped[code] = mapped_column(primary_key=True)
    last: Mapped[int]


class Note(Base):
    """A small value the program remembers, such as the hash of the first-admin code."""

    __tablename__ = "notes"

    key: Mapped[code] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]
