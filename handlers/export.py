"""Any summary's records as a spreadsheet, made in the background and sent back into the chat."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from handlers import audit
from handlers.export_comments import comments
from handlers.export_inspections import hazards, inspections
from handlers.export_outreach import outreach
from handlers.export_rounds import rounds
from handlers.export_table import Table, count, headings, rows
from handlers.export_writer import Writer
from handlers.kit.grammar import Period
from handlers.kit.messages import Message
from handlers.kit.words import Text, _, joined, p_, say
from handlers.routes import Routes
from handlers.summary_scope import ALL, TOPICS, Scope, narrowed, scope
from handlers.summary_words import Asked, called, read
from handlers.work import Work

routes = Routes()

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@routes.action("export", needs="export")
async def ask(work: Work, code: str) -> None:
    """`<period>.<topic>`: the file is made by a job, so that nobody waits for it."""
    wanted = read(code, work.today)
    if wanted is None or not _open_to(work, wanted):
        work.toast = _("That is not open to you.")
        return
    await work.due("export", f"{work.me.account_id}.{wanted.code}", work.now, account=work.me.account_id)
    await audit.record(work.db, work.now, "exported", actor=work.me.id, what=wanted.code)
    work.reply(_("Preparing the file. It comes to this chat in a moment."))


@routes.job("export")
async def make(work: Work, key: str) -> None:
    """Make the file and send it. What its reader may see is asked again: posts can change meanwhile."""
    _account, _sep, code = key.partition(".")
    wanted = read(code, work.today)
    if wanted is None or not work.me.may("export"):
        return
    tables = await _tables(work, wanted.period, _open_to(work, wanted))
    if not tables:
        return
    with work.kept_files.room() as folder:
        file = folder / "book.xlsx"
        await _write(work, tables, file)
        name = say(_name(wanted), work.tongue)
        attached = await asyncio.to_thread(work.kept_files.take_over, file, name, XLSX)
    what = joined("📎", joined(called(wanted.period), TOPICS.get(wanted.topic)), between=" ")
    work.reply(Message(what, file=attached))


def _open_to(work: Work, wanted: Asked) -> Scope:
    return narrowed(scope(work.me.roles, work.me.id), wanted.topic)


async def _tables(work: Work, period: Period, open_to: Scope) -> list[Table]:
    tables: list[Table] = []
    if "inspections" in open_to:
        tables += await inspections(work.db, period, open_to["inspections"])
    if "rounds" in open_to:
        tables += rounds(period, open_to["rounds"])
    if "hazards" in open_to:
        tables += await hazards(work.db, period, open_to["hazards"], work.now)
    if "outreach" in open_to:
        tables += outreach(period, open_to["outreach"])
    if "comments" in open_to:
        tables += comments(period, with_contact=work.me.may("answer feedback"))
    return tables


async def _write(work: Work, tables: Sequence[Table], file: Path) -> None:
    total, done = sum([await count(table, work.db) for table in tables]), 0
    async with Writer(file) as writer:
        for table in tables:
            await writer.sheet(say(table.title, work.tongue), await headings(table, work.db, work.tongue))
            async for some in rows(table, work.db, work.tongue, work.rules.zone):
                await writer.add(some)
                done += len(some)
                work.progress = _("{done} of {total} rows written…", done=done, total=total)
    work.progress = _("All {total} rows are written.", total=total)


def _name(wanted: Asked) -> Text:
    """What the file is called, such as `馆务通-检查-2026-11.xlsx`."""
    topic = p_("file", "everything") if wanted.topic == ALL else TOPICS[wanted.topic]
    return p_("file", "Docent-{topic}-{period}.xlsx", topic=topic, period=wanted.period.code)
