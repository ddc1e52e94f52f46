"""A team as it was typed and as member rows: everybody's minutes once, whoever logs them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Row, delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.kit.kinds.people import counted
from handlers.roles import PERMISSIONS
from models import OutreachMember, Person

Entry = Mapping[str, Any]  # {"name", "count", "minutes"}, as the people question stores it


@dataclass(frozen=True, slots=True)
class Member:
    """One person's minutes; without an id only a name, without either one of those merely counted."""

    person_id: int | None
    name: str
    minutes: int


def has(team: Sequence[Entry] | None, name: str) -> bool:
    """Whether the team includes the person of that name who wrote it: by name, or among those counted."""
    return any(entry["name"] in ("", name) for entry in team or ())


def longest(team: Sequence[Entry]) -> int:
    """The most minutes that any of the team took part."""
    return max(int(entry["minutes"]) for entry in team)


def own_minutes(team: Sequence[Entry], own: int | None, name: str) -> int | None:
    """The minutes of the person called `name` who wrote the team."""
    mine = _place_of(team, name)
    return own if mine is None else team[mine]["minutes"]


def members(
    team: Sequence[Entry], own: int | None, logger: int, name: str, people: Mapping[str, int]
) -> list[Member]:
    """The member rows of a team. A head count includes whoever logged it; `own` are their minutes where
    only others were named. `people` gives the ids of those whose names are known."""
    mine = _place_of(team, name)
    found = [Member(logger, "", own)] if own and mine is None else []
    found += [Member(logger, "", team[mine]["minutes"])] if mine is not None else []
    named: dict[str, int] = {}
    for place, entry in enumerate(team):
        others = entry["count"] - (place == mine)
        if entry["name"]:
            # Named twice (张三2小时 张三1小时) is one person with the sum of both.
            named[entry["name"]] = named.get(entry["name"], 0) + entry["minutes"] * others
        else:
            found += [Member(None, "", entry["minutes"])] * others
    known = [(people.get(one), one, minutes) for one, minutes in named.items() if minutes]
    return found + [Member(who, "" if who else one, minutes) for who, one, minutes in known if who != logger]


def as_team(rows: Iterable[Row[Any]], logger: int) -> list[dict[str, Any]]:
    """Member rows as a team that `members` makes the same rows of again."""
    mine: list[dict[str, Any]] = []
    named: list[dict[str, Any]] = []
    unnamed: Counter[int] = Counter()
    for row in rows:
        if row.person_id == logger:
            mine = counted(1, row.minutes)
        elif shown(row):
            named.append({"name": shown(row), "count": 1, "minutes": row.minutes})
        else:
            unnamed[row.minutes] += 1
    if mine and set(unnamed) == {mine[0]["minutes"]}:
        mine, unnamed = counted(1 + unnamed.total(), mine[0]["minutes"]), Counter()
    return mine + [one for minutes, count in unnamed.items() for one in counted(count, minutes)] + named


def known_ids(rows: Iterable[Row[Any]]) -> set[int]:
    """The ids of the members who have one."""
    return {row.person_id for row in rows if row.person_id is not None}


def shown(row: Row[Any]) -> str:
    """What a member is called: empty for one of those merely counted."""
    if row.person_id is None:
        return str(row.name)
    return str(row.person_name or row.name or f"#{row.person_id}")


async def rows_of(db: AsyncConnection, outreach_id: int) -> list[Row[Any]]:
    """An event's member rows in the order they were stored, with `person_name`."""
    query = (
        select(*OutreachMember.__table__.columns, Person.name.label("person_name"))
        .join(Person, Person.id == OutreachMember.person_id, isouter=True)
        .where(OutreachMember.outreach_id == outreach_id)
        .order_by(OutreachMember.id)
    )
    return list(await db.execute(query))


async def people_named(db: AsyncConnection, names: Iterable[str]) -> dict[str, int]:
    """The ids of those who may log activities, by name; a name that two of them share is nobody's."""
    wanted = {name for name in names if name}
    if not wanted:
        return {}
    roles = or_(*(Person.roles.holds(role) for role in sorted(PERMISSIONS["log outreach"])))
    query = select(Person.id, Person.name).where(Person.active, Person.name.in_(wanted), roles)
    found = list(await db.execute(query))
    often = Counter(row.name for row in found)
    return {row.name: row.id for row in found if often[row.name] == 1}


async def store(db: AsyncConnection, outreach_id: int, team: Iterable[Member]) -> None:
    """Put these members in the place of those the event has."""
    await db.execute(delete(OutreachMember).where(OutreachMember.outreach_id == outreach_id))
    rows = [{"outreach_id": outreach_id, "waits": False, **asdict(one)} for one in team]
    if rows:
        await db.execute(insert(OutreachMember), rows)


def _place_of(team: Sequence[Entry], name: str) -> int | None:
    """Which entry is, or counts, the person who wrote: by name, alone, or one of the first head count."""
    by_name = [place for place, entry in enumerate(team) if name and entry["name"] == name]
    unnamed = [place for place, entry in enumerate(team) if not entry["name"]]
    alone = [place for place in unnamed if team[place]["count"] == 1]
    return next(iter((*by_name, *alone, *unnamed)), None)
