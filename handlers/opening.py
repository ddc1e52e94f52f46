"""Opening days and hours (开放时间): the museum's week, and the days that differ from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any, Final

from sqlalchemy import delete, insert, select

from handlers import audit, rounds_planning, rounds_records
from handlers.calendar import DAY, Hours, Opening
from handlers.kit import grammar
from handlers.kit.asking import Asking
from handlers.kit.buttons import for_action
from handlers.kit.form import Form
from handlers.kit.kinds import choice, clock, text
from handlers.kit.kinds.when import WEEKDAYS, Day
from handlers.kit.messages import Button, Input, Message, Option
from handlers.kit.question import Answer, Misfit, Reading, Step
from handlers.kit.words import Text, _, joined, lines
from handlers.routes import Routes
from handlers.work import Work
from models import Note, OpeningDay

routes = Routes()

OFFERED: Final = 8  # days to tap, from today on
FURTHEST: Final = timedelta(days=366)
NO_DAY: Final = "none"


class ComingDay(Day):
    """A day from today until a year ahead."""

    def asking(self, step: Step) -> Asking:
        today = step.moment.today
        days = [today + number * DAY for number in range(OFFERED)]
        options = tuple(Option(day.isoformat(), self._named(day)) for day in days)
        hint = _("Tap a day, or write one such as 2026-10-01.")
        wording = self.wording(step)
        return Asking(step.path, wording, hint, frozenset({"tap", "text"}), options, columns=2)

    def read(self, given: Input, step: Step) -> Reading:
        today = step.moment.today
        day = grammar.day(given.data if given.data is not None else given.text, today)
        if day is None:
            return Misfit()
        if day < today and str(day.year) not in given.text:  # without a year a day is read as the last such
            day = _a_year_on(day)
        if not today <= day <= today + FURTHEST:
            return Misfit(_("{day} is not within the coming year.", day=day))
        return Answer(day.isoformat())

    @staticmethod
    def _named(day: date) -> Text:
        return joined(f"{day:%m-%d}", WEEKDAYS[day.weekday()], between=" ")


def coming_day(prompt: Any, **settings: Any) -> Any:
    """A day that is still to come, see `ComingDay`."""
    return ComingDay(prompt, **settings)


def _a_year_on(day: date) -> date:
    return day.replace(year=day.year + 1, day=min(day.day, 28) if day.month == 2 else day.day)


@routes.form
class Week(Form, name="opening_week", opens=_("Opening hours"), needs="opening hours"):
    """The museum's week."""

    closed: str = choice(
        _("On which weekday is the museum closed?"),
        [Option(NO_DAY, _("On none")), *(Option(str(number), name) for number, name in enumerate(WEEKDAYS))],
        label=_("Closed on"),
        columns=2,
    )
    start: time = clock(_("From when to when is it open? Such as 9:00-17:00."), label=_("Opens"), until="end")
    end: time = clock(_("Until when?"), label=_("Closes"))
    holidays: str | None = choice(
        _("Is it open on public holidays that fall on that weekday?"),
        [Option("yes", _("Yes")), Option("no", _("No"))],
        label=_("Open on public holidays"),
        columns=2,
        when=lambda so_far: so_far.closed != NO_DAY,
    )

    async def submit(self, work: Work) -> None:
        if self.end <= self.start:
            work.reply(_("It must close after it opens, on the same day. Nothing was changed."))
            return
        hours = [f"{self.start:%H:%M}", f"{self.end:%H:%M}"]
        week = [None if self.closed == str(number) else hours for number in range(len(WEEKDAYS))]
        value = {"week": week, "on_holidays": self.holidays != "no"}
        await work.db.execute(delete(Note).where(Note.key == rounds_records.OPENING))
        note = {"key": rounds_records.OPENING, "value": value, "updated_at": work.now}
        await work.db.execute(insert(Note).values(**note))
        await audit.record(work.db, work.now, "opening_hours", actor=work.me.id, hours=value)
        await rounds_planning.plan_anew(work)
        await _show(work, replace=True)


@routes.form
class OtherDay(Form, name="opening_day", opens=_("A day that differs"), needs="opening hours"):
    """One day that is not as the week says."""

    day: date = coming_day(_("Which day?"), label=_("Day"))
    state: str = choice(
        _("What is it then?"),
        [
            Option("closed", _("Closed"), ("闭馆", "关闭")),
            Option("hours", _("Open at other hours"), ("开放",)),
            Option("usual", _("As usual, after all")),
        ],
        label=_("State"),
    )
    start: time | None = clock(
        _("From when to when is it open? Such as 9:00-17:00."),
        label=_("Opens"),
        until="end",
        when=lambda so_far: so_far.state == "hours",
    )
    end: time | None = clock(_("Until when?"), label=_("Closes"), when=lambda so_far: so_far.state == "hours")
    note: str | None = text(
        _("Why? It is shown with the day. Or skip."),
        label=_("Note"),
        most=100,
        optional=True,
        when=lambda so_far: so_far.state != "usual",
    )

    async def submit(self, work: Work) -> None:
        hours = (self.start, self.end) if self.start and self.end else None
        if hours and hours[1] <= hours[0]:
            work.reply(_("It must close after it opens, on the same day. Nothing was changed."))
            return
        await work.db.execute(delete(OpeningDay).where(OpeningDay.day == self.day))
        if self.state != "usual":
            await work.db.execute(insert(OpeningDay).values(**self._row(work, hours)))
        day = self.day.isoformat()
        await audit.record(work.db, work.now, "opening_day", actor=work.me.id, day=day, state=self.state)
        await rounds_planning.plan_anew(work)
        await _show(work, replace=True)

    def _row(self, work: Work, hours: Hours | None) -> dict[str, Any]:
        opens, closes = hours or (None, None)
        by = {"entered_by": work.me.id, "entered_at": work.now}
        return {"day": self.day, "opens": opens, "closes": closes, "note": self.note or "", **by}


@routes.command(
    "opening",
    needs="opening hours",
    words=("开放时间", "开馆时间"),
    title=_("🕘 Opening hours"),
    about=_("Opening days and hours, and days that differ"),
    order=65,
    alone=True,
)
async def opening(work: Work, _rest: str) -> None:
    """The week, the days ahead that differ, and the buttons to change both."""
    await _show(work)


@routes.action("opening", needs="opening hours")
async def change(work: Work, which: str) -> None:
    """`week` or `day`: the form to change it."""
    forms: dict[str, type[Form]] = {"week": Week, "day": OtherDay}
    if which not in forms:
        work.toast = _("That button is no longer in use.")
        return
    await work.open(forms[which])


async def _show(work: Work, *, replace: bool = False) -> None:
    hours = await rounds_records.opening(work.db)
    query = select(OpeningDay).where(OpeningDay.day >= work.today).order_by(OpeningDay.day)
    days = (await work.db.execute(query)).all()
    text_ = lines(
        _("🕘 Opening hours"),
        *(_weekday(number, hours) for number in range(len(WEEKDAYS))),
        _("Open on public holidays, also on a weekday that is closed.") if hours.on_holidays else None,
        *_different(days),
    )
    row = (
        Button(_("✎ The week"), for_action("opening", "week")),
        Button(_("✎ A single day"), for_action("opening", "day")),
    )
    work.reply(Message(text_, (row,), replace=replace))


def _weekday(number: int, opening: Opening) -> Text:
    return joined(WEEKDAYS[number], spoken(opening.week[number]), between=" ")


def _different(days: Sequence[Any]) -> list[Text]:
    if not days:
        return []
    told = [_one(row) for row in days]
    return [_("Days that differ:"), *told]


def _one(row: Any) -> Text:
    hours = (row.opens, row.closes) if row.opens and row.closes else None
    return joined(_("{day}", day=row.day), spoken(hours), row.note or None)


def spoken(hours: Hours | None) -> Text:
    """Hours in words, or that it is closed."""
    return f"{hours[0]:%H:%M}–{hours[1]:%H:%M}" if hours else _("closed")
