"""Summaries: who sees what, and what stays closed however it is asked for."""

from __future__ import annotations

from itertools import combinations

import pytest

from handlers.roles import ROLES
from handlers.summary_scope import scope
from models import Feedback, Hazard, Inspection
from tests.house import House
from tests.records import comment, hazard, id_of, inspection
from tests.records import on_that_day as on_that_day

ME = 7
SECURITY_OWN = {"inspections": ME, "rounds": ME, "hazards": ME}
SECURITY = {"inspections": None, "rounds": None, "hazards": None}
PUBLIC = {"outreach": None, "comments": None}


@pytest.mark.parametrize(
    ("roles", "seen"),
    [
        ([], {}),
        (["volunteer"], {"outreach": ME}),
        (["guard"], SECURITY_OWN),
        (["leader"], SECURITY),
        (["chief"], SECURITY),
        (["deputy"], SECURITY | PUBLIC),
        (["director"], SECURITY | PUBLIC),
        (["staff"], PUBLIC),
        (["admin"], SECURITY | PUBLIC),
        (["guard", "volunteer"], SECURITY_OWN | {"outreach": ME}),
        (["leader", "volunteer"], SECURITY | {"outreach": ME}),
        (["guard", "staff"], SECURITY_OWN | PUBLIC),
        (["nobody"], {}),
    ],
)
def test_scope_of_each_role(roles: list[str], seen: dict[str, int | None]) -> None:
    assert scope(roles, ME) == seen


def test_every_role_is_in_the_table_above_and_more_roles_never_see_less() -> None:
    for first, second in combinations(ROLES, 2):
        both = scope([first, second], ME)
        for one in (scope([first], ME), scope([second], ME)):
            assert both.keys() >= one.keys()
            assert all(both[topic] is None for topic, whose in one.items() if whose is None)


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        ("guard", "🛡⚠️"), ("leader", "🛡⚠️"), ("chief", "🛡⚠️"), ("volunteer", "📣"), ("staff", "📣💬"),
        ("deputy", "🛡⚠️📣💬"), ("director", "🛡⚠️📣💬"), ("admin", "🛡⚠️📣💬"),
    ],
)  # fmt: skip
async def test_each_role_is_told_its_topics_only(museum: House, role: str, sees: str) -> None:
    heard = await (await museum.someone("x", role)).says("/summary")
    assert "📊 Nov 2026" in heard
    for sign in ("🛡", "⚠️", "📣", "💬"):
        assert (sign in heard) == (sign in sees), sign


async def test_a_visitor_is_kindly_told_that_there_is_nothing(museum: House) -> None:
    visitor = await museum.someone("x")
    assert "not open to you" in await visitor.says("/summary")
    assert "not open to you" in await visitor.taps_data("a:summary:2026-11.all")
    assert "not open to you" in await visitor.taps_data("a:export:2026-11.all")


async def test_a_forged_topic_stays_closed(museum: House) -> None:
    guard = await museum.someone("g", "guard")
    await museum.add(Feedback, comment("LY-1", rating=1))
    for topic in ("comments", "outreach"):
        heard = await guard.taps_data(f"a:summary:2026-11.{topic}")
        assert "not open to you" in heard
        assert "💬" not in heard
    assert "not open to you" in await guard.says("/summary comments")
    for nonsense in ("", ".", "2026-13.all", "2026-11.secrets", "all", "x" * 40):
        assert "no longer in use" in await guard.taps_data(f"a:summary:{nonsense}")


async def test_a_guard_sees_their_own_work_only(museum: House) -> None:
    guard, other = await museum.someone("g", "guard"), await museum.someone("h", "guard")
    mine, theirs = await id_of(museum, "g"), await id_of(museum, "h")
    await museum.add(
        Inspection, inspection("XJ-1", mine), *(inspection(f"XJ-{n}", theirs) for n in range(2, 9))
    )
    await museum.add(Hazard, hazard("YH-1", mine), *(hazard(f"YH-{n}", theirs) for n in range(2, 5)))
    assert "🛡 yours: 1 inspection ·" in await guard.says("/summary")
    assert "All that are open today: 1 · overdue 0" in await guard.says("/summary hazards")
    assert "🛡 yours: 7 inspections" in await other.says("/summary")
    assert "Most active" not in await guard.says("/summary inspections")


async def test_who_may_not_export_has_no_such_button(museum: House) -> None:
    guard, staff = await museum.someone("g", "guard"), await museum.someone("s", "staff")
    await guard.says("/summary")
    await staff.says("/summary")
    assert not any("XLSX" in label for label in guard.buttons)
    assert any("XLSX" in label for label in staff.buttons)
