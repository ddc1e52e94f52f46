"""The day's head of the chain of seals, told to the managers: what they keep, nobody can change unseen."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy import func, select

from handlers import chain
from handlers.kit.messages import Message
from handlers.kit.words import Text, _, lines, n_
from handlers.routes import Routes
from handlers.sealing import End, end
from handlers.work import Work
from models import Seal

routes = Routes()

KIND: Final = "sealing.head"
KEY: Final = "daily"
AT: Final = time(8, 30)  # in the museum's time zone
SHOWN: Final = 20  # hexadecimal digits: 80 bits, which nobody forges


def next_at(local: datetime) -> datetime:
    """When it is told next after `local`."""
    today = local.replace(hour=AT.hour, minute=AT.minute, second=0, microsecond=0)
    return today if today > local else today + timedelta(days=1)


@routes.timer(KIND)
async def tell(work: Work, _key: str) -> None:
    """Tell all managers; the nightly housekeeping has it done again."""
    last = await end(work.db)
    if not last.seq:
        return
    since = select(func.count()).select_from(Seal).where(Seal.sealed_at > work.now - timedelta(days=1))
    text = told(last, await work.db.scalar(since) or 0)
    for person in await _managers(work):
        await work.tell(person, Message(text))


def told(last: End, fresh: int) -> Text:
    """What is told of the chain's end."""
    return lines(
        n_(
            "🔏 Records sealed: {total} ({count} new)",
            "🔏 Records sealed: {total} ({count} new)",
            fresh,
            total=last.seq,
        ),
        _("Today's seal: {head}", head=grouped(last.head)),
        _("Keep this message. With it can be proven that nothing recorded until now is changed later."),
    )


def grouped(head: str) -> str:
    """The beginning of a head as people read and type it: `3f2a-9b01-…`, five groups of four."""
    return "-".join(head[place : place + 4] for place in range(0, SHOWN, 4))


async def _managers(work: Work) -> list[int]:
    """Who holds a manager's post today, themselves or standing in, and the administrators; each once."""
    found: dict[int, None] = {}
    for post in ("chief", "deputy", "director"):
        found |= dict.fromkeys(await chain.nearest(work.db, post, work.today))
    found |= dict.fromkeys(await work.holders("admin"))
    return list(found)
