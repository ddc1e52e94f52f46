"""A contractor without an account: the link the chief makes, what it shows, and handing in the fix."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import catalogue
from handlers.codes import hashed
from handlers.hazard_card import FOR_CONTRACTORS, hazard_card, working
from handlers.hazard_moves import Moved, move
from handlers.hazard_table import SEVERITY, STATES
from handlers.kit.buttons import id_in
from handlers.kit.form import Form
from handlers.kit.kinds import text
from handlers.kit.kinds.photos import as_json
from handlers.kit.messages import Media, Message
from handlers.kit.words import Both, Text, _, lines
from handlers.routes import Routes
from handlers.work import Work
from models import Hazard, HazardLink

routes = Routes()

LASTS: Final = timedelta(days=7)
MOST_NOTE: Final = 1000  # characters
HANDED_IN: Final = _("Thank you. The fix was handed in {when}; the museum reviews it.")
NOT_NOW: Final = _("Nothing can be handed in for this hazard now: {state}.")
GONE: Final = _("This link does not work any more. Please ask the museum for a new one.")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a link shows: facts by their names, and photos as `{sha, mime, ...}`; nobody who works here is
    named. `closed` says why nothing can be handed in, if so; what was handed in leaves only its number."""

    number: str
    facts: Sequence[tuple[Text, Text]]
    photos: Sequence[Mapping[str, Any]]
    closed: Text | None


@routes.form
class ForContractor(
    Form, name="hazard_contractor", opens=_("Link for a contractor"), needs="hire contractors", review=False
):
    """Whose name the fix is handed in by."""

    contractor: str = text(_("Who will fix it? The company, and who comes."), label=_("Contractor"), most=100)

    def head(self) -> Text | None:
        return _("Link for a contractor: {number}", number=self.facts["number"])

    async def submit(self, work: Work) -> None:
        found = await _hazard(work, str(self.facts["id"]))
        if found is None or found.status not in FOR_CONTRACTORS:
            work.reply(Message(_("No link was made: the hazard has changed since."), replace=True))
            return
        ended = await _end(work, found.id)
        code = secrets.token_urlsafe(32)
        until = work.now + LASTS
        link = insert(HazardLink).values(
            code_hash=hashed(code),
            hazard_id=found.id,
            contractor=self.contractor,
            made_by=work.me.id,
            made_at=work.now,
            expires_at=until,
        )
        await work.db.execute(link)
        told = lines(
            _(
                "Send this link to {contractor}. It shows {number} alone and takes the fix with photos, "
                "once, until {when}:",
                contractor=self.contractor,
                number=found.number,
                when=until,
            ),
            f"{work.rules.public_url}/fix/{code}",
            _("The link made before does not work any more.") if ended else None,
        )
        work.reply(Message(told, replace=True))


@routes.action("contractor", needs="hire contractors")
async def hire(work: Work, key: str) -> None:
    """Make a link for the hazard with that id."""
    found = await _hazard(work, key)
    if found is None or found.status not in FOR_CONTRACTORS:
        work.toast = _("A contractor can be sent a link once the rectification is ordered, until it is done.")
        return
    await work.open(ForContractor, facts={"id": found.id, "number": found.number})


@routes.action("contractor_end", needs="hire contractors")
async def revoke(work: Work, key: str) -> None:
    """No link to that hazard works any more."""
    found = await _hazard(work, key)
    if found is None or not await _end(work, found.id):
        work.toast = _("No link to that hazard works any more.")
        return
    work.toast = _("The link does not work any more.")
    shown = await hazard_card(work, found)
    work.reply(Message(shown.text, shown.rows, replace=True))


async def sheet(db: AsyncConnection, code: str, now: datetime) -> Sheet | None:
    """What the link with that code shows; None for one that never was, or has ended."""
    link = await _link(db, code)
    if link is None or link.expires_at <= now:
        return None
    hazard = (await db.execute(select(Hazard).where(Hazard.id == link.hazard_id))).one()
    if link.used_at is not None:
        return Sheet(hazard.number, (), (), replace(HANDED_IN, gaps={"when": link.used_at}))
    what = Both(hazard.title_zh, hazard.title_en)
    facts = (
        (_("Place"), await catalogue.place_name(db, hazard.place)),
        (_("Hazard"), what),
        (_("What was found"), hazard.note if hazard.note != hazard.title_zh else None),
        (_("Item"), await catalogue.item_of(db, hazard.inspection_id, hazard.item_key)),
        (_("Severity"), SEVERITY[hazard.severity]),
        (_("What is to be done"), hazard.measures),
        (_("Protection until then"), hazard.interim),
        (_("To be done by"), _("{when}", when=hazard.due_at) if hazard.due_at else None),
        (_("State"), STATES[hazard.status]),
    )
    known = tuple((name, fact) for name, fact in facts if fact is not None)
    can_be = hazard.status == "accepted"
    closed = None if can_be else replace(NOT_NOW, gaps={"state": STATES[hazard.status]})
    return Sheet(hazard.number, known, hazard.photos, closed)


def wrong(note: str, photos: Sequence[Media]) -> Text | None:
    """What is missing from a fix, if anything."""
    if not note:
        return _("Please write what was done.")
    return None if photos else _("Please add a photo of the place as it is now.")


async def hand_in(work: Work, code: str, note: str, photos: Sequence[Media]) -> Text | None:
    """Make the `rectify` move in the contractor's name and use the link up; says why not, and changes
    nothing, where that cannot be."""
    link = await _link(work.db, code, lock=True)
    if link is None or link.expires_at <= work.now:
        return GONE
    if link.used_at is not None:
        return replace(HANDED_IN, gaps={"when": link.used_at})
    done = await move(
        work, link.hazard_id, "rectify", contractor=link.contractor, note=note, photos=as_json(photos)
    )
    if not isinstance(done, Moved):
        return done
    used = update(HazardLink).where(HazardLink.id == link.id)
    await work.db.execute(used.values(used_at=work.now))
    return None


async def _end(work: Work, hazard_id: int) -> bool:
    """End what links to a hazard there are; whether any did still work."""
    theirs = update(HazardLink).where(*working(hazard_id, work.now)).values(expires_at=work.now)
    return (await work.db.execute(theirs)).rowcount > 0


async def _link(db: AsyncConnection, code: str, *, lock: bool = False) -> Row[Any] | None:
    query = select(HazardLink).where(HazardLink.code_hash == hashed(code))
    return (await db.execute(query.with_for_update() if lock else query)).first()


async def _hazard(work: Work, key: str) -> Row[Any] | None:
    """Locked until the transaction ends, so that of two links made at once one is left."""
    return (await work.db.execute(select(Hazard).where(Hazard.id == id_in(key)).with_for_update())).first()
