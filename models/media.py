"""Photos, recordings and documents: what the content-addressed files are, and who may mention them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, code, id_, name


class MediaFile(Base):
    """One kept file; `sha` addresses what is stored, `original_sha` proves what was received."""

    __tablename__ = "media"

    id: Mapped[id_]
    sha: Mapped[str] = mapped_column(String(64), index=True)
    original_sha: Mapped[str] = mapped_column(String(64))
    mime: Mapped[code]
    name: Mapped[name] = mapped_column(default="")
    size: Mapped[int]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    created_at: Mapped[datetime]


def mentions() -> list[Column[Any]]:
    """Every column of every table that may mention kept files: an address by itself in `sha`, or JSON of any
    depth with objects that have the key `sha`: records, drafts, messages, facts."""
    columns = (column for table in Base.metadata.sorted_tables for column in table.columns)
    return [column for column in columns if column.name == "sha" or isinstance(column.type, JSON)]
