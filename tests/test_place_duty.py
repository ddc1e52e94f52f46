"""Who answers for a place: set from the chief up, inherited, shown."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from handlers.place_duty import responsible_for
from models import Audit, Person, PlaceDuty
from tests.house import House, Someone


async def responsible(museum: House, code: str) -> tuple[str, int | None]:
    async with museum.database.reading() as db:
        return await responsible_for(db, code)


async def person(museum: House, name: str) -> Any:
    [row] = await museum.rows(select(Person.id).where(Person.name == name))
    return row.id


async def assigns(who: Someone, place: str, department: str, name: str) -> str:
    await who.says(f"/duty {place}")
    await who.taps("Set who answers")
    await who.says(department)
    return await who.taps(name)


async def test_a_point_has_what_its_hall_has_until_it_has_its_own(museum: House) -> None:
    chief, guard = await museum.someone("c", "chief"), await museum.someone("g", "guard")
    await museum.someone("d", "staff")
    assert await responsible(museum, "L1-P3") == ("", None)
    heard = await guard.says("/duty L1-P3")
    assert "Department: not named" in heard
    assert "Person: not named" in heard
    assert guard.buttons == []
    heard = await assigns(chief, "L1", "Exhibitions", "d")
    assert "✔ Entered" in heard
    assert "Person: d" in heard
    hall = ("Exhibitions", await person(museum, "d"))
    assert await responsible(museum, "L1") == hall
    assert await responsible(museum, "L1-P3") == hall
    heard = await guard.says("责任人 L1-P3")
    assert "Department: Exhibitions" in heard
    assert "as for the place above it" in heard
    await assigns(chief, "L1-P3", "skip", "g")
    assert "made you responsible for" in await guard.hears()
    assert await responsible(museum, "L1-P3") == ("Exhibitions", await person(museum, "g"))
    assert await responsible(museum, "L1") == hall
    audited = await museum.rows(select(Audit.detail).where(Audit.action == "duty").order_by(Audit.id))
    assert [row.detail["place"] for row in audited] == ["L1", "L1-P3"]


async def test_who_has_left_answers_for_nothing(museum: House) -> None:
    chief = await museum.someone("c", "chief")
    await museum.someone("d", "staff")
    await museum.someone("g", "guard")
    await assigns(chief, "L1", "Exhibitions", "c")
    await assigns(chief, "L1-P3", "skip", "g")
    async with museum.database.transaction() as db:
        await db.execute(update(Person).where(Person.name == "g").values(active=False))
    assert await responsible(museum, "L1-P3") == ("Exhibitions", await person(museum, "c"))


async def test_it_can_be_set_anew_and_taken_back(museum: House) -> None:
    chief = await museum.someone("c", "chief")
    await museum.someone("d", "staff")
    await assigns(chief, "L1", "Exhibitions", "d")
    await assigns(chief, "L1", "Security", "c")
    assert await responsible(museum, "L1") == ("Security", await person(museum, "c"))
    await assigns(chief, "L1", "skip", "As above")
    assert await responsible(museum, "L1") == ("", None)
    assert len(await museum.rows(select(PlaceDuty.id))) == 1


async def test_the_place_is_asked_for_where_it_is_not_said(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    assert "Responsible for which place?" in await guard.says("/duty")
    assert "Person: not named" in await guard.says("L1-P3")
    assert "Responsible for which place?" in await guard.says("/duty moon")
    assert "not open to you" in await guard.taps_data("a:duty_set:L1")
    assert await museum.rows(select(PlaceDuty.id)) == []


async def test_a_place_that_is_not_there_answers_kindly(museum: House) -> None:
    chief = await museum.someone("c", "chief")
    assert "no longer in use" in await chief.taps_data("a:duty_set:MOON")
    assert await responsible(museum, "MOON") == ("", None)


async def test_who_had_themselves_erased_answers_for_nothing(museum: House) -> None:
    chief, guard = await museum.someone("c", "chief"), await museum.someone("王小明", "guard")
    await assigns(chief, "L1", "Security", "王小明")
    await chief.taps_data(f"a:take:{await person(museum, '王小明')}.guard")
    await guard.says("/mydata")
    await guard.taps("Erase")
    assert "Erased" in await guard.taps("Erase for good")
    assert await responsible(museum, "L1") == ("Security", None)
    assert "王小明" not in await chief.says("/duty L1")
