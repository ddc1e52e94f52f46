"""What alembic does: take the steps that change the tables, write the next one, tell differences.

Loaded only where there is something to do: a program that finds its tables as it needs them starts sooner,
and smaller, without alembic.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from models import Base


def taken(scripts: Path, to: str = "head") -> Callable[[Connection], None]:
    """Takes the steps up to the one named."""
    return lambda connection: command.upgrade(_config(scripts, connection), to)


def written(scripts: Path, what: str, number: str) -> Callable[[Connection], None]:
    """Writes the file of a step from the tables there are to those of the models."""

    def write(connection: Connection) -> None:
        command.revision(_config(scripts, connection), what, autogenerate=True, rev_id=number)

    return write


def differences(connection: Connection) -> list[Any]:
    """What the tables have that the models do not, or the other way round, as alembic tells it."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))


def _config(scripts: Path, connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
