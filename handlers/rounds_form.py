"""The form that makes a plan of rounds: what, where, when, by whom, and how much time there is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any, Final

from sqlalchemy import insert, update

from handlers import audit, catalogue, chain, rounds_planning, rounds_records
from handlers.calendar import Schedule
from handlers.kit import grammar
from handlers.kit.form import Form
from handlers.kit.kinds import choice, number, place
from handlers.kit.kinds.place import name_of
from handlers.kit.kinds.text import Words
from handlers.kit.kinds.when import WEEKDAYS
from handlers.kit.messages import Input, Message, Option
from handlers.kit.question import Answer, Misfit, Reading, Step
from handlers.kit.words import Both, Text, _, joined
from handlers.roles import ROLES
from handlers.routes import Routes
from handlers.work import Work
from models import RoundPlan

routes = Routes()

MOST_TIMES: Final = 24
KINDS: Final[Mapping[str, Text]] = {
    "times": _("At times of the day"),
    "hours": _("Every few hours while open"),
    "weekly": _("Every week"),
    "monthly": _("Every month"),
    "holidays": _("Before public holidays"),
}
_BETWEEN: Final = re.compile(r"[,，、;；\s]+")


def times(prompt: Any, **settings: Any) -> Any:
    """Several times of day, see `Times`."""
    return Times(prompt, **settings)


class Times(Words):
    """Times of day, stored in order as `09:00 13:30`."""

    def read(self, given: Input, step: Step) -> Reading:
        if given.data is not None or not given.text.strip():
            return super().read(given, step)
        times = times_in(given.text)
        if not times:
            return Misfit(_("Write times such as 9:00, 13:30."))
        return Answer(" ".join(f"{one:%H:%M}" for one in times))


def times_in(text: str) -> list[time]:
    """The times that `9:00、13:30` or the like names, in order; none where one is not understood."""
    words = [word for word in _BETWEEN.split(grammar.normalise(text)) if word]
    read = [grammar.clock(word) for word in words[: MOST_TIMES + 1]]
    times = sorted({one for one in read if one is not None})
    return times if None not in read and len(read) <= MOST_TIMES else []


@routes.form
class Plan(Form, name="round_plan", opens=_("Plan of rounds"), needs="plan rounds"):
    """A plan. Facts: `places`, `at` and `titles` as for an inspection, `people`: (id, name) of those who make
    rounds, and `plan`, the id of the plan that is changed, if it is."""

    place: str = place(_("Where are the rounds made?"), label=_("Place"))
    checklist: str = choice(_("By which checklist?"), lambda so_far: so_far.lists(), label=_("Checklist"))
    spread: str | None = choice(
        _("At each point there, or once for all of it?"),
        lambda so_far: [
            Option("yes", _("At each point ({count})", count=len(so_far.points))),
            Option("no", _("Once for {place}", place=name_of(so_far.facts["places"], so_far.place))),
        ],
        label=_("Points"),
        when=lambda so_far: bool(so_far.points),
    )
    kind: str = choice(_("When?"), [Option(code, label) for code, label in KINDS.items()], label=_("When"))
    every: int | None = number(
        _("Every how many hours?"), label=_("Hours between"), least=1, most=12, likely=(1, 2, 3, 4),
        when=lambda so_far: so_far.kind == "hours",
    )  # fmt: skip
    weekday: str | None = choice(
        _("On which day of the week?"),
        [Option(str(number), name) for number, name in enumerate(WEEKDAYS)],
        label=_("Weekday"),
        columns=2,
        when=lambda so_far: so_far.kind == "weekly",
    )
    monthday: int | None = number(
        _("On which day of the month? 31 is its last day."), label=_("Day of the month"), least=1, most=31,
        likely=(1, 15, 25, 31), when=lambda so_far: so_far.kind == "monthly",
    )  # fmt: skip
    times: str | None = times(
        _("At what time? Several are fine, such as 9:00, 13:30."), label=_("Times"), most=200,
        when=lambda so_far: so_far.kind != "hours",
    )  # fmt: skip
    days: str | None = choice(
        _("On which days?"),
        [Option("all", _("Every day"), ("每天", "天天")), Option("open", _("Only when open"))],
        label=_("On which days"),
        columns=2,
        when=lambda so_far: so_far.kind == "times",
    )
    who: str = choice(_("Who makes them?"), lambda so_far: so_far.makers(), label=_("Made by"), columns=2)
    remind: int = number(
        _("How many minutes before are they reminded? 0 for not at all."),
        label=_("Reminder, minutes before"), most=240, likely=(0, 10, 15, 30),
    )  # fmt: skip
    grace: int = number(
        _("Within how many minutes of the time may it be made?"),
        label=_("Grace, minutes"), least=5, most=720, likely=(15, 30, 60, 120),
    )  # fmt: skip

    def lists(self) -> list[Option]:
        titles = self.facts.get("titles", {})
        return [Option(code, Both(*title)) for code, title in titles.items()]

    @property
    def points(self) -> list[str]:
        """The points below the place that have the checklist."""
        if not (self.place and self.checklist):
            return []
        facts = self.facts
        return rounds_records.points_with(self.checklist, self.place, facts["places"], facts["at"])

    def makers(self) -> list[Option]:
        posts = [Option(post, ROLES[post]) for post in chain.POSTS]
        people = self.facts.get("people", [])
        return [*posts, *(Option(f"p{person_id}", name) for person_id, name in people if name)]

    async def submit(self, work: Work) -> None:
        named = self.who.removeprefix("p") if self.who not in chain.POSTS else None
        values = {
            "checklist": self.checklist,
            "place": self.place,
            "spread": self.spread == "yes",
            "schedule": self.schedule.dump(),
            "post": None if named else self.who,
            "person_id": int(named) if named else None,
            "remind": self.remind,
            "grace": self.grace,
            "since": work.now,
        }
        done = await self._change(work, values) if "plan" in self.facts else await self._make(work, values)
        await rounds_planning.plan_anew(work)
        opening = await rounds_records.opening(work.db)
        work.reply(Message(joined(done, said(self.schedule)), replace=True))
        if self.kind == "hours" and not opening.hours(work.today):
            work.reply(_("Today is closed; /opening shows when the museum is open."))

    async def _make(self, work: Work, values: Mapping[str, Any]) -> Text:
        by = {"created_by": work.me.id, "created_at": work.now}
        await work.db.execute(insert(RoundPlan).values(**values, **by, active=True, sample=False))
        return _("✔ The plan is in force.")

    async def _change(self, work: Work, values: Mapping[str, Any]) -> Text:
        mine = update(RoundPlan).where(RoundPlan.id == self.facts["plan"])
        active = await work.db.scalar(mine.values(**values).returning(RoundPlan.active))
        await audit.record(work.db, work.now, "plan_changed", actor=work.me.id, plan=self.facts["plan"])
        if not active:
            return _("✔ The plan is changed; it is still paused.")
        return _("✔ The plan is changed; what was begun stays as it is.")

    @property
    def schedule(self) -> Schedule:
        """When its rounds fall due."""
        return Schedule(
            self.kind,  # type: ignore[arg-type]  # one of KINDS, whose keys are those of Schedule
            tuple(time.fromisoformat(one) for one in (self.times or "").split()),
            self.days == "open",
            self.every or 1,
            int(self.weekday) if self.weekday else 0,
            self.monthday or 1,
        )


def said(schedule: Schedule) -> Text:
    """A schedule in words."""
    times = ", ".join(f"{one:%H:%M}" for one in schedule.times)
    if schedule.kind == "hours":
        return _("every {hours} h while open", hours=schedule.every)
    if schedule.kind == "weekly":
        return joined(_("every {weekday}", weekday=WEEKDAYS[schedule.weekday]), times, between=" ")
    if schedule.kind == "monthly":
        return joined(_("monthly on day {day}", day=str(schedule.monthday)), times, between=" ")
    if schedule.kind == "holidays":
        return joined(_("on the working day before public holidays"), times, between=" ")
    days = _("on opening days") if schedule.open_days else _("every day")
    return joined(days, times, between=" ")


def answers(plan: Any, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the form, with these facts, would have been answered to make a plan."""
    schedule = Schedule.load(plan.schedule)
    times = {"times": " ".join(f"{one:%H:%M}" for one in schedule.times)}
    when: Mapping[str, dict[str, Any]] = {
        "times": {**times, "days": "open" if schedule.open_days else "all"},
        "hours": {"every": schedule.every},
        "weekly": {**times, "weekday": str(schedule.weekday)},
        "monthly": {**times, "monthday": schedule.monthday},
        "holidays": times,
    }
    points = rounds_records.points_with(plan.checklist, plan.place, facts["places"], facts["at"])
    return {
        "place": plan.place,
        "checklist": plan.checklist,
        **({"spread": "yes" if plan.spread else "no"} if points else {}),
        "kind": schedule.kind,
        **when[schedule.kind],
        "who": plan.post or f"p{plan.person_id}",
        "remind": plan.remind,
        "grace": plan.grace,
    }


async def facts(work: Work, people: Sequence[tuple[int, str]]) -> dict[str, Any]:
    """What the form works with."""
    in_use = await catalogue.checklists_in_use(work.db)
    return {
        "places": await catalogue.place_tree(work.db),
        "at": await catalogue.checklists_at(work.db),
        "titles": {code: [row.title_zh, row.title_en] for code, row in in_use.items()},
        "people": [list(one) for one in people],
    }
