"""What is asked when a hazard is moved: the acceptance, the fix, and the reasons for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, select

from handlers.hazard_moving import Moving, facts_of
from handlers.hazard_order import Order, known_to_order
from handlers.hazard_table import GRADES
from handlers.kit.form import Form
from handlers.kit.kinds import choice, photos, text, until
from handlers.kit.kinds.photos import as_json
from handlers.kit.messages import Option
from handlers.kit.words import Text, _
from handlers.routes import Routes
from handlers.work import Work
from models import HazardEvent

routes = Routes()

UNTRUE, TWICE = "untrue", "twice"


@routes.form
class Accept(
    Moving, Form, name="hazard_accept", opens=_("Acceptance of an order"), needs="hazards", review=False
):
    """签收: by accepting, whoever is responsible says how it is protected until it is rectified, and shows
    what nobody has photographed while it can still be seen."""

    interim: str = text(
        _("How are people and objects protected until it is rectified? This stays on the card."),
        label=_("Interim protection"),
        most=500,
        photos="before",
    )
    before: list[Any] | None = photos(
        _("Nobody took a photo yet. Please send one of it as it is, before anything is done."),
        label=_("Photos from before"),
        when=lambda so_far: not so_far.facts["has_photos"],
    )

    async def submit(self, work: Work) -> None:
        await self.make(work, "accept", interim=self.interim, before=as_json(self.before or []))


class _Fixing(Moving):
    """What both ways of fixing ask: words, and photos of it as it is now."""

    note: str
    after: list[Any]

    async def fixed(self, work: Work, name: str, **more: Any) -> None:
        """Make the move with the words and photos."""
        await self.make(work, name, note=self.note, photos=as_json(self.after), **more)


@routes.form
class Rectify(
    _Fixing, Form, name="hazard_rectify", opens=_("Rectified hazard"), needs="hazards", review=False
):
    """What was done, with photos from after, and from before where there were none."""

    note: str = text(
        _("What was done? Write it, or send a photo of it as it is now with a caption."),
        label=_("Done"),
        most=500,
        photos="after",
    )
    after: list[Any] = photos(_("Please send a photo of it as it is now."), label=_("Photos from after"))
    before: list[Any] | None = photos(
        _("There is no photo from before yet. Please send one, or one of the place where it was."),
        label=_("Photos from before"),
        when=lambda so_far: not so_far.facts["has_photos"],
    )

    async def submit(self, work: Work) -> None:
        await self.fixed(work, "rectify", before=as_json(self.before or []))


@routes.form
class Fix(_Fixing, Form, name="hazard_fix", opens=_("Fixed on the spot"), needs="hazards", review=False):
    """当场改正, of what the rules list (公安部令第61号 §31)."""

    note: str = text(
        _("What was done? Write it, or send a photo of it as it is now with a caption."),
        label=_("Done"),
        most=500,
        photos="after",
    )
    after: list[Any] = photos(_("Please send a photo of it as it is now."), label=_("Photos from after"))

    async def submit(self, work: Work) -> None:
        await self.fixed(work, "fix")


@routes.form
class Reject(Moving, Form, name="hazard_reject", opens=_("No hazard"), needs="hazards", review=False):
    """不属实或重复: that there is nothing to rectify, and why."""

    kind: str = choice(
        _("Which is it?"),
        [
            Option(UNTRUE, _("It is no hazard"), ("不属实", "untrue")),
            Option(TWICE, _("It is known already"), ("重复", "twice", "duplicate")),
        ],
        label=_("Kind"),
    )
    note: str = text(
        lambda so_far: (
            _("Which number has it, and how do you know?")
            if so_far.kind == TWICE
            else _("How do you know? Whoever found it reads this.")
        ),
        label=_("Reason"),
        most=300,
    )

    async def submit(self, work: Work) -> None:
        await self.make(work, "reject", kind=self.kind, note=self.note)


@routes.form
class MoreTime(
    Moving, Form, name="hazard_ask", opens=_("Request for more time"), needs="hazards", review=False
):
    """延期申请, decided by the level that gave the order, or above."""

    due: datetime = until(_("Until when do you need?"), label=_("Due"))
    note: str = text(_("Why? Whoever decides reads this."), label=_("Reason"), most=300)

    async def submit(self, work: Work) -> None:
        await self.make(work, "ask", due=self.due, note=self.note)


@routes.form
class External(
    Moving, Form, name="hazard_external", opens=_("Hazard reported outside"), needs="hazards", review=False
):
    """上报外部: what the museum cannot solve by itself."""

    note: str = text(_("To whom was it reported, and what was asked for?"), label=_("Reported to"), most=300)
    reference: str = text(_("Under which reference number?"), label=_("Reference"), most=100)

    async def submit(self, work: Work) -> None:
        await self.make(work, "external", note=self.note, reference=self.reference)


@routes.form
class Grade(Moving, Form, name="hazard_grade", opens=_("Severity"), needs="hazards", review=False):
    """How severe it is: whoever found it may have said more or less."""

    severity: str = choice(
        _("How severe is it?"),
        GRADES,
        label=_("Severity"),
        columns=3,
    )

    async def submit(self, work: Work) -> None:
        await self.make(work, "grade", severity=self.severity)


@routes.form
class Reason(Moving, Form, name="hazard_reason", opens=_("Reason"), needs="hazards", review=False):
    """Words that go with a decision. Facts: also `move`."""

    note: str = text(
        lambda so_far: REASONS[so_far.facts["move"]], label=_("Reason"), most=500, photos="after"
    )
    after: list[Any] | None = photos(_("Send a photo."), label=_("Photos"), asks=False)

    async def submit(self, work: Work) -> None:
        name, seen = self.facts["move"], self.facts["seq"] if self.facts["move"] in JUDGED else None
        await self.make(work, name, seen=seen, note=self.note, photos=as_json(self.after or []))


# What is asked before each move that only needs words.
REASONS: Final[Mapping[str, Text]] = {
    "fail": _("What is not right yet? Write it, or send a photo with a caption."),
    "back": _("What has to be done before you sign? Whoever is responsible reads this."),
    "deny": _("Why is there no more time? Whoever asked reads this."),
    "suspend": _("What is closed to people, and why?"),
}
# Decisions on what somebody else did: they hold only for what was looked at.
JUDGED: Final = frozenset({"pass", "fail", "sign", "back", "grant", "deny"})
FORMS: Final[Mapping[str, type[Form]]] = {
    "order": Order,
    "accept": Accept,
    "rectify": Rectify,
    "fix": Fix,
    "reject": Reject,
    "grade": Grade,
    "ask": MoreTime,
    "external": External,
    **dict.fromkeys(REASONS, Reason),
}


async def ask_for(work: Work, name: str, hazard: Row[Any]) -> None:
    """Open the form of a move."""
    facts = await facts_of(work, name, hazard)
    if name == "accept":
        facts["wanted"] = await _wanted(work, hazard)
    if name == "order":
        facts |= await known_to_order(work, hazard)
    await work.open(FORMS[name], facts=facts)


async def _wanted(work: Work, hazard: Row[Any]) -> str | None:
    """The interim protection that the order asks for."""
    query = select(HazardEvent.data).where(HazardEvent.hazard_id == hazard.id, HazardEvent.move == "order")
    ordered: Mapping[str, Any] | None = await work.db.scalar(query.order_by(HazardEvent.seq.desc()).limit(1))
    return (ordered or {}).get("wanted")
