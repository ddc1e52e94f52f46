"""Every move that the table refuses, tapped in the web chat: each is answered with why, in both languages.

A button that is not there can be tapped all the same, on a card from before or by forging it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import insert, select

from bot.app import App
from bot.engine import utc_now
from handlers.hazard_given import MISSING
from handlers.hazard_table import MOVES, SIGNERS, STATES, Actor, refusal
from handlers.kit.words import say
from models import Account, Hazard, HazardSignature, Inspection
from tests.dialogue.play import give_roles
from tests.fixtures.hazard_flow import found, moved, refused
from tests.fixtures.hazards import USUAL, WHAT
from tests.fixtures.templates import as_started, copied
from tests.fixtures.web_chat import serving
from tests.fixtures.web_client import Client, browser
from tests.records import inspection

pytestmark = pytest.mark.asyncio(loop_scope="module")

PEOPLE = {
    "guard": "guard", "staff": "staff", "leader": "leader", "chief": "chief", "deputy": "deputy",
    "director": "director", "other": "staff", "visitor": "",
}  # fmt: skip
CONCERNED = ("guard", "staff", "leader", "chief", "deputy", "director")  # they see every hazard here
FAR = "staff accept, staff rectify, leader pass"
# How a hazard got where it is, by whom; an order makes the third word responsible, who signs says as what.
SCENES = {
    "open": "staff recur",
    "to be ordered": "",
    "ordered": "deputy order staff, chief suspend",
    "accepted": "chief order staff, staff accept",
    "asked": "deputy order staff, staff accept, staff ask",
    "asked by a signer": "director order deputy, deputy ask",
    "waiting": "chief order staff, staff accept, staff rectify",
    "fixed by a leader": "chief order leader, leader accept, leader rectify",
    "fixed by a signer": "director order deputy, deputy accept, deputy rectify, chief pass",
    "closed area": f"chief suspend, chief order staff, {FAR}",
    "signed once": f"chief order staff, {FAR}, director sign director",
    "closed": f"chief order staff, {FAR}, director sign director, deputy sign deputy",
    "fixed": "guard fix",
    "rejected": "chief reject",
    "withdrawn": "guard withdraw",
}
# What is said in English -> in Chinese; {number} and {state} are the hazard's.
SAID = {
    "{number} is {state}; that cannot be done now.": "{number} 现在的状态是“{state}”，不能办理这一步。",
    "That is for the head of security or above.": "这一步由保卫科长或以上办理。",
    "That is for whoever was made responsible for it.": "这一步由整改责任人办理。",
    "That is for the shift leader or above.": "这一步由班长或以上办理。",
    "That is for the director and the deputy director, or whoever stands in for them.":
        "这一步由馆长、分管副馆长或其代理人办理。",
    "That is for the level that gave the order, or above.": "这一步由下达整改的一级或以上办理。",
    "That is for whoever reported it.": "应由上报人本人办理。",
    "That is for whoever found it, or a leader.": "这一步由发现人或班长及以上办理。",
    "Whoever fixed it does not review it; a colleague has to.": "整改人不能复查自己的整改，请由他人复查。",
    "Whoever fixed it does not sign that it is closed.": "整改人不能为销号签字。",
    "Nobody decides on their own request; the level that gave the order has to.":
        "不能审批自己的申请，须由下达整改的一级审批。",
    "Nobody has asked for more time, or it is decided already.": "没有待审批的延期申请，或已经审批过了。",
    "More time was asked for already; it waits for a decision.": "已经申请过延期，正在等待审批。",
    "Only what the rules list may be put right on the spot; this needs an order.":
        "只有规定范围内的情形可以当场改正；这处隐患需要下达整改。",
    "The area is closed already.": "该部位已经停用。",
    "The area is open already.": "该部位已在使用。",
    "Its area is still closed to people; please open it again first.": "该部位仍在停用，请先恢复使用再签字。",
    "You have signed already; the second signature has to be somebody else's.":
        "您已经签过字了，另一个签字须由他人完成。",
    "That signature is there already.": "这个签字已经有了。",
    "You do not hold that post today.": "您今天不担任这个职务。",
}  # fmt: skip
MORE_SAID = {
    "That is for people who work here.": "这一步由本馆人员办理。",
    "It was found in an inspection; please correct that.": "该隐患由检查发现，请更正那次检查记录。",
}
# Moves that no button makes: how far along, by whom, whether as a correction, what is said.
UNTAPPED = [
    ("open", "visitor", "recur", False, "That is for people who work here."),
    ("closed", "staff", "recur", False, "{number} is {state}; that cannot be done now."),
    ("open", "chief", "withdraw", False, "That is for the head of security or above."),
    ("ordered", "guard", "withdraw", True, "{number} is {state}; that cannot be done now."),
]
# Moves that need something: how far along it is then, and who makes it.
NEEDY = {
    "accept": ("ordered", "staff"), "rectify": ("accepted", "staff"), "fail": ("waiting", "leader"),
    "sign": ("signed once", "deputy"), "back": ("signed once", "deputy"), "deny": ("asked", "deputy"),
    "order": ("open", "chief"), "fix": ("open", "guard"), "amend": ("open", "guard"),
    "reject": ("open", "chief"), "grade": ("open", "leader"), "ask": ("accepted", "staff"),
    "suspend": ("open", "chief"), "external": ("open", "chief"), "recur": ("open", "staff"),
}  # fmt: skip
WANTING = {
    "note": ("Please say in a few words why, or what was done.", "请简单写明原因或处理情况。"),
    "photos": ("A photo of it as it is now has to come with that.", "需要附上现状照片。"),
    "measures": ("Please say what has to be done.", "请写明整改措施。"),
    "responsible": ("Please say who is responsible for it.", "请写明整改责任人。"),
    "due": ("Please say until when.", "请写明整改期限。"),
    "interim": (
        "Please say how people and objects are protected until it is rectified.",
        "请写明整改期间的防范措施。",
    ),
    "reference": ("Please give the number under which it was reported.", "请写明上报文号。"),
    "post": ("Please say as what you sign.", "请说明以什么身份签字。"),
    "place": ("Please say where it is.", "请说明在哪里。"),
    "severity": ("Please say how severe it is.", "请选择隐患等级。"),
}
NOT_OPEN = {
    "en": "That is not open to you. If you work here",
    "zh_CN": "该功能仅对本馆工作人员和志愿者开放。",
}
GONE = {"en": "That hazard is no longer there.", "zh_CN": "这处隐患已不存在。"}
LOCALES = ("en", "zh_CN")
# What is tapped, but for the hazard; its move; and for a signature the post.
TAPS = [
    *((f"a:hz_{name}:{{}}", name, "") for name, move in MOVES.items() if move.label and name != "sign"),
    *((f"a:hz_sign:{{}}.{post}", "sign", post) for post in SIGNERS),
]


@dataclass
class Desk:
    """The program with everybody at the web chat, by who they are."""

    app: App
    clients: dict[str, Client]
    ids: dict[str, int]

    async def tap(self, who: str, data: str, locale: str) -> str:
        """What is said over the chat in a language, or else in the chat."""
        status, answer = await self.clients[who].post(data=data, tapped=1, locale=locale)
        assert status == 200
        toast: str | None = answer["toast"]
        return toast or str((await self.clients[who].history())["messages"][-1]["text"])

    def actor(self, who: str) -> Actor:
        posts = frozenset({PEOPLE[who]})
        return Actor(self.ids[who], posts, {post: None for post in SIGNERS if post in posts})

    async def hazard(self, key: int) -> Any:
        [row] = await self.rows(select(Hazard.__table__).where(Hazard.id == key))
        return row

    async def rows(self, query: Any) -> list[Any]:
        async with self.app.database.reading() as db:
            return list(await db.execute(query))


@pytest.fixture(scope="module", params=["sqlite"])  # what is said is the same on every database
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with copied(as_started, request, tmp_path_factory.mktemp("db")) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr("bot.limits.Limits.allow", lambda *_given: True)  # nobody taps as much as this
        app = await stack.enter_async_context(serving(url, tmp_path_factory.mktemp("web")))
        desk = Desk(app, {}, {})
        for who, post in PEOPLE.items():
            client = Client(await stack.enter_async_context(browser()), app.url)
            await client.open()
            await client.post(text="/start")
            [newest] = await desk.rows(
                select(Account.external_id, Account.person_id).order_by(Account.id.desc()).limit(1)
            )
            await give_roles(app.database, newest.external_id, who if post else "", [post] if post else [])
            desk.clients[who], desk.ids[who] = client, newest.person_id
        yield desk


async def arrive(desk: Desk, scene: str) -> int:
    """The id of a hazard that went through a scene."""
    what = {**WHAT, "item_key": "fire.exits" if scene in ("open", "fixed") else "report"}
    hazard = (await found(desk.app.engine, desk.ids["guard"], **what)).id
    for step in filter(None, SCENES[scene].split(", ")):
        who, name, *more = step.split()
        await moved(desk.app.engine, desk.ids[who], hazard, name, **usual(desk, name, *more))
    return int(hazard)


def usual(desk: Desk, name: str, more: str = "staff") -> dict[str, Any]:
    """What a move is given; an order makes `more` responsible, a signature is as that."""
    given = dict(USUAL.get(name, {}))
    if name == "order":
        given |= {"responsible": desk.ids[more], "due": utc_now() + timedelta(days=3)}
    if name == "ask":
        given["due"] = utc_now() + timedelta(days=9)
    if name == "sign":
        given["post"] = more
    return given


@pytest.mark.parametrize(("locale", "which"), [("en", 0), ("zh_CN", -1)])
async def test_whatever_is_refused_is_answered_with_why(desk: Desk, locale: str, which: int) -> None:
    """Of those who are told the same of a move one taps it, in each language somebody else where there is."""
    heard, seen = set(), set()
    for scene in SCENES:
        key = await arrive(desk, scene)
        hazard = await desk.hazard(key)
        for (move, source), people in (await refusals(desk, scene, hazard)).items():
            said = next(one for one in SAID if filled(desk, one, hazard, "en") == source)
            wanted = filled(desk, said if locale == "en" else SAID[said], hazard, locale)
            told = await desk.tap(people[which], move.format(f"{key}.{hazard.seq}"), locale)
            assert told == wanted, (scene, people[which], move)
            heard.add(said)
        assert await desk.hazard(key) == hazard
        seen.add(hazard.status)
    assert seen == set(STATES)
    assert heard == set(SAID)


async def test_a_stranger_hears_nothing_of_it(desk: Desk) -> None:
    """Neither a visitor, nor somebody of the museum who has nothing to do with it."""
    key = await arrive(desk, "accepted")
    for move, _name, _post in TAPS:
        for who, said in (("visitor", NOT_OPEN), ("other", GONE)):
            for locale in LOCALES:
                assert said[locale] in await desk.tap(who, move.format(f"{key}.3"), locale), move


@pytest.mark.parametrize(("scene", "who", "name", "correction", "said"), UNTAPPED)
async def test_a_move_without_a_button_is_refused_too(
    desk: Desk, scene: str, who: str, name: str, correction: bool, said: str
) -> None:
    key = await arrive(desk, scene)
    why = await refused(desk.app.engine, desk.ids[who], key, name, note="Again.", correction=correction)
    hazard = await desk.hazard(key)
    both = SAID | MORE_SAID
    assert tuple(say(why, desk.app.engine.languages(locale)) for locale in LOCALES) == (
        filled(desk, said, hazard, "en"),
        filled(desk, both[said], hazard, "zh_CN"),
    )


async def test_what_an_inspection_found_is_corrected_there(desk: Desk) -> None:
    async with desk.app.database.transaction() as db:
        made = insert(Inspection).values(inspection("XJ-1", desk.ids["guard"])).returning(Inspection.id)
        found_in = (await db.execute(made)).scalar_one()
    hazard = await found(desk.app.engine, desk.ids["guard"], **WHAT, inspection_id=found_in)
    source = "It was found in an inspection; please correct that."
    for locale, said in zip(LOCALES, (source, MORE_SAID[source]), strict=True):
        assert await desk.tap("guard", f"a:hz_amend:{hazard.id}.1", locale) == said
    assert await desk.hazard(hazard.id) == hazard


async def test_what_a_move_needs_has_to_be_given(desk: Desk) -> None:
    """Every move that needs something, without each of it in turn."""
    heard = set()
    for name, (scene, who) in NEEDY.items():
        key = await arrive(desk, scene)
        for need in MOVES[name].needs:
            given = {**usual(desk, name), need: [] if need == "photos" else " "}
            why = await refused(desk.app.engine, desk.ids[who], key, name, **given)
            told = tuple(say(why, desk.app.engine.languages(locale)) for locale in LOCALES)
            assert told == WANTING[need], (name, need)
            heard.add(need)
    assert set(NEEDY) == {name for name, move in MOVES.items() if move.needs}
    assert heard == set(MISSING) == set(WANTING)


async def refusals(desk: Desk, scene: str, hazard: Any) -> dict[tuple[str, str], list[str]]:
    """By (what is tapped, what is said in English), who hears it."""
    mine = select(HazardSignature).where(HazardSignature.hazard_id == hazard.id)
    signed = {row.post: row.person_id for row in await desk.rows(mine)}
    told: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for move, name, post in TAPS:
        for who in CONCERNED:
            why = refusal(name, hazard, desk.actor(who), signed)
            if why is None and post:
                why = unsigned(post, desk.actor(who), signed)
            if why is not None and (who != "staff" or who in SCENES[scene]):  # else they do not see it
                told[move, say(why, desk.app.engine.languages("en"))].append(who)
    return told


def unsigned(post: str, actor: Actor, signed: Mapping[str, int]) -> str | None:
    """Why somebody who may sign does not sign for a post."""
    if post in signed:
        return "That signature is there already."
    return None if post in actor.signs else "You do not hold that post today."


def filled(desk: Desk, pattern: str, hazard: Any, locale: str) -> str:
    state = say(STATES[hazard.status], desk.app.engine.languages(locale))
    return pattern.replace("{number}", hazard.number).replace("{state}", state)
