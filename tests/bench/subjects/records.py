"""What a finished conversation leaves: an inspection and its items, in tables of the benchmark's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from sqlalchemy import BigInteger, ForeignKey, Integer, String
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

# SQLite counts up by itself only where the type is exactly INTEGER.
Id = Annotated[int, mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)]


class Base(DeclarativeBase):
    """The benchmark's tables, apart from the program's."""


class Inspection(Base):
    """One finished conversation; `note` is unique to it, so that the driver finds it again."""

    __tablename__ = "bench_inspections"

    id: Mapped[Id]
    chat: Mapped[int] = mapped_column(BigInteger)
    checklist: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(200), index=True)
    items: Mapped[list[Item]] = relationship()


class Item(Base):
    """One item of it as it was found."""

    __tablename__ = "bench_items"

    id: Mapped[Id]
    inspection_id: Mapped[int] = mapped_column(ForeignKey("bench_inspections.id"), index=True)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))


async def create(engine: AsyncEngine) -> None:
    """Make the two tables where they are not there yet."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


async def save(
    sessions: async_sessionmaker[AsyncSession], chat: int, checklist: str, states: Sequence[str], note: str
) -> None:
    """Write the rows as SQLAlchemy's ORM documents: a session, an object with its children, a commit."""
    items = [Item(number=number, state=state) for number, state in enumerate(states, 1)]
    async with sessions() as session, session.begin():
        session.add(Inspection(chat=chat, checklist=checklist, note=note, items=items))
