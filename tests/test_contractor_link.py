"""The chief makes a link for a contractor in the chat; nobody below may."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select

from bot.engine import utc_now
from handlers.codes import hashed
from handlers.contractor import sheet
from models import HazardLink
from tests.fixtures.hazard_flow import accepted, found
from tests.house import House, Someone
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


async def a_link(chief: Someone, contractor: str) -> tuple[str, str]:
    """Make a link on the card that was shown last; its code, and what was said."""
    await chief.taps("Link for a contractor")
    heard = await chief.says(contractor)
    code = re.search(r"/fix/([A-Za-z0-9_-]{43})", heard)
    assert code is not None, heard
    return code[1], heard


async def shown(museum: House, code: str) -> Any:
    async with museum.database.reading() as db:
        return await sheet(db, code, utc_now())


async def test_another_link_ends_the_one_before(museum: House) -> None:
    chief = await museum.someone("c", "chief")
    key = await id_of(museum, "c")
    hazard, other = await found(museum.engine, key), await found(museum.engine, key, place="H1")
    codes = list[str]()
    for one in (hazard, other, hazard):
        if one.status == "open" and len(codes) < 2:
            await accepted(museum.engine, one.id, key, key)
        await chief.says(one.number)
        code, heard = await a_link(chief, "Luban Electric")
        assert ("made before does not work" in heard) == (len(codes) == 2)
        codes.append(code)
    assert [await shown(museum, code) is None for code in codes] == [True, False, False]


async def test_the_chief_revokes_a_link(museum: House) -> None:
    chief, guard = await museum.someone("c", "chief"), await museum.someone("g", "guard")
    ids = await id_of(museum, "c"), await id_of(museum, "g")
    hazard = await found(museum.engine, ids[1])
    await accepted(museum.engine, hazard.id, *ids)
    await chief.says(hazard.number)
    assert not any("Revoke" in label for label in chief.buttons), "there is no link yet"
    code, _heard = await a_link(chief, "Luban Electric")
    await guard.says(hazard.number)
    assert not any("Revoke" in label for label in guard.buttons)
    assert "not open to you" in await guard.taps_data(f"a:contractor_end:{hazard.id}")
    assert await shown(museum, code) is not None
    await chief.says(hazard.number)
    assert "[The link does not work any more.]" in await chief.taps("Revoke the contractor's link")
    assert not any("Revoke" in label for label in chief.buttons)
    assert await shown(museum, code) is None
    assert "No link to that hazard works" in await chief.taps_data(f"a:contractor_end:{hazard.id}")
