"""Printed documents asked for in the chat, made in the background: a PDF, or a page to print."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from handlers import audit, papers_typed
from handlers.export import XLSX
from handlers.export_writer import Writer
from handlers.hazard_papers import HAZARD_PAPERS
from handlers.kit import grammar
from handlers.kit.buttons import for_action
from handlers.kit.grammar import Period
from handlers.kit.messages import Button, Message
from handlers.kit.words import _, joined, p_, say
from handlers.papers_codes import codes
from handlers.papers_log import file_name, headings, lines_of, log
from handlers.papers_made import Document, Made, on_paper
from handlers.routes import Routes
from handlers.summary_scope import scope
from handlers.summary_words import asked, called
from handlers.work import Work

routes = Routes()


LOG: Final = p_("paper", "Inspection log")
CODES: Final = p_("paper", "QR codes of the points")
_LOG: Final = re.compile(
    r"(?:安全)?(?:巡查|检查|巡检)(?:记录|日志|台账)表?"
    r"|(?:inspection|patrol) ?(?:log|records?)|(?<![a-z])log(?![a-z])"
)
_CODES: Final = re.compile(
    r"(?:点位|巡查点)?二维码|(?<![a-z])qr ?(?:codes?)?(?![a-z])|(?<![a-z])codes?(?![a-z])"
)
_MOST: Final = 100  # characters


@routes.command(
    "export",
    needs="export",
    words=("导出", "打印", "export", "print"),
    about=_("Files to keep and print: inspection log, spreadsheets, QR codes"),
    order=45,
)
async def export(work: Work, rest: str) -> None:
    """`导出 巡查记录 本月`, `/export qr H1`, `导出 整改通知书`, `导出 留言`; without words, what there is."""
    said = grammar.normalise(rest[:_MOST]).casefold()
    if _LOG.search(said):
        await _export_log(work, _LOG.sub(" ", said))
    elif _CODES.search(said):
        await _ask(work, f"codes.{_CODES.sub(' ', said).strip().upper()}")
    elif sort := papers_typed.asked_for(said):
        await _hazard_paper(work, sort, said)
    elif said and (wanted := asked(said, work.today)):
        await work.routes.actions["export"].run(work, wanted.code)
    else:
        await _offer(work)


@routes.recognises(needs="see own work", order=40)
async def named(work: Work, given: str) -> bool:
    """`整改通知书`, or `导出整改通知书` in one word, also for who may export nothing else."""
    said = grammar.normalise(given[:_MOST]).casefold()
    sort = papers_typed.asked_for(said)
    if sort is None or not papers_typed.nothing_else(said):
        return False
    await _hazard_paper(work, sort, said)
    return True


async def _hazard_paper(work: Work, sort: str, said: str) -> None:
    number = await papers_typed.numbered(work, sort, said)
    if number is not None:
        await _ask(work, f"{sort}.{number}")


@routes.action("paper", needs="see own work")
async def ask(work: Work, argument: str) -> None:
    """`<document>.<what>`: it is made by a job, so that nobody waits for it."""
    await _ask(work, argument)


@routes.job("paper")
async def make(work: Work, key: str) -> None:
    """Make it and send it. Whether its reader may have it is asked again: posts can change meanwhile."""
    _account, _sep, argument = key.partition(".")
    sort, _sep, what = argument.partition(".")
    document = DOCUMENTS.get(sort)
    if document is None or not await document.may(work, what):
        return
    with work.kept_files.room() as folder:
        made = await document.make(work, what, folder)
        if made is None:
            work.reply(_("There is nothing to print."))
            return
        attached = await asyncio.to_thread(work.kept_files.take_over, made.file, made.name, made.mime)
    work.reply(Message(joined("📄", made.what, between=" "), file=attached))


async def _ask(work: Work, argument: str) -> None:
    sort, _sep, what = argument[:_MOST].partition(".")
    document = DOCUMENTS.get(sort)
    if document is None or not await document.may(work, what):
        work.reply(_("That is not open to you, or not there."))
        return
    await _begin(work, sort, what)
    work.reply(_("Preparing the file. It comes to this chat in a moment."))


async def _begin(work: Work, sort: str, what: str) -> None:
    await work.due("paper", f"{work.me.account_id}.{sort}.{what}", work.now, account=work.me.account_id)
    await audit.record(work.db, work.now, "exported", actor=work.me.id, what=f"{sort}.{what}")


async def _export_log(work: Work, rest: str) -> None:
    """On paper and as a spreadsheet."""
    wanted = asked(rest, work.today)
    if wanted is None:
        work.reply(_("Which period? For example: export inspection log this month, last month, 2026-05."))
        return
    if not await _may_log(work, wanted.period.code):
        work.reply(_("That is not open to you, or not there."))
        return
    for sort in ("log", "logbook"):
        await _begin(work, sort, wanted.period.code)
    work.reply(_("Preparing the log on paper and as a spreadsheet. They come to this chat in a moment."))


async def _offer(work: Work) -> None:
    month = grammar.period("this month", work.today)
    assert month is not None  # words of our own
    rows = []
    if await _may_log(work, month.code):
        paper = Button(_("📄 Inspection log, this month"), for_action("paper", f"log.{month.code}"))
        sheet = Button(_("⬇ Inspection log, XLSX"), for_action("paper", f"logbook.{month.code}"))
        rows += [(paper,), (sheet,)]
    rows.append((Button(_("⬇ All records of this month, XLSX"), for_action("export", f"{month.code}.all")),))
    if await _may_codes(work, ""):
        rows.append((Button(_("📄 QR codes of the points"), for_action("paper", "codes.")),))
    text = _("What do you need? You can also write: export inspection log 2026-05.")
    work.reply(Message(text, tuple(rows)))


async def _may_log(work: Work, period: str) -> bool:
    known = grammar.period(period, work.today) is not None
    return known and work.me.may("export") and "inspections" in scope(work.me.roles, work.me.id)


async def _may_codes(work: Work, _place: str) -> bool:
    return work.me.may("print codes")


async def _log(work: Work, code: str, folder: Path) -> Made | None:
    period = _period(work, code)
    what = joined(LOG, called(period), between=" ")
    return await on_paper(work, await log(work, period, _whose(work)), what, folder)


async def _logbook(work: Work, code: str, folder: Path) -> Made:
    """The log as a spreadsheet."""
    period, file, tongue = _period(work, code), folder / "log.xlsx", work.tongue
    async with Writer(file) as writer:
        await writer.sheet(say(LOG, work.tongue), headings(work))
        async for some in lines_of(work, period, _whose(work)):
            await writer.add([[None if cell is None else say(cell, tongue) for cell in row] for row in some])
    name = f"{say(file_name(period), work.tongue)}.xlsx"
    return Made(file, name, XLSX, joined(LOG, called(period), between=" "))


async def _sheets(work: Work, place: str, folder: Path) -> Made | None:
    return await on_paper(work, await codes(work.db, work.rules, work.now, place), CODES, folder)


def _period(work: Work, code: str) -> Period:
    period = grammar.period(code, work.today)
    assert period is not None  # `_may_log` has looked
    return period


def _whose(work: Work) -> int | None:
    return scope(work.me.roles, work.me.id)["inspections"]


DOCUMENTS: Final[Mapping[str, Document]] = {
    "log": Document(_may_log, _log),
    "logbook": Document(_may_log, _logbook),
    "codes": Document(_may_codes, _sheets),
    **HAZARD_PAPERS,
}
