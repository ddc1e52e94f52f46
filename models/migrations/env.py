"""What alembic runs: the steps, on the connection and in the transaction that `bot/migrate.py` holds."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON, BigInteger, TypeDecorator

from models import Base

SHARED = {BigInteger: "BIG", JSON: "JSON"}  # what `columns` has, by what it is


def plainly(kind: str, item: Any, autogenerate: AutogenContext) -> str | Literal[False]:
    """Write our own column types as what the database sees: a step must not change when a model does."""
    if kind != "type":
        return False
    shared = next((name for base, name in SHARED.items() if isinstance(item, base)), None)
    if shared is not None:
        autogenerate.imports.add(f"from models.migrations.columns import {shared}")
        return shared
    return f"sa.{item.impl!r}" if isinstance(item, TypeDecorator) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite can change a table only by making it anew
    transactional_ddl=True,  # also on SQLite, where alembic would not expect it
    compare_type=True,
    render_item=plainly,
)
with context.begin_transaction():
    context.run_migrations()
