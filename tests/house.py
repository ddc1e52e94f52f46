"""A museum's program in one process, for tests of conversations: the real engine on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, inspect, select, update

from bot.db import Database
from bot.engine import Engine
from bot.i18n import Languages
from bot.imports import load_defaults
from bot.media import MediaStore
from bot.messages import Accepted, Sender, Update
from handlers.kit.messages import Input, Media
from handlers.routes import gather
from handlers.work import Rules
from models import Account, Base, Outbox, Person

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class Someone:
    """A person at a device of the channel `web`, and what they have been told."""

    house: House
    external_id: str
    locale: str = "en"
    name: str = ""
    read: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)

    async def says(self, text: str = "", **more: Any) -> str:
        """Write; returns what was answered since, joined by blank lines."""
        return await self._does(Input(text=text, **more))

    async def taps(self, label: str) -> str:
        """Tap the newest button whose label contains `label`."""
        await self.hears()
        message, data = self.button(label)
        return await self._does(Input(data=data), tapped=str(message["seq"]))

    async def taps_data(self, data: str, tapped: int = 1) -> str:
        return await self._does(Input(data=data), tapped=str(tapped))

    async def follows(self, link: str) -> str:
        return await self._does(Input(), link=link)

    def button(self, label: str) -> tuple[dict[str, Any], str]:
        """(message, payload) of the newest button with that label. Raises LookupError."""
        for message in reversed(self.told):
            for row in message["rows"]:
                for button in row:
                    if label in button["label"]:
                        return message, button["data"]
        raise LookupError(f"no button {label!r} in {[m['rows'] for m in self.told[-2:]]}")

    @property
    def buttons(self) -> list[str]:
        """The labels of the newest message's buttons."""
        return [button["label"] for row in self.told[-1]["rows"] for button in row]

    async def hears(self) -> str:
        """What arrived since, without having done anything."""
        rows = await self.house.transcript(self.external_id, self.read)
        fresh = []
        for seq, payload in rows:
            self.read = max(self.read, seq)
            if payload["kind"] == "message":
                self.told.append({**payload, "seq": seq})
                fresh.append(payload["text"])
        return "\n\n".join(fresh)

    async def _does(self, given: Input, **more: Any) -> str:
        accepted = await self.house.deliver(self, given, **more)
        heard = await self.hears()
        return f"[{accepted.toast}] {heard}".strip() if accepted.toast else heard


class House:
    """The engine with everything behind it; `media` keeps files in a temporary folder."""

    def __init__(self, database: Database, media: MediaStore, rules: Rules) -> None:
        self.database = database
        self.media = media
        self.rung: list[int] = []
        self.languages = Languages("zh_CN", ZONE)
        self.engine = Engine(
            database, self.languages, gather(), rules, media, pulling={"web"}, ring=self.rung.extend
        )
        self.updates = 0

    async def someone(self, name: str, *roles: str, locale: str = "en") -> Someone:
        """A person with these roles, already known."""
        person = Someone(self, name, locale, name)
        await person.says("/start")
        async with self.database.transaction() as db:
            mine = select(Account.person_id).where(Account.external_id == name).scalar_subquery()
            await db.execute(
                update(Person).where(Person.id == mine).values(roles=frozenset(roles), name=name)
            )
        return person

    async def deliver(self, who: Someone, given: Input, **more: Any) -> Accepted:
        self.updates += 1
        sender = Sender(who.external_id, who.name, who.locale)
        return await self.engine.accept(
            Update("web", f"{who.external_id}:{self.updates}", sender, given, **more)
        )

    async def transcript(self, external_id: str, after: int) -> list[tuple[int, dict[str, Any]]]:
        query = (
            select(Outbox.seq, Outbox.payload)
            .join(Account, Account.id == Outbox.account_id)
            .where(Account.external_id == external_id, Outbox.seq > after)
            .order_by(Outbox.seq)
        )
        return [(row.seq, row.payload) for row in await self.rows(query)]

    async def rows(self, query: Any) -> list[Any]:
        """The rows of any query."""
        async with self.database.reading() as db:
            return list(await db.execute(query))

    async def add(self, model: type[Base], *rows: dict[str, Any]) -> None:
        """Store records directly."""
        async with self.database.transaction() as db:
            await db.execute(insert(model), list(rows))

    def photo(self, name: str = "a") -> Media:
        """A photo as a channel would have kept it."""
        sha = name.encode().hex().ljust(64, "0")[:64]
        return Media(sha, "image/jpeg", 1000, sha, f"{name}.jpg")


@asynccontextmanager
async def open_house(url: str, folder: Path, **rules: Any) -> AsyncIterator[House]:
    """A house on the database at `url`; an empty one is given its tables."""
    database = Database(url)
    media = MediaStore(folder / "media")
    async with database.transaction() as db:
        if not await db.run_sync(lambda connection: inspect(connection).has_table(Account.__tablename__)):
            await db.run_sync(Base.metadata.create_all)
    settings = {
        "museum": "示例博物馆",
        "zone": ZONE,
        "public_url": "http://museum.test",
        "seconds_per_item": 3,
    }
    try:
        yield House(database, media, Rules(**{**settings, "spot_photo_one_in": 0, **rules}))
    finally:
        await media.close()
        await database.close()


async def with_defaults(house: House) -> House:
    """The house with the shipped places and checklists."""
    async with house.database.transaction() as db:
        await load_defaults(db)
    return house
