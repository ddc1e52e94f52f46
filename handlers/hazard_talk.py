"""Looking at a hazard, and its buttons: what is one tap, and what is asked about first (`hazard_forms`)."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Final

from sqlalchemy import Row

from handlers.hazard_actors import actor, asking, signed_by
from handlers.hazard_card import hazard_card, hazard_numbered, may_see
from handlers.hazard_forms import FORMS, ask_for
from handlers.hazard_moves import locked, move
from handlers.hazard_moving import show
from handlers.hazard_table import GONE, refusal
from handlers.inspection_sign import ASKS
from handlers.kit.buttons import id_in
from handlers.kit.words import _
from handlers.routes import Routes
from handlers.work import Work

routes = Routes()

NUMBER: Final = re.compile(rf"{ASKS}(YH-\d{{4}}-\d{{4,9}})\W*", re.IGNORECASE)
_ONE_TAP: Final = ("pass", "sign", "grant", "lift")


# Before codes are looked for (5): without its dashes a number is as long as one.
@routes.recognises(needs="talk", order=3, first=True)
async def look_up(work: Work, said: str) -> bool:
    """`查 YH-…` or the number alone, as long as a secret code: for whom it concerns, and leaders."""
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


async def _at_once(name: str, work: Work, argument: str) -> None:
    """`<id>.<seq>`, and for a signature `.<post>`: make the move on what the card showed."""
    key, _sep, rest = argument.partition(".")
    seq, _sep, post = rest.partition(".")
    await show(work, id_in(key), await move(work, id_in(key), name, seen=id_in(seq), post=post or None))


async def movable(work: Work, name: str, argument: str) -> Row[Any] | None:
    """The hazard of `<id>.<seq>`, if the person may make the move now; else they are told why not."""
    hazard = await locked(work, id_in(argument.partition(".")[0]))
    if hazard is None:
        work.reply(GONE)
        return None
    who = await asking(work, hazard, await actor(work, work.me.id))
    if why := refusal(name, hazard, who, await signed_by(work, hazard)):
        await show(work, hazard.id, why)
        return None
    return hazard


async def _ask_first(name: str, work: Work, argument: str) -> None:
    """Ask what the move needs, unless the person may not make it anyway."""
    hazard = await movable(work, name, argument)
    if hazard is not None:
        await ask_for(work, name, hazard)


for _name in _ONE_TAP:
    routes.action(f"hz_{_name}", needs="hazards")(partial(_at_once, _name))
for _name in FORMS:
    routes.action(f"hz_{_name}", needs="hazards")(partial(_ask_first, _name))
