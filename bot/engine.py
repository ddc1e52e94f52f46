"""The engine: one update is one transaction, from the inbox mark to the outbox rows."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError, StatementError

from bot import identity, inbox, outbox
from bot.db import Database, is_conflict
from bot.dispatch import Dispatch
from bot.errors import Unavailable
from bot.i18n import Languages, Speech
from bot.limits import Limits
from bot.messages import Accepted, Payload, Update, sanitised
from handlers.kit.grammar import clean
from handlers.kit.messages import Message
from handlers.kit.words import _, say
from handlers.routes import Routes
from handlers.work import Files, Rules, Work

log = structlog.get_logger(__name__)

Ring = Callable[[list[int]], None]
Failure = Callable[[str, str], None]

SORRY = _("Sorry, something went wrong on our side. What you entered before is kept; please try again.")


def utc_now() -> datetime:
    return datetime.now(UTC)


def _unnoticed(channel: str, what: str) -> None:
    """Nobody counts."""


class Engine:
    """Takes updates from every channel.

    `ring` is called after a commit with the accounts written to, `failure` with the channel of an update
    and `failed` for each attempt, then `dead` when it is given up.
    """

    def __init__(
        self,
        database: Database,
        languages: Languages,
        routes: Routes,
        rules: Rules,
        files: Files,
        *,
        pulling: Collection[str],
        ring: Ring,
        failure: Failure = _unnoticed,
    ) -> None:
        self.database = database
        self.languages = languages
        self.routes = routes
        self.rules = rules
        self.files = files
        self.pulling = frozenset(pulling)
        self.ring = ring
        self.failure = failure
        self.limits = Limits()

    def tongue(self, locale: str | None) -> Speech:
        return self.languages(locale)

    async def seen(self, channel: str, external_id: str) -> bool:
        """Whether an update was taken before."""
        async with self.database.reading() as db:
            return await inbox.seen(db, channel, external_id)

    async def accept(self, update: Update) -> Accepted:
        """Let `update` take effect, once. When this returns, it is committed.

        An update that fails three times is kept as a dead letter, its sender gets an apology, and
        the administrators are told. Raises Unavailable where the database cannot be reached; then
        the channel must not confirm, and will deliver again.
        """
        update = sanitised(update)
        while True:
            try:
                return await self._once(update)
            except Unavailable:
                raise
            except Exception as error:  # the edge where a poisoned update must be stopped
                if is_conflict(error) and self.limits.may_retry(update.external_id):
                    continue
                if await self._failed(update, error) < inbox.MOST_ATTEMPTS:
                    continue
            self.failure(update.channel, "dead")
            await self._apologise(update)
            return Accepted(fresh=True)

    async def dead(self, channel: str, external_id: str, raw: dict[str, object], reason: str) -> None:
        """Keep an update that no channel could read, so that it is not delivered for ever."""
        async with self.database.transaction() as db:
            for _attempt in range(inbox.MOST_ATTEMPTS):
                await inbox.failed(db, channel, external_id, raw, utc_now(), reason)

    async def _once(self, update: Update) -> Accepted:
        now = utc_now()
        async with self.database.transaction() as db:
            if not await inbox.mark(db, update.channel, update.external_id, update.raw, now):
                return Accepted(fresh=False)
            me = await identity.identify(db, update.channel, update.sender, now, self.languages.default)
            if update.left is not None:
                await identity.left(db, me.account_id, blocked=update.left)
                return Accepted(fresh=True)
            tongue = self.languages(me.locale)
            work = Work(db, me, self.rules, tongue, now, self.routes, update.input, files=self.files)
            await Dispatch(work, self.routes, self.limits).take(update)
            written = await outbox.post(
                db,
                work.sendings,
                self.languages,
                now,
                pulling=self.pulling,
                tapped={me.account_id: update.tapped} if update.tapped else None,
                echoes={me.account_id: _echo(update)} if self._echoes(update) else None,
            )
        self.ring(written)
        return Accepted(fresh=True, toast=say(work.toast, tongue) if work.toast is not None else None)

    def _echoes(self, update: Update) -> bool:
        given = update.input
        shown = given.text or given.photos or given.voice or given.location
        return update.channel in self.pulling and not update.quiet and given.data is None and bool(shown)

    async def _failed(self, update: Update, error: Exception) -> int:
        """Count a failed attempt; returns how many there were."""
        log.error("update failed", channel=update.channel, update=update.external_id, exc_info=error)
        self.failure(update.channel, "failed")
        what = clean(f"{type(error).__name__}: {error}", 2000)
        try:
            return await self._count(update, update.raw, what)
        except StatementError:  # the raw update is what cannot be stored
            return await self._count(update, None, what)

    async def _count(self, update: Update, raw: dict[str, Any] | None, error: str) -> int:
        async with self.database.transaction() as db:
            return await inbox.failed(db, update.channel, update.external_id, raw, utc_now(), error)

    async def _apologise(self, update: Update) -> None:
        """Say sorry to the sender of an update that was given up, and tell the administrators."""
        now = utc_now()
        what = {"channel": update.channel, "id": update.external_id}
        told = _("An update could not be handled: {channel} {id}.", **what)
        try:
            async with self.database.transaction() as db:
                me = await identity.identify(db, update.channel, update.sender, now, self.languages.default)
                work = Work(db, me, self.rules, self.languages(me.locale), now, self.routes)
                work.reply(SORRY)
                for admin in await work.holders("admin"):
                    await work.tell(admin, Message(told))
                written = await outbox.post(db, work.sendings, self.languages, now, pulling=self.pulling)
        except (SQLAlchemyError, ValueError):  # its sender is what cannot be stored: nobody to tell
            log.exception("no apology possible", channel=update.channel, update=update.external_id)
            return
        self.ring(written)


def _echo(update: Update) -> Payload:
    """The person's own message as their transcript shows it."""
    given = update.input
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
