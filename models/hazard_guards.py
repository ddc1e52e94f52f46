"""What the database refuses about hazards, whoever asks: history rewritten, a closing without signatures.

Triggers, which a step that makes a table anew cannot lose, as CHECKs would be. Sample data may go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, MetaData, event

from models import triggers
from models.base import Base

_WORKED_AT: Final = "NEW.status IN ('accepted', 'pending_review', 'reviewed')"
_NO_ORDER: Final = "(NEW.responsible_id IS NULL OR NEW.ordered_by IS NULL OR NEW.due_at IS NULL)"
_SIGNED: Final = (
    "(SELECT count(*) FROM hazard_signatures s WHERE s.hazard_id = NEW.id AND s.round = NEW.reopened"
    " AND s.post IN ('director', 'deputy') AND s.person_id <> COALESCE(NEW.fixed_by, 0))"
)
# Who holds the post that is signed for, or stands in for somebody who does. It is the database's day there,
# which may be the one before or after the museum's.
_AROUND: Final = {
    "sqlite": "a.first_day <= date(NEW.signed_at, '+1 day') AND a.last_day >= date(NEW.signed_at, '-1 day')",
    "postgresql": "a.first_day <= CAST(NEW.signed_at AS date) + 1"
    " AND a.last_day >= CAST(NEW.signed_at AS date) - 1",
}
_HOLDS: Final = (
    "EXISTS (SELECT 1 FROM people p WHERE p.id = COALESCE(NEW.stood_in_for, NEW.person_id)"
    " AND p.active AND p.roles LIKE '%,' || NEW.post || ',%')"
)
_NAMED: Final = (
    "EXISTS (SELECT 1 FROM stand_ins a WHERE a.person_id = NEW.stood_in_for AND a.deputy_id = NEW.person_id"
    " AND a.post = NEW.post AND a.ended_at IS NULL AND {around})"
)
# Of which posts whoever makes a move holds one, or stands in for who does.
_CHIEFS: Final = ("chief", "deputy", "director")
_BY_POST: Final = {
    ("order", "reject", "suspend", "lift", "external", "grant", "deny"): _CHIEFS,
    ("pass", "fail", "grade"): ("leader", *_CHIEFS),
}
_AS_FOUND: Final = ("number", "found_by", "found_at", "day", "source", "item_key", "on_spot")
_NO_SAMPLE: Final = "NOT EXISTS (SELECT 1 FROM hazards h WHERE h.id = OLD.hazard_id AND h.sample)"
_ADDED: Final = ("INSERT",)
_CHANGED: Final = ("UPDATE",)
_GONE: Final = ("DELETE",)
_WRITTEN: Final = (*_ADDED, *_CHANGED)


def _not_by(moves: tuple[str, ...], posts: tuple[str, ...]) -> str:
    """The condition that an event is one of `moves`, by somebody of none of the `posts`."""
    held = " OR ".join(f"p.roles LIKE '%,{post},%' OR p.acting LIKE '%,{post},%'" for post in posts)
    by_one = f"EXISTS (SELECT 1 FROM people p WHERE p.id = NEW.person_id AND ({held}))"  # noqa: S608 - ours
    return f"NEW.move IN ({', '.join(map(repr, moves))}) AND NOT {by_one}"


# name -> (table, acts, when it is refused, what is said); {around} is by the database's own words
_GUARDS: Final = {
    "event_kept": ("hazard_events", _CHANGED, "1 = 1", "an event of a hazard never changes"),
    "event_stays": ("hazard_events", _GONE, _NO_SAMPLE, "an event of a hazard stays"),
    "event_photos": (
        "hazard_events",
        _ADDED,
        "NEW.move IN ('rectify', 'fix') AND CAST(NEW.photos AS TEXT) = '[]'",
        "what was rectified is shown on photos",
    ),
    "event_named": (
        "hazard_events",
        _ADDED,
        "NEW.person_id IS NULL AND NEW.contractor IS NULL AND NEW.move <> 'escalate'",
        "an event of a hazard is by somebody",
    ),
    "event_insider": (
        "hazard_events",
        _ADDED,
        "NEW.person_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM people p WHERE p.id = NEW.person_id"
        " AND p.active AND (p.roles <> ',' OR p.acting <> ','))"
        " AND NOT EXISTS (SELECT 1 FROM hazards h WHERE h.id = NEW.hazard_id AND h.sample)",
        "who does not work here moves no hazard",
    ),
    **{
        f"event_{moves[0]}": (
            "hazard_events",
            _ADDED,
            _not_by(moves, posts),
            "that move is for a post higher up the chain",
        )
        for moves, posts in _BY_POST.items()
    },
    "signature_kept": ("hazard_signatures", _CHANGED, "1 = 1", "a signature never changes"),
    "signature_stays": ("hazard_signatures", _GONE, _NO_SAMPLE, "a signature stays"),
    "signature_fixer": (
        "hazard_signatures",
        _ADDED,
        "EXISTS (SELECT 1 FROM hazards h WHERE h.id = NEW.hazard_id AND h.fixed_by = NEW.person_id)",
        "whoever fixed a hazard does not sign that it is closed",
    ),
    "signature_post": (
        "hazard_signatures",
        _ADDED,
        f"NOT ({_HOLDS} AND (NEW.stood_in_for IS NULL OR {_NAMED}))",
        "a signature is by the holder of the post or a named stand-in",
    ),
    "hazard_ordered": (
        "hazards",
        _WRITTEN,
        f"(NEW.status = 'ordered' OR {_WORKED_AT}) AND {_NO_ORDER}",
        "an order names who is responsible and until when",
    ),
    "hazard_protected": (
        "hazards",
        _WRITTEN,
        f"{_WORKED_AT} AND COALESCE(NEW.interim, '') = ''",
        "interim protection is said while a hazard is open",
    ),
    "hazard_shown": (
        "hazards",
        _CHANGED,
        "NEW.status = 'pending_review' AND OLD.status <> 'pending_review' AND NOT NEW.sample"
        " AND CAST(NEW.photos AS TEXT) = '[]'",
        "what was rectified is shown on photos from before, too",
    ),
    "hazard_reviewer": (
        "hazards",
        _WRITTEN,
        "NEW.reviewed_by = NEW.fixed_by",
        "whoever fixed a hazard does not review it",
    ),
    "hazard_reviewed": (
        "hazards",
        _WRITTEN,
        "NEW.status IN ('reviewed', 'closed') AND NOT NEW.sample"
        " AND (NEW.fixed_by IS NULL OR NEW.reviewed_by IS NULL)",
        "a review is by somebody, of what somebody fixed",
    ),
    # Whoever signs refers to the hazard: what is new has no signatures yet.
    "hazard_begun": (
        "hazards",
        _ADDED,
        "NEW.status = 'closed' AND NOT NEW.sample",
        "a hazard is closed by two signatures, and not as it is found",
    ),
    # One post signs once a round, and one person for one post: two rows are two posts and two people.
    "hazard_closing": (
        "hazards",
        _CHANGED,
        f"NEW.status = 'closed' AND OLD.status <> 'closed' AND NOT NEW.sample AND {_SIGNED} < 2",
        "a hazard is closed by two signatures",
    ),
    # The comment that it came from may go, as sample data does.
    "hazard_found": (
        "hazards",
        _CHANGED,
        " OR ".join(f"NEW.{column} <> OLD.{column}" for column in _AS_FOUND)
        + " OR COALESCE(NEW.inspection_id, 0) <> COALESCE(OLD.inspection_id, 0)"
        " OR COALESCE(NEW.feedback_id, OLD.feedback_id, 0) <> COALESCE(OLD.feedback_id, 0)",
        "how a hazard was found never changes",
    ),
    # Else what is closed as a sample would become real.
    "hazard_sample": (
        "hazards",
        _CHANGED,
        "NEW.sample <> OLD.sample",
        "a sample stays one, and nothing else",
    ),
    "hazard_stays": ("hazards", _GONE, "NOT OLD.sample", "a hazard stays"),
    "hazard_closed": (
        "hazards",
        _CHANGED,
        "OLD.status = 'closed' AND NOT OLD.sample AND (NEW.status <> 'closed'"
        " OR COALESCE(NEW.fixed_by, 0) <> COALESCE(OLD.fixed_by, 0)"
        " OR COALESCE(NEW.reviewed_by, 0) <> COALESCE(OLD.reviewed_by, 0) OR NEW.reopened <> OLD.reopened)",
        "a closed hazard stays closed",
    ),
}


def protect(connection: Connection) -> None:
    """Make the triggers, anew where they are there. The tables must be."""
    unprotect(connection)
    around = _AROUND[connection.dialect.name]
    for name, table, act, refused, why in _triggers():
        triggers.refuse(connection, name, table, act, refused.replace("{around}", around), why)


def unprotect(connection: Connection) -> None:
    """Remove the triggers, if there are any. They are in the way where SQLite makes a table anew."""
    triggers.drop(connection, (name for name, *_what in _triggers()))


def _triggers() -> Iterator[tuple[str, str, str, str, str]]:
    """(name, table, act, when it is refused, what is said) of each trigger."""
    for name, (table, acts, refused, why) in _GUARDS.items():
        for act in acts:
            yield f"guard_{name}_{act.casefold()}", table, act, refused, why


@event.listens_for(Base.metadata, "after_create")
def _with_the_tables(_tables: MetaData, connection: Connection, **_more: Any) -> None:
    protect(connection)
