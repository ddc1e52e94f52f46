"""The chief makes a link for a contractor in the chat; nobody below may."""

from __future__ import annotations

import re

from sqlalchemy import select

from handlers.codes import hashed
from models import HazardLink
from tests.fixtures.hazard_flow import accepted, found
from tests.house import House
from tests.records import id_of


async def test_the_chief_makes_a_link(museum: House) -> None:
    chief = await museum.someone("c", "chief")
    guard = await museum.someone("g", "guard")
    ids = await id_of(museum, "c"), await id_of(museum, "g")
    hazard = await found(museum.engine, ids[1])
    await chief.says(hazard.number)
    assert not any("Link for a contractor" in label for label in chief.buttons), "there is no order yet"
    await accepted(museum.engine, hazard.id, *ids)
    await chief.says(hazard.number)
    assert "Who will fix it?" in await chief.taps("Link for a contractor")
    heard = await chief.says("Luban Electric, Mr Wang")
    code = re.search(r"http://museum\.test/fix/([A-Za-z0-9_-]{43})$", heard, re.MULTILINE)
    assert code is not None, heard
    [link] = await museum.rows(select(HazardLink.__table__))
    assert (link.code_hash, link.contractor) == (hashed(code[1]), "Luban Electric, Mr Wang")
    assert (link.hazard_id, link.made_by, link.used_at) == (hazard.id, ids[0], None)
    await guard.says(hazard.number)
    assert not any("contractor" in label for label in guard.buttons)
    assert "not open to you" in await guard.taps_data(f"a:contractor:{hazard.id}")


async def test_a_hazard_without_an_order_has_no_link(museum: House) -> None:
    chief = await museum.someone("c", "chief")
    hazard = await found(museum.engine, await id_of(museum, "c"))
    assert "once the rectification is ordered" in await chief.taps_data(f"a:contractor:{hazard.id}")
    assert "once the rectification is ordered" in await chief.taps_data("a:contractor:999")
    assert await museum.rows(select(HazardLink.id)) == []
