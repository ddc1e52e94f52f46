"""Who may do what: one table from permissions to roles; what is not in it is denied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from handlers.kit.words import Text, p_

VISITOR = "visitor"  # everybody, without being told so

ROLES: Final[dict[str, Text]] = {
    "volunteer": p_("role", "Volunteer"),
    "guard": p_("role", "Guard"),
    "leader": p_("role", "Shift leader"),
    "chief": p_("role", "Head of security"),
    "deputy": p_("role", "Deputy director"),
    "director": p_("role", "Director"),
    "staff": p_("role", "Staff"),
    "admin": p_("role", "Administrator"),
}

_SECURITY = frozenset({"guard", "leader", "chief", "deputy", "director"})
_LEADERS = frozenset({"leader", "chief", "deputy", "director"})
_MANAGERS = frozenset({"chief", "deputy", "director", "admin"})
_EVERYBODY = frozenset({VISITOR, *ROLES})
_MEMBERS = frozenset(ROLES)

PERMISSIONS: Final[dict[str, frozenset[str]]] = {
    "talk": _EVERYBODY,  # menu, help, language, own data, continuing a draft
    "feedback": _EVERYBODY,
    "inspect": _SECURITY,
    "sign": _LEADERS | {"staff"},  # which of them signs what is per checklist
    "hazards": _MEMBERS - {"volunteer"},  # who may move one, and how, is in hazard_table
    "see inspections": _LEADERS | {"admin"},
    "log outreach": frozenset({"volunteer", "staff", "admin"}),
    "approve outreach": frozenset({"staff", "admin"}),
    "answer feedback": frozenset({"staff", "admin"}),
    "see feedback": frozenset({"staff", "deputy", "director", "admin"}),
    "see outreach": frozenset({"staff", "deputy", "director", "admin"}),
    "see own work": _MEMBERS,
    "export": _LEADERS | {"staff", "admin"},
    "people": frozenset({"leader", *_MANAGERS}),
    "print codes": _MANAGERS,
}

# Which roles a person may give, confirm and take: always below their own, an admin all.
_GIVES: Final[dict[str, frozenset[str]]] = {
    "leader": frozenset({"guard"}),
    "chief": frozenset({"guard", "leader"}),
    "deputy": frozenset({"volunteer", "staff", "guard", "leader", "chief"}),
    "director": frozenset({"volunteer", "staff", "guard", "leader", "chief", "deputy"}),
    "admin": frozenset(ROLES),
}

# An invite alone makes these; all others wait for a supervisor's confirmation.
WITHOUT_CONFIRMATION: Final = frozenset({"volunteer"})


def may(roles: Iterable[str], permission: str) -> bool:
    """Whether somebody with `roles` has `permission`; an unknown permission is nobody's."""
    return bool(PERMISSIONS.get(permission, frozenset()) & {VISITOR, *roles})


def gives(roles: Iterable[str]) -> frozenset[str]:
    """The roles that somebody with `roles` may give to others, confirm and take away."""
    return frozenset().union(*(_GIVES.get(role, frozenset()) for role in roles))


def supervisors_of(role: str) -> list[str]:
    """The roles that may confirm `role`, the nearest first."""
    return [giver for giver, given in _GIVES.items() if role in given]
