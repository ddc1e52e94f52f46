"""Summaries in the chat: any period and topic, as far as one's role goes, changed in place by buttons."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.kit import grammar
from handlers.kit.buttons import for_action
from handlers.kit.messages import Button, Message
from handlers.kit.words import Text, _, joined
from handlers.routes import Routes
from handlers.summary_count import count
from handlers.summary_say import say_summary
from handlers.summary_scope import ALL, TOPICS, Scope, narrowed, scope
from handlers.summary_words import Asked, asked, read
from handlers.work import Work

routes = Routes()

# The words a button carries, so that “today” is the day it is tapped, not the day it was drawn.
PERIODS: tuple[tuple[str, Text], ...] = (
    ("today", _("Today")),
    ("this week", _("This week")),
    ("this month", _("This month")),
    ("last month", _("Last month")),
    ("this half", _("Half-year")),
    ("this year", _("This year")),
)
WORDS = ("汇总", "统计", "小结")
UNCLEAR = _(
    "Which period? For example: summary today, this week, last month, 2026-05, 2026-05-01..2026-06-30; "
    "and if you like a topic: inspections, rounds, hazards, outreach, comments."
)
CLOSED = _("Those figures are not open to you.")
A_ROW = 3  # buttons

Row = tuple[Button, ...]


@routes.command(
    "summary",
    needs="see own work",
    words=WORDS,
    title=_("📊 Summary"),
    about=_("Figures of a period"),
    order=40,
)
async def summary(work: Work, rest: str) -> None:
    """`/summary`, `汇总 本月 检查`, `/summary 2026-05 comments`; this month where no period is named."""
    wanted = asked(rest, work.today)
    if wanted is None:
        work.reply(UNCLEAR)
        return
    await _show(work, wanted)


@routes.recognises(needs="see own work", order=30)
async def in_other_words(work: Work, said: str) -> bool:
    """`本月检查汇总`: the word for it at the end, or joined to the rest."""
    typed = grammar.normalise(said[:200])
    if not typed.startswith(WORDS) and not typed.endswith(WORDS):
        return False
    wanted = asked(typed, work.today)
    if wanted is None:
        return False
    await _show(work, wanted)
    return True


@routes.action("summary", needs="see own work")
async def change(work: Work, code: str) -> None:
    """`<period>.<topic>`, shown in place of the summary whose button was tapped."""
    wanted = read(code, work.today)
    if wanted is None:
        work.toast = _("That button is no longer in use.")
        return
    await _show(work, wanted, replace=True)


async def report(db: AsyncConnection, said: str, now: datetime) -> Text:
    """The summary that `本月 检查` or the like asks for, with all that a director may see.

    `now` is in the museum's time zone. Words that are not understood give the sentence saying what fits.
    """
    wanted = asked(said, now.date())
    if wanted is None:
        return UNCLEAR
    return say_summary(await count(db, wanted, scope({"director"}, 0), now))


async def _show(work: Work, wanted: Asked, *, replace: bool = False) -> None:
    open_to = scope(work.me.roles, work.me.id)
    if not narrowed(open_to, wanted.topic):
        work.reply(CLOSED)
        return
    if len(open_to) == 1:  # at a glance there is room for all of it
        wanted = dataclasses.replace(wanted, topic=next(iter(open_to)))
    figures = await count(work.db, wanted, open_to, work.local)
    rows = keyboard(wanted, open_to, work.today, may_export=work.me.may("export"))
    work.reply(Message(say_summary(figures), rows, replace=replace))


def keyboard(wanted: Asked, open_to: Scope, today: date, *, may_export: bool) -> tuple[Row, ...]:
    """Buttons for other periods, for the one before and after, for the topics and the file."""
    periods = [
        _button(label, words, wanted.topic, current=grammar.period(words, today) == wanted.period)
        for words, label in PERIODS
    ]
    shown = [ALL, *open_to] if len(open_to) > 1 else []
    names: dict[str, Text] = {ALL: _("Everything"), **TOPICS}
    period = wanted.period.code
    topics = [_button(names[topic], period, topic, current=topic == wanted.topic) for topic in shown]
    if may_export:
        topics.append(Button(_("⬇ XLSX"), for_action("export", wanted.code)))
    return tuple(row for row in (*_rows(periods), _steps(wanted, today), *_rows(topics)) if row)


def _steps(wanted: Asked, today: date) -> Row:
    """One period back, and one on if it has begun; none that could not be read back."""
    before, after = wanted.period.previous(), wanted.period.following()
    steps = []
    if grammar.period(before.code, today) == before:
        steps.append(_button(_("‹ Previous"), before.code, wanted.topic))
    if after.start <= today and grammar.period(after.code, today) == after:
        steps.append(_button(_("Next ›"), after.code, wanted.topic))
    return tuple(steps)


def _button(label: Text, period: str, topic: str, *, current: bool = False) -> Button:
    shown = joined("✓", label, between=" ") if current else label
    return Button(shown, for_action("summary", f"{period}.{topic}"))


def _rows(buttons: list[Button]) -> list[Row]:
    return [tuple(buttons[place : place + A_ROW]) for place in range(0, len(buttons), A_ROW)]
