"""Checklists, each in versions that never change once made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, code, id_, name


class Checklist(Base):
    """One version of a checklist; the newest active version of a code is in use.

    `body` is `{frequency, signs: [{zh, en, role}], items: [{key, category, zh, en, photo, severity,
    on_spot, source}]}`; the first of `signs` is the inspector, the second signs off.
    """

    __tablename__ = "checklists"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: Mapped[id_]
    code: Mapped[code]
    version: Mapped[int]
    title_zh: Mapped[name]
    title_en: Mapped[name]
    body: Mapped[dict[str, Any]]
    active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
