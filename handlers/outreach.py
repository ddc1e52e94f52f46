"""Logging an outreach activity by command, or in one message with or without one."""

from __future__ import annotations

from typing import Any

from handlers import outreach_records as records
from handlers.emptied import make_room
from handlers.kit import grammar
from handlers.kit.kinds.photos import as_json
from handlers.kit.words import _
from handlers.outreach_form import Activity
from handlers.outreach_line import LONGEST, Line, read_line
from handlers.routes import Routes
from handlers.work import Work

routes = Routes()

ENOUGH = 3  # things said in a message that make it a log without a command


@routes.command(
    "outreach", needs="log outreach", words=("活动", "记活动", "宣传", "activity"),
    title=_("📣 Log an activity"), about=_("Log an outreach activity"), order=20,
)  # fmt: skip
async def outreach(work: Work, rest: str) -> None:
    """`/outreach`, or `/outreach 博物馆日 社区 传单300 观众120 6人3小时` for the card at once."""
    line = read_line(rest, work.today, work.me.name) if rest.strip() else None
    if line is not None:
        await _open_card(work, line)
        return
    words = grammar.clean(rest, LONGEST)
    if words:
        work.reply(_("That could not be read in one go, so step by step. Your words are kept as the note."))
    await make_room(work, Activity)
    await work.open(Activity, facts=await _facts(work), **({"note": words} if words else {}))


@routes.recognises(needs="log outreach", order=30)
async def said_in_one(work: Work, said: str) -> bool:
    """A whole activity in one message, without any command."""
    line = read_line(said, work.today, work.me.name)
    if line is None or line.things < ENOUGH:
        return False
    await _open_card(work, line)
    return True


async def _open_card(work: Work, line: Line) -> None:
    if line.future is not None:
        work.reply(_("{day} is still to come.", day=line.future))
    await make_room(work, Activity)
    photos = as_json(work.given.photos[:9]) or None
    facts = {**await _facts(work), "all": True, "guessed": line.guessed, "people": line.people}
    await work.open(Activity, facts=facts, **{**line.answers, "photos": photos})


async def _facts(work: Work) -> dict[str, Any]:
    return {
        "me": work.me.name,
        "recent": await records.places_of(work),
        "logged": await records.logged_lately(work),
    }
