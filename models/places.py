"""The museum's places as a tree: sites, halls, points."""

from __future__ import annotations

from sqlalchemy import Float, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, id_, name, sample


class Place(Base):
    """A site, hall or point. `checklists` are the ids of those filled in here; empty means any.

    Once its printed code was revoked, `token` is what a new one must have; `latitude` and `longitude` are
    degrees (WGS 84), where they are known.
    """

    __tablename__ = "places"

    id: Mapped[id_]
    code: Mapped[str] = mapped_column(String(24), unique=True)
    kind: Mapped[str] = mapped_column(String(40))  # site, hall, point
    parent: Mapped[str] = mapped_column(String(24), default="")
    name_zh: Mapped[name]
    name_en: Mapped[name] = mapped_column(default="")
    checklists: Mapped[frozenset[str]] = mapped_column(default=frozenset())
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    token: Mapped[str | None] = mapped_column(String(16))
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    sample: Mapped[sample]
