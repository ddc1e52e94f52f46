"""Who updates are from: accounts and their people, made at the first word, locked for the update."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.among import among
from bot.errors import Conflict
from bot.messages import Sender
from handlers.work import Me
from models import Account, Person


async def identify(
    db: AsyncConnection, senders: Sequence[tuple[str, Sender]], now: datetime, default_locale: str
) -> list[Me]:
    """The people behind `senders` (channel and sender), whose rows stay locked until the transaction ends,
    so that one person's updates take effect one after the other.

    Raises Conflict where an account was linked to somebody else while we waited for its person.
    """
    keys = [(channel, sender.external_id) for channel, sender in senders]
    locked = await _lock(db, keys)
    found = await _look_up(db, keys)
    for channel, sender in senders:
        if (channel, sender.external_id) not in found:
            await _make(db, channel, sender, now)
            found |= await _look_up(db, [(channel, sender.external_id)])
    if any(locked.get(row.account_id, row.id) != row.id for row in found.values()):
        raise Conflict
    return [
        _me(found[channel, sender.external_id], channel, sender, default_locale)
        for channel, sender in senders
    ]


async def _lock(db: AsyncConnection, keys: Collection[tuple[str, str]]) -> dict[int, int]:
    """Lock the people of these accounts, where more than one transaction can be under way. Always in the same
    order, so that two of them cannot deadlock. Returns who is whose: person by account.

    An account with the channel of one key and the id of another is locked too, which does no harm."""
    if db.dialect.name != "postgresql":
        return {}
    return {row[0]: row[1] for row in await db.execute(_LOCKING, _parameters(keys))}


def _me(found: Row[*tuple[Any, ...]], channel: str, sender: Sender, default_locale: str) -> Me:
    """The person as conversations know them; who was deactivated is a visitor like any other."""
    return Me(
        id=found.id,
        account_id=found.account_id,
        channel=channel,
        name=found.name or sender.name,
        roles=found.roles | found.acting if found.active else frozenset(),
        locale=found.chosen or sender.locale or found.spoken or default_locale,
        pending_role=found.pending_role,
    )


async def _look_up(
    db: AsyncConnection, keys: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Row[*tuple[Any, ...]]]:
    found = await db.execute(_LOOKING, _parameters(keys))
    return {(row.channel, row.external_id): row for row in found}


def _parameters(keys: Collection[tuple[str, str]]) -> dict[str, set[str]]:
    return {"channels": {key[0] for key in keys}, "external_ids": {key[1] for key in keys}}


def _of_these(query: Any) -> Any:
    these = among(_ACCOUNTS.c.channel, "channels") & among(_ACCOUNTS.c.external_id, "external_ids")
    joined = _PEOPLE.join(_ACCOUNTS, _ACCOUNTS.c.person_id == _PEOPLE.c.id)
    return query.select_from(joined).where(these)


# Made once, as every update runs them.
_PEOPLE: Final[Any] = Person.__table__
_ACCOUNTS: Final[Any] = Account.__table__
_LOCKING: Final = (
    _of_these(select(_ACCOUNTS.c.id, _PEOPLE.c.id.label("person_id")))
    .order_by(_PEOPLE.c.id)
    .with_for_update(of=_PEOPLE)
)
_LOOKING: Final = _of_these(
    select(
        _PEOPLE.c.id,
        _PEOPLE.c.name,
        _PEOPLE.c.roles,
        _PEOPLE.c.acting,
        _PEOPLE.c.active,
        _PEOPLE.c.pending_role,
        _PEOPLE.c.locale.label("chosen"),
        _ACCOUNTS.c.id.label("account_id"),
        _ACCOUNTS.c.locale.label("spoken"),
        _ACCOUNTS.c.channel,
        _ACCOUNTS.c.external_id,
    )
)


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
    key = account.channel, account.external_id
    await _lock(db, [key])
    found = (await _look_up(db, [key])).get(key)
    return None if found is None else _me(found, account.channel, Sender(account.external_id), default_locale)
