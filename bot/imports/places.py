"""The places file: the museum's tree of sites, halls and points."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.imports import duties
from bot.imports.results import Problem, Report
from bot.imports.sheet import Entry, hint, read
from bot.imports.writing import Inline, filled, written
from handlers.kit.words import Text, _
from models import Checklist, Place

MOST_PLACES: Final = 3000
MOST_CHECKLISTS: Final = 7  # at one place: as many codes as the column holds

# What each kind may stand under; a site stands under nothing.
_UNDER: Final[dict[str, tuple[str, ...]]] = {"site": (), "hall": ("site", "hall"), "point": ("site", "hall")}
_CODE: Final = re.compile("[A-Z0-9][A-Z0-9-]{0,23}")
_COLUMNS: Final = (
    "kind",
    "parent",
    "name_zh",
    "name_en",
    "checklists",
    "latitude",
    "longitude",
    "position",
    "active",
    "sample",
)
_AT: Final = re.compile(r"(-?[0-9]{1,2}(?:\.[0-9]{1,6})?), *(-?[0-9]{1,3}(?:\.[0-9]{1,6})?)")


async def import_places(conn: AsyncConnection, text: str) -> Report:
    """Make the places those of the file `text`, in its order; those not in it are no longer in use.

    Raises ImportProblem, before anything is changed.
    """
    known = set(await conn.scalars(select(Checklist.code).where(Checklist.active)))
    root = read(text)
    is_sample = root.flag("sample")
    entries = root.entries("places", 1, MOST_PLACES, "code")
    root.done()
    people = await duties.people(conn)
    named = [duties.read(entry, people) for entry in entries]
    rows = [
        {**_place(entry, known), "position": position, "active": True, "sample": is_sample}
        for position, entry in enumerate(entries, 1)
    ]
    _check_tree(entries, rows)
    root.raise_if_wrong()
    await duties.write(conn, {row["code"]: duty for row, duty in zip(rows, named, strict=True)})
    return await _write(conn, rows, _same_names(entries, rows))


async def export_places(conn: AsyncConnection) -> str:
    """The places in use as a file that imports to the same."""
    query = select(Place).where(Place.active).order_by(Place.position, Place.id)
    rows = (await conn.execute(query)).mappings().all()
    answering = await duties.export(conn)
    places = [
        filled(
            {
                "code": row["code"],
                "kind": row["kind"],
                "parent": row["parent"],
                "zh": row["name_zh"],
                "en": row["name_en"],
                "checklists": Inline(sorted(row["checklists"])),
                **answering.get(row["code"], {}),
                "at": _at(row["latitude"], row["longitude"]),
            }
        )
        for row in rows
    ]
    marked = {"sample": True} if rows and all(row["sample"] for row in rows) else {}
    return written({**marked, "places": places})


def _place(entry: Entry, checklists: Collection[str]) -> dict[str, Any]:
    fits = _("must be 1 to 24 of the characters A-Z 0-9 -, such as H1-P3")
    row: dict[str, Any] = {
        "code": entry.code("code", _CODE, fits),
        "kind": entry.choice("kind", list(_UNDER)),
        "parent": entry.text("parent", default=""),
        "name_zh": entry.text("zh"),
        "name_en": entry.text("en", default=""),
        "checklists": frozenset(entry.words("checklists", checklists)),
        **_position(entry),
    }
    if len(row["checklists"]) > MOST_CHECKLISTS:
        entry.wrong(_("must be at most {most} checklists", most=MOST_CHECKLISTS), "checklists")
    entry.done()
    return row


def _position(entry: Entry) -> dict[str, float | None]:
    """Where a place is, in degrees, if the file says so."""
    said = entry.text("at", most=40, default="")
    found = _AT.fullmatch(said)
    latitude, longitude = (float(found[1]), float(found[2])) if found else (None, None)
    if said and (latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180):
        entry.wrong(_("must be latitude and longitude in degrees, such as 37.4513, 116.3105"), "at")
    return {"latitude": latitude, "longitude": longitude}


def _at(latitude: float | None, longitude: float | None) -> str:
    return "" if latitude is None or longitude is None else f"{latitude:.6f}, {longitude:.6f}"


def _check_tree(entries: list[Entry], rows: list[dict[str, Any]]) -> None:
    """Note codes that are there twice, and whatever does not hang together as a tree."""
    first: dict[str, Entry] = {}
    kinds: dict[str, str] = {}
    parents: dict[str, str] = {}
    for entry, row in zip(entries, rows, strict=True):
        code = row["code"]
        if code in first:
            line = str(first[code].line)
            entry.wrong(
                _("the code “{code}” is there twice, first in line {line}", code=code, line=line), "code"
            )
        elif code:
            first[code], kinds[code] = entry, row["kind"]
            parents[code] = "" if row["kind"] == "site" else row["parent"]
    for entry, row in zip(entries, rows, strict=True):
        if (wrong := _wrong_parent(row, kinds)) is not None:
            entry.wrong(wrong, "parent")
        elif _goes_round(row["code"], parents):
            entry.wrong(
                _("the places go round in a circle here; one of them must stand under a site"), "parent"
            )


def _wrong_parent(row: Mapping[str, Any], kinds: Mapping[str, str]) -> Text | None:
    kind, parent = row["kind"], row["parent"]
    if not kind:
        return None
    if kind == "site":
        return _("a site stands under nothing; leave “parent” out") if parent else None
    if not parent:
        return _("a hall or point stands under something; give the code of its site or hall")
    if parent not in kinds:
        return _("there is no place “{parent}”; {hint}", parent=parent, hint=hint(parent, kinds))
    if kinds[parent] and kinds[parent] not in _UNDER[kind]:
        return _("“{parent}” is a point; only a site or a hall has places below it", parent=parent)
    return None


def _goes_round(code: str, parents: Mapping[str, str]) -> bool:
    """Whether going up from `code` comes back to it."""
    seen: set[str] = set()
    above = parents.get(code, "")
    while above in parents and above not in seen:
        seen.add(above)
        above = parents[above]
    return code in seen


def _same_names(entries: list[Entry], rows: list[dict[str, Any]]) -> tuple[Text, ...]:
    """Places that people could not tell apart, because their neighbour has the same name."""
    first: dict[tuple[str, str], Entry] = {}
    warnings = []
    for entry, row in zip(entries, rows, strict=True):
        known = first.setdefault((row["parent"], row["name_zh"]), entry)
        if known is not entry:
            what = _("has the same name as the place in line {line}, beside it", line=str(known.line))
            warnings.append(Problem(entry.line, entry.path, what).text)
    return tuple(warnings)


async def _write(conn: AsyncConnection, rows: list[dict[str, Any]], warnings: tuple[Text, ...]) -> Report:
    there = {row["code"]: row for row in (await conn.execute(select(Place))).mappings()}
    added = [row for row in rows if row["code"] not in there]
    known = [row for row in rows if row["code"] in there]
    changed = [row for row in known if any(there[row["code"]][column] != row[column] for column in _COLUMNS)]
    wanted = {row["code"] for row in rows}
    retired = [code for code, row in there.items() if code not in wanted and row["active"]]
    if added:
        await conn.execute(insert(Place), added)
    if changed:
        mine = update(Place).where(Place.code == bindparam("its_code"))
        values: dict[str, Any] = {column: bindparam(f"new_{column}") for column in _COLUMNS}
        await conn.execute(mine.values(values), [_renamed(row) for row in changed])
    if retired:
        await conn.execute(update(Place).where(Place.code.in_(retired)).values(active=False))
    changed_codes = tuple(row["code"] for row in changed)
    unchanged = tuple(row["code"] for row in known if row["code"] not in set(changed_codes))
    return Report(tuple(row["code"] for row in added), changed_codes, unchanged, tuple(retired), warnings)


def _renamed(row: Mapping[str, Any]) -> dict[str, Any]:
    """The values under names that are no columns, as an UPDATE of many rows needs them."""
    return {"its_code": row["code"], **{f"new_{column}": row[column] for column in _COLUMNS}}
