"""The fake Bot API server delivers updates as Telegram does, by polling, and fails on demand."""

import asyncio
import time

import aiohttp
import pytest

from tests.fakes.bot_api import ApiError, FakeBotAPI, User
from tests.fakes.bot_api.raw import Raw
from tests.fixtures.bot_api import ADA, texts
from tests.fixtures.bot_api import ada as ada
from tests.fixtures.bot_api import api as api
from tests.fixtures.bot_api import raw as raw

# -- polling ------------------------------------------------------------------------------------------------


async def test_an_offset_confirms_everything_below_it(raw: Raw, ada: User) -> None:
    for text in "abcd":
        await ada.sends(text)
    _, updates = await raw.call("getUpdates")
    ids = [update["update_id"] for update in updates]
    assert ids == list(range(ids[0], ids[0] + 4))
    assert ids[-1] < 2**31
    assert await texts(raw) == ["a", "b", "c", "d"]
    assert await texts(raw, limit=2) == ["a", "b"]
    assert await texts(raw, offset=ids[1]) == ["b", "c", "d"]
    assert await texts(raw, offset=ids[0]) == ["b", "c", "d"]
    assert await texts(raw, offset=-1) == ["d"]
    assert await texts(raw) == ["d"]
    assert await texts(raw, offset=ids[3] + 1) == []


async def test_a_long_poll_ends_with_the_first_update(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    poll = asyncio.create_task(texts(raw, timeout=30))
    await api.wait_for(lambda: api.calls("getUpdates"))
    await ada.sends("now")
    assert await asyncio.wait_for(poll, 5) == ["now"]


async def test_a_second_poller_ends_the_first_with_409(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    first = asyncio.create_task(raw.call("getUpdates", timeout=30))
    await api.wait_for(lambda: api.calls("getUpdates"))
    second = asyncio.create_task(texts(raw, timeout=30))
    status, said = await asyncio.wait_for(first, 5)
    assert (status, said.split(";")[0]) == (409, "Conflict: terminated by other getUpdates request")
    await ada.sends("mine")
    assert await asyncio.wait_for(second, 5) == ["mine"]


async def test_a_dead_poller_takes_nothing_with_it(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    await ada.sends("a")
    [confirmed] = (await raw.call("getUpdates"))[1]
    async with Raw.of(api) as killed:
        poll = asyncio.create_task(killed.call("getUpdates", timeout=30, offset=confirmed["update_id"] + 1))
        await api.wait_for(lambda: len(api.calls("getUpdates")) == 2)
        poll.cancel()
    await raw.call("getMe")  # by then the server has seen the connection end
    api.redeliver(confirmed["update_id"])
    assert await texts(raw, timeout=30) == ["a"]


async def test_polling_and_a_webhook_exclude_each_other(api: FakeBotAPI, raw: Raw) -> None:
    poll = asyncio.create_task(raw.call("getUpdates", timeout=30))
    await api.wait_for(lambda: api.calls("getUpdates"))
    assert await raw.call("setWebhook", url="http://127.0.0.1:9/hook") == (200, True)
    assert await asyncio.wait_for(poll, 5) == (409, "Conflict: terminated by setWebhook request")
    status, said = await raw.call("getUpdates")
    assert (status, said.split(";")[0]) == (
        409,
        "Conflict: can't use getUpdates method while webhook is active",
    )
    assert await raw.call("deleteWebhook") == (200, True)
    assert await raw.call("getUpdates") == (200, [])


async def test_updates_do_not_wait_for_ever(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    await ada.sends("old")
    await raw.call(
        "sendMessage",
        chat_id=ADA,
        text="?",
        reply_markup={"inline_keyboard": [[{"text": "a", "callback_data": "a"}]]},
    )
    await ada.taps("a")
    api.advance(151)
    assert await texts(raw) == ["old"]
    api.advance(24 * 3600)
    assert await texts(raw) == []


async def test_only_allowed_updates_come(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    await raw.call("getUpdates", allowed_updates=["message"])
    await ada.sends("x")
    await ada.blocks_bot()
    assert await texts(raw) == ["x"]
    assert api.inject({"callback_query": {}}) is None
    await raw.call("getUpdates", allowed_updates=[])
    assert api.inject({"callback_query": {}}) is not None
    assert api.inject({"chat_member": {}}) is None


async def test_malformed_and_repeated_updates_on_demand(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    await ada.sends("a")
    broken = api.inject({"message": "a string"})
    assert broken is not None
    _, updates = await raw.call("getUpdates")
    assert updates[1] == {"update_id": broken, "message": "a string"}
    assert await texts(raw, offset=broken + 1) == []
    api.redeliver(updates[0]["update_id"], times=2)
    assert await texts(raw, offset=broken + 1) == ["a", "a"]
    assert await texts(raw, offset=broken + 1) == []
    far = api.inject({"update_id": broken + 1000, "message": None})
    assert api.inject({"message": None}) == (far or 0) + 1


# -- faults -------------------------------------------------------------------------------------------------


async def test_floods_of_one_chat_and_of_all(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    bob = api.user(2)
    await ada.sends("a")
    await bob.sends("b")
    api.faults.flood(retry_after=3, chat_id=ADA, times=2)
    url = f"{api.base_url}{api.token}/sendMessage"
    async with raw.session.post(url, json={"chat_id": ADA, "text": "x"}) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
        refusal = {"description": "Too Many Requests: retry after 3", "parameters": {"retry_after": 3}}
        assert await answer.json() == {"ok": False, "error_code": 429, **refusal}
    said = [(await raw.call("sendMessage", chat_id=to, text="x"))[0] for to in (2, ADA, ADA)]
    assert said == [200, 429, 200]
    api.faults.flood(times=2)
    said = [(await raw.call("sendMessage", chat_id=to, text="x"))[0] for to in (2, ADA, 2)]
    assert said == [429, 429, 200]
    assert (len(ada.answers), len(bob.answers)) == (1, 2)


async def test_a_lost_answer_has_its_effect(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    await ada.sends("a")
    api.faults.lose_answer("sendMessage")
    with pytest.raises(aiohttp.ClientError):
        await raw.call("sendMessage", chat_id=ADA, text="x")
    assert [answer.text for answer in ada.answers] == ["x"]
    assert [call.answered for call in api.calls("sendMessage")] == [False]


async def test_failures_and_delays(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    await ada.sends("a")
    api.faults.fail("sendMessage")
    api.faults.fail("getUpdates", ApiError(502, "Bad Gateway"))
    api.faults.delay(0.05, "getMe")
    assert await raw.call("sendMessage", chat_id=ADA, text="x") == (500, "Internal Server Error")
    assert await raw.call("getUpdates") == (502, "Bad Gateway")
    start = time.monotonic()
    await raw.call("getMe")
    assert time.monotonic() - start >= 0.04
    assert ada.answers == []
    assert api.counts == {"sendMessage": 1, "getUpdates": 1, "getMe": 1}


async def test_an_outage_loses_nothing(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    port = api.port
    poll = asyncio.create_task(raw.call("getUpdates", timeout=30))
    await api.wait_for(lambda: api.calls("getUpdates"))
    await api.stop()
    assert await asyncio.wait_for(poll, 5) == (200, [])
    with pytest.raises(aiohttp.ClientError):
        await raw.call("getMe")
    await ada.sends("meanwhile")
    await api.start(port)
    assert await texts(raw) == ["meanwhile"]
