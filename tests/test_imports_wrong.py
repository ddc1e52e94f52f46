"""Files that do not fit: all that is wrong is told with line and key, and nothing changes."""

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.imports import ImportProblem, import_checklists, import_places
from models import Checklist, Place
from tests.fixtures.museum_files import CHECKLISTS, PLACES, both, english
from tests.fixtures.records import conn as conn
from tests.fixtures.records import rows_of
from tests.fixtures.records import sqlite as sqlite

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
    ("places: []\n", ["line 1, places: must be a list of 1 to 3,000 entries"]),
    ("places:\n", ["line 1, places: must be a list of 1 to 3,000 entries"]),
    ("", ["line 1: the file is empty"]),
    ("- H1\n", ["line 1: the file must begin with a key and a colon"]),
    ("places:\n- {code: H1\n- x", ["line 3: this is not YAML: while parsing a flow"]),
    (
        "places:\n\t- code: H1\n",
        ["line 2: this is not YAML: while scanning for the next token found character"],
    ),
    (P + "---\n" + P, ["line 9: a second document (---) begins here"]),
    ("places: " + "[" * 5000 + "]" * 5000, ["line 1: this is nested too deep"]),
    ("#" * 1_000_001, ["line 1: the file is too large; at most 1,000,000 characters fit"]),
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
async def test_a_wrong_places_file_says_why(sqlite: AsyncConnection, text: str, says: list[str]) -> None:
    await both(sqlite)
    with pytest.raises(ImportProblem) as wrong:
        await import_places(sqlite, text)
    told = [english(problem.text) for problem in wrong.value.problems]
    starts = [line[: len(start)] for line, start in zip(told, says, strict=True)]
    assert starts == says, told


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
        C.replace("  - {zh: 班长, role: leader}\n", "  - {zh: 班长, role: leader}\n" * 2, 1),
        "line 10, checklists[fire].signs: must be a list of 1 to 2 ent",
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
async def test_a_wrong_checklists_file_says_why(sqlite: AsyncConnection, text: str, says: str) -> None:
    await both(sqlite)
    with pytest.raises(ImportProblem) as wrong:
        await import_checklists(sqlite, text)
    told = english(wrong.value.text).splitlines()
    assert told[0][: len(says)] == says, told


async def test_a_wrong_file_changes_nothing(conn: AsyncConnection) -> None:
    await both(conn)
    before = await rows_of(conn, Place), await rows_of(conn, Checklist)
    for places, _says in WRONG_PLACES:
        with pytest.raises(ImportProblem):
            await import_places(conn, places)
    for checklists, _start in WRONG_CHECKLISTS:
        with pytest.raises(ImportProblem):
            await import_checklists(conn, checklists)
    assert (await rows_of(conn, Place), await rows_of(conn, Checklist)) == before
