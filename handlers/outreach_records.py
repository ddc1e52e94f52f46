"""Outreach activities as records: stored once, found again when a second person logs the same, joined."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers import outreach_team as teams
from handlers.kit.buttons import id_in
from handlers.kit.grammar import normalise
from handlers.kit.kinds.photos import as_json
from handlers.outreach_codes import NO_THEME, UNNAMED
from handlers.work import Work
from models import Outreach, OutreachMember, Person

if TYPE_CHECKING:
    from handlers.outreach_form import Activity

RECENT_DAYS = 14  # activities of these days are looked through while a form is open; all others when it ends
MOST_RECENT = 100
_MAYBE_UNKNOWN = ("minors", "elderly", "disabled", "online_views", "leaflets")
_NOT_IN_NAMES = re.compile(r"[\W_]+")


def same_key(day: date, place: str, place_kind: str, theme: str | None) -> str:
    """What makes two logs the same event: day, place (or its kind, where it has no name) and theme."""
    bare = _NOT_IN_NAMES.sub("", normalise(place).casefold())
    return f"{day.isoformat()}|{bare or place_kind}|{theme or ''}"


async def one(db: AsyncConnection, key: object) -> Row[Any] | None:
    """The activity with that id, its row locked until the transaction ends."""
    query = select(Outreach).where(Outreach.id == id_in(str(key)))
    return (await db.execute(query.with_for_update())).first()


async def person_name(db: AsyncConnection, person_id: int | None) -> str:
    """A person's name, or their number where they gave none."""
    return str(await db.scalar(select(Person.name).where(Person.id == person_id)) or f"#{person_id}")


async def create(work: Work, form: Activity, number: str) -> int:
    """Store a new activity with its members; returns its id."""
    values = {**_values(form), "number": number, "person_id": work.me.id, "submitted_at": work.now}
    made = insert(Outreach).values(**values, status="pending", revision=1, sample=False)
    outreach_id = int((await work.db.execute(made.returning(Outreach.id))).scalar_one())
    await _store_team(work.db, form, outreach_id, work.me.id)
    return outreach_id


async def mend(db: AsyncConnection, form: Activity, found: Row[Any], **values: Any) -> None:
    """Change a stored activity to what `form` says now; its members only if the team was changed."""
    changed = {**_values(form), "revision": found.revision + 1, **values}
    await db.execute(update(Outreach).where(Outreach.id == found.id).values(**changed))
    rows = await teams.rows_of(db, found.id)
    if form.team != teams.as_team(rows, found.person_id) or form.own is not None:
        known = {teams.shown(row): row.person_id for row in rows if row.person_id is not None}
        await _store_team(db, form, found.id, found.person_id, known)
    await db.execute(update(OutreachMember).where(OutreachMember.outreach_id == found.id).values(waits=False))


async def answers_of(db: AsyncConnection, found: Row[Any]) -> dict[str, object]:
    """A stored activity as the answers it is made of, to be changed."""
    team = teams.as_team(await teams.rows_of(db, found.id), found.person_id)
    return {
        "day": found.day.isoformat(),
        "theme": found.theme or NO_THEME,
        "place_kind": found.place_kind,
        "place": found.place or UNNAMED,
        "kind": found.kind,
        "start": found.starts,
        "end": found.ends,
        "sessions": found.sessions,
        "participants": found.participants,
        **{name: getattr(found, name) for name in _MAYBE_UNKNOWN},
        "team": team,
        "own": None,
        "partners": found.partners,
        "photos": found.photos or None,
        "note": found.note,
    }


async def logged_lately(work: Work) -> dict[str, dict[str, Any]]:
    """The activities of the last days by `same_key`, each as `_entries` gives it."""
    since = Outreach.day >= work.today - timedelta(days=RECENT_DAYS)
    return await _entries(work, since)


async def logged_as(work: Work, form: Activity, but: int | None) -> Mapping[str, Any] | None:
    """The activity that may be the one of `form`, except the one with the id `but`."""
    near = and_(
        Outreach.day == form.day, Outreach.theme == form.theme, Outreach.place_kind == form.place_kind
    )
    found = await _entries(work, or_(Outreach.same == form.same, near), Outreach.id != (but or 0))
    return form.twin_in(found)


async def places_of(work: Work) -> list[str]:
    """The names of the places this person logged last, each once."""
    query = select(Outreach.place).where(Outreach.person_id == work.me.id, Outreach.place != "")
    found = await work.db.scalars(query.order_by(Outreach.id.desc()).limit(20))
    return list(dict.fromkeys(found))[:4]


async def join(work: Work, outreach_id: int, minutes: int) -> Row[Any] | None:
    """Add only this person's minutes to an activity: in the place of somebody merely counted or named
    like them if there is one, and never twice. None if the activity is gone or they are on it already."""
    found = await one(work.db, outreach_id)
    rows = await teams.rows_of(work.db, outreach_id)
    if found is None or found.status == "returned" or any(row.person_id == work.me.id for row in rows):
        return None
    mine = {"person_id": work.me.id, "minutes": minutes, "waits": found.status == "approved"}
    slot = _slot(rows, work.me.name, minutes)
    if slot is None:
        await work.db.execute(insert(OutreachMember).values(outreach_id=outreach_id, name="", slot=0, **mine))
    else:
        taken = update(OutreachMember).where(OutreachMember.id == slot.id)
        await work.db.execute(taken.values(slot=slot.minutes, **mine))
    seen = update(Outreach).where(Outreach.id == outreach_id)
    await work.db.execute(seen.values(revision=found.revision + 1))
    return found


async def leave(db: AsyncConnection, outreach_id: int) -> None:
    """Take back the joins that wait for approval; the places taken are merely counted again."""
    waiting = (OutreachMember.outreach_id == outreach_id, OutreachMember.waits)
    await db.execute(delete(OutreachMember).where(*waiting, OutreachMember.slot == 0))
    back = {"person_id": None, "minutes": OutreachMember.slot, "waits": False, "slot": None}
    await db.execute(update(OutreachMember).where(*waiting).values(**back))


def _slot(rows: list[Row[Any]], name: str, minutes: int) -> Row[Any] | None:
    """Whose place somebody takes who joins: their own by name, else of the unnamed the nearest in time."""
    free = [row for row in rows if row.person_id is None]
    own = [row for row in free if name and row.name == name]
    unnamed = sorted((row for row in free if not row.name), key=lambda row: abs(row.minutes - minutes))
    return next(iter((*own, *unnamed)), None)


def _values(form: Activity) -> dict[str, Any]:
    """The columns that a form's answers fill."""
    theme = None if form.theme == NO_THEME else form.theme
    return {
        "day": form.day,
        "theme": theme,
        "kind": form.kind,
        "place_kind": form.place_kind,
        "place": form.place_name,
        "same": same_key(form.day, form.place_name, form.place_kind, theme),
        "starts": form.start and f"{form.start:%H:%M}",
        "ends": form.end and f"{form.end:%H:%M}",
        "sessions": form.sessions or 1,
        "participants": form.participants or 0,
        **{name: getattr(form, name) for name in _MAYBE_UNKNOWN},
        "partners": form.partners,
        "photos": as_json(form.photos or []),
        "note": form.note,
    }


async def _store_team(
    db: AsyncConnection, form: Activity, outreach_id: int, logger: int, known: Mapping[str, int] | None = None
) -> None:
    team = form.team or []
    people = {**await teams.people_named(db, (entry["name"] for entry in team)), **(known or {})}
    await teams.store(db, outreach_id, teams.members(team, form.own, logger, form.facts["me"], people))


async def _entries(work: Work, *conditions: ColumnElement[bool]) -> dict[str, dict[str, Any]]:
    """By `same_key`, with and without the place's name, the newest activity: id, place, number, who logged
    it, `mine` (this person's minutes on it, None if they are not) and `each` (what its members' are like)."""
    query = (
        select(*_TOLD, Person.name)
        .join(Person, Person.id == Outreach.person_id)
        .where(Outreach.status != "returned", *conditions)
    )
    events = list(await work.db.execute(query.order_by(Outreach.id.desc()).limit(MOST_RECENT)))
    columns = (OutreachMember.outreach_id, OutreachMember.person_id, OutreachMember.minutes)
    given = select(*columns).where(OutreachMember.outreach_id.in_([event.id for event in events]))
    by_event = defaultdict(list)
    for member in await work.db.execute(given.order_by(OutreachMember.id.desc())):
        by_event[member.outreach_id].append(member)
    entries = {
        event.same: {
            "id": event.id,
            "place": event.place,
            "number": event.number,
            "by": event.name or f"#{event.person_id}",
            "mine": next((one.minutes for one in by_event[event.id] if one.person_id == work.me.id), None),
            "each": next((one.minutes for one in by_event[event.id]), None),
        }
        for event in reversed(events)
    }
    # Where a theme is shared, one who does not know the place's name may still mean the same event.
    for event in events:
        if event.theme and event.place:
            entries.setdefault(same_key(event.day, "", event.place_kind, event.theme), entries[event.same])
    return entries


_TOLD = (
    Outreach.id, Outreach.same, Outreach.number, Outreach.person_id,
    Outreach.day, Outreach.theme, Outreach.place_kind, Outreach.place,
)  # fmt: skip
