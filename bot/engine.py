"""The engine: an update takes effect in one transaction, from the inbox mark to the outbox rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import endings, identity, inbox, outbox
from bot.company import Company
from bot.db import Database, is_conflict
from bot.dispatch import Dispatch
from bot.drafts import Drafts, Ids
from bot.errors import Unavailable
from bot.i18n import Languages, Speech
from bot.limits import Limits, Trial
from bot.messages import Accepted, Update, sanitised, storable
from bot.outbox import Parcel, Posted, Room, always
from handlers.kit.grammar import clean
from handlers.kit.messages import Message
from handlers.kit.words import _, say
from handlers.routes import Routes
from handlers.work import Files, Rules, Work

log = structlog.get_logger(__name__)

Ring = Callable[[list[int]], None]
Failure = Callable[[str, str], None]

ABREAST: Final = 2  # transactions under way at once, where the database takes more than one

SORRY = _("Sorry, something went wrong on our side. What you entered before is kept; please try again.")


def utc_now() -> datetime:
    return datetime.now(UTC)


def _unnoticed(channel: str, what: str) -> None:
    """Nobody counts."""


class Engine:
    """Takes updates from every channel.

    `ring` is called after a commit with the accounts written to, `failure` with the channel of an update
    and `failed` for each attempt, then `dead` when it is given up; `room` is that of `outbox.post`.
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
        room: Room = always,
    ) -> None:
        self.database = database
        self.languages = languages
        self.routes = routes
        self.rules = rules
        self.files = files
        self.pulling = frozenset(pulling)
        self.ring = ring
        self.failure = failure
        self.room = room
        self.limits = Limits()
        self._ids = Ids()
        self._company = Company(self._together, 1 if database.sqlite else ABREAST)

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
                return await self._company.join(update)
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

    async def settle(self) -> None:
        """Wait until all that was handed in has taken effect."""
        await self._company.settle()

    async def dead(self, channel: str, external_id: str, raw: dict[str, object], reason: str) -> None:
        """Keep an update that no channel could read, so that it is not delivered for ever."""
        async with self.database.transaction() as db:
            for _attempt in range(inbox.MOST_ATTEMPTS):
                await inbox.failed(db, channel, external_id, raw, utc_now(), reason)

    async def _together(self, updates: Sequence[Update]) -> list[Accepted]:
        """Let the updates of several senders take effect, all or none."""
        trial = Trial(self.limits)
        try:
            return await self._tried(updates, trial)
        except Exception:
            trial.take_back()  # all of them come again, and must not be too many because of that
            raise

    async def _tried(self, updates: Sequence[Update], trial: Trial) -> list[Accepted]:
        now = utc_now()
        async with self.database.transaction() as db:
            fresh = await inbox.mark(db, updates, now)
            new = [update for update, first in zip(updates, fresh, strict=True) if first]
            works = await self._works(db, new, now, trial)
            posted = await outbox.post(
                db,
                [_parcel(work, update) for work, update in zip(works, new, strict=True)],
                self.languages,
                now,
                pulling=self.pulling,
                room=self.room,
            )
            accepted = {id(update): _accepted(work, posted) for work, update in zip(works, new, strict=True)}
            for update in updates:
                if id(update) not in accepted:
                    account_id, carried = await outbox.answered(db, update)
                    posted.accounts += account_id  # whoever should have said so may have died
                    accepted[id(update)] = Accepted(fresh=False, carried=carried)
        self.ring(posted.accounts)
        return [accepted[id(update)] for update in updates]

    async def _works(
        self, db: AsyncConnection, updates: Sequence[Update], now: datetime, trial: Trial
    ) -> list[Work]:
        """What each of `updates` does, done one after the other, and stored but for what it sends."""
        if not updates:
            return []
        senders = [(update.channel, update.sender) for update in updates]
        people = await identity.identify(db, senders, now, self.languages.default)
        drafts = Drafts(db, self._ids)
        await drafts.load({me.id for me in people})
        asked = zip(people, updates, strict=True)
        typing = [me.account_id for me, update in asked if update.input.text and not update.input.is_command]
        newest = await outbox.newest(db, typing)
        works = []
        for me, update in zip(people, updates, strict=True):
            tongue = self.languages(me.locale)
            work = Work(
                db,
                me,
                self.rules,
                tongue,
                now,
                self.routes,
                update.input,
                files=self.files,
                settle=drafts.settle,
            )
            works.append(work)
            if update.left is None:
                shown = newest.get(me.account_id, ())
                await Dispatch(work, self.routes, trial, drafts, shown).take(update)
        await drafts.write()
        await endings.write(db, works)
        return works

    async def _failed(self, update: Update, error: Exception) -> int:
        """Count a failed attempt; returns how many there were."""
        log.error("update failed", channel=update.channel, update=update.external_id, exc_info=error)
        self.failure(update.channel, "failed")
        what = clean(f"{type(error).__name__}: {error}", 2000)
        try:
            return await self._count(update, storable(update.raw), what)
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
                sender = [(update.channel, update.sender)]
                [me] = await identity.identify(db, sender, now, self.languages.default)
                work = Work(db, me, self.rules, self.languages(me.locale), now, self.routes)
                work.reply(SORRY)
                for admin in await work.holders("admin"):
                    await work.tell(admin, Message(told))
                parcels = [Parcel(work.sendings)]
                posted = await outbox.post(db, parcels, self.languages, now, pulling=self.pulling)
        except (SQLAlchemyError, ValueError):  # its sender is what cannot be stored: nobody to tell
            log.exception("no apology possible", channel=update.channel, update=update.external_id)
            return
        self.ring(posted.accounts)


def _parcel(work: Work, update: Update) -> Parcel:
    shown = {work.me.account_id: update.tapped} if update.tapped else {}
    return Parcel(work.sendings, work.me, update, shown)


def _accepted(work: Work, posted: Posted) -> Accepted:
    toast = say(work.toast, work.tongue) if work.toast is not None else None
    return Accepted(fresh=True, toast=toast, carried=posted.carried.get(work.me.account_id))
