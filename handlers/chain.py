"""The chain of responsibility (逐级安全责任制): who holds a post today, themselves or standing in.

Posts, from below: guard 保安员, leader 班长, chief 保卫科长 (head of the responsible department, 公安部令
第61号 §32), deputy 分管副馆长 (消防安全管理人, §7), director 馆长 (消防安全责任人, §4; 消防法 §16). A duty
falls to the holders of a post who are not away and to those who stand in for the others; where there is
nobody, to the next above.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from models import Person, StandIn

POSTS: Final = ("guard", "leader", "chief", "deputy", "director")


def above(post: str) -> tuple[str, ...]:
    """The posts above `post`, the nearest first."""
    return POSTS[POSTS.index(post) + 1 :]


async def holders(db: AsyncConnection, post: str, today: date) -> dict[int, int | None]:
    """Who holds a post today: for each person whom they stand in for, None where it is their own."""
    query = select(Person.id).where(Person.active, Person.roles.holds(post)).order_by(Person.id)
    own = list(await db.scalars(query))
    absent = await _absences(db, post, today)
    found: dict[int, int | None] = {person: None for person in own if person not in absent}
    for person in own:
        deputy = absent.get(person)
        if deputy is not None:
            found.setdefault(deputy, person)
    return found


async def nearest(db: AsyncConnection, post: str, today: date) -> dict[int, int | None]:
    """As `holders`, of the first post from `post` upwards that anybody holds."""
    for one in (post, *above(post)):
        if found := await holders(db, one, today):
            return found
    return {}


async def _absences(db: AsyncConnection, post: str, today: date) -> dict[int, int | None]:
    """Who is away from a post today, and who stands in; of several who said so the last."""
    query = (
        select(StandIn.person_id, Person.id)
        .join(Person, (Person.id == StandIn.deputy_id) & Person.active, isouter=True)
        .where(StandIn.post == post, StandIn.ended_at.is_(None))
        .where(StandIn.first_day <= today, StandIn.last_day >= today)
        .order_by(StandIn.id)
    )
    return {row[0]: row[1] for row in await db.execute(query)}
