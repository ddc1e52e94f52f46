"""One person at two devices in any order: whatever is tapped twice, late or across, answers are kept once."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update

from bot.limits import Limits
from bot.messages import Accepted, Sender, Update
from handlers.kit.buttons import Tap, for_action, for_form, read_tap
from handlers.kit.messages import Input
from models import Account, Conversation, Feedback, Inspection, InspectionItem
from tests.fixtures.card import Card
from tests.house import House, Someone, open_house, with_defaults

T = TypeVar("T")

POINT = "p_L1-P3"  # a patrol of 14 items, with photos of some and others to be put right on the spot
DEVICES = st.sampled_from((0, 1))
SLOW = (HealthCheck.too_slow, HealthCheck.filter_too_much)  # the machine may have much else to do
STATES = {"n/a": "na", "normal": "ok", "abnormal": "bad"}


class NoLimits(Limits):
    """A person may do as much as the test likes."""

    def allow(self, key: str, most: int, seconds: float) -> bool:
        return True


class TwoDevices(RuleBasedStateMachine):
    """Two accounts of one guard. `card` is the inspection that is under way, if any."""

    def __init__(self, prepared: Path, folder: Path) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.exits = AsyncExitStack()
        file = folder / "docent.db"
        shutil.copy(prepared, file)
        self.house: House = self.run(
            self.exits.enter_async_context(open_house(f"sqlite+aiosqlite:///{file.as_posix()}", folder))
        )
        self.house.engine.limits = NoLimits()
        self.devices = [Someone(self.house, name) for name in ("one", "two")]
        self.updates: list[Update] = []
        self.card: Card | None = None
        self.cards: set[int] = set()  # their ids, those that have ended included
        self.submitted: list[Card] = []
        self.commented = 0
        self.comment = 0  # the id of the newest one
        self.commenting = False
        self.sound = True

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(doing)

    @property
    def live(self) -> Card:
        assert self.card is not None  # the rules' preconditions have looked
        return self.card

    # -- what a person does --------------------------------------------------------------------------------

    def update(self, device: int, given: Input, **more: Any) -> Update:
        name = self.devices[device].external_id
        made = Update("web", f"{name}:at-{len(self.updates)}", Sender(name, locale="en"), given, **more)
        self.updates.append(made)
        return made

    def does(self, device: int, given: Input, **more: Any) -> None:
        """Do it once; it is answered, one way or another."""
        self.sound = False
        accepted = self.run(self.house.engine.accept(self.update(device, given, **more)))
        assert accepted.fresh
        assert self.run(self.devices[device].hears()) or accepted.toast

    def taps(self, device: int, data: str) -> None:
        self.does(device, Input(data=data), tapped="1")

    def follow(self) -> None:
        """Forget the card when it has ended."""
        card = self.live
        if card.status == "done":
            self.submitted.append(card)
        if card.status in {"done", "cancelled"}:
            self.card = None

    def buttons(self, device: int) -> list[str]:
        """The data of every button of an inspection that the device ever showed, the newest last."""
        rows = [row for message in self.devices[device].told for row in message["rows"]]
        taps = {button["data"]: read_tap(button["data"]) for row in rows for button in row}
        return [data for data, tap in taps.items() if tap is not None and tap.conversation in self.cards]

    def newest(self, form: str) -> Any:
        """The conversation begun last."""
        query = select(Conversation).where(Conversation.form == form).order_by(Conversation.id.desc())
        return self.run(self.house.rows(query))[0]

    def is_open(self) -> bool:
        return self.card is not None and self.card.status == "open"

    @precondition(lambda self: self.card is None)
    @rule(device=DEVICES)
    def begin(self, device: int) -> None:
        self.does(device, Input(), link=POINT)
        newest = self.newest("inspection")
        self.card = Card(newest.id, newest.facts["items"])
        self.cards.add(newest.id)
        self.commenting = False

    @precondition(lambda self: self.card is not None)
    @rule(device=DEVICES, data=st.data())
    def tap_newest(self, device: int, data: st.DataObject) -> None:
        """Mostly what people do: one of the last buttons shown."""
        self.tap_one_of(device, self.buttons(device)[-8:], data)

    @precondition(lambda self: self.card is not None)
    @rule(device=DEVICES, data=st.data())
    def tap_any(self, device: int, data: st.DataObject) -> None:
        """Scroll back and tap there."""
        self.tap_one_of(device, self.buttons(device), data)

    def tap_one_of(self, device: int, buttons: list[str], data: st.DataObject) -> None:
        if not buttons:
            return
        chosen = data.draw(st.sampled_from(buttons))
        tap = read_tap(chosen)
        assert tap is not None  # buttons() has looked
        self.taps(device, chosen)
        if tap.conversation == self.live.id:
            self.commenting &= self.live.status == "open"
            self.live.tap(tap)
            self.follow()

    @precondition(lambda self: self.is_open() and self.live.here() in {"items", None})
    @rule(device=DEVICES, number=st.integers(1, 14), word=st.sampled_from((*STATES, "leaking")))
    def type_an_item(self, device: int, number: int, word: str) -> None:
        self.does(device, Input(f"{number} {word}"))
        noted = {} if word in STATES else {f"faults/{number}/note": word}
        self.live.set_items({number: STATES.get(word, "bad")}, **noted)

    @precondition(lambda self: self.is_open() and (self.live.here() or "").endswith("note"))
    @rule(device=DEVICES, note=st.sampled_from(("broken", "5 n/a", "漏水")))
    def write_a_note(self, device: int, note: str) -> None:
        self.does(device, Input(note))
        self.live.answer({str(self.live.here()): note})

    @precondition(lambda self: self.is_open() and (self.live.here() or "").endswith("photos"))
    @rule(device=DEVICES, name=st.sampled_from("abc"))
    def send_a_photo(self, device: int, name: str) -> None:
        photo = self.house.photo(name)
        self.does(device, Input(photos=(photo,)))
        self.live.answer({str(self.live.here()): [photo.sha]})

    @precondition(lambda self: self.is_open())
    @rule(device=DEVICES)
    def go_back(self, device: int) -> None:
        back = Tap(self.live.id, self.live.revision, "-", "back")
        self.taps(device, for_form(back.conversation, back.revision, back.path, back.code))
        self.live.tap(back)

    @precondition(lambda self: self.is_open() and not (self.live.here() or "").endswith(("note", "photos")))
    @rule(data=st.data())
    def tap_on_both_at_once(self, data: st.DataObject) -> None:
        """Two buttons of the same card at the same moment: one is in time, the other out of date."""
        card, here = self.live, self.live.here()
        codes = [f"{card.item}{state}" for state in STATES.values()] if here == "items" else ["yes", "no"]
        path = here or "items"
        taps = [Tap(card.id, card.revision, path, data.draw(st.sampled_from(codes))) for _device in (0, 1)]
        self.sound = False
        updates = [
            self.update(device, Input(data=for_form(tap.conversation, tap.revision, tap.path, tap.code)))
            for device, tap in enumerate(taps)
        ]
        assert all(accepted.fresh for accepted in self.run(self.together(*updates)))
        either = [deepcopy(card), deepcopy(card)]
        for outcome, first in zip(either, taps, strict=True):
            outcome.tap(first)
        stored = self.stored(card)
        self.card = next((outcome for outcome in either if outcome.stored == stored), either[0])

    async def together(self, *updates: Update) -> list[Accepted]:
        return await asyncio.gather(*(self.house.engine.accept(one) for one in updates))

    @rule(device=DEVICES, command=st.sampled_from(("/start", "/help", "/mine", "/nothing")))
    def interrupt(self, device: int, command: str) -> None:
        """Another command leaves everything as it is."""
        self.does(device, Input(command))

    @rule(device=DEVICES)
    def begin_a_comment(self, device: int) -> None:
        self.does(device, Input("/feedback"))
        self.commenting = True
        self.comment = self.newest("feedback").id
        if self.is_open():
            self.live.status = "paused"

    @precondition(lambda self: self.commenting)
    @rule(device=DEVICES)
    def finish_the_comment(self, device: int) -> None:
        self.taps(device, for_form(self.comment, 0, "rating", "4"))
        self.taps(device, for_form(self.comment, 1, "-", "finish"))
        self.commenting = False
        self.commented += 1

    @precondition(lambda self: self.card is not None)
    @rule(device=DEVICES)
    def go_on(self, device: int) -> None:
        self.taps(device, for_action("resume", self.live.id))
        self.live.status, self.commenting = "open", False

    @precondition(lambda self: self.updates)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        self.sound = False
        again = data.draw(st.sampled_from(self.updates))
        assert not self.run(self.house.engine.accept(again)).fresh

    # -- what must hold ------------------------------------------------------------------------------------

    @invariant()
    def is_as_remembered(self) -> None:
        talks = self.run(self.house.rows(select(Conversation.status).where(Conversation.status == "open")))
        assert len(talks) == int(self.is_open() or self.commenting)
        if self.card is not None:
            assert self.stored(self.card) == self.card.stored
        self.sound = True

    def stored(self, card: Card) -> tuple[Any, ...]:
        [row] = self.run(self.house.rows(select(Conversation).where(Conversation.id == card.id)))
        answers = dict(row.answers)
        if "items" in answers:
            answers["items"] = {int(n): one["state"] for n, one in answers["items"].items()}
        for path in [path for path in answers if path.endswith("photos")]:
            answers[path] = [photo["sha"] for photo in answers[path]]
        return row.status, row.revision, row.focus, answers

    def teardown(self) -> None:
        try:
            if self.sound:
                self.finish()
        finally:
            self.run(self.exits.aclose())
            self.runner.close()

    def finish(self) -> None:
        """Submit what is under way, and compare all records."""
        if self.card is not None:
            self.go_on(0)
        while self.card is not None:
            self.answer_what_is_missing(self.card)
            self.is_as_remembered()
        query = select(Inspection.id).order_by(Inspection.id)
        stored = [self.recorded(row.id) for row in self.run(self.house.rows(query))]
        assert stored == [card.recorded for card in self.submitted]
        assert len(self.run(self.house.rows(select(Feedback.id)))) == self.commented

    def answer_what_is_missing(self, card: Card) -> None:
        here = card.here() or ""
        if here.endswith("note"):
            self.write_a_note(1, "broken")
        elif here.endswith("photos"):
            self.send_a_photo(0, "d")
        else:
            path, code = {"": ("-", "submit"), "items": ("items", "rest")}.get(here, (here, "no"))
            self.taps(0, for_form(card.id, card.revision, path, code))
            card.tap(Tap(card.id, card.revision, path, code))
            self.follow()

    def recorded(self, inspection_id: int) -> list[Any]:
        query = select(InspectionItem).where(InspectionItem.inspection_id == inspection_id)
        rows = self.run(self.house.rows(query.order_by(InspectionItem.number)))
        return [
            (row.state, row.note, [one["sha"] for one in row.photos], row.fixed)
            if row.state == "bad"
            else row.state
            for row in rows
        ]


async def _prepare(folder: Path) -> Path:
    """A database with the places, the checklists, and a guard with two accounts."""
    file = folder / "prepared.db"
    async with open_house(f"sqlite+aiosqlite:///{file.as_posix()}", folder) as house:
        await with_defaults(house)
        for name in ("one", "two"):
            await house.someone(name, "guard")
        async with house.database.transaction() as db:
            first = select(Account.person_id).where(Account.external_id == "one").scalar_subquery()
            await db.execute(update(Account).values(person_id=first))
    return file


@pytest.mark.timeout(600)  # for when it fails: the shortest example of it is then looked for
def test_two_devices(tmp_path: Path) -> None:
    prepared = asyncio.run(_prepare(tmp_path))
    folders = (tmp_path / str(number) for number in range(10**9))

    def machine() -> TwoDevices:
        folder = next(folders)
        folder.mkdir()
        return TwoDevices(prepared, folder)

    calm = settings(max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=SLOW)
    run_state_machine_as_test(machine, settings=calm)  # type: ignore[arg-type]  # any maker of machines will do
