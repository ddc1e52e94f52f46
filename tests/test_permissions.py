"""Every route × every role: allowed exactly as the table says; refusals are kind and leave no trace."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bot.dispatch import DENIED, NOT_YOURS
from bot.limits import Limits
from handlers.joining import make_invite
from handlers.kit.buttons import for_form
from handlers.kit.messages import Input
from handlers.roles import ROLES, may
from handlers.routes import gather
from models import (
    Account,
    Base,
    Conversation,
    Feedback,
    FeedbackReply,
    Hazard,
    Inbox,
    Inspection,
    Invite,
    Letter,
    LetterCopy,
    Outbox,
    Outreach,
    OutreachMember,
    Person,
    Signature,
    StandIn,
)
from tests.fixtures.templates import Templates, with_places
from tests.house import House, Someone, open_house
from tests.records import hazard, inspection

ROUTES = gather()
EVERY_ROLE = frozenset(ROLES)
ACTORS: dict[str, tuple[frozenset[str], bool]] = {
    "visitor": (frozenset(), True),
    "deactivated": (EVERY_ROLE, False),
    **{role: (frozenset({role}), True) for role in ROLES},
}
# What changes when somebody merely says something: not a record of theirs.
_TRACES = {"inbox", "outbox", "accounts"}
_LOGGED = "museum day community 300 leaflets 120 visitors 6 people 3 hours"


@dataclass
class World:
    """A museum where something of every sort is there to be acted upon, all of it other people's."""

    house: House
    arguments: dict[str, str]
    actor: Someone
    actor_id: int
    owners_draft: int

    async def taps(self, data: str) -> str:
        """The actor taps, unhurried: how much one may send is not what is tested here."""
        self.house.engine.limits = Limits()
        return await self.actor.taps_data(data)

    async def says(self, text: str) -> str:
        self.house.engine.limits = Limits()
        return await self.actor.says(text)

    async def records(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table but the traces of having spoken."""
        tables = [table for table in Base.metadata.sorted_tables if table.name not in _TRACES]
        return {
            table.name: [
                tuple(row) for row in await self.house.rows(select(table).order_by(*table.primary_key))
            ]
            for table in tables
        }


async def person_id(house: House, name: str) -> int:
    [row] = await house.rows(select(Account.person_id).where(Account.external_id == name))
    return int(row.person_id)


async def found(house: House, finder: int) -> int:
    """The id of a hazard that waits for an order."""
    await house.add(Hazard, hazard("YH-2026-9001", finder))
    return await newest(house, Hazard)


async def newest(house: House, model: Any) -> int:
    [row] = await house.rows(select(func.max(model.id).label("id")))
    return int(row.id)


async def build(house: House, actor: str) -> World:
    guard, volunteer = await house.someone("guard1", "guard"), await house.someone("volunteer1", "volunteer")
    desk, visitor = await house.someone("desk1", "staff"), Someone(house, "visitor1")
    await guard.follows("p_L1-P3")
    await guard.says("all normal")
    await guard.says("yes")
    await guard.follows("p_L1-P3")
    await guard.says("3 broken")
    await volunteer.says(_LOGGED)
    await volunteer.taps("Submit")
    await visitor.says("The lamp on the third floor is broken")
    await visitor.taps("Cancel")
    comment, broken = await newest(house, Feedback), await found(house, await person_id(house, "guard1"))
    await desk.taps_data(f"a:answer:{comment}")
    await desk.says("It will be mended")
    newcomer = await house.someone("newcomer")
    async with house.database.transaction() as db:
        await newcomer_asks(db, await person_id(house, "newcomer"))
        await make_invite(db, "admin", 1, 1, await person_id(house, "guard1"), datetime.now(UTC))
    await absent_and_unsigned(house, await person_id(house, "guard1"))
    event, one = await newest(house, Outreach), await person_id(house, "volunteer1")
    waiting = await person_id(house, newcomer.external_id)
    arguments = {
        "answer": str(comment),
        "satisfied": f"{await newest(house, FeedbackReply)}.yes",
        "sign": str(await newest(house, Inspection)),
        **{name: f"{broken}.1" for name in ROUTES.actions if name.startswith("hz_")},
        "hazard": str(broken),
        "hazard_filter": "5.o.c.f.L1",
        "hazards": "5.o.c.f.L1",
        "contractor": str(broken),
        "contractor_end": str(broken),
        "comment_hazard": str(comment),
        "correct": str(await newest(house, Inspection)),
        "outreach_ok": f"{event}.1",
        "outreach_amend": f"{event}.1",
        "outreach_return": f"{event}.1",
        "outreach_mend": str(event),
        "people": "all.0",
        "person": str(one),
        "posts": str(one),
        "confirm": f"{waiting}.guard",
        "refuse": f"{waiting}.guard",
        "give": f"{one}.guard",
        "take": f"{one}.volunteer",
        "deactivate": f"{one}.sure",
        "reactivate": str(one),
        "uninvite": str(await newest(house, Invite)),
        "unlink": str(await newest(house, Account)),
        "language": "en",
        "menu": "help",
        "menu_more": "",
        "mydata_file": "",
        "erase": "sure",
        "inbox": "5.praise",
        "export": f"{datetime.now(UTC):%Y-%m}.all",
        "summary": f"{datetime.now(UTC):%Y-%m}.all",
        "away_new": "",
        "away_end": str(await newest(house, StandIn)),
        "duty_set": "L1",
        "letter_new": "",
        "letter": str(await newest(house, Letter)),
        "letter_sign": str(await newest(house, Letter)),
        "letter_remind": str(await newest(house, Letter)),
        "digest": "off",
        "paper": f"log.{datetime.now(UTC):%Y-%m}",
        "round": "1",
        "round_why": "1.1.forgot",
        "plans": "0",
        "plan_new": "",
        "plan_edit": "1",
        "plan_pause": "1.off",
        "opening": "week",
        "take_over": "1",
        "not_taken": "1",
    }
    owners = await house.rows(select(Conversation.id).where(Conversation.status == "open"))
    roles, active = ACTORS[actor]
    someone = await house.someone("actor", *roles)
    async with house.database.transaction() as db:
        await db.execute(update(Person).where(Person.name == "actor").values(active=active))
    return World(house, arguments, someone, await person_id(house, "actor"), owners[0].id)


async def absent_and_unsigned(house: House, guard: int) -> None:
    """Somebody is away, and has a letter to sign."""
    now = datetime.now(UTC)
    days = {"first_day": now.date(), "last_day": now.date() + timedelta(days=2)}
    made = {"person_id": guard, "post": "guard", "deputy_id": None, "entered_by": guard, "entered_at": now}
    await house.add(StandIn, {**made, **days})
    words = {"body_zh": "职责", "body_en": "Duties", "issued_by": guard, "issued_at": now, "sample": False}
    await house.add(Letter, {"post": "guard", "year": now.year, "version": 1, **words})
    copy = {"letter_id": await newest(house, Letter), "person_id": guard, "sent_at": now, "sample": False}
    await house.add(LetterCopy, copy)


@pytest.fixture
async def desk(templates: Templates, tmp_path: Path) -> AsyncIterator[House]:
    """On SQLite alone: whether somebody may do a thing is decided before any database is asked."""
    async with open_house(templates.file(with_places, tmp_path / "docent.db"), tmp_path) as house:
        yield house


async def newcomer_asks(db: Any, newcomer: int) -> None:
    """Somebody waits to be confirmed as a guard."""
    await db.execute(update(Person).where(Person.id == newcomer).values(pending_role="guard"))


def allowed(actor: str, needs: str) -> bool:
    roles, active = ACTORS[actor]
    return may(roles if active else (), needs)


def denial(actor: str) -> str:
    """What is told to who may not: where to get an invite, or whose task it is."""
    roles, active = ACTORS[actor]
    return NOT_YOURS.source.partition("{")[0] if roles and active else DENIED.source


@pytest.mark.parametrize("actor", ACTORS)
async def test_commands(desk: House, actor: str) -> None:
    world = await build(desk, actor)
    before = await world.records()
    for command in ROUTES.commands.values():
        if not allowed(actor, command.needs):
            assert denial(actor) in await world.says(f"/{command.name}"), command.name
            assert denial(actor) in await world.says(command.name), command.name
            assert "not open to you" in await world.taps(f"a:menu:{command.name}"), command.name
    assert await world.records() == before
    for command in ROUTES.commands.values():
        if allowed(actor, command.needs):
            heard = await world.says(f"/{command.name}")
            assert heard, command.name
            assert denial(actor) not in heard, command.name


@pytest.mark.parametrize("actor", ACTORS)
async def test_actions(desk: House, actor: str) -> None:
    world = await build(desk, actor)
    assert world.arguments.keys() == ROUTES.actions.keys(), "say in `build` what each action acts upon"
    before = await world.records()
    for action in ROUTES.actions.values():
        if not allowed(actor, action.needs):
            heard = await world.taps(f"a:{action.name}:{world.arguments[action.name]}")
            assert heard.startswith(f"[{denial(actor)}"), action.name
    assert await world.records() == before
    for action in ROUTES.actions.values():
        if allowed(actor, action.needs):
            heard = await world.taps(f"a:{action.name}:{world.arguments[action.name]}")
            assert heard, action.name
            assert denial(actor) not in heard, action.name


@pytest.mark.parametrize("actor", ACTORS)
async def test_forms(desk: House, actor: str) -> None:
    """A draft of one's own, of a form one may not use (any more): not seen, not resumed, not discarded."""
    world = await build(desk, actor)
    for form in ROUTES.forms.values():
        draft = await draft_of(world, form.name, form.questions[0].name)
        if allowed(actor, form.needs):
            assert "Discarded" in await world.taps(f"a:discard:{draft}"), form.name
            assert (await one(desk, draft)).status == "cancelled", form.name
            continue
        before = await world.records()
        for action in ("resume", "anew", "discard"):
            assert "no longer there" in await world.taps(f"a:{action}:{draft}"), form.name
        for path in (form.questions[0].name, "-"):
            for code in ("yes", "submit", "on"):
                heard = await world.taps(for_form(draft, 0, path, code))
                assert heard == "[That button is no longer in use.]", form.name
        await world.says("1")
        assert await world.records() == before, form.name
        async with desk.database.transaction() as db:
            await db.execute(update(Conversation).where(Conversation.id == draft).values(status="cancelled"))


async def draft_of(world: World, form: str, first: str) -> int:
    now = datetime.now(UTC)
    row = {
        "person_id": world.actor_id, "form": form, "status": "open", "answers": {first: None}, "facts": {},
        "started_at": now, "touched_at": now, "expires_at": now + timedelta(days=1),
    }  # fmt: skip
    await world.house.add(Conversation, row)
    return await newest(world.house, Conversation)


async def one(house: House, conversation: int) -> Any:
    [row] = await house.rows(select(*Conversation.__table__.columns).where(Conversation.id == conversation))
    return row


@pytest.mark.parametrize("actor", ACTORS)
async def test_replies(desk: House, actor: str) -> None:
    world = await build(desk, actor)
    for place, (subject, route) in enumerate(ROUTES.replies.items()):
        key = world.arguments["answer"]
        now = datetime.now(UTC)
        [account] = await desk.rows(select(Account.id).where(Account.external_id == "actor"))
        quoted = {
            "account_id": account.id, "seq": 9000 + place, "payload": {}, "subject": f"{subject}:{key}",
            "status": "sent",
            "not_before": now, "created_at": now, "external_id": f"quoted{place}",
        }  # fmt: skip
        await desk.add(Outbox, quoted)
        before = await world.records()
        await desk.deliver(world.actor, Input(text="ok"), replied_to=f"quoted{place}")
        changed = await world.records() != before
        assert changed == allowed(actor, route.needs), subject


@pytest.mark.parametrize("actor", ACTORS)
async def test_links(desk: House, actor: str) -> None:
    """Everybody may scan; only those who inspect get an inspection out of it."""
    world = await build(desk, actor)
    assert ROUTES.links.keys() == {"p", "h", "i", "l"}, "say here what a link does for whom"
    await world.actor.follows("p_L1-P3")
    await world.actor.follows("h_L1")
    for prefix in ("i", "l"):
        assert "does not work" in await world.actor.follows(f"{prefix}_4K7M9QXW")
    mine = select(Conversation.form).where(Conversation.person_id == world.actor_id)
    forms = {row.form for row in await desk.rows(mine)}
    assert "feedback" in forms
    assert bool(forms & {"inspection", "inspection_start"}) == allowed(actor, "inspect")


FORGED = [
    "",
    "0",
    "-1",
    "9" * 18,
    "9" * 50,
    "1.",
    ".1",
    "1.2.3",
    "x",
    "１",
    "١",
    "1 OR 1=1",
    "é" * 20,
    "all.-1",
    "%",
]


async def test_no_forged_argument_breaks_an_action(desk: House) -> None:
    world = await build(desk, "visitor")
    async with desk.database.transaction() as db:
        await db.execute(update(Person).where(Person.name == "actor").values(roles=EVERY_ROLE))
    for action in ROUTES.actions:
        for argument in FORGED:
            assert await world.taps(f"a:{action}:{argument}"), (action, argument)
    assert await desk.rows(select(Inbox.error).where(Inbox.status != "done")) == []


class TestOthersThings:
    """Ids may be forged: what belongs to somebody else answers as if it were not there."""

    async def test_drafts(self, museum: House) -> None:
        world = await build(museum, "admin")
        before = await world.records()
        for action in ("resume", "anew", "discard"):
            assert "no longer there" in await world.taps(f"a:{action}:{world.owners_draft}")
        for code in ("submit", "discard", "back", "go/items"):
            assert "no longer in use" in await world.taps(for_form(world.owners_draft, 1, "-", code))
        assert "no longer in use" in await world.taps(for_form(world.owners_draft, 1, "items", "rest"))
        assert await world.records() == before

    async def test_the_opinion_on_an_answer_is_the_visitors(self, museum: House) -> None:
        world = await build(museum, "admin")
        assert "no longer in use" in await world.taps(f"a:satisfied:{world.arguments['satisfied']}")
        [reply] = await museum.rows(select(FeedbackReply.satisfied))
        assert reply.satisfied is None

    async def test_a_comment_is_only_its_state_to_a_stranger(self, museum: House) -> None:
        world = await build(museum, "visitor")
        [comment] = await museum.rows(select(Feedback.number))
        heard = await world.says(f"check {comment.number}")
        assert "answered" in heard
        assert "lamp" not in heard

    async def test_an_inspection_is_its_inspectors_and_the_leaders(self, museum: House) -> None:
        world = await build(museum, "guard")
        [record] = await museum.rows(select(Inspection.number))
        assert "that you may see" in await world.says(record.number)
        key = world.arguments["correct"]
        assert "not yours to correct" in await world.taps(f"a:correct:{key}")
        assert "not open to you" in await world.taps(f"a:sign:{key}")

    @pytest.mark.parametrize(("role", "signs"), [("leader", True), ("chief", True), ("staff", False)])
    async def test_the_second_signature_is_the_posts_above(
        self, museum: House, role: str, signs: bool
    ) -> None:
        world = await build(museum, role)
        heard = await world.taps(f"a:sign:{world.arguments['sign']}")
        assert ("Signed." in heard) == signs
        posts = [row.post for row in await museum.rows(select(Signature.post).order_by(Signature.id))]
        assert posts == (["inspector", "second"] if signs else ["inspector"])

    async def test_nobody_signs_their_own(self, museum: House) -> None:
        world = await build(museum, "leader")
        own = inspection("XJ-20261122-0099", world.actor_id)
        await museum.add(Inspection, own)
        [found] = await museum.rows(select(Inspection.id).where(Inspection.number == own["number"]))
        heard = await world.taps(f"a:sign:{found.id}")
        assert "cannot give the second signature" in heard
        assert len(await museum.rows(select(Signature.id))) == 1

    async def test_nobody_decides_on_their_own_activity(self, museum: House) -> None:
        world = await build(museum, "staff")
        async with museum.database.transaction() as db:
            await db.execute(update(Outreach).values(person_id=world.actor_id))
        before = await world.records()
        for action in ("outreach_ok", "outreach_amend", "outreach_return"):
            heard = await world.taps(f"a:{action}:{world.arguments[action]}")
            assert "Nobody approves their own time" in heard, action
        assert await world.records() == before

    async def test_nobody_mends_anothers_activity(self, museum: House) -> None:
        world = await build(museum, "volunteer")
        async with museum.database.transaction() as db:
            await db.execute(update(Outreach).values(status="returned", returned_because="other"))
        before = await world.records()
        heard = await world.taps(f"a:outreach_mend:{world.arguments['outreach_mend']}")
        assert "not yours to mend" in heard
        assert await world.records() == before

    async def test_nobody_joins_an_activity_that_was_not_offered(self, museum: House) -> None:
        world = await build(museum, "volunteer")
        await world.says(_LOGGED)
        _message, data = world.actor.button("Join that event")
        forged = re.sub(r"join\d+", "join999", data)
        assert forged != data
        await world.taps(forged)
        await world.says("2 hours")
        mine = select(OutreachMember.id).where(OutreachMember.person_id == world.actor_id)
        assert await museum.rows(mine) == []

    async def test_an_activity_is_shown_to_those_who_may_see_it(self, museum: House) -> None:
        world = await build(museum, "volunteer")
        [event] = await museum.rows(select(Outreach.number))
        assert "that you may see" in await world.says(event.number)
