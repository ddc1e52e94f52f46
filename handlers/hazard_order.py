"""The order to rectify a hazard (下达整改): what it asks for, and its warning of too late a deadline."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from handlers import catalogue, place_duty
from handlers.hazard_moving import Moving
from handlers.hazard_table import SEVERITY
from handlers.kit.form import Form
from handlers.kit.kinds import choice, text, until
from handlers.kit.messages import Option
from handlers.kit.words import _, joined
from handlers.members import posts
from handlers.roles import PERMISSIONS
from handlers.routes import Routes
from handlers.work import Work
from models import Person

routes = Routes()

KEPT, SHORTER = "keep", "term"  # what is answered to the warning


@routes.form
class Order(Moving, Form, name="hazard_order", opens=_("Order to rectify"), needs="hazards"):
    """整改通知: what has to be done, by whom, until when (公安部令第61号 §32).

    Facts: also `people`, which of them `answers` for the place, and by the museum's deadlines `severity`,
    `term`, and whether that is `over`."""

    measures: str = text(_("What has to be done?"), label=_("Measures"), most=500)
    responsible: str = choice(
        _("Who is responsible? Tap, or write the name."),
        lambda so_far: [
            Option(str(key), joined(name, posts(roles), _("answers for it") if so_far.answers(key) else None))
            for key, name, roles in so_far.facts["people"]
        ],
        label=_("Responsible"),
    )
    due: datetime = until(_("Until when must it be done?"), label=_("Due"))
    beyond: str | None = choice(
        lambda so_far: _(
            "⚠️ By the museum's terms this hazard ({severity}) is to be rectified by {term}; {due} is later. "
            "Is that meant?",
            severity=SEVERITY[so_far.facts["severity"]],
            term=so_far.term(),
            due=so_far.due,
        ),
        lambda so_far: so_far.terms(),
        label=_("Later than the term"),
        when=lambda so_far: so_far.due is not None and so_far.is_beyond(),
    )
    wanted: str | None = text(
        _("How should people and objects be protected until then? Write it, or skip."),
        label=_("Interim protection"),
        most=300,
        optional=True,
    )
    funds: str | None = text(
        _("Are funds needed? Write how much and from where, or skip."),
        label=_("Funds"),
        most=100,
        optional=True,
    )

    def answers(self, person_id: int) -> bool:
        """Whether the place is somebody's, or today theirs in place of somebody else."""
        return bool(person_id == self.facts.get("answers"))

    def term(self) -> datetime:
        """When it is to be rectified by the museum's own deadlines."""
        return datetime.fromisoformat(self.facts["term"])

    def is_beyond(self) -> bool:
        """Whether what was typed is later than that."""
        return "term" in self.facts and self.due > self.term()

    def terms(self) -> list[Option]:
        meant = Option(KEPT, _("Yes, until {due}", due=self.due), ("是", "确认", "yes", "keep"))
        shorter = Option(SHORTER, _("No, by {term}", term=self.term()), ("否", "按规定", "no", "term"))
        return [meant] if self.facts["over"] else [meant, shorter]

    async def submit(self, work: Work) -> None:
        given = {
            "measures": self.measures,
            "due": self.term() if self.beyond == SHORTER else self.due,
            "term": self.facts["term"] if self.beyond == KEPT else None,
            "wanted": self.wanted,
            "funds": self.funds,
        }
        await self.make(work, "order", responsible=int(self.responsible), **given)


async def known_to_order(work: Work, hazard: Row[Any]) -> dict[str, Any]:
    """What the form has to know of the hazard, besides what all forms do."""
    hours = (await catalogue.deadline_hours(work.db))[hazard.severity]
    by_rule = hazard.found_at + timedelta(hours=hours)
    said = hazard.status == "open" and hazard.source == "spot_check"  # then somebody's word is no term
    term = by_rule if said else max(by_rule, hazard.due_at or by_rule)  # graded since, or granted
    _department, answers = await place_duty.answering(work.db, hazard.place, work.today)
    return {
        "people": sorted(await _people(work), key=lambda one: one[0] != answers),
        "answers": answers,
        "severity": hazard.severity,
        "term": term.astimezone(work.rules.zone).isoformat(),
        "over": term <= work.now,
    }


async def _people(work: Work) -> list[tuple[int, str, list[str]]]:
    """Who may be made responsible: (id, name, posts) of all who work here, by name."""
    query = select(Person.id, Person.name, Person.roles).where(Person.active, ~Person.sample)
    rows = await work.db.execute(query.order_by(Person.name, Person.id))
    fitting = PERMISSIONS["hazards"]
    return [(row.id, row.name or f"#{row.id}", sorted(row.roles)) for row in rows if row.roles & fitting]
