"""Messages inside the answer to a delivery: what goes in, the same again, and what did not get there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.among import among
from bot.messages import Update
from models import UNSENT, Account, Outbox

Room = Callable[[int], bool]
Waiting = Row[*tuple[Any, ...]]


class Answer(Struct, frozen=True):
    """The answer in the channel's own form, and the changes of the messages that waited and are in it."""

    answer: Any
    taken: Sequence[dict[str, Any]]


async def waiting(db: AsyncConnection, account_ids: Collection[int]) -> Mapping[int, list[Waiting]]:
    """The messages of the accounts that are not sent yet, in order, held against the sender. Asked behind the
    lock of the accounts: what another transaction wrote to them while we waited for it is seen only then."""
    found = defaultdict(list)
    for row in await db.execute(_WAITING, {"accounts": account_ids}) if account_ids else ():
        found[row.account_id].append(row)
    return found


def carried(
    update: Update, before: Sequence[Waiting], fresh: Sequence[dict[str, Any]], now: datetime, room: Room
) -> Answer | None:
    """What the answer to `update` carries of these messages, those that waited first; the rows of `fresh`
    ones are marked. None where they go another way."""
    carry = update.carry
    # One that is being sent would be overtaken by the answer.
    if carry is None or not (before or fresh) or any(row.status == "sending" for row in before):
        return None
    if not carry.bundles and (before or not _may_go_alone(fresh, room)):
        return None
    made = carry.make([*(row.payload for row in before), *(row["payload"] for row in fresh)])
    if made is None:
        return None
    sent = {"status": "sent", "sent_at": now, "answers": update.external_id}
    for row in fresh[: max(0, made.count - len(before))]:
        row |= sent
    return Answer(made.answer, [{"this": row.id, **sent} for row in before[: made.count]])


def _may_go_alone(fresh: Sequence[dict[str, Any]], room: Room) -> bool:
    """Whether there is one message, to which nobody may reply (nobody would learn the channel's id of it),
    and room for it."""
    return len(fresh) == 1 and fresh[0]["subject"] is None and room(fresh[0]["account_id"])


async def answered(db: AsyncConnection, update: Update) -> tuple[list[int], Any | None]:
    """The account of an update that is delivered again, if there is one still, and the answer it got,
    which it is to get again."""
    account_id = await db.scalar(select(_ACCOUNTS.c.id).where(*_its_sender(update)))
    if account_id is None or update.carry is None:
        return [account_id] if account_id else [], None
    # However many wait: the answer may have held the first of them.
    its_answer = (_OUTBOX.c.account_id == account_id, _OUTBOX.c.answers == update.external_id)
    told = list(await db.scalars(select(_OUTBOX.c.payload).where(*its_answer).order_by(_OUTBOX.c.seq)))
    make = update.carry.again or update.carry.make
    made = make(told) if told else None
    return [account_id], made.answer if made is not None else None


async def take_back(db: AsyncConnection, update: Update) -> list[int]:
    """Have what the answer to an update carried sent after all: it did not get there. Returns the account, if
    there is anything."""
    account = select(_ACCOUNTS.c.id).where(*_its_sender(update)).scalar_subquery()
    its_answer = (_OUTBOX.c.account_id == account, _OUTBOX.c.answers == update.external_id)
    waits = {"status": "pending", "sent_at": None, "answers": None}
    again = _OUTBOX.update().where(*its_answer).values(waits).returning(_OUTBOX.c.account_id)
    return sorted(set(await db.scalars(again)))


def _its_sender(update: Update) -> tuple[Any, Any]:
    return _ACCOUNTS.c.channel == update.channel, _ACCOUNTS.c.external_id == update.sender.external_id


_OUTBOX: Final[Any] = Outbox.__table__
_ACCOUNTS: Final[Any] = Account.__table__
_WAITING: Final = (
    select(_OUTBOX.c.id, _OUTBOX.c.account_id, _OUTBOX.c.status, _OUTBOX.c.payload)
    .where(among(_OUTBOX.c.account_id, "accounts"), UNSENT, _OUTBOX.c.status != "dead")
    .order_by(_OUTBOX.c.account_id, _OUTBOX.c.seq)
    .with_for_update()
)
