"""Looking at a hazard, and what one tap does to it; what needs words is in `hazard_forms`."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Row, select

from handlers.hazard_card import hazard_card, hazard_numbered
from handlers.inspection_sign import ASKS
from handlers.kit.words import _
from handlers.routes import Routes
from handlers.work import Work
from models import HazardEvent

routes = Routes()

NUMBER = re.compile(rf"{ASKS}(YH-\d{{4}}-\d{{4,9}})\W*", re.IGNORECASE)


@routes.recognises(needs="talk", order=11, first=True)
async def look_up(work: Work, said: str) -> bool:
    """`查 YH-…`, or the number alone: for whom it concerns, and for leaders."""
    asked = NUMBER.fullmatch(said)
    if asked is None:
        return False
    number = asked[1].upper()
    found = await hazard_numbered(work, number)
    if found is not None and await may_see(work, found):
        work.reply(await hazard_card(work, found))
    else:
        work.reply(_("There is no hazard {number} that you may see.", number=number))
    return True


async def may_see(work: Work, hazard: Row[Any]) -> bool:
    """Whether the person at work has or had to do with a hazard, or leads."""
    if not work.me.may("hazards"):
        return False
    if work.me.may("see inspections") or work.me.id in (hazard.found_by, hazard.responsible_id):
        return True
    mine = select(HazardEvent.id).where(
        HazardEvent.hazard_id == hazard.id, HazardEvent.person_id == work.me.id
    )
    return (await work.db.execute(mine.limit(1))).first() is not None
