"""The chain of responsibility (逐级安全责任制): who holds a post today, themselves or standing in.

Posts, from below: guard 保安员, leader 班长, chief 保卫科长 (head of the responsible department, 公安部令
第61号 §32), deputy 分管副馆长 (消防安全管理人, §7), director 馆长 (消防安全责任人, §4; 消防法 §16). A duty
falls to the holders of a post who are not away and to those who stand in for the others; where there is
nobody, to the next above. Who stands in while being away themselves does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from models import Person, StandIn

POSTS: Final = ("guard", "leader", "chief", "deputy", "director")
_NONE: Final[frozenset[str]] = frozenset()


def above(post: str) -> tuple[str, ...]:
    """The posts above `post`, the nearest first."""
    return POSTS[POSTS.index(post) + 1 :]


def highest(roles: Iterable[str]) -> int:
    """The place in the chain of the highest of the posts `roles`, from 0; -1 for none."""
    return max((POSTS.index(role) for role in roles if role in POSTS), default=-1)


async def holders(db: AsyncConnection, post: str, today: date) -> dict[int, int | None]:
    """Who holds a post today: for each person whom they stand in for, None where it is their own."""
    query = select(Person.id).where(Person.active, Person.roles.holds(post)).order_by(Person.id)
    own = list(await db.scalars(query))
    absent = await _absences(db, today)
    found: dict[int, int | None] = {person: None for person in own if (person, post) not in absent}
    for person in own:
        deputy = absent.get((person, post))
        if deputy is not None:
            found.setdefault(deputy, person)
    return found


async def nearest(db: AsyncConnection, post: str, today: date) -> dict[int, int | None]:
    """As `holders`, of the first post from `post` upwards that anybody holds."""
    for one in (post, *above(post)):
        if found := await holders(db, one, today):
            return found
    return {}


async def substitutes(db: AsyncConnection, today: date) -> dict[int, int | None]:
    """By who is away today, who stands in for them; None where nobody does who is there."""
    return {person: deputy for (person, _post), deputy in (await _absences(db, today)).items()}


async def in_place_of(db: AsyncConnection, person_id: int, today: date) -> int:
    """To whom falls today what is somebody's by name: to themselves, or to who stands in for them."""
    return (await substitutes(db, today)).get(person_id) or person_id


def stood_for(person_id: int, today: date) -> Select[int]:
    """The people in whose place somebody is today."""
    return select(StandIn.person_id).where(on(today), StandIn.deputy_id == person_id)


async def away(db: AsyncConnection, today: date) -> set[int]:
    """The people who are away today."""
    return set(await db.scalars(select(StandIn.person_id).where(on(today))))


def on(today: date) -> ColumnElement[bool]:
    """The condition that an absence covers a day."""
    return StandIn.ended_at.is_(None) & (StandIn.first_day <= today) & (StandIn.last_day >= today)


async def renew(db: AsyncConnection, today: date) -> None:
    """Bring `Person.acting` of everybody to what holds today. Harmless where it does already.

    Their rows are locked before the absences are read: whoever changes those waits, or is seen.
    """
    standing = select(StandIn.deputy_id).where(on(today), StandIn.deputy_id.is_not(None))
    concerned = (Person.acting != _NONE) | Person.id.in_(standing)
    locked = select(Person.id, Person.acting).where(concerned).order_by(Person.id).with_for_update()
    acting = {row.id: row.acting for row in await db.execute(locked)}
    wanted: defaultdict[int, set[str]] = defaultdict(set)
    held = select(Person.id, Person.roles).where(Person.active)
    posts = {row.id: row.roles for row in await db.execute(held)}
    for (person, post), deputy in (await _absences(db, today)).items():
        if deputy is not None and post in posts.get(person, _NONE):
            wanted[deputy].add(post)
    for person, now in acting.items():
        if wanted[person] != now:
            await db.execute(
                update(Person).where(Person.id == person).values(acting=frozenset(wanted[person]))
            )


async def _absences(db: AsyncConnection, today: date) -> dict[tuple[int, str], int | None]:
    """By person and post, who stands in for those who are away today; of several who said so the last."""
    query = (
        select(StandIn.person_id, StandIn.post, Person.id)
        .join(Person, (Person.id == StandIn.deputy_id) & Person.active, isouter=True)
        .where(on(today))
        .order_by(StandIn.id)
    )
    rows = list(await db.execute(query))
    gone = {row[0] for row in rows}
    return {(row[0], row[1]): None if row[2] in gone else row[2] for row in rows}
