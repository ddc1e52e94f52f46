"""Where an update goes: a deep link, a button, a reply, a command, or the conversation that is open."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from bot import outbox
from bot.drafts import Drafts, Stored
from bot.limits import MEMBER_MESSAGES, VISITOR_MESSAGES, VISITOR_PHOTOS, Trial
from bot.messages import Payload, Update
from bot.talk import Talk
from handlers.kit.buttons import id_in, read_action, read_tap
from handlers.kit.messages import Input
from handlers.kit.turn import control_word
from handlers.kit.words import Text, _
from handlers.members import posts
from handlers.roles import PERMISSIONS
from handlers.routes import Command, Routes
from handlers.work import Work

DENIED = _(
    "That is not open to you. If you work here, ask your supervisor for an invite code and type it here."
)
NOT_YOURS = _(
    "That is not open to you: it is no task of your post ({posts}), but of: {others}. "
    "Should it be yours, too, ask an administrator."
)
WAITING = _("A supervisor still has to confirm your post; you will be told at once.")


class Dispatch:
    """One update's way through the routes."""

    def __init__(
        self, work: Work, routes: Routes, limits: Trial, drafts: Drafts, newest: Sequence[Payload] = ()
    ) -> None:
        self.work = work
        self.routes = routes
        self.limits = limits
        self.newest = newest  # the messages last sent to this account
        self.talk = Talk(work, routes, drafts)
        self._numbered = False

    async def take(self, update: Update) -> None:
        """Do what the update asks for; every update is answered, except the further photos of an album."""
        self._numbered = update.numbered
        if not self._within_limits(update.input):
            return
        given = update.input
        if given.heard:
            self.work.reply(_("🎤 Understood as: {words}", words=given.text))
        if update.link is not None:
            await self._link(update.link)
        elif given.data is not None:
            await self._tapped(given)
        elif update.replied_to is not None and await self._replied(update.replied_to, given):
            pass
        else:
            await self._said(given)
        await self._open_what_was_asked()
        if self.work.toast is not None and (given.data is None or update.numbered):  # no tap to show it over
            self.work.reply(self.work.toast)
            self.work.toast = None

    def _within_limits(self, given: Input) -> bool:
        me = self.work.me
        most = MEMBER_MESSAGES if me.roles else VISITOR_MESSAGES
        if not self.limits.allow(f"messages:{me.id}", most, 60):
            if self.limits.allow(f"told:{me.id}", 1, 60):
                self.work.reply(_("That was a lot at once. Please wait a minute, then go on."))
            return False
        if me.roles or all(
            self.limits.allow(f"photos:{me.id}", VISITOR_PHOTOS, 3600) for _photo in given.photos
        ):
            return True
        self.work.reply(_("Please send at most {most} photos an hour.", most=VISITOR_PHOTOS))
        return False

    async def _link(self, payload: str) -> None:
        prefix, _sep, code = payload.partition("_")
        handler = self.routes.links.get(prefix)
        if handler is None or not code:
            await self._run(self.routes.commands["start"], "")
            return
        await handler(self.work, code)
        await self._offer_draft()

    async def _tapped(self, given: Input) -> None:
        data = given.data or ""
        tap = read_tap(data)
        if tap is not None:
            stored = await self.talk.current()
            if stored is None or stored.id != tap.conversation:
                await self.talk.stale(tap)
                return
            done = await self.talk.take(stored, given, tap)
            await self.talk.answer(stored, done)
            return
        name, argument = read_action(data) or ("", "")
        if name in {"resume", "anew", "discard"}:
            await self._draft_action(name, argument)
            return
        action = self.routes.actions.get(name)
        if action is None:
            self.work.toast = _("That button is no longer in use.")
        elif not self.work.me.may(action.needs):
            self.work.toast = self._denied(action.needs)
        else:
            await action.run(self.work, argument)

    async def _draft_action(self, name: str, argument: str) -> None:
        stored = await self.talk.one(id_in(argument))
        if stored is None or stored.status not in {"open", "paused"} or not self.talk.allowed(stored):
            self.work.toast = _("That draft is no longer there.")
        elif name == "discard":
            await self.talk.discard(stored)
        else:
            await self.talk.resume(stored, anew=name == "anew")

    async def _replied(self, external_id: str, given: Input) -> bool:
        """Hand a reply to whoever the message it answers was about; False if it was about nothing."""
        subject = await outbox.subject_of(self.work.db, self.work.me.account_id, external_id)
        kind, _sep, key = (subject or "").partition(":")
        route = self.routes.replies.get(kind)
        if route is None or not given.text or not self.work.me.may(route.needs):
            return False
        await route.run(self.work, key)
        return True

    async def _said(self, given: Input) -> None:
        stored = await self.talk.current()
        if given.is_command and not (stored is not None and control_word(given.text)):
            await self._command(given.text)
        elif (data := self._named_button(given)) is not None:
            await self._tapped(replace(given, data=data, text=""))
        elif await self._recognised(given.text, first=True):
            await self._offer_draft()
        elif given.photos and await self._called(given.text, photos=True):
            pass
        elif stored is not None:
            await self._converse(stored, given)
        elif given.refused is not None:
            self.work.reply(given.refused)
        elif not await self._called(given.text) and not await self._recognised(given.text):
            await self._lost(given)

    def _named_button(self, given: Input) -> str | None:
        """The button of the newest message that was typed instead of tapped, such as 放弃 or 签字."""
        if not given.text or given.photos or given.voice:
            return None
        return outbox.button_called(self.newest, given.text, by_number=self._numbered)

    async def _converse(self, stored: Stored, given: Input) -> None:
        done = await self.talk.take(stored, given)
        # What the question does not understand may be meant for somebody else: 汇总, or a code.
        missed = done.draft.misfits > 0 and not done.kept and given.text
        if missed and (await self._called(given.text) or await self._recognised(given.text)):
            return
        await self.talk.answer(stored, done)

    async def _command(self, text: str) -> None:
        spoken = self.routes.spoken(text)
        if spoken is not None:
            await self._run(*spoken)
            return
        self.work.reply(_("There is no such command. These are yours:"))
        await self._run(self.routes.commands["help"], "")

    async def _called(self, text: str, *, photos: bool = False) -> bool:
        """Run the command that plain words call for, such as 汇总 本月; with `photos` one that takes those
        they came with. A sentence that begins with the name of a command the person does not have is a
        sentence: “People here are kind”."""
        spoken = self.routes.spoken(text) if text.strip() else None
        if spoken is None or (photos and not spoken[0].photos):
            return False
        if (spoken[1] or photos) and not self.work.me.may(spoken[0].needs):
            return False
        await self._run(*spoken)
        return True

    async def _run(self, command: Command, rest: str) -> None:
        if not self.work.me.may(command.needs):
            self.work.reply(self._denied(command.needs))
            return
        await command.run(self.work, rest)
        await self._offer_draft()

    async def _offer_draft(self) -> None:
        if self.work.opening is None:
            await self.talk.offer_draft()

    def _denied(self, needs: str) -> Text:
        me = self.work.me
        if me.pending_role:
            return WAITING
        if not me.roles:
            return DENIED
        return replace(NOT_YOURS, gaps={"posts": posts(me.roles), "others": posts(PERMISSIONS[needs])})

    async def _recognised(self, text: str, *, first: bool = False) -> bool:
        files = bool(self.work.given.photos or self.work.given.voice)
        asked = (
            one
            for one in self.routes.recognisers
            if one.first == first and (text.strip() or (one.files and files))
        )
        for recognised in asked:
            if self.work.me.may(recognised.needs) and await recognised.run(self.work, text):
                return True
        return False

    async def _lost(self, given: Input) -> None:
        if control_word(given.text) in {"back", "cancel", "skip", "later"}:
            self.work.reply(_("Nothing is open right now."))
        else:
            self.work.reply(_("Sorry, that was not understood. These are the things you can do here:"))
        await self._run(self.routes.commands["start"], "")

    async def _open_what_was_asked(self) -> None:
        """Open the conversation a handler asked for; submitting it at once may ask for another."""
        while (opening := self.work.opening) is not None:
            self.work.opening = None
            await self.talk.open(opening.form, opening.start)
