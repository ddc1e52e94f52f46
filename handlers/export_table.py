"""What a sheet of an export is: a query, and for every column its title and what it takes from a row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.export_book import Cell, Heading, cells_for
from handlers.kit.words import Both, Text, Tongue, say, type_of_text

CHUNK: Final = (
    25  # rows taken from the database at once: a millisecond of work, which a reply may wait for at each step
)
LONG: Final = 40  # characters a column of prose is wide


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `long` is the database column of a text that may outgrow a cell."""

    title: Text
    of: Callable[[Any], Any]
    width: int = 12
    long: Any = None


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet: the rows of `query`, one record each."""

    title: Text
    query: Any
    columns: Sequence[Column]


async def count(table: Table, db: AsyncConnection) -> int:
    """How many rows it has."""
    return await db.scalar(select(func.count()).select_from(table.query.order_by(None).subquery())) or 0


async def rows(
    table: Table, db: AsyncConnection, tongue: Tongue, zone: ZoneInfo
) -> AsyncIterator[list[list[Cell]]]:
    """Its rows as cells, chunk by chunk as they come from the database."""
    result = await db.stream(table.query.execution_options(yield_per=CHUNK))
    async for some in result.partitions(CHUNK):
        yield [[_cell(column.of(row), tongue, zone) for column in table.columns] for row in some]


async def headings(table: Table, db: AsyncConnection, tongue: Tongue) -> list[Heading]:
    """The headings; a text that outgrows a cell goes on in the columns beside, as the longest needs."""
    long = [column.long for column in table.columns if column.long is not None]
    longest: Sequence[int | None] = ()
    if long:
        measured = table.query.with_only_columns(
            *(func.max(func.length(text)) for text in long), maintain_column_froms=True
        )
        longest = (await db.execute(measured.order_by(None))).one()
    cells = iter([cells_for(characters or 0) for characters in longest])
    return [
        Heading(say(column.title, tongue), column.width, next(cells) if column.long is not None else 1)
        for column in table.columns
    ]


def _cell(value: Any, tongue: Tongue, zone: ZoneInfo) -> Cell:
    if isinstance(value, type_of_text):
        return say(value, tongue)
    if isinstance(value, datetime):
        return value.astimezone(zone).replace(tzinfo=None)
    cell: Cell = value
    return cell


def label(labels: Mapping[Any, Text], code: Any) -> Text | None:
    """What a stored code is called; the code itself where it is not known any more."""
    return None if code is None else labels.get(code, str(code))


def files(kept: Sequence[Mapping[str, Any]]) -> str:
    """The names under which photos or recordings are stored, one a line."""
    return "\n".join(str(one["sha"]) for one in kept)


def place_of(row: Any) -> Text | None:
    """A place's name, or its code where it is no longer known."""
    return Both(row.place_zh, row.place_en) if row.place_zh else row.place
