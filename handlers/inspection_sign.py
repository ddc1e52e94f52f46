"""Telling the leader of an inspection, and the second signature under it."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Row, insert, select

from handlers.inspection_card import card, second_signature
from handlers.inspection_records import Stored, second_signer
from handlers.kit.buttons import id_in
from handlers.kit.messages import Message
from handlers.kit.words import Text, _
from handlers.roles import ROLES
from handlers.routes import Routes
from handlers.work import Work
from models import Inspection, Signature

routes = Routes()

ASKS = r"\W*(?:查|查询|查看|check|status)?\W*"
NUMBER = re.compile(rf"{ASKS}(XJ-\d{{8}}-\d{{4,9}})\W*", re.IGNORECASE)
# Who may sign for a post: the post itself or anyone above it.
_CHAIN = ("guard", "leader", "chief", "deputy", "director")


async def tell_leaders(work: Work, stored: Stored, message: Message) -> None:
    """Ask the second signer, or where nobody has that post the next above, or else the administrators."""
    posts = _signers(stored.waits_for or "leader")
    people = await work.holders(*posts, "admin")
    others = [person_id for person_id in people if person_id != work.me.id]
    if not others:
        others = [
            person_id for person_id in await work.holders(*posts[1:], "admin") if person_id != work.me.id
        ]
    for person_id in others:
        await work.tell(person_id, message)


@routes.action("sign", needs="sign")
async def sign(work: Work, key: str) -> None:
    """The second signature: by the post the checklist names or above, never by the inspector."""
    # The lock lets two leaders who tap at once sign one after the other.
    query = select(Inspection).where(Inspection.id == id_in(key)).with_for_update()
    found = (await work.db.execute(query)).first()
    if found is None:
        work.toast = _("That inspection is no longer there.")
        return
    refused = await _cannot_sign(work, found)
    if refused is not None:
        work.toast = refused
    else:
        signature = {
            "inspection_id": found.id,
            "person_id": work.me.id,
            "post": "second",
            "signed_at": work.now,
        }
        await work.db.execute(insert(Signature).values(**signature))
        work.toast = _("Signed.")
        await work.tell(
            found.person_id,
            Message(_("{number} was signed by {name}.", number=found.number, name=work.me.name)),
        )
    message = await card(work, found)
    work.reply(Message(message.text, message.rows, replace=True))


@routes.recognises(needs="inspect", order=11, first=True)
async def look_up(work: Work, said: str) -> bool:
    """`查 XJ-…`: one's own, or any for leaders."""
    if asked := NUMBER.fullmatch(said):
        await _show_inspection(work, asked[1].upper())
    return asked is not None


async def _show_inspection(work: Work, number: str) -> None:
    query = select(Inspection).where(Inspection.number == number, Inspection.current)
    found = (await work.db.execute(query)).first()
    if found is not None and (found.person_id == work.me.id or work.me.may("see inspections")):
        work.reply(await card(work, found))
    else:
        work.reply(_("There is no inspection {number} that you may see.", number=number))


async def _cannot_sign(work: Work, found: Row[Any]) -> Text | None:
    """Why this person cannot sign now, or None if they can."""
    if not found.current:
        return _("That was corrected since; please sign the newest version.")
    if found.person_id == work.me.id:
        return _("The inspector cannot give the second signature.")
    if (signed := await second_signature(work, found.id)) is not None:
        return _("{name} has signed already.", name=signed.name)
    post = await second_signer(work.db, found.checklist_id)
    if post is None or not work.me.roles & set(_signers(post)):
        return _("This checklist is signed by: {post}.", post=ROLES.get(post or "", "–"))
    return None


def _signers(post: str) -> list[str]:
    """The roles that may sign for `post`, the nearest first."""
    return [post, "deputy", "director"] if post not in _CHAIN else list(_CHAIN[_CHAIN.index(post) :])
