"""The outbox: messages stored with the records they tell of, in order per account, until they are sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct, field
from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import answering
from bot.among import among
from bot.answering import Room
from bot.i18n import Languages
from bot.messages import Payload, Update, bare, numbered, rendered
from handlers.kit.messages import Message
from handlers.kit.words import Tongue
from handlers.work import Me, Sending
from models import Account, Outbox, Person

LAST_FEW: Final = 4  # messages among which the newest buttons are looked for


def always(_account_id: int) -> bool:
    """Nobody has to wait."""
    return True


class Parcel(Struct, frozen=True):
    """What a piece of work sends; `update` is what it answers, by `me`, where it answers anything. `shown` is
    by account the message that the first one to replace anything edits, as the channel calls it."""

    sendings: Sequence[Sending]
    me: Me | None = None
    update: Update | None = None
    shown: Mapping[int, str] = field(default_factory=dict)


class Posted(Struct):
    """What was stored: the accounts with something to send, by account what its channel carries in its
    answer, and what changes of messages that waited and go in there too."""

    accounts: list[int] = field(default_factory=list)
    carried: dict[int, Any] = field(default_factory=dict)
    taken: list[dict[str, Any]] = field(default_factory=list)


async def post(
    db: AsyncConnection,
    parcels: Sequence[Parcel],
    languages: Languages,
    now: datetime,
    *,
    pulling: Collection[str],
    room: Room = always,
) -> Posted:
    """Store what `parcels` send, rendered in each reader's language, and that their senders were seen.

    `pulling` are the channels whose readers fetch for themselves; `room` says of an account whether it may
    be written to at once. Where the reader wrote through a channel that can carry messages in its answer,
    they go that way; but only one that is alone, unless the channel bundles them.
    """
    own = {parcel.me.account_id: parcel for parcel in parcels if parcel.me is not None}
    for_account: dict[int, list[Message]] = {account_id: [] for account_id in own}
    for parcel in parcels:
        for sending in parcel.sendings:
            for_account.setdefault(sending.account_id, []).append(sending.message)
    shown = {account_id: name for parcel in parcels for account_id, name in parcel.shown.items()}
    posted = Posted()
    rows: list[dict[str, Any]] = []
    accounts = await _lock(db, list(for_account))
    carrying = [account_id for account_id, parcel in own.items() if parcel.update and parcel.update.carry]
    waiting = await answering.waiting(db, carrying)
    seen = [_seen(account, own.get(account.id), now) for account in accounts]
    for account, state in zip(accounts, seen, strict=True):
        if state["blocked"]:
            continue
        tongue = languages(account.chosen or state["locale"])
        pulls = account.channel in pulling
        echo = echo_of(own[account.id].update) if pulls and account.id in own else None
        payloads = _payloads(for_account[account.id], tongue, shown.get(account.id))
        fresh = _rows([(echo, None), *payloads] if echo else payloads, now, pulls=pulls)
        for row in fresh:
            state["seq"] += 1
            row |= {"account_id": account.id, "seq": state["seq"]}
            row["external_id"] = str(state["seq"]) if pulls else None
        if account.id in own and not pulls:
            update = own[account.id].update
            answer = update and answering.carried(update, waiting.get(account.id, ()), fresh, now, room)
            if answer:
                posted.carried[account.id] = answer.answer
                posted.taken += answer.taken
        rows += fresh
    await _store(db, seen, rows, posted.taken)
    await _open(db, accounts, own, now)
    posted.accounts = sorted({row["account_id"] for row in rows if row["answers"] is None})
    return posted


async def _lock(db: AsyncConnection, account_ids: Sequence[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    """The accounts, locked until the transaction ends: by their ids, so that two transactions that write to
    each other's people cannot deadlock."""
    if not account_ids:
        return []
    return (await db.execute(_LOCKING, {"accounts": account_ids})).all()


def _seen(account: Row[*tuple[Any, ...]], parcel: Parcel | None, now: datetime) -> dict[str, Any]:
    """What an account's row is to be: who writes is there, and has not blocked us."""
    state = {
        "this": account.id,
        "seq": account.seq,
        "blocked": account.blocked,
        "locale": account.locale,
        "seen_at": account.seen_at,
    }
    if parcel is None or parcel.update is None:
        return state
    locale = parcel.update.sender.locale or account.locale
    return state | {"blocked": bool(parcel.update.left), "locale": locale, "seen_at": now}


def _payloads(
    messages: Sequence[Message], tongue: Tongue, shown: str | None
) -> list[tuple[Payload, str | None]]:
    """Rendered messages with what they are about. The first that replaces edits the one `shown`, later ones
    are new. The choices of all are numbered on."""
    payloads, above = [], 0
    for place, message in enumerate(messages, 1):
        payload = rendered(message, tongue, shown)
        if above:
            payload["above"] = above
        if place < len(messages):
            above += len(numbered(payload))
        payloads.append((payload, message.subject))
        shown = None if message.replace else shown
    return payloads


def _rows(
    payloads: Sequence[tuple[Payload, str | None]], now: datetime, *, pulls: bool
) -> list[dict[str, Any]]:
    state = {"status": "sent", "sent_at": now} if pulls else {"status": "pending", "sent_at": None}
    rest = {"not_before": now, "created_at": now, "answers": None, **state}
    return [{"payload": payload, "subject": subject, **rest} for payload, subject in payloads]


async def _store(
    db: AsyncConnection,
    seen: Sequence[dict[str, Any]],
    rows: Sequence[dict[str, Any]],
    taken: Sequence[dict[str, Any]],
) -> None:
    if seen:
        await db.execute(_SEEN, seen)
    if rows:
        await db.execute(_POSTED, rows)
    if taken:
        await db.execute(_TAKEN, taken)


async def _open(
    db: AsyncConnection, accounts: Iterable[Row[*tuple[Any, ...]]], own: Mapping[int, Parcel], now: datetime
) -> None:
    """Note how much may be written from now on to who wrote; a window that is open shrinks by nothing."""
    opened = []
    for account in accounts:
        update = own[account.id].update if account.id in own else None
        if update is None or update.opens is None:
            continue
        left, until = update.opens.most, now + update.opens.lasts
        if account.push_left and account.push_until > now:
            left, until = max(left, account.push_left), max(until, account.push_until)
        opened.append({"this": account.id, "push_left": left, "push_until": until})
    if opened:
        await db.execute(_SEEN, opened)


# Made once, as every update runs them.
_OUTBOX: Final[Any] = Outbox.__table__
_ACCOUNTS: Final[Any] = Account.__table__
_TAKEN: Final = update(_OUTBOX).where(_OUTBOX.c.id == bindparam("this"))
_LOCKING: Final = (
    select(
        _ACCOUNTS.c.id,
        _ACCOUNTS.c.seq,
        _ACCOUNTS.c.channel,
        _ACCOUNTS.c.locale,
        _ACCOUNTS.c.blocked,
        _ACCOUNTS.c.seen_at,
        _ACCOUNTS.c.push_left,
        _ACCOUNTS.c.push_until,
        Person.__table__.c.locale.label("chosen"),
    )
    .join_from(_ACCOUNTS, Person.__table__, _ACCOUNTS.c.person_id == Person.__table__.c.id)
    .where(among(_ACCOUNTS.c.id, "accounts"))
    .order_by(_ACCOUNTS.c.id)
    .with_for_update(of=_ACCOUNTS)
)
_NEWEST: Final = (
    select(_OUTBOX.c.account_id, _OUTBOX.c.payload)
    .join_from(_ACCOUNTS, _OUTBOX, _OUTBOX.c.account_id == _ACCOUNTS.c.id)
    .where(among(_ACCOUNTS.c.id, "accounts"))
    .where(_OUTBOX.c.seq > _ACCOUNTS.c.seq - LAST_FEW)
    .order_by(_OUTBOX.c.account_id, _OUTBOX.c.seq.desc())
)
# The columns to set are those of the rows given.
_SEEN: Final = update(_ACCOUNTS).where(_ACCOUNTS.c.id == bindparam("this"))
_POSTED: Final = insert(_OUTBOX)


def echo_of(update: Update | None) -> Payload | None:
    """The person's own message as their transcript shows it, if it shows there."""
    if update is None:
        return None
    given = update.input
    shown = given.text or given.photos or given.voice or given.location
    if update.quiet or given.data is not None or not shown:
        return None
    place = f"📍 {given.location.latitude:.5f}, {given.location.longitude:.5f}" if given.location else ""
    voice = given.voice
    return {
        "kind": "echo",
        "text": given.text or place,
        "rows": [],
        "photos": [{"sha": photo.sha, "name": photo.name, "mime": photo.mime} for photo in given.photos],
        "file": {"sha": voice.sha, "name": voice.name or "voice", "mime": voice.mime} if voice else None,
        "replaces": None,
        "client_id": update.external_id.rpartition(":")[2],
    }


async def newest(db: AsyncConnection, account_ids: Collection[int]) -> dict[int, list[Payload]]:
    """The last few messages of each account, the newest first."""
    found: dict[int, list[Payload]] = {account_id: [] for account_id in account_ids}
    if account_ids:
        for row in await db.execute(_NEWEST, {"accounts": account_ids}):
            found[row.account_id].append(row.payload)
    return found


def button_called(messages: Iterable[Payload], said: str, *, by_number: bool = False) -> str | None:
    """The payload of the button that typed words name exactly, under the newest message that has any, or one
    that it goes on from; with `by_number` also the one that a typed number stands for."""
    wanted = bare(said)
    by_number = by_number and wanted.isdecimal() and len(wanted) < 4
    for payload in messages:
        labels = {bare(button["label"]): button["data"] for row in payload["rows"] for button in row}
        if not labels:
            continue
        above = payload.get("above", 0)
        if by_number:
            labels |= {
                str(place): button["data"] for place, button in enumerate(numbered(payload), above + 1)
            }
            wanted = str(int(wanted))
        if wanted in labels or not above:
            return labels.get(wanted) or None
    return None


async def subject_of(db: AsyncConnection, account_id: int, external_id: str) -> str | None:
    """What the message with the channel's id `external_id` was about."""
    query = select(Outbox.subject).where(
        Outbox.account_id == account_id, Outbox.external_id == external_id, Outbox.subject.is_not(None)
    )
    return await db.scalar(query.order_by(Outbox.id.desc()).limit(1))
