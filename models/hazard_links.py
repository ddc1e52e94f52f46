"""Links by which a contractor without an account sees one hazard and hands in its fix."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, id_, name


class HazardLink(Base):
    """Good for handing in once, until it ends; only the hash of its code is kept. It ends at once where it is
    revoked, or another is made for the hazard.

    `contractor` is who it was made for, in whose name the fix is handed in.
    """

    __tablename__ = "hazard_links"

    id: Mapped[id_]
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hazard_id: Mapped[int] = mapped_column(ForeignKey("hazards.id", ondelete="CASCADE"), index=True)
    contractor: Mapped[name]
    made_by: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
