"""What is shown of a person besides their records: name, posts, chats; and the ways into the chat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from handlers.kit.buttons import for_action
from handlers.kit.messages import Button
from handlers.kit.words import Text, _, joined, p_
from handlers.roles import ROLES
from handlers.work import Rules
from models import Account, Invite, Person

CHANNELS: Mapping[str, Text] = {
    "telegram": "Telegram",
    "web": p_("channel", "Web chat"),
    "wechat": p_("channel", "WeChat"),
    "wecom": p_("channel", "WeCom"),
}
ENDED = _("Your access here has ended. Please speak to your supervisor.")
Found: TypeAlias = Row[*tuple[Any, ...]]  # a row of a query
_COLUMNS = tuple(Person.__table__.columns)


def what_now() -> tuple[tuple[Button, ...], ...]:
    """The button under the news of a changed post: the menu has changed with it."""
    return ((Button(_("What I can do now"), for_action("menu", "start"), "main"),),)


def called(name: str | None) -> Text:
    """The name, or words for having none."""
    return name or _("(no name)")


def posts(roles: Iterable[str]) -> Text:
    """The titles of `roles`, in the order of the table, or words for having none."""
    held = set(roles)
    titles = [title for role, title in ROLES.items() if role in held]
    return joined(*titles) if titles else _("no post")


async def known_as(db: AsyncConnection, people: Iterable[int | None]) -> dict[int, Text]:
    """What people are called, by their id: who has no name by their post and number."""
    wanted = sorted({person for person in people if person is not None})
    if not wanted:
        return {}
    query = select(Person.id, Person.name, Person.roles).where(Person.id.in_(wanted))
    found = await db.execute(query)
    return {row.id: row.name or joined(posts(row.roles), f"#{row.id}", between=" ") for row in found}


async def one(db: AsyncConnection, person_id: int) -> Found | None:
    """A person's row, locked until the transaction ends."""
    return (await db.execute(select(*_COLUMNS).where(Person.id == person_id).with_for_update())).first()


async def chats(db: AsyncConnection, person_id: int) -> list[Found]:
    """The accounts of a person (id, channel, seen_at), the one used last first."""
    query = select(Account.id, Account.channel, Account.seen_at).where(Account.person_id == person_id)
    return list(await db.execute(query.order_by(Account.seen_at.desc())))


async def no_longer_waits(db: AsyncConnection, person: Found, *, joined: bool) -> None:
    """End a person's wait for confirmation; unless they joined, their invite gets the use back."""
    await db.execute(
        update(Person).where(Person.id == person.id).values(pending_role=None, pending_invite=None)
    )
    if person.pending_invite is not None and not joined:
        back = update(Invite).where(Invite.id == person.pending_invite).values(uses_left=Invite.uses_left + 1)
        await db.execute(back)


def is_local(url: str) -> bool:
    """Whether an address leads nowhere but to the machine that the desk runs on."""
    return urlsplit(url).hostname in {"127.0.0.1", "::1", "localhost"}


def ways_in(rules: Rules, prefix: str, code: str) -> dict[str, str]:
    """The addresses that open the chat with a code at once, by channel; `prefix` says what sort it is."""
    ways = {"web": f"{rules.public_url.rstrip('/')}/chat?{prefix}={code}"}
    if rules.telegram_name:
        ways["telegram"] = f"https://t.me/{rules.telegram_name.removeprefix('@')}?start={prefix}_{code}"
    return ways


def way_in_wechat(rules: Rules) -> Text | None:
    """How a code is taken in the museum's Official Account, which has no address that could hold it."""
    if not rules.wechat:
        return None
    return _(
        "In WeChat: follow the museum's account, and write the code there or scan its picture with the "
        "scanner in the menu."
    )
