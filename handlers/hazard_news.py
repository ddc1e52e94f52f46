"""Telling whom it concerns that a hazard was reported or moved, with the card and what they may do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace
from sqlalchemy import Row, select

from handlers import chain
from handlers.hazard_actors import actors
from handlers.hazard_card import card_for
from handlers.hazard_table import SIGNERS
from handlers.kit.messages import Message
from handlers.kit.words import Phrase, Text, _
from handlers.work import Work
from models import Feedback

if TYPE_CHECKING:
    from handlers.hazard_moves import Moved

_ALL: Final = ("finder", "responsible", "leaders", "signers")
# What others are told of a move by {name}, and who they are (see `_people`).
_NEWS: Final[Mapping[str, tuple[Phrase, tuple[str, ...]]]] = {
    "reject": (_("✖ {name}: {number} is no hazard, or known already."), ("finder",)),
    "order": (_("📝 {name} ordered that {number} be rectified."), ("responsible", "finder")),
    "accept": (_("✍ {name} accepted the order to rectify {number}."), ("issuer",)),
    "rectify": (_("🔧 {name}: {number} is rectified. Please review it."), ("issuer", "chief")),
    "pass": (_("✔ {name} reviewed {number}; it can be signed."), ("signers", "responsible")),
    "fail": (_("↩ {name} reviewed {number}: it is not rectified yet."), ("responsible", "issuer")),
    "sign": (_("✍ {name} signed {number}."), ("signers",)),
    "close": (_("✔ {number} is closed."), ("finder", "responsible", "issuer", "chief", "signers")),
    "back": (_("↩ {name} sent {number} back."), ("responsible", "issuer", "chief")),
    "ask": (_("⏳ {name} asks for more time for {number}."), ("level",)),
    "grant": (_("✔ {name} granted more time for {number}."), ("responsible",)),
    "deny": (_("✖ {name} granted no more time for {number}."), ("responsible",)),
    "suspend": (_("🚫 {name} closed the area of {number}."), _ALL),
    "lift": (_("🔓 {name} opened the area of {number} again."), _ALL),
    "withdraw": (_("✂️ {name} corrected the inspection: {number} is withdrawn."), ("chief",)),
    "amend": (_("✎ {name} corrected the report {number}."), ("chief",)),
    "external": (_("📤 {name} reported {number} outside."), ("responsible", "issuer", "signers")),
    "recur": (_("🔁 {name} found {number} again."), ("responsible", "chief")),
    "grade": (_("⚖ {name} changed how severe {number} is."), ("responsible", "chief", "signers")),
    "fix": (_("🔧 {name}: {number} was fixed on the spot."), ("finder", "chief")),
}  # fmt: skip


async def reported(work: Work, hazard: Row[Any]) -> None:
    """A new hazard goes to the head of security, a critical one to the director and the deputy at once."""
    if hazard.status != "open":
        return
    head = _("⚠️ New hazard, found by {name}.", name=work.me.name)
    if hazard.severity == "critical":
        first = {"name": work.me.name, "when": hazard.due_at}
        head = _("‼️ Critical hazard, found by {name}. First action by {when}.", **first)
    tags = ("chief", "signers") if hazard.severity == "critical" else ("chief",)
    await _tell(work, hazard, head, tags)


async def moved(work: Work, done: Moved) -> None:
    """Everybody whom a move concerns, but for whoever made it; who was responsible before it always is."""
    name = "close" if done.move == "sign" and done.hazard.status == "closed" else done.move
    if name not in _NEWS:
        return
    said, tags = _NEWS[name]
    gaps = {"name": done.who.contractor or work.me.name, "number": done.hazard.number}
    if name in ("close", "fix"):
        await _thank_visitor(work, done.hazard)
    before = [done.was.responsible_id] if done.was.responsible_id is not None else []
    tags += ("signers",) if name in ("withdraw", "amend") and done.hazard.severity == "critical" else ()
    await _tell(work, done.hazard, replace(said, gaps=gaps), tags, before)


async def _thank_visitor(work: Work, hazard: Row[Any]) -> None:
    """Whoever's comment it came from hears that it was put right."""
    query = select(Feedback.account_id, Feedback.number).where(Feedback.id == hazard.feedback_id)
    comment = (await work.db.execute(query)).first()
    if comment is not None and comment.account_id is not None:
        said = _("Thank you: what you told us in {number} has been put right.", number=comment.number)
        work.send(comment.account_id, Message(said))


async def _tell(
    work: Work, hazard: Row[Any], head: Text, tags: tuple[str, ...], others: Sequence[int] = ()
) -> None:
    people = dict.fromkeys(others)
    for tag in tags:
        people |= dict.fromkeys(await _people(work, hazard, tag))
    people.pop(work.me.id, None)
    known = await actors(work, people)
    for person in people:
        if person in known:
            await work.tell(person, await card_for(work, hazard, known[person], head=head))


async def _people(work: Work, hazard: Row[Any], tag: str) -> list[int]:
    """The people of a tag: a relation to the hazard, or the holders of posts."""
    one = {"finder": hazard.found_by, "responsible": hazard.responsible_id, "issuer": hazard.ordered_by}
    if tag in one:
        person = one[tag]
        if person is None:
            return []
        return [await chain.in_place_of(work.db, person, work.today) if tag == "responsible" else person]
    if tag == "signers":
        return [person for post in SIGNERS for person in await chain.holders(work.db, post, work.today)]
    post = {"chief": "chief", "leaders": "leader", "level": hazard.issued_post}[tag]
    return list(await chain.nearest(work.db, post, work.today))
