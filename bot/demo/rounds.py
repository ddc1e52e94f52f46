"""The sample's inspection rounds with their items and signatures, and the hazards they found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.demo import words
from bot.demo.crew import FIRST_NUMBER, Crew, Span, is_open
from handlers import catalogue
from handlers.hazard_words import title_of
from handlers.kit.words import Both
from models import Hazard, HazardEvent, Inspection, InspectionItem, Signature

# When each shipped checklist is gone through on an open day; any other once, at ten.
_TIMES: Final[Mapping[str, tuple[tuple[int, int], ...]]] = {
    "opening": ((8, 20),),
    "fire_daily": ((9, 30), (11, 40), (14, 10)),
    "closing": ((17, 5),),
    "night_patrol": ((1, 30), (20, 15), (22, 40)),
    "monthly": (),
}
WHEN_CLOSED: Final = ("fire_daily", "night_patrol")
_MONTHLY: Final = "monthly"
_MONTHLY_DAYS_AGO: Final = 12
# How the hazards stand now: each from rounds of that many days ago (at least, at most).
_HAZARDS: Final = (
    *(("fixed_on_spot", 0, 29),) * 8,
    *(("closed", 4, 28),) * 6,
    *(("open", 9, 20),) * 2,  # overdue by any of the shipped deadlines
    *(("open", 0, 1),) * 3,
    ("withdrawn", 3, 20),
)
_GUARD_POST = {"latitude": 37.4513, "longitude": 116.3105, "accuracy": 12.0}


@dataclass(slots=True)
class _Round:
    """A round before it is stored; `bad` are the numbers of the items found abnormal."""

    number: str
    checklist: Row[Any]
    place: str
    day: date
    started: datetime
    seconds: int
    guard: int
    bad: dict[int, str] = field(default_factory=dict)  # to the hazard's status

    @property
    def items(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.checklist.body["items"]
        return items

    @property
    def submitted(self) -> datetime:
        return self.started + timedelta(seconds=self.seconds)


async def make(conn: AsyncConnection, span: Span, crew: Crew, chance: Random) -> dict[str, int]:
    """Store the rounds of the span; returns how many inspections, items and hazards."""
    lists = await catalogue.checklists_in_use(conn)
    used_at = await catalogue.checklists_at(conn)
    tree = await catalogue.place_tree(conn)
    places = {code: _places(code, used_at, tree) for code in lists}
    rounds = list(_rounds(span, crew, chance, lists, places))
    _find_hazards(rounds, span, chance)
    ids = await _store_inspections(conn, rounds, chance)
    items = [row for one in rounds for row in _item_rows(one, ids[one.number], chance)]
    hazards = [row for one in rounds for row in _hazard_rows(one, ids[one.number], span)]
    signatures = [row for one in rounds for row in _signatures(one, ids[one.number], span, crew, chance)]
    _number(hazards)
    for table, rows in ((InspectionItem, items), (Hazard, hazards), (Signature, signatures)):
        if rows:
            await conn.execute(insert(table), rows)
    await _begin_histories(conn)
    return {"inspections": len(rounds), "items": len(items), "hazards": len(hazards)}


def _places(checklist: str, used_at: Mapping[str, Sequence[str]], tree: Mapping[str, Any]) -> list[str]:
    """Where a checklist is filled in: the places with nothing below them, or all there are."""
    above = {parent for parent, *_names in tree.values()}
    here = [code for code, used in used_at.items() if checklist in used]
    return [code for code in here if code not in above] or here


def _rounds(
    span: Span,
    crew: Crew,
    chance: Random,
    lists: Mapping[str, Row[Any]],
    places: Mapping[str, Sequence[str]],
) -> Iterator[_Round]:
    for day in span.dates():
        due = sorted((at, code) for code in lists if places[code] for at in _times(span, day, code))
        for count, ((hour, minute), code) in enumerate(due):
            items = len(lists[code].body["items"])
            hurried = chance.random() < 0.02
            one = _Round(
                number=f"XJ-{day:%Y%m%d}-{FIRST_NUMBER + count}",
                checklist=lists[code],
                place=chance.choice(places[code]),
                day=day,
                started=span.at(day, hour, minute, chance.randrange(60))
                + timedelta(minutes=chance.randrange(15)),
                seconds=items + chance.randrange(5) if hurried else items * chance.randint(6, 22),
                guard=chance.choice(crew.guards),
            )
            if one.submitted <= span.now:
                yield one


def _times(span: Span, day: date, checklist: str) -> tuple[tuple[int, int], ...]:
    if checklist == _MONTHLY:
        return ((15, 0),) if span.days_ago(day) == _MONTHLY_DAYS_AGO else ()
    return times_of(checklist) if is_open(day) or checklist in WHEN_CLOSED else ()


def times_of(checklist: str) -> tuple[tuple[int, int], ...]:
    """The hours and minutes at which a checklist is gone through each day; none for what is not daily."""
    return _TIMES.get(checklist, ((10, 0),))


def _find_hazards(rounds: list[_Round], span: Span, chance: Random) -> None:
    """Let rounds find something: items that may be mended at once for the hazards mended so."""
    for status, least, most in _HAZARDS:
        chances = [
            (one, number)
            for one in rounds
            if not one.bad and least <= span.days_ago(one.day) <= most
            for number, item in enumerate(one.items, 1)
            if item["on_spot"] == (status == "fixed_on_spot")
        ]
        known = [(one, number) for one, number in chances if one.items[number - 1]["key"] in words.NOTES]
        if chances:
            one, number = chance.choice(known or chances)
            one.bad[number] = status


async def _store_inspections(conn: AsyncConnection, rounds: list[_Round], chance: Random) -> dict[str, int]:
    """Store the rounds; returns their ids by number."""
    rows = []
    for one in rounds:
        presence = chance.choices(("qr", "location", "none"), (88, 6, 6))[0]
        rows.append(
            {
                "number": one.number,
                "person_id": one.guard,
                "place": one.place,
                "checklist_id": one.checklist.id,
                "day": one.day,
                "started_at": one.started,
                "submitted_at": one.submitted,
                "presence": presence,
                "location": _GUARD_POST if presence == "location" else None,
                "seconds": one.seconds,
                "batch": chance.random() < 0.7,
                "too_fast": one.seconds < 3 * len(one.items),
                "failed": len(one.bad),
                "spot_photos": [],
                "sample": True,
            }
        )
    if rows:
        await conn.execute(insert(Inspection), rows)
    found = await conn.execute(select(Inspection.number, Inspection.id).where(Inspection.sample))
    return {row.number: row.id for row in found}


def _item_rows(one: _Round, inspection_id: int, chance: Random) -> Iterator[dict[str, Any]]:
    for number, item in enumerate(one.items, 1):
        bad = number in one.bad
        usual = "na" if chance.random() < 0.015 else "ok"
        yield {
            "inspection_id": inspection_id,
            "number": number,
            "key": item["key"],
            "category": item["category"],
            "state": "bad" if bad else usual,
            "how": "text" if bad else "batch",
            "seconds": one.seconds // len(one.items),
            "note": _note(item) if bad else None,
            "photos": [],
            "fixed": one.bad.get(number) == "fixed_on_spot",
        }


def _hazard_rows(one: _Round, inspection_id: int, span: Span) -> Iterator[dict[str, Any]]:
    hours = one.checklist.body.get("deadline_hours", {})
    for number, status in one.bad.items():
        item = one.items[number - 1]
        fixed = status == "fixed_on_spot"
        closed = {
            "closed": timedelta(hours=20),
            "withdrawn": timedelta(minutes=40),
            "fixed_on_spot": timedelta(),
        }
        yield {
            "inspection_id": inspection_id,
            "item_key": item["key"],
            "on_spot": item["on_spot"],
            "category": item["category"],
            "severity": item["severity"],
            "place": one.place,
            "title_zh": _note(item),
            "title_en": title_of("", Both(item["zh"], item["en"])).en,  # the notes are Chinese
            "note": _note(item),
            "photos": [],
            "status": status,
            "day": one.day,
            "found_by": one.guard,
            "found_at": one.submitted,
            "due_at": None if fixed else one.submitted + timedelta(hours=hours.get(item["severity"], 24)),
            "closed_at": None if status == "open" else min(one.submitted + closed[status], span.now),
            "sample": True,
        }


async def _begin_histories(conn: AsyncConnection) -> None:
    """The first event of every hazard of the sample: that it was reported."""
    found = (await conn.execute(select(Hazard.__table__).where(Hazard.sample))).all()
    events = [
        {
            "hazard_id": row.id,
            "seq": 1,
            "move": "report",
            "after": "fixed_on_spot" if row.status == "fixed_on_spot" else "open",
            "person_id": row.found_by,
            "at": row.found_at,
            "place": row.place,
            "note": row.note,
        }
        for row in found
    ]
    if events:
        await conn.execute(insert(HazardEvent), events)
        await conn.execute(update(Hazard).where(Hazard.sample).values(seq=1))


def _number(hazards: list[dict[str, Any]]) -> None:
    """Number the hazards in the order in which they were found, year by year."""
    given: Counter[int] = Counter()
    for row in sorted(hazards, key=lambda row: row["found_at"]):
        year = row["day"].year
        row["number"] = f"YH-{year}-{FIRST_NUMBER + given[year]}"
        given[year] += 1


def _signatures(
    one: _Round, inspection_id: int, span: Span, crew: Crew, chance: Random
) -> Iterator[dict[str, Any]]:
    """The inspector's, and the second under all but a few: the newest wait for it, some were forgotten."""
    yield _signature(inspection_id, one.guard, "inspector", one.submitted)
    signed = one.submitted + timedelta(minutes=chance.randint(5, 240))
    if len(one.checklist.body["signs"]) > 1 and signed < span.now and chance.random() < 0.97:
        yield _signature(inspection_id, chance.choice(crew.leaders), "second", signed)


def _signature(inspection_id: int, person_id: int, post: str, at: datetime) -> dict[str, Any]:
    return {"inspection_id": inspection_id, "person_id": person_id, "post": post, "signed_at": at}


def _note(item: Mapping[str, Any]) -> str:
    return words.NOTES.get(item["key"], "示例：此项不符合要求")
