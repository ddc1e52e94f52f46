"""Places and checklists as YAML: all that is wrong is told with line and key, and then nothing changes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.imports import (
    ImportProblem,
    Report,
    export_checklists,
    export_places,
    import_checklists,
    import_places,
    load_defaults,
    shipped,
)
from bot.imports.checklists import NOTE
from handlers.kit.words import Text, say
from models import Base, Checklist, Note, Place


class English:
    """Says phrases as they are written in the source."""

    chinese = False

    def gettext(self, source: str) -> str:
        return source

    def ngettext(self, one: str, many: str, count: int) -> str:
        return one if count == 1 else many

    def pgettext(self, context: str, source: str) -> str:
        return source

    def form(self, value: object) -> str:
        return str(value)


def english(text: Text) -> str:
    return say(text, English())


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        yield connection
    await engine.dispose()


async def rows_of(conn: AsyncConnection, table: Any) -> list[dict[str, Any]]:
    """Everything in a table that an import may change."""
    found = (await conn.execute(select(table).order_by(table.id))).mappings()
    return [dict(row) for row in found]


PLACES = """\
places:
- {code: M, kind: site, zh: 馆}
- code: H1
  kind: hall
  parent: M
  zh: 序厅
  en: Prologue
- {code: H1-P1, kind: point, parent: H1, zh: 南门, checklists: [fire]}
"""

CHECKLISTS = """\
deadlines: {critical: 3, major: 24, minor: 100}
sources:
  R61: {title: 公安部令第61号, status: found}
checklists:
- code: fire
  zh: 防火巡查
  en: Fire patrol
  frequency: {zh: 每日}
  signs:
  - {zh: 巡查人, en: Patrol officer, role: inspector}
  - {zh: 班长, role: leader}
  items:
  - {key: fire.exits, category: fire, zh: 出口畅通, severity: critical, photo: true, source: [R61]}
  - {key: fire.doors, category: fire, zh: 防火门关闭, severity: major, on_spot: yes}
- code: night
  zh: 夜间巡逻
  signs:
  - {zh: 巡逻人, role: inspector}
  - {zh: 班长, role: leader}
  items:
  - {key: night.route, category: people, zh: 巡更点全部到达, severity: minor}
"""


async def both(conn: AsyncConnection) -> None:
    await import_checklists(conn, CHECKLISTS)
    await import_places(conn, PLACES)


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
    note = await conn.scalar(select(Note.value).where(Note.key == NOTE))
    assert note == {
        "deadlines": {"critical": 3, "major": 24, "minor": 100},
        "sources": {"R61": {"title": "公安部令第61号", "status": "found"}},
    }


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


P, C = PLACES, CHECKLISTS
AFTER = "  checklists: [fire]\n"
WRONG_PLACES = [
    (
        P.replace("kind: hall", "kind: hal"),
        ["line 4, places[H1].kind: “hal” does not fit; did you mean “hall”?"],
    ),
    (
        P.replace("  en: P", "  eng: P"),
        ["line 7, places[H1].eng: this key is not known here; did you mean “en”?"],
    ),
    (
        P.replace("parent: H1,", "parent: H2,"),
        ["line 8, places[H1-P1].parent: there is no place “H2”; did you"],
    ),
    (
        P.replace("parent: H1,", ""),
        ["line 8, places[H1-P1].parent: a hall or point stands under something; give"],
    ),
    (
        P.replace("kind: site", "kind: site, parent: H1"),
        ["line 2, places[M].parent: a site stands under nothing"],
    ),
    (
        P.replace("parent: M", "parent: H1"),
        ["line 5, places[H1].parent: the places go round in a circle here"],
    ),
    (
        P.replace("code: H1-P1", "code: H1"),
        ["line 8, places[H1].code: the code “H1” is there twice, first in line 3"],
    ),
    (
        P.replace("code: H1\n", "code: h1\n"),
        [
            "line 3, places[h1].code: must be 1 to 24 of the characters A-Z 0-9 -",
            "line 8, places[H1-P1].parent: there",
        ],
    ),
    (P.replace("H1-P1", "A" * 25), [f"line 8, places[{'A' * 25}].code: must be 1 to 24 of the characters"]),
    (
        P.replace("[fire]", "[fires]"),
        ["line 8, places[H1-P1].checklists: “fires” does not fit; did you mean “fire”?"],
    ),
    (P.replace("[fire]", "[fire, fire]"), ["line 8, places[H1-P1].checklists: “fire” is there twice"]),
    (P.replace("[fire]", "fire"), ["line 8, places[H1-P1].checklists: must be a list"]),
    (P.replace("zh: 南门, ", ""), ["line 8, places[H1-P1]: “zh” is missing"]),
    (P.replace("zh: 南门", "zh: [南门]"), ["line 8, places[H1-P1].zh: must be a text or number"]),
    (
        P.replace("zh: 南门", f"zh: {'南' * 201}"),
        ["line 8, places[H1-P1].zh: must be at most 200 characters"],
    ),
    (
        P.replace("zh: 南门", 'zh: "南\\u202e门"'),
        ["line 8, places[H1-P1].zh: must be one line, without characters"],
    ),
    (
        P.replace("zh: 南门", 'zh: "南\\ud800门"'),
        ["line 8, places[H1-P1].zh: must be one line, without characters"],
    ),
    (
        P.replace("zh: 南门", 'zh: "南\\0门"'),
        ["line 8, places[H1-P1].zh: must be one line, without characters"],
    ),
    (P.replace("  en: P", "  zh: P"), ["line 7, places[H1].zh: is there twice, first in line 6"]),
    (
        P.replace("zh: 南门", "zh: !!python/name:os.system x"),
        ["line 8: tags (!) are not taken"],
    ),
    (P + "- H2\n", ["line 9, places[4]: must be a mapping: keys, each with a colon and a value"]),
    (P + "sample: maybe\n", ["line 9, sample: must be true or false"]),
    (P + "halls: []\n", ["line 9, halls: this key is not known here; these fit: sample, places"]),
    (P.replace("kind: site", "kind: site, en: &a x") + "- {<<: *a}\n", ["line 2: anchors and aliases"]),
    ("places: []\n", ["line 1, places: must be a list of 1 to 3000 entries"]),
    ("places:\n", ["line 1, places: must be a list of 1 to 3000 entries"]),
    ("", ["line 1: the file is empty"]),
    ("- H1\n", ["line 1: the file must begin with a key and a colon"]),
    ("places:\n- {code: H1\n- x", ["line 3: this is not YAML: while parsing a flow"]),
    (
        "places:\n\t- code: H1\n",
        ["line 2: this is not YAML: while scanning for the next token found character"],
    ),
    (P + "---\n" + P, ["line 9: a second document (---) begins here"]),
    ("places: " + "[" * 5000 + "]" * 5000, ["line 1: this is nested too deep"]),
    ("#" * 1_000_001, ["line 1: the file is too large; at most 1000000 characters fit"]),
    ("places:\n- code: \x00\n", ["line 2: the file has a character that is not text"]),
    ("places:\n- code: \ud800\n", ["line 2: the file has a character that is not text"]),
    (
        P.replace("kind: hall", "kind: floor").replace("zh: 南门, ", "").replace("code: M,", "code: m,"),
        [
            "line 2, places[m].code: must be",
            "line 4, places[H1].kind: “floor” does not fit; these fit: site, hall, point",
            "line 8, places[H1-P1]: “zh” is missing",
        ],
    ),
]


@pytest.mark.parametrize(("text", "says"), WRONG_PLACES)
async def test_a_wrong_places_file_changes_nothing_and_says_why(
    conn: AsyncConnection, text: str, says: list[str]
) -> None:
    await both(conn)
    before = await rows_of(conn, Place)
    with pytest.raises(ImportProblem) as wrong:
        await import_places(conn, text)
    told = [english(problem.text) for problem in wrong.value.problems]
    starts = [line[: len(start)] for line, start in zip(told, says, strict=True)]
    assert starts == says, told
    assert await rows_of(conn, Place) == before


ITEM = "- {key: night.route, category: people, zh: 巡更点全部到达, severity: minor}"
WRONG_CHECKLISTS = [
    (
        C.replace("category: people", "category: person"),
        "line 21, checklists[night].items[night.route].category: “p",
    ),
    (
        C.replace("severity: minor}", "severity: low}"),
        "line 21, checklists[night].items[night.route].severity: “low” d",
    ),
    (
        C.replace("photo: true", "photo_on_fail: true"),
        "line 13, checklists[fire].items[fire.exits].photo_on_fail: this",
    ),
    (
        C.replace("source: [R61]", "source: [R16]"),
        "line 13, checklists[fire].items[fire.exits].source: “R16” does not",
    ),
    (
        C.replace("fire.doors", "fire.exits"),
        "line 14, checklists[fire].items[fire.exits].key: “fire.exits” is there tw",
    ),
    (
        C.replace("code: night", "code: fire"),
        "line 15, checklists[fire].code: “fire” is there twice, first in line 5",
    ),
    (
        C.replace("role: leader}\n  items:\n  - {key: f", "role: boss}\n  items:\n  - {key: f"),
        "line 11, checklists[fire]",
    ),
    (
        C.replace("English", "").replace("role: inspector", "role: guard", 1),
        "line 10, checklists[fire].signs: the first",
    ),
    (
        C.replace("  - {zh: 班长, role: leader}\n", "", 1),
        "line 10, checklists[fire].signs: must be a list of 2 to 2 ent",
    ),
    (
        C.replace("critical: 3", "critical: 0"),
        "line 1, deadlines.critical: must be a whole number from 1 to 8784",
    ),
    (
        C.replace("critical: 3", "critical: 2h"),
        "line 1, deadlines.critical: must be a whole number from 1 to 8784",
    ),
    (C.replace("minor: 100", "little: 100"), "line 1, deadlines: “minor” is missing"),
    (
        C.replace("status: found", "status: fond"),
        "line 3, sources.R61.status: “fond” does not fit; did you mean “fou",
    ),
    (C.replace("R61: {", "R 61: {"), "line 3, sources.R 61: the name of a source must be 1 to 20"),
    (
        C.replace("frequency: {zh: 每日}", "frequency: 每日"),
        "line 8, checklists[fire].frequency: must be a mapping",
    ),
    (
        C.replace("zh: 夜间巡逻", f"zh: {'夜' * 61}"),
        "line 16, checklists[night].zh: must be at most 60 characters",
    ),
    (
        C.replace("on_spot: yes", "on_spot: 1"),
        "line 14, checklists[fire].items[fire.doors].on_spot: must be true or f",
    ),
    (
        C.replace(f"  items:\n  {ITEM}\n", "  items: []\n"),
        "line 20, checklists[night].items: must be a list of 1 to 60",
    ),
    (C.split("checklists:")[0], "line 1, checklists: must be a list of 1 to 40 entries"),
]


@pytest.mark.parametrize(("text", "says"), WRONG_CHECKLISTS)
async def test_a_wrong_checklists_file_changes_nothing_and_says_why(
    conn: AsyncConnection, text: str, says: str
) -> None:
    await both(conn)
    before = await rows_of(conn, Checklist), await rows_of_note(conn)
    with pytest.raises(ImportProblem) as wrong:
        await import_checklists(conn, text)
    told = english(wrong.value.text).splitlines()
    assert told[0][: len(says)] == says, told
    assert (await rows_of(conn, Checklist), await rows_of_note(conn)) == before


async def rows_of_note(conn: AsyncConnection) -> object:
    return (await conn.execute(select(Note.value))).all()


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
