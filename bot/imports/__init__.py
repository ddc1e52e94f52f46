"""Places and checklists as YAML files: read whole and checked before anything changes, and written back."""

from importlib import resources

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.imports.checklists import export_checklists, import_checklists
from bot.imports.places import export_places, import_places
from bot.imports.results import ImportProblem, Problem, Report
from models import Checklist, Place

__all__ = [
    "ImportProblem",
    "Problem",
    "Report",
    "export_checklists",
    "export_places",
    "import_checklists",
    "import_places",
    "load_defaults",
    "shipped",
]


async def load_defaults(conn: AsyncConnection) -> bool:
    """Load the shipped checklists and sample places where there are no checklists and no places at all.

    Says whether it did.
    """
    for table in (Checklist, Place):
        if await conn.scalar(select(table.id).limit(1)) is not None:
            return False
    await import_checklists(conn, shipped("checklists"))
    await import_places(conn, shipped("places"))
    return True


def shipped(name: str) -> str:
    """The text of a shipped file: `checklists` or `places`."""
    return resources.files("models").joinpath("data", f"{name}.yaml").read_text(encoding="utf-8")
