"""What has to be given with a move of a hazard and whether it makes sense, and what is kept with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from sqlalchemy import Row, select

from handlers.hazard_actors import actor, signed_by
from handlers.hazard_table import MOVES, SEVERITY
from handlers.kit.words import Text, _
from handlers.place_duty import responsible_for
from handlers.work import Work
from models import Person

MISSING: Final[Mapping[str, Text]] = {
    "note": _("Please say in a few words why, or what was done."),
    "photos": _("A photo of it as it is now has to come with that."),
    "measures": _("Please say what has to be done."),
    "responsible": _("Please say who is responsible for it."),
    "due": _("Please say until when."),
    "interim": _("Please say how people and objects are protected until it is rectified."),
    "reference": _("Please give the number under which it was reported."),
    "post": _("Please say as what you sign."),
    "place": _("Please say where it is."),
    "severity": _("Please say how severe it is."),
}
GRADING: Final = ("grade", "amend")  # moves that may say anew how severe it is
_UNSEEN: Final = _("A photo of it from before has to come with that; nobody has taken one yet.")
_PAST: Final = _("That time is over already; please choose a later one.")


async def unfit(work: Work, name: str, hazard: Row[Any], given: Mapping[str, Any]) -> Text | None:
    """Why what was given does not do for the move; None if it does."""
    for need in MOVES[name].needs:
        value = given.get(need)
        if not (value.strip() if isinstance(value, str) else value):
            return MISSING[need]
    if given.get("due") is not None and given["due"] <= work.now:
        return _PAST
    check = _CHECKS.get(name)
    return await check(work, hazard, given) if check is not None else None


async def kept_with(work: Work, name: str, hazard: Row[Any]) -> dict[str, Any]:
    """What the event of a move just made keeps besides: an order the department that answers for the place
    today, and the post that gave it, with whether somebody stood in for it; a grading before there is an
    order until when the first action is due."""
    if name in GRADING and hazard.status == "open":
        return {"until": hazard.due_at.isoformat()}
    if name != "order":
        return {}
    department, _person = await responsible_for(work.db, hazard.place)
    own = await work.db.scalar(select(Person.roles).where(Person.id == hazard.ordered_by)) or frozenset()
    post = hazard.issued_post
    return {"department": department, "issued_post": post, "acting": post not in own}


async def _order(work: Work, hazard: Row[Any], given: Mapping[str, Any]) -> Text | None:
    row = (await work.db.execute(select(Person).where(Person.id == given["responsible"]))).first()
    if row is None or not row.active or not row.roles:
        return _("Only somebody who works here now can be made responsible.")
    return None


async def _ask(work: Work, hazard: Row[Any], given: Mapping[str, Any]) -> Text | None:
    return _("It is not due before then anyway.") if given["due"] <= hazard.due_at else None


async def _grant(work: Work, hazard: Row[Any], given: Mapping[str, Any]) -> Text | None:
    return _("The time asked for is over already.") if hazard.asked_until <= work.now else None


async def _seen_before(work: Work, hazard: Row[Any], given: Mapping[str, Any]) -> Text | None:
    return None if hazard.photos or given.get("before") else _UNSEEN


async def _grade(work: Work, hazard: Row[Any], given: Mapping[str, Any]) -> Text | None:
    return None if given.get("severity", hazard.severity) in (None, *SEVERITY) else MISSING["severity"]


async def _sign(work: Work, hazard: Row[Any], given: Mapping[str, Any]) -> Text | None:
    who, signed = await actor(work, work.me.id), await signed_by(work, hazard)
    if given["post"] in signed:
        return _("That signature is there already.")
    return None if given["post"] in who.signs else _("You do not hold that post today.")


_CHECKS: Final[Mapping[str, Callable[[Work, Row[Any], Mapping[str, Any]], Awaitable[Text | None]]]] = {
    "order": _order,
    "ask": _ask,
    "accept": _seen_before,
    "rectify": _seen_before,
    "grant": _grant,
    "grade": _grade,
    "amend": _grade,
    "sign": _sign,
}
