"""The life of a hazard (隐患): one table of states and moves, who may make them, and what has to be given.

Pure: it asks a hazard's row and who wants to move it, and no database. Order, acceptance, interim protection
and closing follow 公安部令第61号 §31-33, the two signatures 文物督发〔2011〕17号.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from handlers import chain
from handlers.kit.messages import Option
from handlers.kit.words import Text, _, p_
from models import UNSOLVED

STATES: Final[Mapping[str, Text]] = {
    "open": p_("hazard", "to be rectified"),
    "ordered": p_("hazard", "ordered to be rectified"),
    "accepted": p_("hazard", "being rectified"),
    "pending_review": p_("hazard", "waiting for the review"),
    "reviewed": p_("hazard", "review passed, to be signed"),
    "fixed_on_spot": p_("hazard", "fixed on the spot"),
    "closed": p_("hazard", "closed"),
    "rejected": p_("hazard", "no hazard, or known already"),
    "withdrawn": p_("hazard", "withdrawn by a correction"),
}
SEVERITY: Final[Mapping[str, Text]] = {
    "critical": p_("severity", "critical"),
    "major": p_("severity", "major"),
    "minor": p_("severity", "minor"),
}
GRADES: Final = tuple(Option(code, label) for code, label in SEVERITY.items())
# Whose signatures close a hazard: 消防安全责任人 and 消防安全管理人.
SIGNERS: Final[Mapping[str, Text]] = {
    "director": p_("signature", "person responsible for fire safety"),
    "deputy": p_("signature", "manager of fire safety"),
}

# Relations to a hazard, besides posts: finder, responsible, fixer, signer; asker is of more time; issuer is
# the level that gave the order or above; member anybody with a post; contractor somebody with a link to it;
# correction the revision of the inspection that found it.
_CHIEFS: Final = frozenset({"chief", "deputy", "director"})
_LEADERS: Final = _CHIEFS | {"leader"}
_CHIEF_ONLY: Final = _("That is for the head of security or above.")
_RESPONSIBLE_ONLY: Final = _("That is for whoever was made responsible for it.")
_REVIEWER_ONLY: Final = _("That is for the shift leader or above.")
_SIGNER_ONLY: Final = _("That is for the director and the deputy director, or whoever stands in for them.")
_ISSUER_ONLY: Final = _("That is for the level that gave the order, or above.")

# What happens beside the life of a hazard: whoever decides on it needs not look again.
BESIDE: Final = ("sign", "suspend", "lift", "external", "recur", "escalate")
GONE: Final = _("That hazard is no longer there.")
CHANGED: Final = _("The hazard has changed since. This is how it stands now.")
OWN_REVIEW: Final = _("Whoever fixed it does not review it; a colleague has to.")
OWN_SIGNATURE: Final = _("Whoever fixed it does not sign that it is closed.")
OWN_REQUEST: Final = _("Nobody decides on their own request; the level that gave the order has to.")
_OWN: Final = {"responsible": OWN_REQUEST, "asker": OWN_REQUEST}  # who stood in may be no longer responsible


@dataclass(frozen=True, slots=True)
class Move:
    """A move `before` -> `after` (None: the state stays), `by` any of those posts or relations, but never by
    those of `never`, each with what it is told. `needs` are the things that have to be given, `else_` what
    everybody else is told. The `label` is its button; moves without one have no button."""

    before: tuple[str, ...]
    after: str | None
    by: frozenset[str]
    else_: Text
    label: Text | None = None
    needs: tuple[str, ...] = ()
    never: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who wants to move a hazard: their id and posts, those they stand in for too; of which signature they
    are, and for whom they stand in there; the people in whose place they are at all; whether they `asked` for
    the time that is to be decided on. A contractor has a name only."""

    id: int | None
    posts: frozenset[str] = frozenset()
    signs: Mapping[str, int | None] = field(default_factory=dict)
    contractor: str | None = None
    correction: bool = False
    stands_for: frozenset[int] = frozenset()
    asked: bool = False


# In the order in which their buttons stand under a card.
MOVES: Final[Mapping[str, Move]] = {
    "accept": Move(
        ("ordered",), "accepted", frozenset({"responsible"}), _RESPONSIBLE_ONLY,
        _("✍ Accept the order"), ("interim",),
    ),
    "rectify": Move(
        ("accepted",), "pending_review", frozenset({"responsible", "contractor"}), _RESPONSIBLE_ONLY,
        _("🔧 It is rectified"), ("note", "photos"),
    ),
    "pass": Move(
        ("pending_review",), "reviewed", _LEADERS, _REVIEWER_ONLY,
        _("✔ Review passed"), never={"fixer": OWN_REVIEW},
    ),
    "fail": Move(
        ("pending_review",), "accepted", _LEADERS, _REVIEWER_ONLY,
        _("↩ Review failed"), ("note",), {"fixer": OWN_REVIEW},
    ),
    "sign": Move(
        ("reviewed",), None, frozenset({"signer"}), _SIGNER_ONLY,
        _("✍ Sign that it is closed"), ("post",), {"fixer": OWN_SIGNATURE},
    ),
    "back": Move(
        ("reviewed",), "accepted", frozenset({"signer"}), _SIGNER_ONLY, _("↩ Send it back"), ("note",),
        {"fixer": OWN_SIGNATURE},
    ),
    "grant": Move(
        ("ordered", "accepted"), None, frozenset({"issuer"}), _ISSUER_ONLY,
        _("✔ Grant more time"), never=_OWN,
    ),
    "deny": Move(
        ("ordered", "accepted"), None, frozenset({"issuer"}), _ISSUER_ONLY,
        _("✖ Refuse more time"), ("note",), _OWN,
    ),
    "order": Move(
        ("open", "ordered", "accepted"), "ordered", _CHIEFS, _CHIEF_ONLY,
        _("📝 Order rectification"), ("measures", "responsible", "due"),
    ),
    "fix": Move(
        ("open",), "fixed_on_spot", _LEADERS | {"finder"}, _("That is for whoever found it, or a leader."),
        _("🔧 Fixed on the spot"), ("note", "photos"),
    ),
    "amend": Move(
        ("open",), None, frozenset({"finder"}), _("That is for whoever reported it."),
        _("✎ Correct"), ("note", "place"),
    ),
    "reject": Move(
        ("open",), "rejected", _CHIEFS, _CHIEF_ONLY, _("✖ No hazard, or known already"), ("note",),
    ),
    "grade": Move(
        ("open", "ordered", "accepted"), None, _LEADERS, _REVIEWER_ONLY, _("⚖ Severity"), ("severity",),
    ),
    "ask": Move(
        ("ordered", "accepted"), None, frozenset({"responsible"}), _RESPONSIBLE_ONLY,
        _("⏳ Ask for more time"), ("due", "note"),
    ),
    "suspend": Move(UNSOLVED, None, _CHIEFS, _CHIEF_ONLY, _("🚫 Close the area"), ("note",)),
    "lift": Move(UNSOLVED, None, _CHIEFS, _CHIEF_ONLY, _("🔓 Open the area again")),
    "external": Move(
        UNSOLVED, None, _CHIEFS, _CHIEF_ONLY, _("📤 Report it outside"), ("note", "reference"),
    ),
    # Anybody who works here: it moves nothing, but adds that it was seen again.
    "recur": Move(
        UNSOLVED, None, frozenset({"member"}), _("That is for people who work here."), needs=("note",),
    ),
    "withdraw": Move(("open",), "withdrawn", frozenset({"correction"}), _CHIEF_ONLY),
}  # fmt: skip


def relations(hazard: Any, who: Actor) -> frozenset[str]:
    """The posts and relations somebody has to a hazard."""
    known = who.id is not None
    level = (hazard.issued_post, *chain.above(hazard.issued_post)) if hazard.issued_post else ()
    held = {
        "finder": known and who.id == hazard.found_by,
        "responsible": known and hazard.responsible_id in {who.id, *who.stands_for},
        "fixer": known and who.id == hazard.fixed_by,
        "asker": who.asked,
        "signer": bool(who.signs),
        "issuer": bool(who.posts.intersection(level)),
        "member": bool(who.posts),
        "contractor": who.contractor is not None,
        "correction": who.correction,
    }
    return who.posts | {relation for relation, true in held.items() if true}


def refusal(name: str, hazard: Any, who: Actor, signed: Mapping[str, int]) -> Text | None:
    """Why somebody may not make a move now; None where they may. `signed` says who signed this round for
    which post."""
    move = MOVES[name]
    held = relations(hazard, who)
    if hazard.status not in move.before:
        return _("{number} is {state}; that cannot be done now.", **_stands(hazard))
    if denied := next((why for relation, why in move.never.items() if relation in held), None):
        return denied
    if not held & move.by:
        return move.else_
    return _unfit(name, hazard, who, signed)


def signable(hazard: Any, who: Actor, signed: Mapping[str, int]) -> list[str]:
    """The posts for which somebody may sign now."""
    if refusal("sign", hazard, who, signed) is not None:
        return []
    return [post for post in SIGNERS if post in who.signs and post not in signed]


def _unfit(name: str, hazard: Any, who: Actor, signed: Mapping[str, int]) -> Text | None:
    """Why a move of the right person in the right state does not fit what happened before."""
    if name == "order" and hazard.status != "open" and "issuer" not in relations(hazard, who):
        return _ISSUER_ONLY
    if name in ("grant", "deny") and hazard.asked_until is None:
        return _("Nobody has asked for more time, or it is decided already.")
    if name == "ask" and hazard.asked_until is not None:
        return _("More time was asked for already; it waits for a decision.")
    if name == "fix" and not hazard.on_spot:
        return _("Only what the rules list may be put right on the spot; this needs an order.")
    if name == "amend" and hazard.inspection_id is not None:
        return _("It was found in an inspection; please correct that.")
    if name == "suspend" and hazard.suspended:
        return _("The area is closed already.")
    if name == "lift" and not hazard.suspended:
        return _("The area is open already.")
    return _cannot_sign(hazard, who, signed) if name == "sign" else None


def _cannot_sign(hazard: Any, who: Actor, signed: Mapping[str, int]) -> Text | None:
    if hazard.suspended:
        return _("Its area is still closed to people; please open it again first.")
    if who.id in signed.values():
        return _("You have signed already; the second signature has to be somebody else's.")
    if not any(post not in signed for post in who.signs):
        return _("That signature is there already.")
    return None


def _stands(hazard: Any) -> dict[str, Text]:
    return {"number": hazard.number, "state": STATES[hazard.status]}
