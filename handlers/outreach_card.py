"""An outreach activity as those who approve it see it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import ColumnElement, Row, select

from handlers import outreach_team as teams
from handlers import themes
from handlers.kit.buttons import for_action
from handlers.kit.kinds.when import spoken_minutes
from handlers.kit.messages import Attached, Button, Message
from handlers.kit.words import Text, _, joined, lines, n_, p_
from handlers.outreach_codes import PLACE_KINDS, TYPES
from handlers.outreach_records import one, person_name
from handlers.work import Work
from models import Outreach, OutreachMember

STATES: dict[str, Text] = {
    "pending": p_("activity", "waiting for approval"),
    "approved": p_("activity", "approved"),
    "returned": p_("activity", "returned to be mended"),
}
REASONS: dict[str, Text] = {
    "time": _("The time given is too long"),
    "count": _("The numbers do not fit"),
    "photo": _("Photos are missing"),
    "twice": _("It is on record already"),
}


async def tell_approvers(work: Work, outreach_id: int, *, note: Text | None = None) -> None:
    """Send the card, under a `note`, to the education staff, or to the administrators where the staff is
    only oneself."""
    found = await one(work.db, outreach_id)
    if found is None:
        return
    others = [person for person in await work.holders("staff", "admin") if person != work.me.id]
    others = others or [person for person in await work.holders("admin") if person != work.me.id]
    message = await card(work, found, note=note, fresh=True)
    for person_id in others:
        await work.tell(person_id, message)


async def card(work: Work, found: Row[Any], *, note: Text | None = None, fresh: bool = False) -> Message:
    """The activity for those who approve, with its buttons while it waits; `note` stands over it.
    If `fresh`, it comes as a new message with the photos, else it replaces what was tapped."""
    rows = await teams.rows_of(work.db, found.id)
    waits = found.status == "pending" or any(row.waits for row in rows)
    text = lines(note, "" if note else None, *await _told(work, found, rows))
    pictures = tuple(Attached(one["sha"], one["name"] or "photo.jpg", one["mime"]) for one in found.photos)
    return Message(
        text,
        _buttons(found) if waits else (),
        replace=not fresh,
        photos=pictures if fresh else (),
    )


def headline(found: Row[Any]) -> Text:
    """The activity in a line: its number, day, theme and type, and whether it is sample data."""
    theme = themes.theme(found.theme)
    return joined(
        _("📣 {number} · {day}", number=found.number, day=found.day),
        theme.name if theme else None,
        TYPES.get(found.kind, found.kind),
        _("(sample)") if found.sample else None,
    )


def reason(said: str | None) -> Text:
    """Why an activity was returned: one of the usual reasons, or the words written."""
    return REASONS.get(said or "", said or "")


async def _told(work: Work, found: Row[Any], rows: list[Row[Any]]) -> list[Text | None]:
    decider = found.returned_by if found.status == "returned" else found.approved_by
    decided = await person_name(work.db, decider) if decider else None
    state = STATES[found.status]
    return [
        headline(found),
        joined(PLACE_KINDS.get(found.place_kind, found.place_kind), found.place or None, _times(found)),
        _reached(found),
        n_("{count} leaflet", "{count} leaflets", found.leaflets) if found.leaflets else None,
        n_("{count} online view", "{count} online views", views) if (views := found.online_views) else None,
        *_team(rows),
        _("With: {partners}", partners=found.partners) if found.partners else None,
        found.note,
        _("Logged by {name}", name=await person_name(work.db, found.person_id)),
        _("State: {state}", state=_("{state} ({name})", state=state, name=decided) if decided else state),
        _late(rows),
    ]


def _times(found: Row[Any]) -> Text:
    sessions = n_("{count} session", "{count} sessions", found.sessions)
    if not found.starts:
        return sessions
    return joined(f"{found.starts}–{found.ends}" if found.ends else found.starts, sessions)


def _reached(found: Row[Any]) -> Text | None:
    if not found.participants:
        return None
    groups = [
        n_("{count} minor", "{count} minors", found.minors) if found.minors else None,
        _("{count} elderly", count=found.elderly) if found.elderly else None,
        _("{count} disabled", count=found.disabled) if found.disabled else None,
    ]
    return joined(n_("{count} participant", "{count} participants", found.participants), *groups)


def _team(rows: list[Row[Any]]) -> list[Text | None]:
    """How many people gave how much time in all, and who of them is known."""
    if not rows:
        return []
    total = spoken_minutes(sum(row.minutes for row in rows))
    named = [_with_time(row) for row in rows if teams.shown(row)]
    unnamed = Counter(row.minutes for row in rows if not teams.shown(row))
    counted = [
        n_("{count} person × {time}", "{count} people × {time}", count, time=spoken_minutes(minutes))
        for minutes, count in unnamed.items()
    ]
    return [
        n_("👥 {count} person, {total} in all", "👥 {count} people, {total} in all", len(rows), total=total),
        joined(*named, *counted),
    ]


def _late(rows: list[Row[Any]]) -> Text | None:
    """Whose time waits although the activity was approved."""
    late = [_with_time(row) for row in rows if row.waits]
    return _("Joined after the approval, not yet approved: {names}", names=joined(*late)) if late else None


def _with_time(row: Row[Any]) -> Text:
    return _("{name} {time}", name=teams.shown(row), time=spoken_minutes(row.minutes))


def _buttons(found: Row[Any]) -> tuple[tuple[Button, ...], ...]:
    at = f"{found.id}.{found.revision}"
    return (
        (Button(_("✔ Approve"), for_action("outreach_ok", at), "main"),),
        (
            Button(_("✎ Amend"), for_action("outreach_amend", at)),
            Button(_("↩ Return"), for_action("outreach_return", at)),
        ),
    )


def waiting() -> ColumnElement[bool]:
    """The condition that an activity, or somebody who joined it, waits for approval."""
    late = select(OutreachMember.outreach_id).where(OutreachMember.waits)
    return (Outreach.status == "pending") | ((Outreach.status == "approved") & Outreach.id.in_(late))
