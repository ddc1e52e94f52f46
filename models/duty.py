"""What the chain of responsibility puts on paper: who answers for a place, letters of responsibility and who
signed them; and who wants no digest."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, code, id_, long, name, sample


class PlaceDuty(Base):
    """The department and the person that answer for a place; what is left out is that of the place above."""

    __tablename__ = "place_duties"

    id: Mapped[id_]
    place: Mapped[str] = mapped_column(String(24), unique=True)
    department: Mapped[name] = mapped_column(default="")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    set_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    set_at: Mapped[datetime]
    sample: Mapped[sample]


class Letter(Base):
    """A letter of responsibility (责任书) for the holders of a post in a year. It never changes: another text
    is a new version, which is signed anew. `body_en` is empty where there is one wording for everybody."""

    __tablename__ = "letters"
    __table_args__ = (UniqueConstraint("post", "year", "version"),)

    id: Mapped[id_]
    post: Mapped[code]
    year: Mapped[int]
    version: Mapped[int]
    body_zh: Mapped[long]
    body_en: Mapped[long]
    issued_by: Mapped[int] = mapped_column(ForeignKey("people.id"))
    issued_at: Mapped[datetime]
    sample: Mapped[sample]


class LetterCopy(Base):
    """A letter in the hands of one person: when they got it, were reminded and signed it."""

    __tablename__ = "letter_copies"
    __table_args__ = (UniqueConstraint("letter_id", "person_id"),)

    id: Mapped[id_]
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    sent_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    sample: Mapped[sample]


class DigestChoice(Base):
    """Whether somebody wants the digest; who never chose gets it."""

    __tablename__ = "digest_choices"

    id: Mapped[id_]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), unique=True)
    wanted: Mapped[bool]
    chosen_at: Mapped[datetime]
