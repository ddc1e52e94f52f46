"""Codes of places: revoked ones are refused and told of, and a scan from far away is flagged."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from handlers.kit.messages import Location
from handlers.place_codes import distance
from models import Inspection, Place
from tests.fixtures.shell import Shell
from tests.fixtures.shell import shell as shell
from tests.house import House, Someone
from tests.records import on_that_day as on_that_day

DEZHOU = 37.4513, 116.3105


async def rotated(museum: House, who: Someone, code: str = "L1-P3") -> str:
    """The link that the new code of a place carries."""
    await who.says(f"/codes {code}")
    heard = await who.taps("Make a new code")
    assert "The new code of East escape stairs" in heard
    [row] = await museum.rows(select(Place.token).where(Place.code == code))
    assert f"/chat?p={code}-{row.token}" in heard
    assert len(who.told[-1]["photos"]) == 1
    return f"p_{code}-{row.token}"


async def test_a_revoked_code_is_refused_and_the_chief_told(museum: House) -> None:
    chief, guard = await museum.someone("chief", "chief"), await museum.someone("guard", "guard")
    assert "(0/14)" in await guard.follows("p_L1-P3"), "sheets where nothing was ever revoked stay good"
    await guard.taps("Cancel")
    link = await rotated(museum, chief)
    assert "no longer valid" in await guard.follows("p_L1-P3")
    heard = await chief.hears()
    assert "guard scanned a revoked code of East escape stairs (L1-P3)" in heard
    assert "(0/14)" in await guard.follows(link)
    await guard.taps("Cancel")
    newer = await rotated(museum, chief)
    assert "no longer valid" in await guard.follows(link)
    assert "(0/14)" in await guard.follows(newer)


async def test_a_forged_token_is_a_revoked_code(museum: House) -> None:
    guard = await museum.someone("guard", "guard")
    assert "no longer valid" in await guard.follows("p_L1-P3-00000000")
    assert "belongs to no place" in await guard.follows("p_X9-00000000")


async def test_a_visitor_may_comment_from_an_old_sheet(museum: House) -> None:
    chief, visitor = await museum.someone("chief", "chief"), await museum.someone("visitor")
    await rotated(museum, chief)
    assert "How was your visit" in await visitor.follows("p_L1-P3")
    assert "revoked" not in await chief.hears()


async def test_who_changes_their_mind_revokes_nothing(museum: House) -> None:
    chief = await museum.someone("chief", "chief")
    await chief.says("/codes")
    await chief.says("L1-P3")
    assert "Nothing was changed" in await chief.taps("Leave it")
    [row] = await museum.rows(select(Place.token).where(Place.code == "L1-P3"))
    assert row.token is None


async def test_guards_revoke_nothing(museum: House) -> None:
    assert "not open to you" in await (await museum.someone("guard", "guard")).says("/codes L1-P3")


@pytest.mark.parametrize(
    ("north", "accuracy", "flagged"), [(0.01, 20.0, True), (0.001, 20.0, False), (0.01, 1500.0, False)]
)
async def test_a_patrol_from_far_away_is_flagged(
    museum: House, north: float, accuracy: float, flagged: bool
) -> None:
    leader, guard = await museum.someone("leader", "leader"), await museum.someone("guard", "guard")
    async with museum.database.transaction() as db:
        latitude, longitude = DEZHOU
        there = update(Place).where(Place.code == "L1-P3")
        await db.execute(there.values(latitude=latitude, longitude=longitude))
    await guard.follows("p_L1-P3")
    await guard.says(location=Location(DEZHOU[0] + north, DEZHOU[1], accuracy))
    await guard.says("all normal")
    await guard.taps("Submit")
    [made] = await museum.rows(select(Inspection.away, Inspection.presence))
    assert (made.away is not None) == flagged
    assert made.presence == "qr"
    assert ("m away from the place" in await leader.hears()) == flagged


def test_distances_are_those_of_the_earth() -> None:
    assert distance(*DEZHOU, *DEZHOU) == 0
    assert distance(0, 0, 0, 1) == pytest.approx(111_195, abs=50)
    assert distance(39.9042, 116.4074, 31.2304, 121.4737) == pytest.approx(1_067_000, abs=3_000)


def test_a_printed_code_has_the_newest_token(shell: Shell) -> None:
    before = shell.runs("places", "qr", "L1-P3", "-o", "a.png")
    assert "chat?p=L1-P3\n" in before
    shell.changes(update(Place).where(Place.code == "L1-P3").values(token="0a1b2c3d"))
    assert "chat?p=L1-P3-0a1b2c3d\n" in shell.runs("places", "qr", "L1-P3", "-o", "a.png")


def test_where_a_place_is_goes_in_and_out(shell: Shell) -> None:
    file = shell.folder / "places.yaml"
    site = "places:\n- code: M\n  kind: site\n  zh: 馆\n  at: 37.4513, 116.3105\n"
    file.write_text(site, encoding="utf-8")
    shell.runs("places", "import", "places.yaml")
    [row] = shell.rows(select(Place.latitude, Place.longitude).where(Place.code == "M"))
    assert tuple(row) == DEZHOU
    assert "at: 37.451300, 116.310500" in shell.runs("places", "export", "out.yaml") + (
        shell.folder / "out.yaml"
    ).read_text(encoding="utf-8")
    assert shell.runs("places", "import", "out.yaml").startswith("0 added, 0 changed, 1 unchanged")
    file.write_text(site.replace("116.3105", "216.3"), encoding="utf-8")
    assert "latitude and longitude" in shell.fails("places", "import", "places.yaml")
