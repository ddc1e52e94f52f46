"""Places and checklists as YAML files: imported, versioned, retired, exported to the same again."""

from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.imports import (
    Report,
    export_checklists,
    export_places,
    import_checklists,
    import_places,
    load_defaults,
    shipped,
)
from models import Checklist, Place
from tests.fixtures.museum_files import CHECKLISTS, PLACES, both, english
from tests.fixtures.records import conn as conn
from tests.fixtures.records import rows_of


async def test_a_file_becomes_the_tree(conn: AsyncConnection) -> None:
    await import_checklists(conn, CHECKLISTS)
    report = await import_places(conn, PLACES)
    assert report == Report(("M", "H1", "H1-P1"), (), (), ())
    assert english(report.text) == "3 added, 0 changed, 0 unchanged, 0 no longer in use."
    point = (await rows_of(conn, Place))[2]
    assert point | {"id": 0} == {
        "id": 0,
        "code": "H1-P1",
        "kind": "point",
        "parent": "H1",
        "name_zh": "南门",
        "name_en": "",
        "checklists": frozenset({"fire"}),
        "position": 3,
        "token": None,
        "latitude": None,
        "longitude": None,
        "active": True,
        "sample": False,
    }


async def test_a_second_import_changes_what_changed(conn: AsyncConnection) -> None:
    await both(conn)
    renamed = PLACES.replace("序厅", "前厅").replace("- {code: H1-P1,", "- {code: H1-P2,")
    report = await import_places(conn, renamed)
    assert report == Report(("H1-P2",), ("H1",), ("M",), ("H1-P1",))
    in_use = {row["code"]: row["active"] for row in await rows_of(conn, Place)}
    assert in_use == {"M": True, "H1": True, "H1-P1": False, "H1-P2": True}
    back = await import_places(conn, PLACES)
    assert back == Report((), ("H1", "H1-P1"), ("M",), ("H1-P2",))
    assert await import_places(conn, PLACES) == Report((), (), ("M", "H1", "H1-P1"), ())


async def test_a_checklist_is_kept_in_versions(conn: AsyncConnection) -> None:
    assert await import_checklists(conn, CHECKLISTS) == Report(("fire", "night"), (), (), ())
    first = await rows_of(conn, Checklist)
    changed = CHECKLISTS.replace("防火门关闭", "常闭式防火门关闭")
    assert await import_checklists(conn, changed) == Report((), ("fire",), ("night",), ())
    versions = [(row["code"], row["version"], row["active"]) for row in await rows_of(conn, Checklist)]
    assert versions == [("fire", 1, False), ("night", 1, True), ("fire", 2, True)]
    assert (await rows_of(conn, Checklist))[0]["body"] == first[0]["body"]
    assert await import_checklists(conn, changed) == Report((), (), ("fire", "night"), ())


async def test_what_a_checklist_keeps(conn: AsyncConnection) -> None:
    await import_checklists(conn, CHECKLISTS)
    body = (await rows_of(conn, Checklist))[0]["body"]
    assert body["frequency"] == {"zh": "每日", "en": ""}
    assert body["signs"] == [
        {"zh": "巡查人", "en": "Patrol officer", "role": "inspector"},
        {"zh": "班长", "en": "", "role": "leader"},
    ]
    assert body["items"][1] == {
        "key": "fire.doors",
        "category": "fire",
        "zh": "防火门关闭",
        "en": "",
        "severity": "major",
        "photo": False,
        "on_spot": True,
        "source": [],
    }
    assert body["deadline_hours"] == {"critical": 3, "major": 24, "minor": 100}
    assert body["sources"] == {"R61": {"title": "公安部令第61号", "status": "found"}}


async def test_a_checklist_that_left_may_come_back(conn: AsyncConnection) -> None:
    await both(conn)
    without = CHECKLISTS.replace("code: fire", "code: patrol")
    report = await import_checklists(conn, without)
    assert (report.added, report.retired) == (("patrol",), ("fire",))
    assert "H1-P1 names the checklist “fire”" in english(report.text)
    assert await import_checklists(conn, CHECKLISTS) == Report((), ("fire",), ("night",), ("patrol",))
    assert {row["version"] for row in await rows_of(conn, Checklist)} == {1}


async def test_a_new_order_is_no_new_version(conn: AsyncConnection) -> None:
    await import_checklists(conn, CHECKLISTS)
    content = yaml.safe_load(CHECKLISTS)
    content["checklists"].reverse()
    report = await import_checklists(conn, yaml.safe_dump(content, allow_unicode=True))
    assert report == Report((), (), ("night", "fire"), ())
    assert yaml.safe_load(await export_checklists(conn))["checklists"][0]["code"] == "night"


async def test_two_neighbours_of_one_name_are_warned_of(conn: AsyncConnection) -> None:
    await import_checklists(conn, CHECKLISTS)
    twin = "- {code: H1-P2, kind: point, parent: H1, zh: 南门}\n"
    report = await import_places(conn, PLACES + twin)
    note = "Note: line 9, places[H1-P2]: has the same name as the place in line 8, beside it"
    assert english(report.text).splitlines()[1:] == [note]
    far = "- {code: H2-P2, kind: point, parent: M, zh: 南门}\n"
    assert (await import_places(conn, PLACES + far)).warnings == ()


async def test_words_that_yaml_reads_otherwise_are_text(conn: AsyncConnection) -> None:
    await import_places(conn, "\ufeffplaces:\n- {code: 007, kind: site, zh: no, en: 12:30}\n")
    (row,) = await rows_of(conn, Place)
    assert (row["code"], row["name_zh"], row["name_en"]) == ("007", "no", "12:30")
    exported = await export_places(conn)
    assert await import_places(conn, exported) == Report((), (), ("007",), ())


async def test_the_shipped_files_load_into_an_empty_database_once(conn: AsyncConnection) -> None:
    assert await load_defaults(conn)
    lists = {row["code"]: row for row in await rows_of(conn, Checklist)}
    counts = {code: len(row["body"]["items"]) for code, row in lists.items()}
    assert counts == {"opening": 13, "fire_daily": 14, "closing": 13, "night_patrol": 13, "monthly": 14}
    second = {code: row["body"]["signs"][1]["role"] for code, row in lists.items()}
    assert second == dict.fromkeys(counts, "leader") | {"monthly": "staff"}
    on_spot = [item["key"] for row in lists.values() for item in row["body"]["items"] if item["on_spot"]]
    assert len(on_spot) == 13
    places = await rows_of(conn, Place)
    assert all(row["sample"] and row["name_en"] for row in places)
    points = [row for row in places if row["kind"] == "point"]
    assert all(len(row["checklists"]) == 1 for row in points)
    assert {code for row in places for code in row["checklists"]} == set(lists)
    assert not await load_defaults(conn)
    assert len(await rows_of(conn, Place)) == len(places)


async def test_a_museum_with_data_of_its_own_gets_no_sample(conn: AsyncConnection) -> None:
    await import_checklists(conn, CHECKLISTS)
    assert not await load_defaults(conn)
    assert await rows_of(conn, Place) == []


async def test_the_shipped_files_are_what_an_export_writes(conn: AsyncConnection) -> None:
    await load_defaults(conn)
    assert await export_places(conn) == without_comments(shipped("places"))
    assert await export_checklists(conn) == without_comments(shipped("checklists"))


def without_comments(text: str) -> str:
    return "".join(
        line for line in text.splitlines(keepends=True) if line.strip() and not line.startswith("#")
    )


NAMES = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=20).filter(
    str.strip
)
FLAGS = st.booleans()


def trees() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Any tree of up to 8 places, each under one before it."""
    place = st.tuples(st.integers(0, 7), st.sampled_from(["site", "hall", "point"]), NAMES, NAMES, FLAGS)
    return st.lists(place, min_size=1, max_size=8).map(_tree)


def _tree(drawn: list[tuple[int, str, str, str, bool]]) -> list[dict[str, Any]]:
    places = [{"code": "P0", "kind": "site", "zh": "馆"}]
    for number, (up, kind, zh, en, _listed) in enumerate(drawn, 1):
        place = {"code": f"P{number}", "kind": kind, "zh": zh, "en": en}
        above = [known["code"] for known in places if known["kind"] != "point"]
        places.append(place if kind == "site" else {**place, "parent": above[up % len(above)]})
    return places


items = st.fixed_dictionaries(
    {
        "category": st.sampled_from(["people", "physical", "technical", "fire", "facility"]),
        "zh": NAMES,
        "en": NAMES,
        "severity": st.sampled_from(["critical", "major", "minor"]),
        "photo": FLAGS,
        "on_spot": FLAGS,
    }
)
lists = st.lists(st.tuples(NAMES, NAMES, st.lists(items, min_size=1, max_size=5)), min_size=1, max_size=4)


def _lists(drawn: list[tuple[str, str, list[dict[str, Any]]]]) -> list[dict[str, Any]]:
    return [
        {
            "code": f"list_{number}",
            "zh": zh,
            "en": en,
            "signs": [{"zh": "人", "role": "inspector"}, {"zh": "长", "role": "leader"}],
            "items": [{**item, "key": f"item.{at}"} for at, item in enumerate(found)],
        }
        for number, (zh, en, found) in enumerate(drawn)
    ]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=trees(), lists=lists.map(_lists), sample=FLAGS)
async def test_what_is_exported_imports_to_the_same(
    conn: AsyncConnection, places: list[dict[str, Any]], lists: list[dict[str, Any]], sample: bool
) -> None:
    await import_checklists(conn, yaml.safe_dump({"checklists": lists}, allow_unicode=True))
    await import_places(conn, yaml.safe_dump({"sample": sample, "places": places}, allow_unicode=True))
    before = await rows_of(conn, Place), await rows_of(conn, Checklist)
    files = await export_places(conn), await export_checklists(conn)
    seen_lists, seen_places = await import_checklists(conn, files[1]), await import_places(conn, files[0])
    assert len(seen_places.unchanged) == len(places)
    assert len(seen_lists.unchanged) == len(lists)
    assert (await rows_of(conn, Place), await rows_of(conn, Checklist)) == before
    assert (await export_places(conn), await export_checklists(conn)) == files
