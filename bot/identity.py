"""Who an update is from: the account and its person, made at the first word, locked for the update."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Sender
from handlers.work import Me
from models import Account, Person


async def identify(
    db: AsyncConnection, channel: str, sender: Sender, now: datetime, default_locale: str
) -> Me:
    """The person behind `sender`, whose row stays locked until the transaction ends, so that one
    person's updates take effect one after the other."""
    found = await _look_up(db, channel, sender.external_id)
    if found is None:
        await _make(db, channel, sender, now)
        found = await _look_up(db, channel, sender.external_id)
        assert found is not None  # just made, in this transaction
    elif not await _seen(db, found, sender, now):
        # The account was linked to somebody else while we waited for the lock on its person before.
        return await identify(db, channel, sender, now, default_locale)
    return _me(found, channel, sender, default_locale)


def _me(found: Row[*tuple[Any, ...]], channel: str, sender: Sender, default_locale: str) -> Me:
    """The person as conversations know them; who was deactivated is a visitor like any other."""
    return Me(
        id=found.id,
        account_id=found.account_id,
        channel=channel,
        name=found.name or sender.name,
        roles=found.roles if found.active else frozenset(),
        locale=found.chosen or sender.locale or found.spoken or default_locale,
        pending_role=found.pending_role,
    )


async def _look_up(db: AsyncConnection, channel: str, external_id: str) -> Row[*tuple[Any, ...]] | None:
    query = (
        select(
            Person.id,
            Person.name,
            Person.roles,
            Person.active,
            Person.pending_role,
            Person.locale.label("chosen"),
            Account.id.label("account_id"),
            Account.locale.label("spoken"),
            Account.blocked,
        )
        .join(Account, Account.person_id == Person.id)
        .where(Account.channel == channel, Account.external_id == external_id)
        .with_for_update(of=Person)
    )
    return (await db.execute(query)).one_or_none()


async def _make(db: AsyncConnection, channel: str, sender: Sender, now: datetime) -> None:
    """A new visitor. Two workers may try at once: the unique account makes the second start over."""
    person = insert(Person).values(name="", roles=frozenset(), active=True, created_at=now, sample=False)
    person_id = (await db.execute(person.returning(Person.id))).scalar_one()
    account = insert(Account).values(
        person_id=person_id,
        channel=channel,
        external_id=sender.external_id,
        locale=sender.locale,
        blocked=False,
        seq=0,
        seen_at=now,
    )
    await db.execute(account)


async def _seen(db: AsyncConnection, found: Row[*tuple[Any, ...]], sender: Sender, now: datetime) -> bool:
    """Note that an account was used; False if it is no longer that person's."""
    values: dict[str, Any] = {"seen_at": now, "blocked": False}
    if sender.locale:
        values["locale"] = sender.locale
    same = update(Account).where(Account.id == found.account_id, Account.person_id == found.id)
    return (await db.execute(same.values(**values))).rowcount == 1


async def left(db: AsyncConnection, account_id: int, *, blocked: bool) -> None:
    """Note that a person blocked us, or came back; nothing is sent to a blocked account."""
    await db.execute(update(Account).where(Account.id == account_id).values(blocked=blocked))


async def last_seen(db: AsyncConnection, person_id: int, default_locale: str) -> Me | None:
    """A person by the account they used last, for work that is due without an update of theirs."""
    query = select(Account.id).where(Account.person_id == person_id).order_by(Account.seen_at.desc()).limit(1)
    account_id = await db.scalar(query)
    return None if account_id is None else await of_account(db, account_id, default_locale)


async def of_account(db: AsyncConnection, account_id: int, default_locale: str) -> Me | None:
    """The person behind an account, for work that is due without an update of theirs."""
    query = select(Account.channel, Account.external_id).where(Account.id == account_id)
    account = (await db.execute(query)).first()
    if account is None:
        return None
    found = await _look_up(db, account.channel, account.external_id)
    return None if found is None else _me(found, account.channel, Sender(account.external_id), default_locale)
