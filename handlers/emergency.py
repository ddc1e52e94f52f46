"""Words of danger: whom to call, at once; nobody watches this chat all the time."""

from __future__ import annotations

import re
from typing import Final

from handlers.kit.words import _
from handlers.routes import Routes
from handlers.work import Work

routes = Routes()

_DANGER: Final = re.compile(
    r"着火|起火|失火|火警|救命|晕倒|昏倒|有人受伤|打人|抢劫|\b(?:on\sfire|fire!|help\sme|fainted|robbed)",
    re.IGNORECASE,
)


@routes.recognises(needs="talk", order=20)
async def danger(work: Work, said: str) -> bool:
    """The numbers to call in China; what a visitor wrote is a comment all the same."""
    if _DANGER.search(said) is None:
        return False
    work.reply(
        _(
            "🆘 In danger? Call now: fire 119, ambulance 120, police 110; then tell the nearest guard. "
            "This chat is not watched all the time."
        )
    )
    return bool(work.me.roles)
