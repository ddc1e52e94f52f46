"""A hazard's card: how it stands, its timeline and photos, and buttons for what this person may do now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, select

from handlers import catalogue, chain, members
from handlers.hazard_actors import actor, asking, signed_by
from handlers.hazard_table import MOVES, SEVERITY, SIGNERS, STATES, Actor, refusal, signable
from handlers.kit.buttons import for_action
from handlers.kit.messages import Attached, Button, Message
from handlers.kit.words import Both, Text, _, joined, lines, n_, p_
from handlers.papers_hazard import paper_buttons
from handlers.roles import ROLES, may
from handlers.work import Work
from models import UNSOLVED, Hazard, HazardEvent, HazardLink, HazardSignature, Person

FOR_CONTRACTORS: Final = ("ordered", "accepted")  # states in which a link for one is of use
_MOST_PHOTOS: Final = 9
_MOST_EVENTS: Final = 12  # the newest, so that a card is never too long for a chat
_MOST_NOTE: Final = 80
_MAIN: Final = frozenset({"accept", "rectify", "pass", "grant", "sign"})
_QUIET: Final = frozenset({"suspend", "lift", "external", "reject", "grade", "ask", "amend"})

# What the timeline calls a move.
DONE: Final[Mapping[str, Text]] = {
    "report": p_("hazard move", "reported"),
    "accept": p_("hazard move", "order accepted"),
    "rectify": p_("hazard move", "rectified"),
    "pass": p_("hazard move", "review passed"),
    "fail": p_("hazard move", "review failed"),
    "sign": p_("hazard move", "signed"),
    "back": p_("hazard move", "sent back"),
    "grant": p_("hazard move", "more time granted"),
    "deny": p_("hazard move", "more time refused"),
    "order": p_("hazard move", "rectification ordered"),
    "fix": p_("hazard move", "fixed on the spot"),
    "reject": p_("hazard move", "no hazard, or known already"),
    "ask": p_("hazard move", "more time asked for"),
    "suspend": p_("hazard move", "area closed"),
    "lift": p_("hazard move", "area open again"),
    "external": p_("hazard move", "reported outside"),
    "recur": p_("hazard move", "found again"),
    "withdraw": p_("hazard move", "withdrawn by a correction"),
    "grade": p_("hazard move", "severity changed"),
    "amend": p_("hazard move", "report corrected"),
    "escalate": p_("hazard move", "told, as it was late"),
}


async def hazard_card(work: Work, hazard: Row[Any], *, head: Text | None = None) -> Message:
    """The card for whoever is at work, with photos, as a new message."""
    return await card_for(work, hazard, await actor(work, work.me.id), head=head)


async def card_for(work: Work, hazard: Row[Any], who: Actor, *, head: Text | None = None) -> Message:
    """The card for `who`, with all its photos and papers; under a `head` it is news, with the photos of the
    newest event only, as some channels let us push but few messages."""
    events = await events_of(work, hazard.id)
    who, signed = await asking(work, hazard, who), await signed_by(work, hazard)
    text = lines(
        head,
        "" if head is not None else None,
        *await _standing(work, hazard, events),
        *_order(hazard, events, await members.known_as(work.db, (hazard.responsible_id,))),
        *await _signatures(work, hazard),
        "",
        *_timeline(events),
    )
    shown = _attached(events[-1].photos if events else []) if head is not None else photos_of(hazard, events)
    papers = paper_buttons(hazard, who.id, who.posts)
    below = (await _revoking(work, hazard, who), tuple(papers))
    rows = (*buttons(hazard, who, signed), *filter(None, below))
    return Message(text, rows, photos=shown)


async def _revoking(work: Work, hazard: Row[Any], who: Actor) -> tuple[Button, ...]:
    """The button by which a contractor's link is revoked, while there is one that works."""
    live = select(HazardLink.id).where(*working(hazard.id, work.now)).limit(1)
    if not may(who.posts, "hire contractors") or (await work.db.execute(live)).first() is None:
        return ()
    end = for_action("contractor_end", hazard.id)
    return (Button(_("✖ Revoke the contractor's link"), end, "quiet"),)


def working(hazard_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """The conditions of the links to a hazard by which something can be handed in still."""
    return HazardLink.hazard_id == hazard_id, HazardLink.used_at.is_(None), HazardLink.expires_at > now


async def events_of(work: Work, hazard_id: int) -> list[Row[Any]]:
    """The events of a hazard from the first, each with the `name` of whoever made it."""
    query = (
        select(*HazardEvent.__table__.columns, Person.name.label("name"))
        .join(Person, Person.id == HazardEvent.person_id, isouter=True)
        .where(HazardEvent.hazard_id == hazard_id)
        .order_by(HazardEvent.seq)
    )
    return list(await work.db.execute(query))


def is_late(work: Work, hazard: Row[Any]) -> bool:
    """Whether a hazard is overdue now; derived, never stored."""
    return hazard.status in UNSOLVED and hazard.due_at is not None and hazard.due_at < work.now


def buttons(hazard: Any, who: Actor, signed: Mapping[str, int]) -> tuple[tuple[Button, ...], ...]:
    """What somebody may do now: the main thing alone in its row, the rest two by two."""
    at = f"{hazard.id}.{hazard.seq}"
    main = [
        Button(_("✍ Sign as {post}", post=SIGNERS[post]), for_action("hz_sign", f"{at}.{post}"), "main")
        for post in signable(hazard, who, signed)
    ]
    rest: list[Button] = []
    for name, move in MOVES.items():
        if move.label is None or name == "sign" or refusal(name, hazard, who, signed) is not None:
            continue
        button = Button(_label(name, hazard), for_action(f"hz_{name}", at), _style(name))
        (main if name in _MAIN else rest).append(button)
    if hazard.status in FOR_CONTRACTORS and may(who.posts, "hire contractors"):
        rest.append(Button(_("🔗 Link for a contractor"), for_action("contractor", hazard.id), "quiet"))
    pairs = tuple(tuple(rest[place : place + 2]) for place in range(0, len(rest), 2))
    return (*((button,) for button in main), *pairs)


def photos_of(hazard: Any, events: Iterable[Row[Any]]) -> tuple[Attached, ...]:
    """The photos from before, then those of every event, the newest of all if there are too many."""
    shown = {one["sha"]: one for event in events for one in event.photos}
    shown = {one["sha"]: one for one in hazard.photos} | shown
    return _attached(list(shown.values()))


def _attached(photos: list[Any]) -> tuple[Attached, ...]:
    kept = photos[-_MOST_PHOTOS:]
    return tuple(Attached(one["sha"], one["name"] or "photo.jpg", one["mime"]) for one in kept)


def _label(name: str, hazard: Any) -> Text:
    if name == "order" and hazard.status != "open":
        return _("📝 Order anew")
    label = MOVES[name].label
    assert label is not None  # only those with a label become buttons
    return label


def _style(name: str) -> Any:
    if name in _MAIN:
        return "main"
    return "quiet" if name in _QUIET else "plain"


async def _standing(work: Work, hazard: Row[Any], events: list[Row[Any]]) -> list[Text | None]:
    """What it is, where, how it stands, and the protection in force."""
    found = (await members.known_as(work.db, (hazard.found_by,))).get(hazard.found_by, "–")
    is_open = hazard.status in UNSOLVED
    item = await catalogue.item_of(work.db, hazard.inspection_id, hazard.item_key)
    return [
        _("(sample)") if hazard.sample else None,
        joined(f"⚠️ {hazard.number}", SEVERITY[hazard.severity]),
        joined(Both(hazard.title_zh, hazard.title_en), await catalogue.place_name(work.db, hazard.place)),
        hazard.note if hazard.note != hazard.title_zh else None,  # the finder's words are the title, too
        _("Item: {item}", item=item) if item is not None else None,
        joined(STATES[hazard.status], _("⏰ overdue") if is_late(work, hazard) else None),
        _("🚫 The area is closed to people.") if hazard.suspended and is_open else None,
        _("🛟 Protected until then: {interim}", interim=hazard.interim)
        if hazard.interim and is_open
        else None,
        joined(
            _("Found {when}", when=hazard.found_at), found, events[0].data.get("came_of") if events else None
        ),
        _("Due {when}", when=hazard.due_at) if hazard.due_at and is_open else None,
        _("⏳ Asked for: until {when}", when=hazard.asked_until) if hazard.asked_until else None,
        _("📤 Reported outside: {reference}", reference=hazard.external_ref) if hazard.external_ref else None,
        n_("🔁 Found again {count} time", "🔁 Found again {count} times", hazard.recurred)
        if hazard.recurred
        else None,
        n_("↩ Sent back {count} time", "↩ Sent back {count} times", hazard.reopened)
        if hazard.reopened
        else None,
    ]


def _order(hazard: Row[Any], events: list[Row[Any]], names: Mapping[int, Text]) -> list[Text | None]:
    if hazard.responsible_id is None:
        return []
    department = next(
        (event.data.get("department") for event in reversed(events) if event.move == "order"), ""
    )
    name = names.get(hazard.responsible_id, "–")
    return [
        _("Responsible: {name}", name=joined(department or None, name, between=" ")),
        _("To do: {measures}", measures=hazard.measures),
        _("Funds: {funds}", funds=hazard.funds) if hazard.funds else None,
    ]


async def _signatures(work: Work, hazard: Row[Any]) -> list[Text]:
    """The signatures of this round, each with whom it stands in for."""
    query = select(HazardSignature.__table__).where(
        HazardSignature.hazard_id == hazard.id, HazardSignature.round == hazard.reopened
    )
    rows = list(await work.db.execute(query.order_by(HazardSignature.id)))
    signers = [person for row in rows for person in (row.person_id, row.stood_in_for)]
    names = await members.known_as(work.db, signers)
    return [_signature(row, names) for row in rows]


def _signature(row: Row[Any], names: Mapping[int, Text]) -> Text:
    gaps = {"post": SIGNERS[row.post], "name": names.get(row.person_id, "–"), "when": row.signed_at}
    if row.stood_in_for is None:
        return _("✍ {post}: {name}, {when}", **gaps)
    return _("✍ {post}: {name} for {other}, {when}", other=names.get(row.stood_in_for, "–"), **gaps)


def _timeline(events: list[Row[Any]]) -> list[Text]:
    """The newest events, the oldest of them first."""
    left = len(events) - _MOST_EVENTS
    earlier = [n_("… {count} earlier step", "… {count} earlier steps", left)] if left > 0 else []
    return [*earlier, *(_event(event) for event in events[-_MOST_EVENTS:])]


def _event(event: Row[Any]) -> Text:
    who = event.contractor or event.name or ROLES.get(event.data.get("post", ""), "–")
    note = event.note if event.seq > 1 else None
    short = f"{note[:_MOST_NOTE]}…" if note and len(note) > _MOST_NOTE else note
    step = _("{when} {step}: {name}", when=event.at, step=DONE[event.move], name=who)
    return joined(
        step, short, n_("{count} photo", "{count} photos", len(event.photos)) if event.photos else None
    )


async def may_see(work: Work, hazard: Row[Any]) -> bool:
    """Whether the person at work has or had to do with a hazard, or leads."""
    if not work.me.may("hazards"):
        return False
    if work.me.may("see inspections") or work.me.id in (hazard.found_by, hazard.responsible_id):
        return True
    if hazard.responsible_id in set(await work.db.scalars(chain.stood_for(work.me.id, work.today))):
        return True
    mine = select(HazardEvent.id).where(
        HazardEvent.hazard_id == hazard.id, HazardEvent.person_id == work.me.id
    )
    return (await work.db.execute(mine.limit(1))).first() is not None


async def hazard_numbered(work: Work, number: str) -> Row[Any] | None:
    """The hazard with that number."""
    return (await work.db.execute(select(Hazard.__table__).where(Hazard.number == number))).first()
