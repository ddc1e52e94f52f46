"""The codes that hang at places: what they carry, how one is revoked, and what a scan of an old one does.

A code is `p_<place>` until it is first revoked, then `p_<place>-<token>` with the newest token only: sheets
that hang where nothing was ever revoked stay good.
"""

from __future__ import annotations

import math
import secrets
from typing import Any, Final

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import audit, catalogue, chain, members
from handlers.invite import qr
from handlers.kit.form import Form
from handlers.kit.kinds import choice, place
from handlers.kit.kinds.place import name_of
from handlers.kit.messages import Message, Option
from handlers.kit.words import Both, _, lines
from handlers.routes import Routes
from handlers.work import Work
from models import Place

routes = Routes()

BYTES: Final = 4  # of a token: a printed sheet may lie open, so it only has to differ from those before
# Of small letters and digits: no place's code has small letters, so the two cannot be mistaken.
FAR: Final = 200  # metres from which a scan is flagged, beyond what the device says of its own accuracy
_EARTH: Final = 6_371_000  # metres


@routes.form
class Rotate(Form, name="place_code", opens=_("New code for a place"), needs="place codes", review=False):
    """A new code for a place; the sheets that hang there are void. Facts: `places`."""

    place: str = place(_("Which place gets a new code?"), label=_("Place"))
    sure: str = choice(
        lambda so_far: _(
            "The printed code at {place} will no longer work. Go on?",
            place=name_of(so_far.facts["places"], so_far.place),
        ),
        [Option("yes", _("Make a new code")), Option("no", _("Leave it as it is"))],
        label=_("New code"),
    )

    async def submit(self, work: Work) -> None:
        found = await catalogue.place_named(work.db, self.place) if self.sure == "yes" else None
        if found is None:
            work.reply(_("Nothing was changed."))
            return
        token = secrets.token_hex(BYTES)
        await work.db.execute(update(Place).where(Place.id == found.id).values(token=token))
        await audit.record(work.db, work.now, "code_revoked", actor=work.me.id, place=found.code)
        ways = members.ways_in(work.rules, "p", carried(found.code, token))
        said = lines(
            _(
                "🔁 The new code of {place}. Print it and hang it up; the old one is refused.",
                place=_name(found),
            ),
            *ways.values(),
        )
        picture = qr(work, ways.get(work.me.channel, ways["web"]), f"{found.code}.png")
        work.reply(Message(said, photos=(picture,)))


@routes.command(
    "codes",
    needs="place codes",
    words=("点位码", "换码"),
    title=_("🔁 Codes of places"),
    about=_("Replace a place's printed code"),
    order=68,
)
async def codes(work: Work, rest: str) -> None:
    """`/codes`, or `/codes H1-P3` for a place at once."""
    there = await catalogue.place_named(work.db, rest.strip().upper()) if rest.strip() else None
    known = {"place": there.code} if there else {}
    await work.open(Rotate, facts={"places": await catalogue.place_tree(work.db)}, **known)


def carried(code: str, token: str | None) -> str:
    """What the code at a place carries behind `p_`."""
    return f"{code}-{token}" if token else code


async def scanned(db: AsyncConnection, carries: str) -> Row[Any] | None:
    """The place in use whose code was scanned, be it the one that hangs there now or not."""
    found = await catalogue.place_named(db, carries)
    return found or await catalogue.place_named(db, carries.rpartition("-")[0])


def is_valid(found: Row[Any], carries: str) -> bool:
    """Whether that is what the code of a place carries now."""
    return carries == carried(found.code, found.token)


async def away_from(db: AsyncConnection, code: str, position: dict[str, Any] | None) -> int | None:
    """How many metres a device was from a place, if that is too far to have been there; else None, also where
    either is not known."""
    if position is None:
        return None
    query = select(Place.latitude, Place.longitude).where(Place.code == code)
    there = (await db.execute(query)).first()
    if there is None or there.latitude is None or there.longitude is None:
        return None
    metres = distance(there.latitude, there.longitude, position["latitude"], position["longitude"])
    return round(metres) if metres > FAR + (position["accuracy"] or 0) else None


def distance(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Metres between two places given in degrees, on a round earth (haversine formula)."""
    first, second = math.radians(latitude), math.radians(other_latitude)
    across = math.sin((second - first) / 2) ** 2
    along = math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    return 2 * _EARTH * math.asin(math.sqrt(min(1.0, across + math.cos(first) * math.cos(second) * along)))


async def refuse(work: Work, found: Row[Any]) -> None:
    """Say that a place's code is void, and tell the head of security that somebody scanned it."""
    work.reply(
        _(
            "This code of {place} is no longer valid; a newer one should hang there. "
            "The head of security was told.",
            place=_name(found),
        )
    )
    told = _(
        "⚠️ {name} scanned a revoked code of {place} ({code}). Does an old sheet still hang there?",
        name=members.called(work.me.name),
        place=_name(found),
        code=found.code,
    )
    for person_id in await chain.nearest(work.db, "chief", work.today):
        if person_id != work.me.id:
            await work.tell(person_id, Message(told))


def _name(found: Row[Any]) -> Both:
    return Both(found.name_zh, found.name_en)
