"""Polling: an update is confirmed only once it was taken, in order per chat, and nobody waits for another."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from bot.channels.telegram_read import ALLOWED_UPDATES
from tests.fakes.bot_api import ApiError
from tests.fixtures.telegram import ADA, BOB, QUICK, Rig, button, payload, telegram_rig


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with telegram_rig(tmp_path) as rig:
        yield rig


def offsets(rig: Rig) -> list[int]:
    return [int(call.params["offset"]) for call in rig.api.calls("getUpdates")]


async def test_updates_arrive_and_are_confirmed(rig: Rig) -> None:
    rig.polls()
    await rig.ada.sends("one")
    await rig.engine.has(1)
    await rig.ada.sends("two")
    await rig.engine.has(2)
    await rig.confirmed()
    assert rig.engine.texts() == ["one", "two"]
    assert rig.api.calls("getUpdates")[0].json("allowed_updates") == list(ALLOWED_UPDATES)


async def test_nothing_is_confirmed_before_it_was_taken(rig: Rig) -> None:
    gate = rig.engine.hold(ADA)
    await rig.ada.sends("one")
    (first,) = [pending.update_id for pending in rig.api.updates.waiting]
    rig.polls()
    await rig.api.wait_for(lambda: rig.engine.offered == [str(first)])
    polls = len(offsets(rig))
    await rig.api.wait_for(lambda: len(offsets(rig)) >= polls + 5)
    assert max(offsets(rig)) <= first
    gate.set()
    await rig.confirmed()
    assert rig.engine.texts() == ["one"]
    assert len(rig.engine.offered) == 1  # though each poll brought it again


async def test_while_the_database_is_away_nothing_is_lost_or_reordered(rig: Rig) -> None:
    rig.engine.goes_down()
    for number in range(5):
        await rig.ada.sends(f"a{number}")
        await rig.bob.sends(f"b{number}")
    rig.polls()
    await rig.api.wait_for(lambda: len(rig.engine.offered) >= 6)
    assert len(rig.api.updates.waiting) == 10
    rig.engine.comes_back()
    await rig.confirmed()
    assert rig.engine.texts(ADA) == [f"a{number}" for number in range(5)]
    assert rig.engine.texts(BOB) == [f"b{number}" for number in range(5)]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("a slip")])
async def test_whatever_goes_wrong_what_was_not_accepted_is_not_confirmed(rig: Rig, error: Exception) -> None:
    rig.engine.down = error
    rig.polls()
    await rig.ada.sends("one")
    await rig.api.wait_for(lambda: len(rig.engine.offered) >= 3)
    assert len(rig.api.updates.waiting) == 1
    rig.engine.comes_back()
    await rig.confirmed()
    assert rig.engine.texts() == ["one"]


async def test_what_was_delivered_again_takes_effect_once(rig: Rig) -> None:
    rig.polls()
    await rig.ada.sends("one")
    (update,) = await rig.engine.has(1)
    await rig.confirmed()
    rig.api.redeliver(int(update.external_id), times=3)
    await rig.ada.sends("two")
    await rig.engine.has(2)
    await rig.confirmed()
    assert rig.engine.texts() == ["one", "two"]


async def test_a_held_up_chat_holds_nobody_else_up_and_keeps_its_order(rig: Rig) -> None:
    gate = rig.engine.hold(ADA)
    rig.polls()
    await rig.ada.sends("a1")
    await rig.ada.sends("a2")
    await rig.api.wait_for(lambda: rig.engine.offered)
    for number in range(20):
        await rig.bob.sends(f"b{number}")
        await rig.engine.has(number + 1)
    assert rig.engine.texts() == [f"b{number}" for number in range(20)]
    gate.set()
    await rig.confirmed()
    assert rig.engine.texts(ADA) == ["a1", "a2"]
    assert len(rig.engine.offered) == 22  # each once, though the polls went on bringing them


async def test_a_slow_photo_holds_nobody_else_up(tmp_path: Path) -> None:
    async with telegram_rig(tmp_path, replace(QUICK, farewell=0.05)) as rig:
        rig.api.faults.delay(30, "getFile")
        rig.polls()
        await rig.ada.sends_photo(b"\xff\xd8\xff not much of a photo")
        await rig.api.wait_for(lambda: rig.api.calls("getFile"))
        await rig.bob.sends("hello")
        await rig.engine.has(1)
        assert rig.engine.texts() == ["hello"]


async def test_a_tap_stays_behind_the_text_before_it(rig: Rig) -> None:
    await rig.ada.sends("hello")
    await rig.channel.send(str(ADA), payload("?", [button("Yes", "y")]))
    gate = rig.engine.hold(ADA)
    rig.polls()
    await rig.ada.taps("Yes")
    await rig.ada.sends("after")
    await rig.api.wait_for(lambda: rig.engine.offered)
    gate.set()
    await rig.confirmed()
    assert [u.input.data or u.input.text for u in rig.engine.updates] == ["hello", "y", "after"]


async def test_waiting_for_the_oldest_is_no_busy_loop(tmp_path: Path) -> None:
    async with telegram_rig(tmp_path, replace(QUICK, glance=0.1)) as rig:
        gate = rig.engine.hold(ADA)
        await rig.ada.sends("one")
        rig.polls()
        await rig.api.wait_for(lambda: len(offsets(rig)) >= 5)
        times = [call.at for call in rig.api.calls("getUpdates")]
        assert all(later - earlier >= 0.09 for earlier, later in pairwise(times))
        gate.set()
        await rig.confirmed()


async def test_malformed_updates_are_dead_letters_and_block_nobody(rig: Rig) -> None:
    rig.polls()
    bad = [
        rig.api.inject({"message": "str"}),
        rig.api.inject({"message": {"chat": [None], "text": "\ud800"}}),
    ]
    await rig.ada.sends("hello")
    await rig.engine.has(1)
    await rig.confirmed()
    assert [(channel, external_id) for channel, external_id, _raw, _reason in rig.engine.dead_letters] == [
        ("telegram", str(update_id)) for update_id in bad
    ]
    first, second = rig.engine.dead_letters
    assert first[2:] == ({"update_id": bad[0], "message": "str"}, "message: message is no object")
    assert second[2]["message"]["text"] == "\ufffd"


async def test_a_dead_letter_that_cannot_be_kept_is_not_confirmed(rig: Rig) -> None:
    rig.engine.goes_down()
    rig.api.inject({"message": "str"})
    rig.polls()
    await rig.api.wait_for(lambda: len(offsets(rig)) >= 5)
    assert len(rig.api.updates.waiting) == 1
    rig.engine.comes_back()
    await rig.engine.has_dead(1)
    await rig.confirmed()


async def test_updates_that_are_not_for_us_are_confirmed_silently(rig: Rig) -> None:
    group = {"id": -100, "type": "supergroup", "title": "Guards"}
    person = rig.ada.person
    rig.api.inject({"message": {"message_id": 1, "from": person, "chat": group, "date": 1, "text": "/start"}})
    rig.polls()
    await rig.confirmed()
    assert rig.engine.offered == []
    assert set(rig.api.counts) == {"deleteWebhook", "getUpdates"}


async def test_numbers_may_begin_anywhere_after_a_quiet_time(tmp_path: Path) -> None:
    async with telegram_rig(tmp_path, replace(QUICK, long_poll=1)) as rig:
        rig.polls()
        await rig.ada.sends("before")
        await rig.confirmed()
        message = rig.ada.chat.visible()[0].raw
        await rig.api.wait_for(lambda: offsets(rig)[-2:] == [870_000_002, 0])
        for number in (5, 6, 7):
            rig.api.inject({"update_id": number, "message": {**message, "text": f"after {number}"}})
        await rig.engine.has(4)
        await rig.confirmed()
        assert rig.engine.texts() == ["before", "after 5", "after 6", "after 7"]


async def test_a_webhook_is_taken_away_first(rig: Rig) -> None:
    await rig.channel.api.call("setWebhook", url="http://127.0.0.1:9/elsewhere")
    rig.polls()
    await rig.ada.sends("hello")
    await rig.engine.has(1)
    assert rig.api.webhook.url == ""


@pytest.mark.parametrize(
    "error",
    [
        ApiError(500, "Internal Server Error"),
        ApiError(429, "Too Many Requests", 0),
        ApiError(400, "Bad Request: x"),
    ],
    ids=str,
)
async def test_polling_goes_on_after_faults(rig: Rig, error: ApiError) -> None:
    rig.api.faults.fail("deleteWebhook", error)
    if error.code != 429:  # which names no shorter pause than a second
        rig.api.faults.fail("getUpdates", error, times=3)
    rig.polls()
    await rig.ada.sends("hello")
    await rig.engine.has(1)
    await rig.confirmed()


async def test_polling_goes_on_after_an_outage(rig: Rig) -> None:
    rig.polls()
    await rig.ada.sends("before")
    await rig.confirmed()
    port = rig.api.port
    await rig.api.stop()
    await rig.ada.sends("after")
    await rig.api.start(port)
    await rig.engine.has(2)
    await rig.confirmed()


async def test_a_second_poller_is_told_of_in_the_log(rig: Rig) -> None:
    with capture_logs() as logs:
        rig.api.faults.fail("getUpdates", ApiError(409, "Conflict: terminated by other getUpdates request"))
        rig.polls()
        await rig.ada.sends("hello")
        await rig.engine.has(1)
    assert [entry["log_level"] for entry in logs if "another program receives" in entry["event"]] == [
        "warning"
    ]


async def test_a_refused_token_is_told_of_and_not_hammered(rig: Rig) -> None:
    calls: list[str] = []
    told = asyncio.Event()

    def listen(_logger: object, _method: str, entry: structlog.types.EventDict) -> str:
        calls.append(entry["event"])
        told.set()
        raise structlog.DropEvent

    rig.api.token = "123456789:AAnother-token-than-the-bot-was-given"
    structlog.configure(processors=[listen])
    try:
        polling = asyncio.create_task(rig.channel.poll())
        await asyncio.wait_for(told.wait(), 5)
        await rig.channel.stop()
        await polling
    finally:
        structlog.reset_defaults()
    assert "TELEGRAM_TOKEN" in calls[0]
    assert sum("TELEGRAM_TOKEN" in call for call in calls) == 1


async def test_stopping_finishes_and_confirms_what_is_under_way(rig: Rig) -> None:
    gate = rig.engine.hold(ADA)
    rig.polls()
    await rig.ada.sends("one")
    await rig.api.wait_for(lambda: rig.engine.offered)
    stopping = asyncio.create_task(rig.stops())
    await asyncio.wait({stopping}, timeout=0.05)
    assert not stopping.done()
    gate.set()
    await stopping
    assert rig.engine.texts() == ["one"]
    assert rig.api.updates.waiting == []


async def test_stopping_leaves_what_does_not_end_with_telegram(tmp_path: Path) -> None:
    async with telegram_rig(tmp_path, replace(QUICK, farewell=0.05)) as rig:
        gate = rig.engine.hold(ADA)
        rig.polls()
        await rig.ada.sends("one")
        await rig.bob.sends("two")
        await rig.engine.has(1)
        await rig.stops()
        assert rig.engine.texts() == ["two"]
        gate.set()
        rig.polls()  # the same or another worker takes over
        await rig.engine.has(2)
        await rig.confirmed()
        assert rig.engine.texts() == ["two", "one"]


async def test_cancelling_is_as_good_as_stopping(rig: Rig) -> None:
    polling = asyncio.create_task(rig.channel.poll())
    await rig.ada.sends("one")
    await rig.engine.has(1)
    polling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await polling
    assert rig.api.updates.waiting == []
    await rig.channel.stop()
