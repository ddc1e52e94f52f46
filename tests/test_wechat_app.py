"""The whole program with an Official Account: resends, what comes late or must wait, who leaves and returns,
how people join and link."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import func, select, update

from bot import outbox
from bot.app import App, all_routes, running
from bot.channels import wechat_callback
from bot.channels.wechat_callback import WECHAT_PATH, WECOM_PATH
from bot.config import Settings, load_settings
from bot.outbox import Parcel
from handlers.joining import make_invite
from handlers.kit.messages import Message
from handlers.routes import Routes
from handlers.work import Sending, Work
from models import Account, Conversation, Inspection, Outbox, Person
from tests.dialogue.play import give_roles
from tests.fakes.bot_api import TOKEN, FakeBotAPI
from tests.fakes.wechat_api import Delivery, FakeWeChat, FakeWeCom, Follower
from tests.test_app import Browser
from tests.test_kill import durable_url as durable_url

WAIT = 10  # seconds until a test gives up
SEND = "message/custom/send"
LINK_CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}")


class Desk:
    """The program with an Official Account, whose people speak English."""

    def __init__(self, app: App, wechat: FakeWeChat) -> None:
        self.app = app
        self.wechat = wechat

    async def comes(self, name: str, *roles: str) -> Follower:
        """Somebody follows, writes once, and has these posts."""
        person = self.wechat.person(name, following=False)
        await person.follows()
        await person.says("/help")
        await give_roles(self.app.database, name, name if roles else "", list(roles))
        return person

    async def writes(self, name: str, *texts: str) -> None:
        """Write to somebody, as a colleague's answer does."""
        async with self.app.database.transaction() as db:
            account = await db.scalar(select(Account.id).where(Account.external_id == name))
            assert account is not None
            sendings = [Sending(account, Message(text)) for text in texts]
            await outbox.post(db, [Parcel(sendings)], self.app.languages, datetime.now(UTC), pulling={"web"})
        self.app.ring([account])

    async def shuts(self, name: str) -> None:
        """Let the time pass in which somebody can be written to."""
        account = update(Account).where(Account.external_id == name)
        async with self.app.database.transaction() as db:
            await db.execute(account.values(push_until=datetime.now(UTC) - timedelta(hours=1)))

    async def learns(self, name: str) -> None:
        """Wait until it is known that nothing more can be pushed to somebody now."""
        async with asyncio.timeout(WAIT):
            while await self._left(name):  # noqa: ASYNC110 - the database tells nobody
                await asyncio.sleep(0.01)

    async def _left(self, name: str) -> int:
        [row] = await self.rows(select(Account.push_left).where(Account.external_id == name))
        return int(row.push_left)

    async def invites(self, role: str) -> str:
        """The code of a new invite."""
        async with self.app.database.transaction() as db:
            return await make_invite(db, role, 5, 1, None, datetime.now(UTC))

    async def rows(self, query: Any) -> list[Any]:
        async with self.app.database.reading() as db:
            return list(await db.execute(query))

    async def count(self, column: Any) -> int:
        [row] = await self.rows(select(func.count(column)))
        return int(row[0])

    async def roles(self, name: str) -> frozenset[str]:
        query = select(Person.roles).join(Account).where(Account.external_id == name)
        [row] = await self.rows(query)
        return frozenset(row.roles)

    def pushed(self, name: str) -> list[str]:
        """What came outside of an answer."""
        return [one.text for one in self.wechat.person(name).received if one.via == "push"]


@asynccontextmanager
async def desk(
    url: str, folder: Path, *, routes: Routes | None = None, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Desk]:
    async with FakeWeChat() as wechat:
        given = settings_for(url, folder, **wechat.settings, **(settings or {}))
        async with running(given, routes=routes) as app:
            wechat.callbacks.url = app.url + WECHAT_PATH
            assert await wechat.callbacks.verifies()
            yield Desk(app, wechat)


def settings_for(url: str, folder: Path, **more: str) -> Settings:
    env = {
        "DATABASE_URL": url,
        "LISTEN": "127.0.0.1:0",
        "MEDIA_DIR": str(folder / "media"),
        "LOCALE": "en",
        "SPOT_PHOTO_ONE_IN": "0",
        "TELEGRAM_CHAT_PER_SECOND": "100",
        **more,
    }
    return load_settings(env, folder / "none.env")


def delivery(person: Follower, text: str) -> Delivery:
    """A message on its way, not delivered yet."""
    return Delivery(person.id, {**person.head("text"), "Content": text, "MsgId": 77})


async def test_a_message_that_comes_four_times_at_once_is_answered_the_same(
    database_url: str, tmp_path: Path
) -> None:
    async with desk(database_url, tmp_path) as here:
        ada = await here.comes("o-ada")
        before = await here.count(Outbox.id)
        sent = delivery(ada, "/feedback")
        attempts = await asyncio.gather(*(here.wechat.callbacks.attempt(sent) for _time in range(4)))
        attempts.append(await here.wechat.callbacks.attempt(sent))
        assert attempts[0].answer is not None
        assert "How was your visit" in attempts[0].answer.content
        assert [attempt.answer for attempt in attempts] == [attempts[0].answer] * 5
        assert await here.count(Conversation.id) == 1
        assert await here.count(Outbox.id) == before + 1
        assert not here.wechat.calls_of(SEND)


async def test_a_tap_of_the_menu_that_comes_again_has_one_effect(database_url: str, tmp_path: Path) -> None:
    async with desk(database_url, tmp_path) as here:
        ada = await here.comes("o-ada")
        first = await ada.taps_menu("/feedback")
        again = await here.wechat.callbacks.attempt(first)
        assert again.answer == first.attempts[0].answer
        assert await here.count(Conversation.id) == 1


async def test_a_late_reply_is_pushed_once(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resends get nothing: while it is under way, and after it was pushed."""
    monkeypatch.setattr("bot.channels.wechat.Callback", partial(wechat_callback.Callback, patience=0.3))
    begun, over = asyncio.Event(), asyncio.Event()
    routes = all_routes()

    @routes.command("slow", needs="talk", about="Take long", order=98)
    async def slow(work: Work, _rest: str) -> None:
        begun.set()
        await over.wait()
        work.reply("at last")

    async with desk(database_url, tmp_path, routes=routes) as here:
        ada = await here.comes("o-ada")
        sent = delivery(ada, "/slow")
        attempts = [await here.wechat.callbacks.attempt(sent)]
        assert begun.is_set()
        attempts.append(await here.wechat.callbacks.attempt(sent))
        over.set()
        await ada.hears("at last")
        attempts.append(await here.wechat.callbacks.attempt(sent))
        assert [(attempt.outcome, attempt.answer) for attempt in attempts] == [("done", None)] * 3
        await ada.says("/language")
        assert here.pushed("o-ada") == ["at last"]
        assert sum("at last" in text for text in ada.texts) == 1


async def test_what_cannot_be_pushed_comes_first_at_the_next_message(
    database_url: str, tmp_path: Path
) -> None:
    """Five are pushed behind a message; the others wait."""
    async with desk(database_url, tmp_path) as here:
        ada = await here.comes("o-ada")
        await here.writes("o-ada", *(f"news {number}" for number in range(1, 8)))
        await here.learns("o-ada")
        answer = (await ada.says("/language")).text
        assert re.match(r"news 6\n\nnews 7\n\n[\s\S]*Choose a language", answer)
        assert here.pushed("o-ada") == [f"news {number}" for number in range(1, 6)]
        assert len(here.wechat.calls_of(SEND)) == 5


async def test_what_wechat_does_not_take_waits_too(database_url: str, tmp_path: Path) -> None:
    """It knows better than we how much time is left."""
    async with desk(database_url, tmp_path) as here:
        ada = await here.comes("o-ada")
        here.wechat.clock.advance(49 * 3600)
        await here.writes("o-ada", "news")
        await here.learns("o-ada")
        assert [call.errcode for call in here.wechat.calls_of(SEND)] == [45015]
        assert (await ada.says("/language")).text.startswith("news\n\n")
        assert here.pushed("o-ada") == []


async def test_the_front_desk_is_told_that_its_answer_waits(database_url: str, tmp_path: Path) -> None:
    async with desk(database_url, tmp_path) as here:
        ada, staff = await here.comes("o-ada"), await here.comes("o-staff", "staff")
        await ada.says("/feedback The lamp on the third floor is broken")
        await ada.says("done")
        await staff.hears("The lamp on the third floor")
        await here.shuts("o-ada")
        await staff.taps_choice("✍ Answer")
        assert "delivered when the visitor next comes here" in (await staff.says("Mended, thank you")).text
        answer = (await ada.says("hello")).text
        assert answer.index("Mended, thank you") < answer.index("Welcome")
        await staff.says("/inbox")


async def test_an_account_that_may_not_push_answers(database_url: str, tmp_path: Path) -> None:
    """As a subscription account: what is pushed is refused once, then nothing is tried any more."""
    async with desk(database_url, tmp_path) as here:
        here.wechat.withheld.add(SEND)
        ada = await here.comes("o-ada")
        await here.writes("o-ada", "one")
        await here.learns("o-ada")
        assert (await ada.says("/language")).text.startswith("one\n\n")
        await here.writes("o-ada", "two")
        assert (await ada.says("/language")).text.startswith("two\n\n")
        assert len(here.wechat.calls_of(SEND)) == 1


async def test_where_menus_are_refused_choices_are_numbers(database_url: str, tmp_path: Path) -> None:
    async with desk(database_url, tmp_path) as here:
        here.wechat.menus_refused = True
        guard, leader = await here.comes("o-guard", "guard"), await here.comes("o-leader", "leader")
        for point in ("p_L1-P3", "p_H1-P1"):
            await guard.scans(point)
            await guard.says("all normal")
            await guard.says("submit")
            asked = await leader.hears("1. ✍ Sign")
            assert (asked.kind, asked.via) == ("text", "push")
            await leader.says("1")
            await leader.hears("Signed")
        assert [call.errcode for call in here.wechat.calls_of(SEND)].count(40200) == 1  # not tried again


async def test_who_leaves_gets_nothing_until_they_come_back(database_url: str, tmp_path: Path) -> None:
    async with desk(database_url, tmp_path) as here:
        ada, bob = await here.comes("o-ada"), await here.comes("o-bob")
        left = await ada.unfollows()
        assert left.reply is None
        await here.writes("o-ada", "unheard")
        await here.writes("o-bob", "heard")
        await bob.hears("heard")
        assert [call.json["touser"] for call in here.wechat.calls_of(SEND)] == ["o-bob"]
        assert "Welcome" in (await ada.follows()).text
        await here.writes("o-ada", "again")
        await ada.hears("again")
        assert "unheard" not in "".join(ada.texts)


async def test_an_invite_is_typed_or_scanned(database_url: str, tmp_path: Path) -> None:
    """By somebody who follows already, and by somebody who follows through it."""
    async with desk(database_url, tmp_path) as here:
        code = await here.invites("volunteer")
        ada, bob = await here.comes("o-ada"), await here.comes("o-bob")
        eve, kim = here.wechat.person("o-eve", following=False), await here.comes("o-kim")
        comes: dict[Follower, Callable[[], Any]] = {
            ada: partial(ada.says, code),
            bob: partial(bob.scans, f"i_{code}"),
            kim: partial(kim.scans_for_menu, "scan", f"{here.app.url}/chat?i={code}"),  # the invite's picture
            eve: partial(eve.scans, f"i_{code}"),
        }
        for person, takes in comes.items():
            assert "You are invited as Volunteer. What is your name?" in (await takes()).text
            await person.says("Li Na")
            assert await here.roles(person.id) == {"volunteer"}


async def test_a_round_goes_on_from_telegram_over_wechat_to_the_web_chat(
    database_url: str, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(FakeBotAPI())
        telegram = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url}
        here = await stack.enter_async_context(desk(database_url, tmp_path, settings=telegram))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        wei = api.user(7_000_000_001, "Wei", "en")
        await wei.starts()
        await wei.hears("Welcome")
        await give_roles(here.app.database, str(wei.id), "Wei", ["guard"])
        await wei.starts("p_L1-P3")
        await wei.hears("(0/14)")
        await wei.sends("1 normal")
        await wei.hears("(1/14)")
        await wei.sends("/link")
        code = LINK_CODE.findall((await wei.hears("Your code")).text)[0]

        phone = await here.comes("o-wei")
        linked = (await phone.says(code)).text
        assert "Linked" in linked
        assert "unfinished draft: Inspection 1/14" in linked
        await wei.hears("now linked with you: WeChat")
        assert "Item 2" in (await phone.says("go on")).text
        assert "(2/14)" in (await phone.says("normal")).text
        code = LINK_CODE.findall((await phone.says("/link")).text)[0]

        page = await Browser(http, here.app.url).opens()
        assert "unfinished draft: Inspection 2/14" in (await page.says(code))[-1]
        assert "Item 3" in (await page.says("go on"))[-2]  # behind it stands that it goes on
        await page.says("the rest normal")
        assert "Submitted" in (await page.says("submit"))[-1]
        [stored] = await here.rows(select(Inspection.person_id))
        chats = await here.rows(select(Account.channel).where(Account.person_id == stored.person_id))
        assert {row.channel for row in chats} == {"telegram", "wechat", "web"}


async def test_a_card_of_wecom_is_closed_by_its_tap(database_url: str, tmp_path: Path) -> None:
    async with FakeWeCom() as wecom, running(settings_for(database_url, tmp_path, **wecom.settings)) as app:
        wecom.callbacks.url = app.url + WECOM_PATH
        assert await wecom.callbacks.verifies()
        ada = wecom.person("ada")
        await ada.says("/language")
        card = await ada.hears("Choose a language")
        assert card.labels == ["简体中文", "English"]
        tapped = await ada.taps_card("English")
        await ada.hears("English from now on")
        assert (card.replaced, card.labels) == ("✓", [])
        assert (await wecom.callbacks.attempt(tapped)).answer is None
        assert "These are your commands" in (await ada.says("/help")).text
        assert sum("English from now on" in text for text in ada.texts) == 1
