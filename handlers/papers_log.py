"""The inspection log (巡查记录) of a month or any period: one line for each round, made or missed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.export_book import Heading
from handlers.export_inspections import item_names, rounds
from handlers.inspection_card import PRESENCE
from handlers.kit.grammar import Period
from handlers.kit.kinds.checklist import short
from handlers.kit.words import Both, Text, _, joined, lines, p_, say
from handlers.paper import Grid, Line, Paper, Words, moment
from handlers.papers_missed import MISSED, Missed
from handlers.summary_words import called
from handlers.tally import whose
from handlers.work import Work
from models import Hazard, Inspection, InspectionItem

Names = Mapping[tuple[int, str], Both]

CHUNK: Final = 200  # rounds taken from the database at once
MOST_ON_PAPER: Final = 4000  # rounds: some three hundred pages
COLUMNS: Final = (  # title, share of a page's width, characters in a sheet
    (p_("log", "Day and time"), 14, 24),
    (p_("log", "Place"), 12, 20),
    (p_("log", "Checklist"), 12, 20),
    (p_("log", "Inspector"), 9, 12),
    (p_("log", "Presence"), 9, 16),
    (p_("log", "Result"), 9, 16),
    (p_("log", "What was found, and what was done"), 27, 60),
    (p_("log", "Second signature"), 14, 24),
    (p_("log", "Number"), 15, 22),
)


_RESULT: Final = 5  # the column of the result


async def log(work: Work, period: Period, person_id: int | None) -> Paper:
    """The log on paper."""
    rows: list[Sequence[Line]] = []
    async for some in lines_of(work, period, person_id):
        rows += some[: MOST_ON_PAPER - len(rows)]
        if len(rows) == MOST_ON_PAPER:
            break
    titles, widths = [column[0] for column in COLUMNS], [column[1] for column in COLUMNS]
    full, missed = len(rows) == MOST_ON_PAPER, sum(row[_RESULT] == MISSED for row in rows)
    return Paper(
        title=p_("paper", "{museum}: inspection log", museum=work.rules.museum),
        about=p_(
            "paper",
            "{period} · rounds made: {made} · missed: {missed}",
            period=called(period),
            made=len(rows) - missed,
            missed=missed,
        ),
        name=file_name(period),
        blocks=[
            Grid(titles, widths, rows) if rows else Words(_("No rounds were made in this period.")),
            *([Words(_("There are more; the spreadsheet has them all."))] if full else []),
        ],
        note=p_(
            "paper",
            "Printed {when} from the records of the duty desk",
            when=moment(work.now, work.rules.zone),
        ),
        wide=True,
    )


def file_name(period: Period) -> Text:
    """Such as `巡查记录-2026-11`."""
    return p_("file", "inspection-log-{period}", period=period.code)


def headings(work: Work) -> list[Heading]:
    """The headings of the log's sheet."""
    return [Heading(say(title, work.tongue), width) for title, _share, width in COLUMNS]


async def lines_of(work: Work, period: Period, person_id: int | None) -> AsyncIterator[list[list[Line]]]:
    """The log's lines in order, some at a time."""
    mine = (Inspection.current, Inspection.day.between(period.start, period.end))
    mine += whose(Inspection.person_id, person_id)
    names, missed = await item_names(work.db), await Missed.read(work, period, person_id)
    query, after = rounds(mine).limit(CHUNK), None
    while some := (await work.db.execute(query if after is None else query.where(after))).all():
        found = await _found(work.db, [row.id for row in some])
        yield [line for row in some for line in (*missed.before(row), _line(work, row, found[row.id], names))]
        day, id = some[-1].day, some[-1].id
        after = (Inspection.day > day) | ((Inspection.day == day) & (Inspection.id > id))
    if rest := missed.before(None):
        yield rest


def _line(work: Work, row: Row[Any], found: Sequence[Row[Any]], names: Names) -> list[Line]:
    zone = work.rules.zone
    times = f"{row.started_at.astimezone(zone):%H:%M} – {row.submitted_at.astimezone(zone):%H:%M}"
    return [
        lines(f"{row.day}", times, _("(sample)") if row.sample else None),
        Both(row.place_zh, row.place_en) if row.place_zh else row.place,
        Both(row.title_zh, row.title_en),
        row.inspector,
        PRESENCE.get(row.presence, row.presence),
        p_("log", "{count} abnormal", count=row.failed) if row.failed else p_("log", "all normal"),
        lines(
            *(_finding(item, names.get((row.checklist_id, item.key))) for item in found),
            _("Reason for the correction: {reason}", reason=row.note) if row.note else None,
        ),
        lines(row.signer, moment(row.signed_at, zone)),
        joined(row.number, _("revision {n}", n=row.revision) if row.revision > 1 else None, between=" "),
    ]


def _finding(item: Row[Any], name: Both | None) -> Text:
    """What was wrong with an item, and its hazard's number or that it was put right at once."""
    what = joined(str(item.number), name and short(name), between=". ")
    done = p_("log", "fixed on the spot") if item.fixed else item.hazard
    return joined(joined(what, item.note, between=": "), done, between=" → ")


async def _found(db: AsyncConnection, ids: Sequence[int]) -> Mapping[int, list[Any]]:
    """What was abnormal in each of these rounds, with the number of the hazard that came of it."""
    hazard = (Hazard.inspection_id == InspectionItem.inspection_id) & (Hazard.item_key == InspectionItem.key)
    query = (
        select(
            InspectionItem.inspection_id,
            InspectionItem.number,
            InspectionItem.key,
            InspectionItem.note,
            InspectionItem.fixed,
            Hazard.number.label("hazard"),
        )
        .join(Hazard, hazard, isouter=True)
        .where(InspectionItem.inspection_id.in_(ids), InspectionItem.state == "bad")
        .order_by(InspectionItem.inspection_id, InspectionItem.number)
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for row in await db.execute(query):
        found[row.inspection_id].append(row)
    return found
