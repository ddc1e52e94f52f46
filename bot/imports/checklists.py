"""The checklists file: what is inspected, who signs, and how soon a hazard must be put right."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.imports.results import Report
from bot.imports.sheet import Entry, read
from bot.imports.writing import Inline, filled, written
from handlers import roles
from handlers.kit.words import Text, _
from models import Checklist, Place

MOST_CHECKLISTS: Final = 40
MOST_ITEMS: Final = 60  # the card of more would not fit into one message

CATEGORIES: Final = ("people", "physical", "technical", "fire", "facility")
STATUSES: Final = ("found", "partial", "memory", "practice")
DEADLINES: Final = {"critical": 2, "major": 24, "minor": 168}  # hours, where a file has none
MOST_HOURS: Final = 8784

_CODE: Final = re.compile("[a-z][a-z0-9_]{0,23}")
_KEY: Final = re.compile("[a-z0-9][a-z0-9_.-]{0,39}")
_SOURCE: Final = re.compile("[A-Za-z0-9][A-Za-z0-9-]{0,19}")


async def import_checklists(conn: AsyncConnection, text: str) -> Report:
    """Make the checklists those of the file `text`, in its order; those not in it are no longer in use.

    A changed checklist becomes a new version; inspections keep the one they were made with. Raises
    ImportProblem, before anything is changed.
    """
    root = read(text)
    hours, sources = _deadlines(root), _sources(root)
    entries = root.entries("checklists", 1, MOST_CHECKLISTS, "code")
    root.done()
    rows = [
        {**_checklist(entry, hours, sources), "position": position}
        for position, entry in enumerate(entries, 1)
    ]
    _refuse_twice(entries, [row["code"] for row in rows], "code")
    root.raise_if_wrong()
    report = await _write(conn, rows)
    return Report(
        report.added, report.changed, report.unchanged, report.retired, await _orphans(conn, report)
    )


async def export_checklists(conn: AsyncConnection) -> str:
    """The checklists in use as a file that imports to the same."""
    query = select(Checklist).where(Checklist.active).order_by(Checklist.position, Checklist.version)
    rows = [dict(row) for row in (await conn.execute(query)).mappings()]
    hours = rows[0]["body"]["deadline_hours"] if rows else DEADLINES
    sources = {code: source for row in rows for code, source in row["body"]["sources"].items()}
    content = {
        "deadlines": _ordered(hours, *DEADLINES),
        "sources": {code: _ordered(sources[code], "title", "status") for code in sorted(sources)},
        "checklists": [_as_entry(row) for row in rows],
    }
    return written(filled(content))


def _as_entry(row: Mapping[str, Any]) -> dict[str, Any]:
    body = row["body"]
    return {
        **filled({"code": row["code"], "zh": row["title_zh"], "en": row["title_en"]}),
        **filled({"frequency": filled(_ordered(body["frequency"], "zh", "en"))}),
        "signs": [filled(_ordered(sign, "zh", "en", "role")) for sign in body["signs"]],
        "items": [
            filled(
                {
                    **_ordered(item, "key", "category", "zh", "en", "severity", "photo", "on_spot"),
                    "source": Inline(item["source"]),
                }
            )
            for item in body["items"]
        ],
    }


def _ordered(entry: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: entry[key] for key in keys}  # PostgreSQL's JSON forgets the order


def _deadlines(root: Entry) -> dict[str, int]:
    entry = root.entry("deadlines")
    if entry is None:
        return dict(DEADLINES)
    hours = {severity: entry.whole(severity, 1, MOST_HOURS) for severity in DEADLINES}
    entry.done()
    return hours


def _sources(root: Entry) -> dict[str, dict[str, str]]:
    listed = root.entry("sources")
    if listed is None:
        return {}
    sources = {}
    for code, entry in listed.members():
        if not _SOURCE.fullmatch(code):
            entry.wrong(_("the name of a source must be 1 to 20 of the characters A-Z a-z 0-9 -"))
        sources[code] = {"title": entry.text("title", most=300), "status": entry.choice("status", STATUSES)}
        entry.done()
    return sources


def _checklist(
    entry: Entry, hours: Mapping[str, int], sources: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    fits = _("must be 1 to 24 of the characters a-z 0-9 _, beginning with a letter, such as fire_daily")
    code = entry.code("code", _CODE, fits)
    titles = {"title_zh": entry.text("zh", most=60), "title_en": entry.text("en", most=60, default="")}
    often = entry.entry("frequency")
    frequency = _names(often) if often else {"zh": "", "en": ""}
    if often:
        often.done()
    signs = [_sign(sign) for sign in entry.entries("signs", 1, 2, "role")]
    if signs and signs[0]["role"] not in ("", "inspector"):
        entry.wrong(_("the first who signs must have the role “inspector”"), "signs")
    items = entry.entries("items", 1, MOST_ITEMS, "key")
    listed = [_item(item, sources) for item in items]
    _refuse_twice(items, [item["key"] for item in listed], "key")
    entry.done()
    used = sorted({source for item in listed for source in item["source"] if source in sources})
    body = {
        "frequency": frequency,
        "deadline_hours": dict(hours),
        "signs": signs,
        "sources": {source: sources[source] for source in used},
        "items": listed,
    }
    return {"code": code, **titles, "body": body}


def _names(entry: Entry) -> dict[str, str]:
    return {"zh": entry.text("zh"), "en": entry.text("en", default="")}


def _sign(entry: Entry) -> dict[str, str]:
    sign = {**_names(entry), "role": entry.choice("role", ["inspector", *roles.ROLES])}
    entry.done()
    return sign


def _item(entry: Entry, sources: Collection[str]) -> dict[str, Any]:
    fits = _("must be 1 to 40 of the characters a-z 0-9 . _ -, such as fire.exits")
    item = {
        "key": entry.code("key", _KEY, fits),
        "category": entry.choice("category", CATEGORIES),
        **_names(entry),
        "severity": entry.choice("severity", list(DEADLINES)),
        "photo": entry.flag("photo"),
        "on_spot": entry.flag("on_spot"),
        "source": entry.words("source", sources),
    }
    entry.done()
    return item


def _refuse_twice(entries: list[Entry], codes: list[str], key: str) -> None:
    first: dict[str, Entry] = {}
    for entry, code in zip(entries, codes, strict=True):
        known = first.setdefault(code, entry)
        if code and known is not entry:
            entry.wrong(
                _("“{code}” is there twice, first in line {line}", code=code, line=str(known.line)), key
            )


async def _write(conn: AsyncConnection, rows: list[dict[str, Any]]) -> Report:
    newest = await _newest(conn)
    kinds: dict[str, list[str]] = {"added": [], "changed": [], "unchanged": []}
    for row in rows:
        kinds[await _write_one(conn, row, newest.get(row["code"]))].append(row["code"])
    wanted = {row["code"] for row in rows}
    retired = [code for code, last in newest.items() if code not in wanted and last["active"]]
    await conn.execute(update(Checklist).where(Checklist.code.not_in(wanted)).values(active=False))
    return Report(tuple(kinds["added"]), tuple(kinds["changed"]), tuple(kinds["unchanged"]), tuple(retired))


async def _newest(conn: AsyncConnection) -> dict[str, Mapping[str, Any]]:
    """The newest version of every checklist there ever was."""
    query = select(Checklist).order_by(Checklist.version)
    return {row["code"]: dict(row) for row in (await conn.execute(query)).mappings()}


async def _write_one(conn: AsyncConnection, row: dict[str, Any], last: Mapping[str, Any] | None) -> str:
    """Bring one checklist into use, and say whether it was added, changed or unchanged."""
    mine = Checklist.code == row["code"]
    same = last is not None and all(
        last[column] == row[column] for column in ("title_zh", "title_en", "body")
    )
    if last is not None and same:
        where = update(Checklist).where(mine, Checklist.version == last["version"])
        await conn.execute(where.values(active=True, position=row["position"]))
        return "unchanged" if last["active"] else "changed"
    await conn.execute(update(Checklist).where(mine).values(active=False))
    version = last["version"] + 1 if last else 1
    await conn.execute(
        insert(Checklist).values(**row, version=version, active=True, created_at=datetime.now(UTC))
    )
    return "changed" if last else "added"


async def _orphans(conn: AsyncConnection, report: Report) -> tuple[Text, ...]:
    """Places that name a checklist which is no longer in use."""
    if not report.retired:
        return ()
    places = (await conn.execute(select(Place.code, Place.checklists).where(Place.active))).all()
    return tuple(
        _("the place {place} names the checklist “{gone}”, which is no longer in use", place=code, gone=gone)
        for code, checklists in places
        for gone in sorted(checklists & set(report.retired))
    )
