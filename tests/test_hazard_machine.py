"""Any moves by anybody in any order: no illegal state, missing signature or self-review is ever reached."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from handlers import hazard_table
from handlers.hazard_moves import Moved
from handlers.hazard_replay import differing
from models import Hazard
from tests.fixtures.hazard_rules import BESIDE, BY_HAND, EVERY, MAY, ONWARD, OPEN, STEPS, TOURS
from tests.fixtures.hazards import PHOTO, POSTS, chain_of
from tests.house import open_house

T = TypeVar("T")
# Chains are not made shorter as they fail: that takes longer than a test may.
SHORT = (Phase.reuse, Phase.generate)
SLOW = (HealthCheck.too_slow, HealthCheck.filter_too_much)  # the machine may have much else to do

PEOPLE = st.sampled_from(sorted(POSTS))
MOVES = st.sampled_from(sorted(EVERY))
GIVEN = st.fixed_dictionaries(
    {},
    optional={
        "note": st.sampled_from(("", " ", "words")),
        "photos": st.sampled_from(([], [PHOTO])),
        "interim": st.sampled_from(("", "  ", "a guard")),
        "post": st.sampled_from(("director", "deputy", "chief", "")),
        "severity": st.sampled_from(("critical", "minor", "huge", "")),
        "contractor": st.just("Bright Ltd"),
        "correction": st.booleans(),
    },
)


class Hazards(RuleBasedStateMachine):
    """A chain of people and one hazard after the other."""

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.exits = AsyncExitStack()
        self.house = self.run(self.exits.enter_async_context(open_house(url, folder)))
        self.chain = self.run(chain_of(self.house))
        self.hazard = 0
        self.made: list[tuple[str, str, Moved]] = []  # who, what, what came of it
        self.ever: list[tuple[str, str, Moved]] = []  # to all hazards there were
        self.closed = 0

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(doing)

    def now(self) -> Any:
        return self.run(self.chain.hazard(self.hazard))

    @initialize(who=PEOPLE.filter(lambda name: name != "visitor"))
    def found(self, who: str) -> None:
        self.hazard = self.run(self.chain.finds(who))
        self.made = []

    @precondition(lambda self: self.now().status not in OPEN)
    @rule(who=PEOPLE.filter(lambda name: name != "visitor"))
    def found_another(self, who: str) -> None:
        self.found(who)

    @precondition(lambda self: not self.chain.away)
    @rule(who=st.sampled_from((("director", "deputy"), ("deputy", "chief2"), ("director", "staff"))))
    def leaves(self, who: tuple[str, str]) -> None:
        person, deputy = who
        self.run(self.chain.stands_in(person, person, deputy))

    @rule(hours=st.integers(1, 60))
    def later(self, hours: int) -> None:
        self.chain.now += timedelta(hours=hours)

    @rule(who=PEOPLE, name=MOVES, given=GIVEN, responsible=PEOPLE, hours=st.integers(-5, 400))
    def anything(self, who: str, name: str, given: dict[str, Any], responsible: str, hours: int) -> None:
        more: dict[str, Any] = dict(given)
        if who == "visitor":  # who corrects an inspection made it
            more["correction"] = False
        if name in ("order", "ask"):
            more["due"] = self.chain.now + timedelta(hours=hours)
        if name == "order":
            more["responsible"] = self.chain.ids[responsible]
        self.tries(who, name, more)

    @precondition(lambda self: self.now().status in OPEN)
    @rule(choice=st.integers(0, 9), responsible=PEOPLE, post=st.sampled_from(("director", "deputy")))
    def onward(self, choice: int, responsible: str, post: str) -> None:
        """What usually comes next, so that the ends are reached."""
        self.onward_by(choice, responsible, post, usual=False)

    def onward_by(self, choice: int, responsible: str, post: str, *, usual: bool) -> None:
        hazard = self.now()
        steps = ONWARD[hazard.status]
        name, who = steps[0 if usual else choice % len(steps)]
        more: dict[str, Any] = {"post": post} if name == "sign" else {}
        if name == "order":
            more["responsible"] = self.chain.ids[responsible]
        if who == "contractor":
            more["contractor"] = "Bright Ltd"
            who = "visitor"
        if who == "responsible":
            who = self.called(hazard.responsible_id)
        self.tries(who, name, more)

    @precondition(lambda self: self.now().status in ("ordered", "accepted"))
    @rule(decides=PEOPLE, name=st.sampled_from(("grant", "deny")), hours=st.integers(1, 400))
    def extends(self, decides: str, name: str, hours: int) -> None:
        """More time is asked for by whoever is responsible, and decided by anybody who may."""
        hazard = self.now()
        later = max(hazard.due_at, self.chain.now) + timedelta(hours=hours)
        self.tries(self.called(hazard.responsible_id), "ask", {"due": later})
        self.tries(decides, name, {})

    @precondition(lambda self: self.now().status in OPEN)
    @rule(who=PEOPLE, values=st.sampled_from(BY_HAND))
    def is_changed_by_hand(self, who: str, values: dict[str, Any]) -> None:
        """The database refuses by itself what no move may do."""
        by = dict.fromkeys(("fixed_by", "reviewed_by"), self.chain.ids[who])
        with pytest.raises(IntegrityError):
            self.run(self.writes(update(Hazard).where(Hazard.id == self.hazard).values(**{**by, **values})))

    async def writes(self, statement: Any) -> None:
        async with self.house.database.transaction() as db:
            await db.execute(statement)

    @precondition(lambda self: self.now().status in OPEN)
    @rule(goal=st.sampled_from((*OPEN[2:], "closed", "closed")))
    def goes_on_until(self, goal: str) -> None:
        """Everybody does what they should, unless what happened before forbids it."""
        for step in range(8):
            status = self.now().status
            if status == goal or status not in ONWARD:
                return
            self.onward_by(step % 2, "staff", ("director", "deputy")[step % 2], usual=status != "reviewed")

    def called(self, person_id: int | None) -> str:
        return next(name for name, key in self.chain.ids.items() if key == person_id)

    def tries(self, who: str, name: str, given: dict[str, Any]) -> None:
        """Make the move; one that is refused leaves everything as it was and says why."""
        before = self.now(), self.run(self.chain.events(self.hazard))
        signed = self.run(self.chain.signatures(self.hazard))
        done = self.run(self.chain.moves(name, who, self.hazard, **given))
        if not isinstance(done, Moved):
            assert done
            assert (self.now(), self.run(self.chain.events(self.hazard))) == before
            assert self.run(self.chain.signatures(self.hazard)) == signed
            return
        self.made.append((who, name, done))
        self.ever.append((who, name, done))
        self.is_allowed(who, name, done, given)

    def is_allowed(self, who: str, name: str, done: Moved, given: dict[str, Any]) -> None:
        was, now, key = done.was, done.hazard, self.chain.ids[who]
        step = (was.status, name, now.status)
        assert step in STEPS or (was.status == now.status and was.status in BESIDE.get(name, ())), step
        if name in MAY:
            mine = name == "fix" and key == was.found_by
            stands_in = self.chain.away.get("director") == who or self.chain.away.get("deputy") == who
            assert who in MAY[name] or mine or stands_in, (who, name)
        if "contractor" in given:
            assert name == "rectify"
        if name == "withdraw":
            assert given.get("correction", True)  # which is what it usually is
        if name in ("accept", "ask") or (name == "rectify" and "contractor" not in given):
            responsible = self.called(was.responsible_id)
            assert who in (responsible, self.chain.away.get(responsible)), (who, name)
        if name == "amend":
            assert (key, was.status) == (was.found_by, "open")
        if name in ("pass", "fail", "sign", "back"):
            assert key != was.fixed_by
        if name in ("grant", "deny"):
            assert key != was.responsible_id
            assert was.asked_until is not None
        if name in ("sign", "back"):
            assert key in self.signers().values()

    def signers(self) -> dict[str, int]:
        """Whose signature counts today, by post."""
        away = self.chain.away
        return {post: self.chain.ids[away.get(post, post)] for post in ("director", "deputy")}

    @invariant()
    def is_sound(self) -> None:
        if not self.hazard:
            return
        hazard, events = self.now(), self.run(self.chain.events(self.hazard))
        assert [event.seq for event in events] == list(range(1, hazard.seq + 1))
        assert [event.move for event in events[1:]] == [name for _who, name, _done in self.made]
        assert [event.before for event in events[1:]] == [event.after for event in events[:-1]]
        assert events[-1].after == hazard.status
        assert list(differing(hazard, events)) == []
        if hazard.status in ("accepted", "pending_review", "reviewed", "closed"):
            assert hazard.interim.strip()
        if hazard.status in ("pending_review", "reviewed", "closed"):
            assert next(event for event in reversed(events) if event.move == "rectify").photos
            assert hazard.fixed_by is not None
        if hazard.status in ("reviewed", "closed"):
            assert hazard.reviewed_by not in (None, hazard.fixed_by)
        if hazard.asked_until is not None:
            assert hazard.status in ("ordered", "accepted")
        if hazard.status == "closed":
            self.is_signed(hazard)

    def is_signed(self, hazard: Any) -> None:
        assert not hazard.suspended
        mine = [one for one in self.run(self.chain.signatures(self.hazard)) if one.round == hazard.reopened]
        assert sorted(one.post for one in mine) == ["deputy", "director"]
        assert len({one.person_id for one in mine} - {hazard.fixed_by}) == 2
        self.closed += 1

    def goes_everywhere(self) -> None:
        """Every move, on hazards that end in every way."""
        for tour in TOURS:
            self.found("guard")
            for step in tour.split(", "):
                who, name, *post = step.split()
                before = len(self.made)
                self.tries(who, name, {"post": post[0]} if post else {"correction": name == "withdraw"})
                assert len(self.made) == before + 1, step
                self.is_sound()

    def teardown(self) -> None:
        self.run(self.exits.aclose())
        self.runner.close()


@pytest.mark.timeout(600)  # for when it fails: the shortest example of it is then looked for
def test_no_moves_lead_where_none_may_be(museum_url: str, tmp_path: Path) -> None:
    machines: list[Hazards] = []

    def machine() -> Hazards:
        machines.append(Hazards(museum_url, tmp_path))
        return machines[-1]

    examples = 15 if museum_url.startswith("sqlite") else 8
    calm = settings(
        max_examples=examples, stateful_step_count=40, deadline=None, suppress_health_check=SLOW, phases=SHORT
    )
    run_state_machine_as_test(machine, settings=calm)  # type: ignore[arg-type]  # any maker of machines will do
    assert any(machine.closed for machine in machines), "nothing was ever closed"
    # Whatever chance left out is done once, and looked at as all is.
    calm_one = machine()
    calm_one.goes_everywhere()
    calm_one.teardown()
    assert {name for _who, name, _done in calm_one.ever} == EVERY == set(hazard_table.MOVES)
