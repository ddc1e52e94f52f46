"""The fake of the Official Account is as strict as WeChat: tokens, messages, quotas."""

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.fakes.wechat_api import Follower
from tests.fixtures.official_account import Raw
from tests.fixtures.official_account import ada as ada
from tests.fixtures.official_account import raw as raw

HOUR, DAY = 3600, 86_400


# -- tokens -------------------------------------------------------------------------------------------------


async def test_a_token_stays_the_same_until_five_minutes_before_its_end(raw: Raw, ada: Follower) -> None:
    first = await raw.token()
    assert first["expires_in"] == 7200
    raw.wechat.clock.advance(7200 - 301)
    assert (await raw.token())["access_token"] == first["access_token"]
    raw.wechat.clock.advance(1)
    second = await raw.token()
    assert second["access_token"] != first["access_token"]
    wanted = {"touser": ada.id, "msgtype": "text", "text": {"content": "?"}}
    old = {"access_token": first["access_token"]}
    assert await raw.code("message/custom/send", wanted, **old) == 0, "both hold for a while"
    raw.wechat.clock.advance(300)
    assert await raw.code("message/custom/send", wanted, **old) == 42001


async def test_forcing_a_new_token_ends_all_before_and_is_limited(raw: Raw, ada: Follower) -> None:
    raw.wechat.clock.advance(DAY - raw.wechat.clock.now() % DAY)
    first = await raw.token()
    forced = await raw.token(force_refresh=True)
    assert await raw.code("message/custom/send", {}, access_token=first["access_token"]) == 40001
    assert (await raw.token())["access_token"] == forced["access_token"]
    assert (await raw.token(force_refresh=True))["errcode"] == 45011
    for _each in range(19):
        raw.wechat.clock.advance(30)
        assert "access_token" in await raw.token(force_refresh=True)
    raw.wechat.clock.advance(30)
    assert (await raw.token(force_refresh=True))["errcode"] == 45009, "twenty a day"


@pytest.mark.parametrize(
    ("wrong", "errcode"), [({"appid": "?"}, 40013), ({"secret": "?"}, 40125), ({"grant_type": "?"}, 40002)]
)
async def test_who_asks_for_a_token_must_be_known(raw: Raw, wrong: dict[str, str], errcode: int) -> None:
    answer = await raw.token(**wrong)
    assert answer["errcode"] == errcode
    assert "rid: " in answer["errmsg"]


@pytest.mark.parametrize(("token", "errcode"), [("", 41001), ("made-up", 40014)])
async def test_no_call_without_a_token(raw: Raw, token: str, errcode: int) -> None:
    assert await raw.code("message/custom/send", {}, access_token=token) == errcode


async def test_verbs_and_addresses_are_looked_at(raw: Raw) -> None:
    assert (await raw.get("stable_token"))["errcode"] == 43002
    assert await raw.code("menu/get", {}) == 43001
    assert await raw.code("message/custom/sing", {}) == 40066


# -- messages -----------------------------------------------------------------------------------------------


async def test_a_message_opens_five_in_48_hours(raw: Raw, ada: Follower) -> None:
    assert [await raw.says(ada) for _each in range(6)] == [0] * 5 + [45047]
    await ada.says("again")
    assert await raw.says(ada, "more") == 0
    raw.wechat.clock.advance(48 * HOUR)
    assert await raw.says(ada) == 45015
    assert ada.texts == ["hello"] * 5 + ["more"]
    assert {received.via for received in ada.received} == {"push"}


@pytest.mark.parametrize("touch", ["tap", "follow", "scan", "scan for the menu", "choice"])
async def test_a_touch_opens_three_in_a_minute(raw: Raw, touch: str) -> None:
    bob = raw.wechat.person("o-bob")
    if touch == "tap":
        await bob.taps_menu("inspect")
    elif touch == "follow":
        await bob.follows()
    elif touch == "scan":
        await bob.scans("p_D3")
    elif touch == "scan for the menu":
        await bob.scans_for_menu("scan", "D3")
    else:
        bob.gets("msgmenu", "well?", "push", choices=[("1", "yes")])
        await bob.taps_choice("yes")
    assert [await raw.says(bob) for _each in range(4)] == [0, 0, 0, 45047]
    await bob.scans("p_D4")
    raw.wechat.clock.advance(60)
    assert await raw.says(bob) == 45015


async def test_what_opens_no_window(raw: Raw) -> None:
    bob = raw.wechat.person("o-bob")
    await bob.opens_link("https://museum.test")
    await bob.reports_location(30.5, 114.3)
    assert await raw.says(bob) == 45015


async def test_both_windows_count(raw: Raw, ada: Follower) -> None:
    await ada.taps_menu("inspect")
    assert [await raw.says(ada) for _each in range(9)] == [0] * 8 + [45047]


async def test_who_left_and_who_never_came_get_nothing(raw: Raw, ada: Follower) -> None:
    await ada.unfollows()
    assert await raw.says(ada) == 45015
    wanted = {"touser": "o-nobody", "msgtype": "text", "text": {"content": "?"}}
    assert await raw.code("message/custom/send", wanted) == 40003
    with pytest.raises(RuntimeError):
        await ada.says("?")


REFUSED: list[tuple[Any, int]] = [
    (b"", 44002),
    (b"{", 47001),
    (b"[]", 47001),
    (b"\xff", 47001),
    (b'{"touser": "o-ada", "msgtype": "text", "text": {"content": "\\u4f60"}}', 40033),
    ({"msgtype": "file", "file": {"media_id": "?"}}, 40008),
    ({"msgtype": "text"}, 47001),
    ({"msgtype": "text", "text": {"content": " "}}, 44004),
    ({"msgtype": "text", "text": {"content": "检" * 683}}, 45002),
    ({"msgtype": "image", "image": {"media_id": "?"}}, 40007),
    ({"msgtype": "msgmenu", "msgmenu": {"head_content": "?"}}, 40035),
    ({"msgtype": "msgmenu", "msgmenu": {"list": [{"id": "1"}]}}, 40035),
]


@pytest.mark.parametrize(("given", "errcode"), REFUSED)
async def test_custom_send_refuses(raw: Raw, ada: Follower, given: Any, errcode: int) -> None:
    body = given if isinstance(given, bytes) else {"touser": ada.id, **given}
    assert await raw.code("message/custom/send", body) == errcode
    assert ada.received == []


async def test_an_escaped_backslash_before_a_u_is_no_escape(raw: Raw, ada: Follower) -> None:
    assert await raw.says(ada, r"C:\u4f60") == 0
    assert ada.texts == [r"C:\u4f60"]


async def test_a_msgmenu_can_be_tapped_where_the_account_may_send_one(raw: Raw, ada: Follower) -> None:
    menu = {"head_content": "Well?", "list": [{"id": "7", "content": "好"}], "tail_content": "Tap."}
    wanted = {"touser": ada.id, "msgtype": "msgmenu", "msgmenu": menu}
    assert await raw.code("message/custom/send", wanted) == 0
    assert (ada.received[-1].text, ada.received[-1].labels) == ("Well?\n好\nTap.", ["好"])
    delivery = await ada.taps_choice("好")
    assert (delivery.fields["Content"], delivery.fields["bizmsgmenuid"]) == ("好", "7")
    raw.wechat.menus_refused = True
    assert await raw.code("message/custom/send", wanted) == 40200


async def test_a_link_of_a_text_can_be_tapped_too(raw: Raw, ada: Follower) -> None:
    link = '<a href="weixin://bizmsgmenu?msgmenucontent=%E5%A5%BD&msgmenuid=7">好</a>'
    await raw.says(ada, f"Well? {link}")
    assert (await ada.taps_choice("好")).fields["bizmsgmenuid"] == "7"


async def test_typing_is_shown_to_who_is_there(raw: Raw, ada: Follower) -> None:
    async def typing(command: str = "Typing") -> int:
        return await raw.code("message/custom/typing", {"touser": ada.id, "command": command})

    assert [await typing(), await typing(), await typing("Sing")] == [0, 45081, 45072]
    assert ada.typing_until > raw.wechat.clock.now()
    await raw.says(ada)
    assert await typing() == 0, "a message ends it"
    raw.wechat.clock.advance(31)
    assert await typing() == 45080
    raw.wechat.clock.advance(48 * HOUR)
    assert await typing() == 45015


async def test_rights_and_daily_quotas(raw: Raw, ada: Follower) -> None:
    raw.wechat.daily["message/custom/send"] = 1
    assert [await raw.says(ada), await raw.says(ada)] == [0, 45009]
    raw.wechat.clock.advance(24 * HOUR)
    assert await raw.says(ada) == 0
    raw.wechat.withheld.add("message/custom/send")
    assert await raw.says(ada) == 48001


async def test_some_json_is_called_text(raw: Raw, ada: Follower) -> None:
    kinds = []
    for method in ("message/custom/send", "menu/create"):
        async with raw.session.post(f"{raw.wechat.url}/cgi-bin/{method}") as answer:
            kinds.append(answer.content_type)
    assert kinds == ["text/plain", "application/json"]


# -- what goes wrong ----------------------------------------------------------------------------------------


async def test_faults_meet_the_calls_they_are_planned_for(raw: Raw, ada: Follower) -> None:
    raw.wechat.faults.refuse(45009, "message/custom/send")
    raw.wechat.faults.fail(502, "menu/get")
    assert [await raw.says(ada), await raw.says(ada)] == [45009, 0]
    async with raw.session.get(f"{raw.wechat.url}/cgi-bin/menu/get") as answer:
        assert (answer.status, answer.content_type) == (502, "text/html")
    raw.wechat.faults.lose_answer("message/custom/send")
    with pytest.raises(aiohttp.ClientError):
        await raw.session.post(
            f"{raw.wechat.url}/cgi-bin/message/custom/send",
            params={"access_token": raw.wechat.tokens.current()[0]},
            json={"touser": ada.id, "msgtype": "text", "text": {"content": "lost"}},
        )
    assert ada.texts[-1] == "lost"


async def test_a_call_hangs_until_it_is_let_go(raw: Raw, ada: Follower) -> None:
    gate = raw.wechat.faults.hang("message/custom/send")
    saying = asyncio.create_task(raw.says(ada))
    await raw.wechat.wait_for(lambda: raw.wechat.calls_of("message/custom/send"))
    assert ada.received == []
    gate.set()
    assert await saying == 0
