"""Telling the leader of an inspection, and the second signature under it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select

from handlers import catalogue
from handlers.inspection_records import Stored, items_of, one_inspection, second_signer
from handlers.kit.buttons import for_action, id_in
from handlers.kit.kinds.checklist import name_of, short
from handlers.kit.messages import Attached, Button, Message
from handlers.kit.words import Both, Text, _, joined, lines, p_
from handlers.roles import ROLES
from handlers.routes import Routes
from handlers.work import Work
from models import Checklist, Hazard, Inspection, Person, Signature

routes = Routes()

_ASKS = r"\W*(?:查|查询|查看|check|status)?\W*"
NUMBER = re.compile(rf"{_ASKS}(XJ-\d{{8}}-\d{{4,9}})\W*", re.IGNORECASE)
HAZARD = re.compile(rf"{_ASKS}(YH-\d{{4}}-\d{{4,9}})\W*", re.IGNORECASE)
PRESENCE: dict[str, Text] = {
    "qr": p_("presence", "code scanned on the spot"),
    "location": p_("presence", "location shared"),
    "none": p_("presence", "no proof of presence"),
}
SEVERITY: dict[str, Text] = {
    "critical": p_("severity", "critical"),
    "major": p_("severity", "major"),
    "minor": p_("severity", "minor"),
}
HAZARD_STATES: dict[str, Text] = {
    "open": p_("hazard", "to be rectified"),
    "fixed_on_spot": p_("hazard", "fixed on the spot"),
    "closed": p_("hazard", "closed"),
    "withdrawn": p_("hazard", "withdrawn by a correction"),
}
# Who may sign for a post: the post itself or anyone above it.
_CHAIN = ("guard", "leader", "chief", "deputy", "director")
_MOST_PHOTOS = 9


async def tell_leaders(work: Work, stored: Stored) -> None:
    """Ask the second signer, or where nobody has that post the next above, or else the administrators."""
    found = await one_inspection(work.db, str(stored.id))
    assert found is not None  # stored in this transaction
    posts = _signers(stored.waits_for or "leader")
    people = await work.holders(*posts, "admin")
    others = [person_id for person_id in people if person_id != work.me.id]
    if not others:
        others = [
            person_id for person_id in await work.holders(*posts[1:], "admin") if person_id != work.me.id
        ]
    message = await _card(work, found)
    for person_id in others:
        await work.tell(person_id, message)
    if await _has_critical(work, stored.id):
        for person_id in set(await work.holders("chief")) | set(await work.holders("deputy", "director")):
            if person_id not in (*others, work.me.id):
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
    message = await _card(work, found)
    work.reply(Message(message.text, message.rows, replace=True, subject=message.subject))


@routes.recognises(needs="inspect", order=11, first=True)
async def look_up(work: Work, said: str) -> bool:
    """`查 XJ-…` or `查 YH-…`: one's own, or any for leaders."""
    if asked := NUMBER.fullmatch(said):
        await _show_inspection(work, asked[1].upper())
    elif asked := HAZARD.fullmatch(said):
        await _show_hazard(work, asked[1].upper())
    return asked is not None


async def _show_inspection(work: Work, number: str) -> None:
    query = select(Inspection).where(Inspection.number == number, Inspection.current)
    found = (await work.db.execute(query)).first()
    if found is not None and (found.person_id == work.me.id or work.me.may("see inspections")):
        work.reply(await _card(work, found))
    else:
        work.reply(_("There is no inspection {number} that you may see.", number=number))


async def _show_hazard(work: Work, number: str) -> None:
    found = (await work.db.execute(select(Hazard).where(Hazard.number == number))).first()
    if found is not None and (found.found_by == work.me.id or work.me.may("see inspections")):
        work.reply(await _hazard_card(work, found))
    else:
        work.reply(_("There is no hazard {number} that you may see.", number=number))


async def _cannot_sign(work: Work, found: Row[Any]) -> Text | None:
    """Why this person cannot sign now, or None if they can."""
    if not found.current:
        return _("That was corrected since; please sign the newest version.")
    if found.person_id == work.me.id:
        return _("The inspector cannot give the second signature.")
    if (signed := await _second(work, found.id)) is not None:
        return _("{name} has signed already.", name=signed.name)
    post = await second_signer(work.db, found.checklist_id)
    if post is None or not work.me.roles & set(_signers(post)):
        return _("This checklist is signed by: {post}.", post=ROLES.get(post or "", "–"))
    return None


def _signers(post: str) -> list[str]:
    """The roles that may sign for `post`, the nearest first."""
    return [post, "deputy", "director"] if post not in _CHAIN else list(_CHAIN[_CHAIN.index(post) :])


async def _card(work: Work, found: Row[Any]) -> Message:
    """An inspection as its reader sees it, with the button to sign while that is due."""
    listed = (await work.db.execute(select(Checklist).where(Checklist.id == found.checklist_id))).one()
    name = await work.db.scalar(select(Person.name).where(Person.id == found.person_id))
    items = await items_of(work.db, found.id)
    bad = [item for item in items if item.state == "bad"]
    second = await _second(work, found.id)
    hazards = {
        row.item_key: row
        for row in await work.db.execute(select(Hazard).where(Hazard.inspection_id == found.id))
    }
    wordings = {item["key"]: name_of(item) for item in listed.body["items"]}
    text = lines(
        joined(f"🛡 {found.number}", _("revision {n}", n=found.revision) if found.revision > 1 else None),
        joined(Both(listed.title_zh, listed.title_en), await catalogue.place_name(work.db, found.place)),
        joined(name or "–", _("{when}", when=found.submitted_at)),
        _(
            "{ok} normal, {bad} abnormal, {na} not applicable",
            ok=_count(items, "ok"),
            bad=len(bad),
            na=_count(items, "na"),
        ),
        *(_bad_line(item, wordings, hazards) for item in bad),
        joined(PRESENCE[found.presence], _("answered in a batch") if found.batch else None),
        _("⚡ Finished very fast: {seconds} s for {count} items", seconds=found.seconds, count=len(items))
        if found.too_fast
        else None,
        _("✍ Signed by {name}, {when}", name=second.name, when=second.signed_at) if second else None,
    )
    due = found.current and second is None and listed.body.get("signs", [None])[1:]
    rows = ((Button(_("✍ Sign"), for_action("sign", found.id), "main"),),) if due else ()
    pictures = [photo for item in bad for photo in item.photos] + list(found.spot_photos)
    photos = tuple(
        Attached(one["sha"], one["name"] or "photo.jpg", one["mime"]) for one in pictures[:_MOST_PHOTOS]
    )
    return Message(text, rows, photos=photos, subject=f"inspection:{found.id}")


def _bad_line(item: Row[Any], wordings: dict[str, Both], hazards: dict[str, Row[Any]]) -> Text:
    hazard = hazards.get(item.key)
    what = _(
        "{number}. {item}: {note}",
        number=item.number,
        item=short(wordings.get(item.key, Both(item.key, item.key))),
        note=item.note or "–",
    )
    if item.fixed:
        return joined("🔧", what, _("(fixed on the spot)"), between=" ")
    if hazard is None:
        return joined("⚠️", what, between=" ")
    due = _(
        "({number}, {severity}, due {when})",
        number=hazard.number,
        severity=SEVERITY[hazard.severity],
        when=hazard.due_at,
    )
    return joined("⚠️", what, due, between=" ")


async def _hazard_card(work: Work, hazard: Row[Any]) -> Message:
    overdue = hazard.status == "open" and hazard.due_at is not None and hazard.due_at < work.now
    text = lines(
        joined(f"⚠️ {hazard.number}", SEVERITY[hazard.severity]),
        joined(Both(hazard.title_zh, hazard.title_en), await catalogue.place_name(work.db, hazard.place)),
        hazard.note,
        joined(HAZARD_STATES[hazard.status], _("overdue") if overdue else None),
        _("Found {when}", when=hazard.found_at),
        _("Due {when}", when=hazard.due_at) if hazard.due_at else None,
    )
    photos = tuple(Attached(one["sha"], one["name"] or "photo.jpg", one["mime"]) for one in hazard.photos)
    return Message(text, photos=photos, subject=f"hazard:{hazard.id}")


async def _second(work: Work, inspection_id: int) -> Row[str, datetime] | None:
    query = (
        select(Person.name, Signature.signed_at)
        .join(Person, Person.id == Signature.person_id)
        .where(Signature.inspection_id == inspection_id, Signature.post == "second")
    )
    return (await work.db.execute(query)).first()


async def _has_critical(work: Work, inspection_id: int) -> bool:
    query = select(Hazard.id).where(
        Hazard.inspection_id == inspection_id, Hazard.severity == "critical", Hazard.status == "open"
    )
    return (await work.db.execute(query)).first() is not None


def _count(items: list[Row[Any]], state: str) -> int:
    return sum(item.state == state for item in items)
