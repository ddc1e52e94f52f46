"""What an inspection and a hazard look like to those who may read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from handlers import catalogue, members
from handlers.hazard_table import SEVERITY
from handlers.inspection_records import found_again, items_of
from handlers.kit.buttons import for_action
from handlers.kit.kinds.checklist import name_of, short
from handlers.kit.messages import Attached, Button, Message
from handlers.kit.words import Both, Text, _, joined, lines, p_
from handlers.work import Work
from models import Checklist, Hazard, Inspection, Person, Signature

PRESENCE: dict[str, Text] = {
    "qr": p_("presence", "code scanned on the spot"),
    "location": p_("presence", "location shared"),
    "none": p_("presence", "no proof of presence"),
}
_MOST_PHOTOS = 9


async def card(work: Work, found: Row[Any]) -> Message:
    """An inspection as its reader sees it, with the button to sign while that is due."""
    listed = (await work.db.execute(select(Checklist).where(Checklist.id == found.checklist_id))).one()
    named = await members.known_as(work.db, (found.person_id,))
    items = await items_of(work.db, found.id)
    bad = [item for item in items if item.state == "bad"]
    second = await second_signature(work, found.id)
    known = await _hazards_of(work, found.number)
    again = {row.item_key: row for row in await found_again(work.db, found.number)}
    hazards = again | {row.item_key: row for row in known if row.status != "withdrawn"}
    wordings = {item["key"]: name_of(item) for item in listed.body["items"]}
    text = lines(
        _("(sample)") if found.sample else None,
        joined(f"🛡 {found.number}", _("revision {n}", n=found.revision) if found.revision > 1 else None),
        joined(Both(listed.title_zh, listed.title_en), await catalogue.place_name(work.db, found.place)),
        joined(named[found.person_id], _("{when}", when=found.submitted_at)),
        _(
            "{ok} normal, {bad} abnormal, {na} not applicable",
            ok=_count(items, "ok"),
            bad=len(bad),
            na=_count(items, "na"),
        ),
        *(_bad_line(item, wordings, hazards) for item in bad),
        *(_withdrawn_line(row) for row in known if row.status == "withdrawn"),
        _("Reason for the correction: {reason}", reason=found.note) if found.note else None,
        joined(
            _presence(found),
            _("answered in a batch (several items at once, not one by one)") if found.batch else None,
        ),
        _("📍 {metres} m away from the place", metres=found.away) if found.away is not None else None,
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
    return Message(text, rows, photos=photos)


def _presence(found: Row[Any]) -> Text:
    """How it was shown that somebody was there; what it means where it was not."""
    if found.presence == "none":
        return _("no proof of presence (the place's code was not scanned, no location was shared)")
    return PRESENCE[found.presence]


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


async def _hazards_of(work: Work, number: str) -> list[Row[*tuple[Any, ...]]]:
    """The hazards found by any revision of an inspection."""
    query = (
        select(*Hazard.__table__.columns)
        .join(Inspection, Inspection.id == Hazard.inspection_id)
        .where(Inspection.number == number)
        .order_by(Hazard.id)
    )
    return list(await work.db.execute(query))


def _withdrawn_line(hazard: Row[*tuple[Any, ...]]) -> Text:
    title = short(Both(hazard.title_zh, hazard.title_en))
    return _(
        "✂️ Withdrawn: {number} ({severity}) {item}",
        number=hazard.number,
        severity=SEVERITY[hazard.severity],
        item=title,
    )


async def second_signature(work: Work, inspection_id: int) -> Row[str, datetime] | None:
    query = (
        select(Person.name, Signature.signed_at)
        .join(Person, Person.id == Signature.person_id)
        .where(Signature.inspection_id == inspection_id, Signature.post == "second")
    )
    return (await work.db.execute(query)).first()


def _count(items: list[Row[Any]], state: str) -> int:
    return sum(item.state == state for item in items)
