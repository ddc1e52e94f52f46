"""People, the chat accounts they come by, who stands in for whom, invites to a role, and codes that link a
second account."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, code, id_, name, sample


class Person(Base):
    """Somebody, whichever channel they use. Nobody needs a name to comment: visitors have none.

    `acting` are the posts they stand in for at this moment, which `StandIn` says; they may do what those may.
    """

    __tablename__ = "people"

    id: Mapped[id_]
    name: Mapped[name] = mapped_column(default="")
    locale: Mapped[code | None]  # chosen with /language; None follows the client
    roles: Mapped[frozenset[str]] = mapped_column(default=frozenset())
    acting: Mapped[frozenset[str]] = mapped_column(default=frozenset(), server_default=",")
    pending_role: Mapped[code | None]  # asked for by an invite, waiting for a supervisor
    pending_invite: Mapped[int | None]  # the invite that has a use set aside for it
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    sample: Mapped[sample]


class Account(Base):
    """A person's presence on one channel. `seq` numbers what is sent there, in order.

    Where the channel lets us write only some messages behind each of theirs, `push_left` is how many are left
    and `push_until` the end of that; NULL where there is no such limit.
    """

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("channel", "external_id"),)

    id: Mapped[id_]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    channel: Mapped[code]
    external_id: Mapped[str] = mapped_column(String(100))
    locale: Mapped[code | None]  # what the client says it speaks
    blocked: Mapped[bool] = mapped_column(default=False)
    seq: Mapped[int] = mapped_column(default=0)
    seen_at: Mapped[datetime]
    push_left: Mapped[int | None]
    push_until: Mapped[datetime | None]

    @classmethod
    def open_at(cls, now: datetime) -> ColumnElement[bool]:
        """The condition that an account may be written to, as far as its channel limits that."""
        return cls.push_until.is_(None) | ((cls.push_left > 0) & (cls.push_until > now))


class StandIn(Base):
    """That somebody is away from a post from the first to the last of some days, and who stands in for them;
    nobody, where `deputy_id` is NULL. It never changes, but may be `ended_at` before its time."""

    __tablename__ = "stand_ins"

    id: Mapped[id_]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    post: Mapped[code]
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    entered_by: Mapped[int] = mapped_column(ForeignKey("people.id"))
    entered_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Invite(Base):
    """An offer of one role; only the hash of its code is kept."""

    __tablename__ = "invites"

    id: Mapped[id_]
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[code]
    uses_left: Mapped[int]
    expires_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]


class LinkCode(Base):
    """A one-use code, shown to `account_id`, that joins another account to its person."""

    __tablename__ = "link_codes"

    id: Mapped[id_]
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
