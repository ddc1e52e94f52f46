"""The outbox: messages stored with the records they tell of, in order per account, until they are sent."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.i18n import Languages
from bot.messages import Payload, rendered
from handlers.kit.grammar import normalise
from handlers.kit.messages import Message
from handlers.work import Sending
from models import Account, Outbox, Person

_LABEL = re.compile(r"^[\W_]+|[\W_]+$")  # pictures, ticks and arrows around a label


async def post(
    db: AsyncConnection,
    sendings: Sequence[Sending],
    languages: Languages,
    now: datetime,
    *,
    pulling: Collection[str],
    tapped: Mapping[int, str] | None = None,
    echoes: Mapping[int, Payload] | None = None,
) -> list[int]:
    """Store `sendings`, rendered in each reader's language.

    `pulling` are the channels whose readers fetch for themselves; `tapped` gives, by account, the
    message whose button was tapped: the first message that replaces edits it, later ones are new.
    `echoes` are people's own messages, which stand before the answers in a transcript. Returns the
    ids of the accounts written to.
    """
    by_account: dict[int, list[Message]] = {account_id: [] for account_id in echoes or ()}
    for sending in sendings:
        by_account.setdefault(sending.account_id, []).append(sending.message)
    # Always in the same order, so that two transactions writing to each other's people cannot deadlock.
    for account_id in sorted(by_account):
        own = (echoes or {}).get(account_id)
        account = await _reserve(db, account_id, len(by_account[account_id]) + (own is not None))
        if account.blocked:
            continue
        tongue = languages(account.chosen or account.locale)
        replaces = (tapped or {}).get(account_id)
        payloads: list[tuple[Payload, str | None]] = [(own, None)] if own is not None else []
        for message in by_account[account_id]:
            payloads.append((rendered(message, tongue, replaces), message.subject))
            replaces = None if message.replace else replaces
        await _store(db, account, payloads, now, pulls=account.channel in pulling)
    return sorted(by_account)


async def _reserve(db: AsyncConnection, account_id: int, count: int) -> Row[*tuple[Any, ...]]:
    """Take the account's next `count` numbers; its row stays locked until the transaction ends."""
    await db.execute(update(Account).where(Account.id == account_id).values(seq=Account.seq + count))
    query = (
        select(
            Account.id,
            Account.seq,
            Account.channel,
            Account.locale,
            Account.blocked,
            Person.locale.label("chosen"),
        )
        .join(Person, Person.id == Account.person_id)
        .where(Account.id == account_id)
    )
    return (await db.execute(query)).one()


async def _store(
    db: AsyncConnection,
    account: Row[*tuple[Any, ...]],
    payloads: Sequence[tuple[Payload, str | None]],
    now: datetime,
    *,
    pulls: bool,
) -> None:
    first = account.seq - len(payloads) + 1
    rows = [
        {
            "account_id": account.id,
            "seq": first + place,
            "payload": payload,
            "subject": subject,
            "status": "sent" if pulls else "pending",
            "external_id": str(first + place) if pulls else None,
            "not_before": now,
            "created_at": now,
            "sent_at": now if pulls else None,
        }
        for place, (payload, subject) in enumerate(payloads)
    ]
    await db.execute(insert(Outbox), rows)


async def button_called(db: AsyncConnection, account_id: int, said: str) -> str | None:
    """The payload of the button that typed words name exactly, under the newest message that has any."""
    query = select(Outbox.payload).where(Outbox.account_id == account_id).order_by(Outbox.seq.desc()).limit(4)
    wanted = _bare(said)
    for payload in await db.scalars(query):
        labels = {_bare(button["label"]): button["data"] for row in payload["rows"] for button in row}
        if labels:
            return labels.get(wanted) or None
    return None


def _bare(label: str) -> str:
    """A label as people type it: without its picture."""
    return _LABEL.sub("", normalise(label).casefold())


async def subject_of(db: AsyncConnection, account_id: int, external_id: str) -> str | None:
    """What the message with the channel's id `external_id` was about."""
    query = select(Outbox.subject).where(Outbox.account_id == account_id, Outbox.external_id == external_id)
    return await db.scalar(query.order_by(Outbox.id.desc()).limit(1))
