"""The declarative base and the column types that all tables share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, DateTime, Integer, MetaData, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """A moment in UTC; aware in Python always, also where the database knows no zones (SQLite)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must have a time zone")
        utc = value if value.tzinfo is UTC else value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Codes(TypeDecorator[frozenset[str]]):
    """A small set of codes as `,a,b,`, so that one of them can be looked for with LIKE."""

    impl = String(200)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return "," + "".join(f"{code}," for code in sorted(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> frozenset[str] | None:
        return None if value is None else frozenset(code for code in value.split(",") if code)

    class comparator_factory(TypeDecorator.Comparator[frozenset[str]]):  # noqa: N801 - SQLAlchemy's name
        """`column.holds("leader")` finds the rows whose set has the code."""

        def holds(self, code: str) -> Any:
            return self.expr.like(f"%,{code},%")


BigId = BigInteger().with_variant(Integer, "sqlite")
# Not JSONB, which forgets the order of keys: the museum's places come in its own order.
Json = JSON(none_as_null=True)

id_ = Annotated[int, mapped_column(BigId, primary_key=True)]
code = Annotated[str, mapped_column(String(40))]
name = Annotated[str, mapped_column(String(200))]
long = Annotated[str, mapped_column(Text)]
sample = Annotated[bool, mapped_column(default=False, index=True)]


class Base(DeclarativeBase):
    """All tables; constraints are named so that migrations can find them on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy
        dict[str, Any]: Json,
        list[Any]: Json,
        datetime: Instant,
        int: BigId,
        frozenset[str]: Codes,
    }
