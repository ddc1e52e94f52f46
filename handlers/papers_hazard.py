"""Two papers about a hazard: the order to rectify it (整改通知书), and the record of what was done
(文物火灾隐患整改情况记录表, 文物督发〔2011〕17号), with photos and signatures.

Their fields: 公安部令第61号 §32 (measures, deadline, department and people, funds); the rest is practice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from handlers.kit.buttons import for_action
from handlers.kit.messages import Button
from handlers.kit.words import Text, _, joined, lines, p_
from handlers.paper import Block, Fields, Line, Paper, Photos, Picture, Words, moment

BASIS: Final = p_(
    "paper",
    "Provisions on Fire Safety of Organisations (Ministry of Public Security Order 61), articles 31 to 33",
)


ORDER: Final = p_("paper", "Order to rectify")
RECORD: Final = p_("paper", "Record of rectification")
PAPERS: Final[Mapping[str, Text]] = {"order": ORDER, "record": RECORD}
_LEADERS: Final = frozenset({"leader", "chief", "deputy", "director"})


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature: as what, who, when."""

    post: Text
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Rectification:
    """A hazard from its finding to its end, as far as it has come; None is what is not known (yet)."""

    museum: Text
    number: str
    place: Text
    what: Text  # what was seen; `item`, how it should be
    category: Text
    severity: Text
    source: Text
    found_by: Text
    found_at: datetime
    photos: Sequence[Picture] = ()
    item: Line = None
    came_of: str | None = None  # the number of the inspection or spot check
    issued_at: datetime | None = None
    issuer: Line = None
    approver: Line = None
    basis: Text = BASIS
    measures: Line = None
    funds: Line = None
    interim: Line = None
    department: Line = None
    responsible: Line = None
    due: datetime | None = None
    term: datetime | None = None  # of the museum's rules, where the order knowingly went beyond it
    received: Signed | None = None
    extensions: Sequence[Text] = ()
    done: Line = None
    done_by: Line = None
    done_at: datetime | None = None
    photos_after: Sequence[Picture] = ()
    reviewer: Line = None
    reviewed_at: datetime | None = None
    review: Line = None
    closed: Sequence[Signed] = ()
    archive: Line = None


def papers_of(hazard: Any, who: int | None, posts: Collection[str]) -> tuple[str, ...]:
    """Which papers there are of a hazard by now, for leaders and whoever is responsible for it."""
    if hazard.ordered_by is None or not (_LEADERS & set(posts) or who == hazard.responsible_id):
        return ()
    return ("order", "record") if hazard.fixed_at is not None else ("order",)


def paper_buttons(hazard: Any, who: int | None, posts: Collection[str]) -> tuple[Button, ...]:
    """A button for each of those papers."""
    return tuple(
        Button(
            joined("📄", PAPERS[name], between=" "), for_action("paper", f"{name}.{hazard.number}"), "quiet"
        )
        for name in papers_of(hazard, who, posts)
    )


def notice(case: Rectification, zone: ZoneInfo) -> Paper:
    """The order to rectify: one copy for whoever is responsible, one for the file."""
    rows = [
        *_found(case, zone),
        (p_("paper", "Legal basis"), case.basis),
        (p_("paper", "Measures required"), case.measures),
        (p_("paper", "To be rectified by"), _until(case, zone)),
        *_answerable(case),
        (p_("paper", "Issued by"), _by(case.issuer, case.issued_at, zone)),
        (p_("paper", "Approved by"), case.approver),
        (p_("paper", "Received and signed"), _signature(case.received, zone)),
        *([(p_("paper", "Extensions"), lines(*case.extensions))] if case.extensions else []),
    ]
    whom = joined(case.department, case.responsible, between=" ") if case.responsible else "________"
    demand = _(
        "{responsible}: the hazard below was found. Rectify it by the time given; until then keep to the "
        "interim protection, and report when it is done.",
        responsible=whom,
    )
    return Paper(
        title=p_("paper", "Order to rectify a hazard"),
        about=joined(case.museum, case.number),
        name=p_("file", "order-{number}", number=case.number),
        blocks=[Words(demand), Fields(rows), *_pictures(p_("paper", "Photos of the hazard"), case.photos)],
        note=_note(case),
    )


def record(case: Rectification, zone: ZoneInfo) -> Paper:
    """The record of the rectification, to be kept: closed by the signatures of those who answer for it."""
    rows = [
        *_found(case, zone),
        (p_("paper", "Order"), _by(case.issuer, case.issued_at, zone)),
        (p_("paper", "Approved by"), case.approver),
        (p_("paper", "Measures required"), case.measures),
        (p_("paper", "To be rectified by"), _until(case, zone)),
        *_answerable(case),
        (p_("paper", "Received and signed"), _signature(case.received, zone)),
        *([(p_("paper", "Extensions"), lines(*case.extensions))] if case.extensions else []),
        (p_("paper", "What was done"), case.done),
        (p_("paper", "Done by"), _by(case.done_by, case.done_at, zone)),
        (p_("paper", "Reviewed by"), _by(case.reviewer, case.reviewed_at, zone)),
        (p_("paper", "Result of the review"), case.review),
        (
            p_("paper", "Closed by"),
            lines(*(_signature(one, zone) for one in case.closed)) if case.closed else None,
        ),
    ]
    return Paper(
        title=p_("paper", "Record of the rectification of a fire hazard"),
        about=joined(case.museum, case.number),
        name=p_("file", "record-{number}", number=case.number),
        blocks=[
            Fields(rows),
            *_pictures(p_("paper", "Before"), case.photos),
            *_pictures(p_("paper", "After"), case.photos_after),
        ],
        note=_note(case),
    )


def _found(case: Rectification, zone: ZoneInfo) -> list[tuple[Text, Line]]:
    return [
        (p_("paper", "Number"), case.number),
        (p_("paper", "Archive number"), case.archive),
        (p_("paper", "Place"), case.place),
        (p_("paper", "Hazard"), case.what),
        *([(p_("paper", "Item checked"), case.item)] if case.item is not None else []),
        (p_("paper", "Category, severity"), joined(case.category, case.severity)),
        (p_("paper", "Found"), joined(case.found_by, moment(case.found_at, zone))),
        (p_("paper", "Source"), joined(case.source, case.came_of)),
    ]


def _answerable(case: Rectification) -> list[tuple[Text, Line]]:
    return [
        (p_("paper", "Responsible department, person"), joined(case.department, case.responsible)),
        (p_("paper", "Funds"), case.funds),
        (p_("paper", "Interim protection"), case.interim),
    ]


def _until(case: Rectification, zone: ZoneInfo) -> Line:
    due, term = moment(case.due, zone), moment(case.term, zone)
    if term is None:
        return due
    return joined(due, p_("paper", "later than the museum's term, {term}, and confirmed", term=term))


def _pictures(title: Text, photos: Sequence[Picture]) -> list[Block]:
    return [Photos(title, photos)] if photos else []


def _by(who: Line, at: datetime | None, zone: ZoneInfo) -> Line:
    return joined(who, moment(at, zone)) if who is not None else None


def _signature(signed: Signed | None, zone: ZoneInfo) -> Line:
    return joined(signed.post, signed.name, moment(signed.at, zone)) if signed is not None else None


def _note(case: Rectification) -> Text:
    return p_(
        "paper",
        "{number}. Signed in the duty desk with the names and times above; the records are sealed.",
        number=case.number,
    )
