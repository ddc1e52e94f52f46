"""Absences as they are stored: a row for every post somebody is away from, entered and ended together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from handlers import audit, chain, members
from handlers.work import Me, Work
from models import Person, StandIn

KIND: Final = "away"  # due work at midnight, keyed by its day
_LEADER: Final = chain.POSTS.index("leader")
_DEPUTY: Final = aliased(Person)


@dataclass(frozen=True, slots=True)
class Entry:
    """An absence: `id` is that of its first row, `posts` those it is from."""

    id: int
    person_id: int
    name: str
    roles: frozenset[str]
    posts: tuple[str, ...]
    deputy_id: int | None
    deputy: str | None
    first: date
    last: date
    entered_by: int
    entered_at: datetime
    ended: bool


class Days(Protocol):
    """From the first to the last day, both included."""

    first: date
    last: date


def may_enter(me: Me, person_id: int, roles: Iterable[str]) -> bool:
    """Whether `me` may enter somebody's absence: their own, and from a leader up of those below."""
    if person_id == me.id:
        return True
    mine, theirs = chain.highest(me.roles), chain.highest(roles)
    return mine >= _LEADER and 0 <= theirs < mine


def is_enterable(me: Me, person: members.Found) -> bool:
    """Whether somebody is still there, in a post, and below `me`, or is `me`."""
    held = chain.highest(person.roles) >= 0
    return person.active and held and may_enter(me, person.id, person.roles)


def may_end(me: Me, entry: Entry) -> bool:
    return entry.entered_by == me.id or may_enter(me, entry.person_id, entry.roles)


async def facts(work: Work) -> dict[str, Any]:
    """What the form offers: whom `work.me` may enter, themselves first; who is there; who is away when."""
    rows = list(await work.db.execute(select(Person.id, Person.name, Person.roles).where(Person.active)))
    chained = [row for row in rows if chain.highest(row.roles) >= 0]
    chained.sort(key=lambda row: (row.id != work.me.id, row.name))
    coming = await _read(work.db, StandIn.ended_at.is_(None) & (StandIn.last_day >= work.today))
    return {
        "me": work.me.id,
        "people": [_known(row) for row in chained if may_enter(work.me, row.id, row.roles)],
        "deputies": [_known(row) for row in chained],
        "away": [[entry.person_id, entry.first.isoformat(), entry.last.isoformat()] for entry in coming],
    }


async def one(db: AsyncConnection, entry_id: int) -> Entry | None:
    """The absence with that row, its person locked until the transaction ends."""
    row = (await db.execute(select(*_KEYS).where(StandIn.id == entry_id))).first()
    if row is None:
        return None
    await members.one(db, row.person_id)
    return (await _read(db, _of(row.person_id, row.entered_at, row.first_day)))[0]


async def overlapping(db: AsyncConnection, person_id: int, first: date, last: date) -> Entry | None:
    """An absence of that person that shares a day with these."""
    found = await _read(db, (StandIn.person_id == person_id) & _within(first, last))
    return found[0] if found else None


async def stands_in_for(db: AsyncConnection, deputy_id: int, first: date, last: date) -> list[str]:
    """The names of those for whom somebody would stand in on these days."""
    return [entry.name for entry in await _read(db, (StandIn.deputy_id == deputy_id) & _within(first, last))]


async def today(db: AsyncConnection, on: date) -> list[Entry]:
    """The absences of a day."""
    return await _read(db, chain.on(on))


async def seen_by(work: Work) -> list[Entry]:
    """The absences from today on that concern `work.me`: their own, those they stand in for, those below."""
    coming = await _read(work.db, StandIn.ended_at.is_(None) & (StandIn.last_day >= work.today))
    return [entry for entry in coming if entry.deputy_id == work.me.id or may_end(work.me, entry)]


async def may_stand_in(db: AsyncConnection, deputy_id: int, person: members.Found, days: Days) -> bool:
    """Whether somebody still holds the same post or one beside it, and is there on those days."""
    deputy = (await db.execute(select(Person).where(Person.id == deputy_id, Person.active))).first()
    if deputy is None or deputy.id == person.id or chain.highest(deputy.roles) < 0:
        return False
    beside = abs(chain.highest(deputy.roles) - chain.highest(person.roles)) <= 1
    return beside and await overlapping(db, deputy_id, days.first, days.last) is None


async def enter(work: Work, person: members.Found, deputy_id: int | None, first: date, last: date) -> Entry:
    """Store an absence from all posts that `person`, whose row is locked, holds."""
    posts = [post for post in chain.POSTS if post in person.roles]
    row = {
        "person_id": person.id, "deputy_id": deputy_id, "first_day": first, "last_day": last,
        "entered_by": work.me.id, "entered_at": work.now,
    }  # fmt: skip
    await work.db.execute(insert(StandIn), [{**row, "post": post} for post in posts])
    said = {"first": first.isoformat(), "last": last.isoformat(), "deputy": deputy_id}
    await audit.record(work.db, work.now, "away", actor=work.me.id, subject=person.id, **said)
    for at in (first, last + timedelta(days=1)):
        if at > work.today:
            await work.due(KIND, at.isoformat(), datetime.combine(at, time(), work.rules.zone))
    if first <= work.today:
        await chain.renew(work.db, work.today)
    return (await _read(work.db, _of(person.id, work.now, first)))[0]


async def end(work: Work, entry: Entry) -> None:
    """End an absence before its time."""
    rows = _of(entry.person_id, entry.entered_at, entry.first)
    await work.db.execute(update(StandIn).where(rows, StandIn.ended_at.is_(None)).values(ended_at=work.now))
    await chain.renew(work.db, work.today)


def _of(person_id: int, entered_at: datetime, first: date) -> ColumnElement[bool]:
    """The rows of one absence."""
    return (
        (StandIn.person_id == person_id) & (StandIn.entered_at == entered_at) & (StandIn.first_day == first)
    )


def _within(first: date, last: date) -> ColumnElement[bool]:
    return StandIn.ended_at.is_(None) & (StandIn.first_day <= last) & (StandIn.last_day >= first)


async def _read(db: AsyncConnection, which: ColumnElement[bool]) -> list[Entry]:
    """The absences some of whose rows are these, by their days."""
    query = (
        select(*_KEYS, Person.name, Person.roles, _DEPUTY.name.label("deputy"))
        .join(Person, Person.id == StandIn.person_id)
        .join(_DEPUTY, _DEPUTY.id == StandIn.deputy_id, isouter=True)
        .where(which)
        .order_by(StandIn.first_day, StandIn.id)
    )
    entries: dict[tuple[int, datetime, date], Entry] = {}
    for row in await db.execute(query):
        key = row.person_id, row.entered_at, row.first_day
        before = entries.get(key)
        entries[key] = Entry(
            before.id if before else row.id, row.person_id, row.name, row.roles,
            (*(before.posts if before else ()), row.post), row.deputy_id, row.deputy,
            row.first_day, row.last_day, row.entered_by, row.entered_at, row.ended_at is not None,
        )  # fmt: skip
    return list(entries.values())


def _known(row: Any) -> list[Any]:
    return [row.id, row.name, chain.highest(row.roles)]


_KEYS: Final = tuple(StandIn.__table__.columns)
