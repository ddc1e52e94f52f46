"""Timers: due work that is done at once, in the transaction that marks it done; and drafts that expire."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, select

from bot import endings, identity
from bot.drafts import Drafts
from bot.due import DueWork
from bot.talk import Talk
from handlers.work import Work
from models import Conversation, Due


class Clock(DueWork):
    """Runs the timers that conversations declare, and lets abandoned drafts expire."""

    def _mine(self) -> ColumnElement[bool]:
        return Due.kind.not_in(self.engine.routes.jobs)

    async def _do(self, row: Row[Any]) -> list[int] | None:
        async with self.database.transaction() as db:
            if await self._take(db, row, status="done") is None:
                return None
            work = self._work(db)
            if row.kind == "expire":
                await self._expire(work, int(row.key))
            else:
                await self.engine.routes.timers[row.kind](work, row.key)
            await endings.write(db, [work])
            return await self._post(db, work.sendings)

    async def _expire(self, work: Work, conversation_id: int) -> None:
        owner = await work.db.scalar(select(Conversation.person_id).where(Conversation.id == conversation_id))
        me = await identity.last_seen(work.db, owner, self.engine.languages.default) if owner else None
        if me is None:
            return
        work.me, work.tongue = me, self.engine.languages(me.locale)
        drafts = Drafts(work.db)
        work.settle = drafts.settle
        talk = Talk(work, self.engine.routes, drafts)
        stored = await talk.one(conversation_id)
        if stored is None or stored.status not in {"open", "paused"}:
            return
        if stored.form not in self.engine.routes.forms:  # of a version that had it
            return
        again = await talk.expire(stored)
        await drafts.write()
        if again is not None:
            await work.due("expire", str(conversation_id), again)
