"""A conversation that was opened but has nothing in it yet makes room for another of its form."""

from __future__ import annotations

from sqlalchemy import select, update

from handlers.kit.form import Form
from handlers.work import Work
from models import Conversation


async def make_room(work: Work, form: type[Form]) -> None:
    """Drop the open conversation of `form` if nothing was answered in it."""
    await work.settle()
    mine = (
        Conversation.person_id == work.me.id,
        Conversation.form == form.name,
        Conversation.status == "open",
    )
    found = (await work.db.execute(select(Conversation.id, Conversation.answers).where(*mine))).first()
    if found is not None and not found.answers:
        gone = update(Conversation).where(Conversation.id == found.id)
        await work.db.execute(gone.values(status="cancelled"))
