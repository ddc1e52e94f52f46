"""Where a channel lets us send few messages, words come first: photos are linked while others wait."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, case, func, select
from sqlalchemy.orm import aliased

from bot.messages import Payload
from models import Account, Outbox

_BEHIND: Final = aliased(Outbox)
_COUNT: Final = (
    select(func.count())
    .where(_BEHIND.account_id == Outbox.account_id, _BEHIND.seq >= Outbox.seq)
    .where(_BEHIND.status.in_(("pending", "sending")))
    .correlate(Outbox)
    .scalar_subquery()
)
# How many messages wait for an account, from this one on; asked where that matters only.
WAITING: Final = case((Account.push_left.is_(None), 0), else_=_COUNT).label("waiting")


def sendable(row: Row[Any]) -> Payload:
    """The message as it is to be sent now. `row` has `payload`, `push_left` and `waiting`."""
    payload: Payload = row.payload
    return {**payload, "brief": True} if _is_brief(row) else payload


def parts(row: Row[Any]) -> int:
    """How many messages of those allowed it takes."""
    return 1 if _is_brief(row) else 1 + len(row.payload["photos"])


def _is_brief(row: Row[Any]) -> bool:
    """Whether its photos would take the place of the words of those that wait behind it."""
    photos = len(row.payload["photos"])
    return bool(photos) and row.push_left is not None and row.push_left < row.waiting + photos
