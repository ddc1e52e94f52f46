"""What a verb works with: the settings, the database, and the museum's language for what it prints."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import app, migrate, reached_at
from bot.config import Settings
from bot.db import Database
from bot.i18n import Languages, Speech
from bot.imports import load_defaults
from handlers.kit.words import Text, _, say
from handlers.work import Rules

ONLY_HERE = _(
    "Only this machine can reach that address. For others set PUBLIC_URL to the address they use, "
    "and LISTEN to one that is open to them, such as 0.0.0.0:8080."
)


class Problem(Exception):
    """What was asked for cannot be done; `text` says why and what fits."""

    def __init__(self, text: Text) -> None:
        super().__init__(str(text))
        self.text = text


class Console:
    """The museum's settings and language at the command line."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.tongue: Speech = Languages(settings.locale, settings.timezone)(None)
        self.now = datetime.now(UTC)

    @property
    def local(self) -> datetime:
        """Now, in the museum's time zone."""
        return self.now.astimezone(self.settings.timezone)

    def words(self, text: Text) -> str:
        """`text` in the museum's language."""
        return say(text, self.tongue)

    def say(self, *texts: Text) -> None:
        """Print each of `texts` on a line."""
        for text in texts:
            print(self.words(text), flush=True)

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """The database with the tables of this version. Raises Unavailable."""
        app.make_folders(self.settings)
        await migrate.upgrade(self.settings.database_url)
        async with app.opened(self.settings.database_url) as database:
            yield database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A transaction on the database, made ready first if need be. Raises Unavailable."""
        async with self.database() as database, database.transaction() as db:
            await migrate.one_at_a_time(db)
            await load_defaults(db)
            yield db

    async def rules(self, db: AsyncConnection) -> Rules:
        """The settings as conversations need them, with the bot's name if it has run before, and where the
        desk was served if nothing is set about that here."""
        name = await app.telegram_name(db) if self.settings.telegram_token else ""
        rules = app.rules(self.settings, name)
        if {"public_url", "listen"} & self.settings.model_fields_set:
            return rules
        return replace(rules, public_url=await reached_at.known(db) or rules.public_url)


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found; `advice` says what to do, or what to know."""

    good: bool
    what: Text
    advice: Text | None = None


def well(what: Text, note: Text | None = None) -> Found:
    """Something is as it should be."""
    return Found(good=True, what=what, advice=note)


def wrong(what: Text, advice: Text | None = None) -> Found:
    """Something is not as it should be."""
    return Found(good=False, what=what, advice=advice)


Run = Callable[[Console, argparse.Namespace], Awaitable[int | None]]


class Verb:
    """One verb being declared: its arguments, or its own verbs."""

    def __init__(self, parser: argparse.ArgumentParser, words: Callable[[Text], str]) -> None:
        self._parser = parser
        self._words = words
        self._verbs: argparse._SubParsersAction[argparse.ArgumentParser] | None = None

    def add(self, name: str, about: Text, run: Run | None = None) -> Verb:
        """Declare a verb below this one; `run` does it."""
        if self._verbs is None:
            self._verbs = self._parser.add_subparsers(dest="verb", metavar="VERB", required=True)
        said = self._words(about)
        parser = self._verbs.add_parser(name, help=said, description=said)
        if run is not None:
            parser.set_defaults(run=run)
        return Verb(parser, self._words)

    def takes(self, *names: str, about: Text, **options: Any) -> Verb:
        """Declare an argument as argparse does."""
        self._parser.add_argument(*names, help=self._words(about), **options)
        return self
