"""A person's conversations within one update: loaded, turned, stored, drawn."""

from __future__ import annotations

from datetime import datetime

from bot.drafts import Drafts, Stored
from handlers.kit.buttons import Tap, for_action
from handlers.kit.draw import Pen
from handlers.kit.form import Form, Start
from handlers.kit.messages import Button, Input, Message
from handlers.kit.question import Moment
from handlers.kit.turn import Draft, Turn, turn
from handlers.kit.walk import Walk, walk
from handlers.kit.words import Text, _, lines
from handlers.routes import Routes
from handlers.work import Work

STALE = _("That button is out of date. Here is where you are.")


class Talk:
    """The conversations of `work.me`. At most one is open; the others wait, paused."""

    def __init__(self, work: Work, routes: Routes, drafts: Drafts) -> None:
        self.work = work
        self.routes = routes
        self.drafts = drafts

    async def current(self) -> Stored | None:
        """The open conversation, if its form still exists and the person may still use it."""
        mine = await self.drafts.of(self.work.me.id)
        found = next((stored for stored in mine if stored.status == "open"), None)
        return found if found is not None and self.allowed(found) else None

    async def one(self, conversation_id: int) -> Stored | None:
        """A conversation of this person, whatever its state; never somebody else's."""
        return await self.drafts.one(self.work.me.id, conversation_id)

    async def paused(self) -> list[Stored]:
        """The drafts that wait, the newest first."""
        mine = await self.drafts.of(self.work.me.id)
        waiting = [stored for stored in mine if stored.status == "paused" and self.allowed(stored)]
        return sorted(waiting, key=lambda stored: stored.touched_at, reverse=True)

    async def open(self, form: type[Form], start: Start) -> None:
        """Begin a conversation and ask its first question; the one that was open waits. Where a draft
        of the same form waits already, the person chooses between the two."""
        await self.pause_open()
        older = [stored for stored in await self.paused() if stored.form == form.name and stored.revision > 0]
        stored = await self._insert(form, start, "paused" if older else "open")
        if older:
            self._offer_older(older[0], stored)
            return
        draft = _draft(stored)
        if draft.answers:
            await self._kept(stored, draft)
        await self._ask(stored, draft, self._walk(stored, draft))

    async def _insert(self, form: type[Form], start: Start, status: str) -> Stored:
        now = self.work.now
        until = now + form.lasts
        stored = await self.drafts.begin(
            self.work.me.id,
            form=form.name,
            status=status,
            answers=dict(start.answers),
            facts=dict(start.facts),
            focus=start.focus,
            revision=0,
            misfits=0,
            started_at=now,
            touched_at=now,
            expires_at=until,
        )
        await self.work.due("expire", str(stored.id), until)
        return stored

    def _offer_older(self, older: Stored, fresh: Stored) -> None:
        text = _(
            "You have not finished this yet: {form}{place}. Go on with it?",
            form=self._form(older).opens,
            place=self._place(older),
        )
        go_on = Button(_("Go on"), for_action("resume", older.id), "main")
        anew = Button(_("Start anew"), for_action("anew", fresh.id))
        self.work.reply(Message(lines(text, self._head(older)), ((go_on, anew),)))

    async def resume(self, stored: Stored, *, anew: bool = False) -> None:
        """Go on with a paused conversation where it stood. Drafts of the same form that nobody wrote
        in are dropped, or with `anew` all of them."""
        await self.pause_open()
        for other in await self.paused():
            if other.form == stored.form and other.id != stored.id and (anew or other.revision == 0):
                self.drafts.change(other, status="cancelled")
        self._status(stored, "open")
        draft = _draft(stored)
        if draft.answers and draft.revision == 0:
            await self._kept(stored, draft)
        if not anew:
            self.work.toast = _("Going on with “{form}”.", form=self._form(stored).opens)
        await self._ask(stored, draft, self._walk(stored, draft))

    async def pause_open(self) -> None:
        """Let the open conversation wait, keeping its answers."""
        for one in await self.drafts.of(self.work.me.id):
            if one.status == "open":
                self.drafts.change(one, status="cancelled" if self._asked_once(one) else "paused")

    def _asked_once(self, stored: Stored) -> bool:
        """Whether it is unanswered, and of a form that is not asked again."""
        form = self.routes.forms.get(stored.form)
        return form is not None and form.once and stored.revision == 0

    async def take(self, stored: Stored, given: Input, tap: Tap | None = None) -> Turn:
        """Apply an input to a conversation, store what it changed and answer. An input that was not
        understood is stored as such but not answered: see `show`."""
        form = self._form(stored)
        done = turn(form, _draft(stored), given, self._moment(stored), tap)
        if done.draft != _draft(stored):
            self._store(stored, done.draft)
        if done.kept:
            await self._kept(stored, done.draft)
        return done

    async def answer(self, stored: Stored, done: Turn) -> None:
        """Say what came of a turn."""
        if done.outcome == "silent":
            return
        at = self._walk(stored, done.draft)
        pen = self._pen(stored, done.draft)
        if done.outcome == "submits" or (done.outcome == "asks" and at.here is None and not at.form.review):
            await self._submit(stored, at)
        elif done.outcome == "cancels":
            await self.discard(stored)
        elif done.outcome == "pauses":
            self._status(stored, "paused")
            again = Button(_("Go on"), for_action("resume", stored.id), "main")
            kept = _("Kept for later: “{form}”.", form=at.form.opens)
            self.work.reply(Message(kept, ((again,),), replace=True))
        elif done.outcome == "leaving":
            self.work.reply(pen.leaving(type(at.form)))
        elif done.outcome == "helps":
            self.work.reply(pen.help(at))
        elif done.outcome == "edits":
            self.work.reply(pen.edits(at))
        else:
            if done.outcome == "stale":
                self.work.toast = STALE
            await self._ask(stored, done.draft, at, done.note)

    async def show(self, stored: Stored) -> None:
        """Ask where the conversation stands, or show its review page."""
        draft = _draft(stored)
        await self._ask(stored, draft, self._walk(stored, draft))

    async def _ask(self, stored: Stored, draft: Draft, at: Walk, note: Text | None = None) -> None:
        pen = self._pen(stored, draft)
        asking = at.asking
        if asking is not None:
            self.work.reply(pen.question(at, asking, draft.misfits, note))
        elif at.form.review:
            self.work.reply(pen.review(at, draft.misfits, note))
        else:
            await self._submit(stored, at)

    async def stale(self, tap: Tap) -> None:
        """Answer the button of a conversation that is not open: go on with it, or say what became of it."""
        stored = await self.one(tap.conversation)
        if stored is not None and stored.status == "paused" and self.allowed(stored):
            await self.resume(stored)
            return
        open_one = await self.current()
        if open_one is not None:
            self.work.toast = STALE
            await self.show(open_one)
            return
        done = stored is not None and stored.status == "done"
        self.work.toast = _("That was already submitted.") if done else _("That button is no longer in use.")

    async def offer_draft(self) -> None:
        """Offer to go on with the conversation that is open, or else the newest that waits."""
        here = await self.current()
        if here is not None and self._asked_once(here):
            await self.pause_open()
        waiting = await self.current() or next(iter(await self.paused()), None)
        if waiting is not None and not self.work.shows(for_action("resume", waiting.id)):
            text = _(
                "You have an unfinished draft: {form}{place}",
                form=self._form(waiting).opens,
                place=self._place(waiting),
            )
            self.work.reply(Message(lines(text, self._head(waiting)), _go_on_or_discard(waiting)))

    def _place(self, stored: Stored) -> str:
        """Where a draft stands inside a question with parts, such as ` 8/14`."""
        here = self._walk(stored, _draft(stored)).here
        progress = here.question.progress(here) if here else None
        return f" {progress[0]}/{progress[1]}" if progress else ""

    def _head(self, stored: Stored) -> Text | None:
        return self._walk(stored, _draft(stored)).form.head()

    async def expire(self, stored: Stored) -> datetime | None:
        """Apply the form's policy to a conversation left alone; returns when to look again, if ever."""
        form = self._form(stored)
        quiet_since: datetime = stored.touched_at + form.lasts
        # A reminder moves `expires_at` behind what the last touch alone would make it.
        reminded = stored.expires_at > quiet_since
        until: datetime = stored.expires_at if reminded else quiet_since
        if until > self.work.now:
            return until
        if form.on_expiry == "submit":
            await self._submit(stored, self._walk(stored, _draft(stored)))
            return None
        if reminded or form.on_expiry != "remind":
            self._status(stored, "expired")
            return None
        return await self._remind(stored)

    async def _remind(self, stored: Stored) -> datetime:
        """Say that a draft still waits; returns until when."""
        form = self._form(stored)
        until = self.work.now + form.lasts
        day = until.astimezone(self.work.rules.zone).date()
        text = _("Your draft “{form}” is still waiting. It is kept until {day}.", form=form.opens, day=day)
        await self.work.tell(stored.person_id, Message(text, _go_on_or_discard(stored)))
        self.drafts.change(stored, expires_at=until)
        return until

    async def discard(self, stored: Stored) -> None:
        """Throw a conversation away, with what it has kept so far as far as its form can."""
        self._status(stored, "cancelled")
        stays = await self._dropped(stored)
        self.work.reply(Message(lines(stays or _("Discarded. Nothing was submitted.")), replace=True))
        await self.offer_draft()

    async def _dropped(self, stored: Stored) -> Text | None:
        """What the form says stays all the same. One that has nothing to say is not even looked into, so that
        a draft that no version can read any more can be discarded too."""
        if self._form(stored).dropped is Form.dropped:
            return None
        self.work.conversation_id, self.work.started = stored.id, stored.started_at
        stays: Text | None = await self._walk(stored, _draft(stored)).form.dropped(self.work)
        return stays

    async def _submit(self, stored: Stored, at: Walk) -> None:
        self._status(stored, "done")
        self.work.conversation_id, self.work.started = stored.id, stored.started_at
        await at.form.submit(self.work)
        if self.work.opening is None:
            await self.offer_draft()

    async def _kept(self, stored: Stored, draft: Draft) -> None:
        if self._form(stored).kept is Form.kept:
            return
        self.work.conversation_id, self.work.started = stored.id, stored.started_at
        await self._walk(stored, draft).form.kept(self.work)

    def _store(self, stored: Stored, draft: Draft) -> None:
        self.drafts.change(
            stored,
            answers=dict(draft.answers),
            focus=draft.focus,
            revision=draft.revision,
            misfits=draft.misfits,
            album=draft.album,
            touched_at=self.work.now,
        )

    def _status(self, stored: Stored, status: str) -> None:
        self.drafts.change(stored, status=status, touched_at=self.work.now)

    def allowed(self, stored: Stored) -> bool:
        """Whether the conversation's form still exists and the person may still use it."""
        form = self.routes.forms.get(stored.form)
        return form is not None and self.work.me.may(form.needs)

    def _form(self, stored: Stored) -> type[Form]:
        return self.routes.forms[stored.form]

    def _moment(self, stored: Stored) -> Moment:
        started = stored.started_at.astimezone(self.work.rules.zone)
        return Moment(self.work.local, started, stored.facts, self.work.tongue)

    def _walk(self, stored: Stored, draft: Draft) -> Walk:
        return walk(self._form(stored), draft.answers, self._moment(stored), draft.focus)

    def _pen(self, stored: Stored, draft: Draft) -> Pen:
        return Pen(stored.id, draft.revision, replace=self.work.given.data is not None)


def _draft(stored: Stored) -> Draft:
    return Draft(stored.answers, stored.focus, stored.revision, stored.misfits, stored.album)


def _go_on_or_discard(stored: Stored) -> tuple[tuple[Button, ...], ...]:
    go_on = Button(_("Go on"), for_action("resume", stored.id), "main")
    return ((go_on, Button(_("Discard"), for_action("discard", stored.id), "quiet")),)
