"""The papers about one hazard, filled in from its events and signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select

from handlers import catalogue, members
from handlers.hazard_card import events_of, hazard_numbered, may_see
from handlers.hazard_table import SEVERITY, SIGNERS
from handlers.kit.words import Both, Text, joined, lines, p_
from handlers.labels import CATEGORIES
from handlers.paper import Line, Paper, Picture, moment
from handlers.papers_hazard import ORDER, RECORD, Rectification, Signed, notice, record
from handlers.papers_made import Document, Made, on_paper
from handlers.roles import ROLES
from handlers.work import Work
from models import HazardSignature, Inspection, Person

SOURCES: Final[Mapping[str, Text]] = {
    "inspection": p_("hazard source", "inspection"),
    "report": p_("hazard source", "reported by staff"),
    "visitor": p_("hazard source", "a visitor's comment"),
    "spot_check": p_("hazard source", "spot check"),
    "superior": p_("hazard source", "ordered from above"),
}
_DECIDED: Final[Mapping[str, Text]] = {
    "ask": p_("paper", "more time asked for"),
    "grant": p_("paper", "granted"),
    "deny": p_("paper", "refused"),
}


@dataclass(frozen=True, slots=True)
class _History:
    """The events of a hazard, since it was last ordered or sent back where that matters."""

    events: Sequence[Row[Any]]
    zone: ZoneInfo

    def last(self, *moves: str) -> Row[Any] | None:
        return next((event for event in reversed(self.events) if event.move in moves), None)

    def came_of(self) -> str | None:
        """The number of the record it came of, as its first event has it."""
        return self.events[0].data.get("came_of") if self.events else None

    def extensions(self) -> list[Text]:
        return [
            joined(_DECIDED[event.move], event.name, moment(event.at, self.zone), event.note)
            for event in self.events
            if event.move in _DECIDED
        ]


async def case_of(work: Work, hazard: Row[Any]) -> Rectification:
    """A hazard as its papers want it."""
    history = _History(await events_of(work, hazard.id), work.rules.zone)
    names = await members.known_as(work.db, (hazard.found_by, hazard.ordered_by, hazard.responsible_id))
    order, accepted = history.last("order"), history.last("accept")
    done = history.last("rectify") if hazard.fixed_at is not None else None
    passed = history.last("pass") if hazard.reviewed_by is not None else None
    given: Mapping[str, Any] = order.data if order is not None else {}
    number = await work.db.scalar(select(Inspection.number).where(Inspection.id == hazard.inspection_id))
    return Rectification(
        museum=work.rules.museum,
        number=hazard.number,
        place=await catalogue.place_name(work.db, hazard.place),
        what=lines(
            Both(hazard.title_zh, hazard.title_en),
            hazard.note if hazard.note != hazard.title_zh else None,
        ),
        item=await catalogue.item_of(work.db, hazard.inspection_id, hazard.item_key),
        category=CATEGORIES.get(hazard.category, hazard.category),
        severity=SEVERITY[hazard.severity],
        source=SOURCES.get(hazard.source, hazard.source),
        found_by=names.get(hazard.found_by, "–"),
        found_at=hazard.found_at,
        photos=_pictures(hazard.photos),
        came_of=number or history.came_of(),
        issued_at=order.at if order is not None else None,
        issuer=names.get(hazard.ordered_by),
        approver=_approver(order),
        archive=_archived_as(hazard.number, history),
        measures=hazard.measures,
        funds=hazard.funds,
        interim=hazard.interim,
        department=given.get("department") or None,
        responsible=names.get(hazard.responsible_id),
        due=hazard.due_at,
        term=datetime.fromisoformat(given["term"]) if "term" in given else None,
        received=_received(accepted),
        extensions=history.extensions(),
        done=done.note if done is not None else None,
        done_by=_by(done),
        done_at=done.at if done is not None else None,
        photos_after=_pictures(done.photos) if done is not None else (),
        reviewer=_by(passed),
        reviewed_at=passed.at if passed is not None else None,
        review=lines(p_("paper", "passed"), passed.note) if passed is not None else None,
        closed=await _signatures(work, hazard),
    )


def _approver(order: Row[Any] | None) -> Line:
    """Who gave the order, as holder of which post."""
    if order is None or (post := ROLES.get(order.data.get("issued_post", ""))) is None:
        return None
    return joined(
        order.name or "–",
        p_("paper", "{post} (standing in)", post=post) if order.data.get("acting") else post,
    )


def _archived_as(number: str, history: _History) -> str | None:
    """Such as `ZG-2026-0012-1`: an order's number in the files, from its hazard's and which order it is."""
    orders = sum(event.move == "order" for event in history.events)
    return f"ZG{number.removeprefix('YH')}-{orders}" if orders else None


def _received(accepted: Row[Any] | None) -> Signed | None:
    if accepted is None:
        return None
    return Signed(p_("paper", "responsible"), accepted.name or "–", accepted.at)


def _by(event: Row[Any] | None) -> Line:
    return None if event is None else event.contractor or event.name or "–"


def _pictures(photos: Iterable[Mapping[str, Any]]) -> list[Picture]:
    return [Picture(one["sha"], one["mime"]) for one in photos]


async def _signatures(work: Work, hazard: Row[Any]) -> list[Signed]:
    """Those of this round."""
    query = (
        select(HazardSignature.post, HazardSignature.signed_at, Person.name)
        .join(Person, Person.id == HazardSignature.person_id)
        .where(HazardSignature.hazard_id == hazard.id, HazardSignature.round == hazard.reopened)
        .order_by(HazardSignature.id)
    )
    return [Signed(SIGNERS[row.post], row.name, row.signed_at) for row in await work.db.execute(query)]


async def _may(work: Work, number: str) -> bool:
    hazard = await hazard_numbered(work, number)
    return hazard is not None and await may_see(work, hazard)


async def _make(
    paper: Callable[[Rectification, ZoneInfo], Paper], what: Text, work: Work, number: str, folder: Path
) -> Made | None:
    hazard = await hazard_numbered(work, number)
    if hazard is None:
        return None
    made = paper(await case_of(work, hazard), work.rules.zone)
    return await on_paper(work, made, joined(what, number, between=" "), folder)


HAZARD_PAPERS: Final[Mapping[str, Document]] = {
    "order": Document(_may, partial(_make, notice, ORDER)),
    "record": Document(_may, partial(_make, record, RECORD)),
}
