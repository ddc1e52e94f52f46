"""How many hours somebody gave: approved, and still waiting."""

from __future__ import annotations

from datetime import date

from handlers.kit.kinds.when import spoken_minutes
from handlers.kit.messages import Message
from handlers.kit.words import Text, _, joined, lines, n_
from handlers.outreach_totals import Totals, totals
from handlers.routes import Routes
from handlers.work import Work

routes = Routes()


@routes.command(
    "hours", needs="log outreach", words=("时长", "我的时长", "服务时长"), title=_("⏱ My hours"),
    about=_("Your hours this month and this year"), order=40,
)  # fmt: skip
async def hours(work: Work, rest: str) -> None:
    """One's own time this month and this year; what waits for approval stands beside it."""
    month = await totals(work.db, work.today.replace(day=1), work.today, work.me.id)
    year = await totals(work.db, date(work.today.year, 1, 1), work.today, work.me.id)
    text = lines(
        _("⏱ Your hours in outreach"),
        _("This month: {hours}", hours=_given(month)),
        _("This year: {hours}", hours=_given(year)),
        _("Only approved time counts. This is the museum's own record.") if year.pending_minutes else None,
    )
    work.reply(Message(text, replace=True))


def _given(found: Totals) -> Text:
    waits = found.pending_minutes
    return joined(
        spoken_minutes(found.approved_minutes),
        n_("{count} activity", "{count} activities", found.activities) if found.activities else None,
        _("{time} waiting for approval", time=spoken_minutes(waits)) if waits else None,
    )
