"""What comes in from a person's telephone: photos, voices, taps, blocking; complete, once, and answered."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.channels import telegram_content as content
from bot.channels.telegram_files import NOT_FETCHED, TRIES
from handlers.kit.messages import Input, Location
from tests.fakes.bot_api import ApiError
from tests.fixtures.telegram import ADA, Rig, button, payload, picture, telegram_rig

OGG = b"OggS" + bytes(60)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with telegram_rig(tmp_path) as rig:
        yield rig.polls()


async def test_a_photo_arrives_whole_with_its_caption(rig: Rig) -> None:
    data = picture(size=(1600, 900))
    await rig.ada.sends_photo(data, "3 灭火器过期")
    (update,) = await rig.engine.has(1)
    (photo,) = update.input.photos
    assert update.input.text == "3 灭火器过期"
    assert photo.original_sha == hashlib.sha256(data).hexdigest()
    assert rig.store.path(photo.sha).is_file()


async def test_an_album_is_marked_as_one_and_stays_in_order(rig: Rig) -> None:
    pictures = [picture(size=(40 + number, 40)) for number in range(3)]
    await rig.ada.sends_album([(pictures[0], "All three"), *pictures[1:]])
    updates = await rig.engine.has(3)
    assert len({update.input.album for update in updates} - {None}) == 1
    assert [update.input.text for update in updates] == ["All three", "", ""]
    shas = [hashlib.sha256(data).hexdigest() for data in pictures]
    assert [update.input.photos[0].original_sha for update in updates] == shas


async def test_a_picture_sent_as_a_file_is_a_photo(rig: Rig) -> None:
    await rig.ada.sends_document(picture("PNG"), "scan.png", "image/png", "exit 2")
    (update,) = await rig.engine.has(1)
    assert (len(update.input.photos), update.input.text) == (1, "exit 2")


async def test_a_voice_is_kept_as_it_is(rig: Rig) -> None:
    await rig.ada.sends_voice(OGG)
    (update,) = await rig.engine.has(1)
    assert update.input.voice is not None
    assert await rig.store.read(update.input.voice.sha) == OGG


async def test_a_place_and_a_contact(rig: Rig) -> None:
    await rig.ada.sends_location(37.45, 116.3)
    await rig.ada.sends_contact("+86 138 0000")
    await rig.ada.sends_contact("+86 139 0000", of=1)
    updates = await rig.engine.has(3)
    assert [update.input for update in updates] == [
        Input(location=Location(37.45, 116.3)),
        Input("+86 138 0000"),
        Input(refused=content.OTHER_CONTACT),
    ]


async def test_what_is_no_picture_is_refused_with_the_stores_reason(rig: Rig) -> None:
    await rig.ada.sends_document(b"%PDF-1.7", "photo.jpg", "image/jpeg", "3 灭火器过期")
    (update,) = await rig.engine.has(1)
    assert update.input.photos == ()
    assert update.input.text == ""  # the words make sense with the photo only
    assert "not a photo" in str(update.input.refused)


async def test_a_photo_already_taken_is_not_fetched_again(rig: Rig) -> None:
    await rig.ada.sends_photo(picture())
    (update,) = await rig.engine.has(1)
    await rig.confirmed()
    rig.api.redeliver(int(update.external_id))
    await rig.ada.sends("next")
    await rig.engine.has(2)
    await rig.confirmed()
    assert len(rig.api.calls("getFile")) == 1


async def test_a_passing_fault_of_a_download_is_overcome(rig: Rig) -> None:
    rig.api.faults.fail("getFile", times=TRIES - 2)
    rig.api.faults.lose_answer("getFile")
    await rig.ada.sends_photo(picture())
    (update,) = await rig.engine.has(1)
    assert len(update.input.photos) == 1
    assert len(rig.api.calls("getFile")) == TRIES


async def test_a_file_that_cannot_be_had_is_asked_for_again(rig: Rig) -> None:
    rig.api.faults.fail("getFile", times=TRIES)
    await rig.ada.sends_photo(picture(), "exit 2")
    await rig.ada.sends("next")
    first, second = await rig.engine.has(2)
    assert first.input == Input(refused=NOT_FETCHED)
    assert second.input.text == "next"
    assert len(rig.api.calls("getFile")) == TRIES


async def test_a_file_telegram_finds_too_large_is_not_tried_again(rig: Rig) -> None:
    rig.api.faults.fail("getFile", ApiError(400, "Bad Request: file is too big"))
    await rig.ada.sends_voice(OGG)
    (update,) = await rig.engine.has(1)
    assert update.input == Input(refused=content.TOO_LARGE)
    assert len(rig.api.calls("getFile")) == 1


async def test_a_tap_is_answered_with_the_toast(rig: Rig) -> None:
    await rig.ada.sends("hello")
    sent = await rig.channel.send(str(ADA), payload("?", [button("Yes", "y")]))
    for toast, shown in [(None, ""), ("Saved", "Saved"), ("长" * 300, "长" * 200)]:
        rig.engine.toast = toast
        assert (await rig.ada.sees_toast(await rig.ada.taps("Yes"))).text == shown
    assert {update.tapped for update in rig.engine.updates} == {None, sent}


async def test_a_tap_too_old_to_be_answered_is_harmless(rig: Rig) -> None:
    await rig.ada.sends("hello")
    await rig.channel.send(str(ADA), payload("?", [button("Yes", "y")]))
    await rig.engine.has(1)
    gate = rig.engine.hold(ADA)
    await rig.ada.taps("Yes")
    await rig.api.wait_for(lambda: len(rig.engine.offered) == 2)
    rig.api.world.callbacks.clear()
    with capture_logs() as logs:
        gate.set()
        await rig.api.wait_for(
            lambda: [call for call in rig.api.calls("answerCallbackQuery") if call.answered]
        )
        await rig.stops()
    assert [entry for entry in logs if "tap" in entry["event"]] == []


async def test_an_answer_to_a_tap_delays_no_confirmation(rig: Rig) -> None:
    await rig.ada.sends("hello")
    await rig.channel.send(str(ADA), payload("?", [button("Yes", "y")]))
    rig.api.faults.delay(0.3, "answerCallbackQuery")
    await rig.ada.taps("Yes")
    await rig.confirmed()
    assert not any(call.answered for call in rig.api.calls("answerCallbackQuery"))
    await rig.stops()
    assert len(rig.ada.toasts) == 1  # stopping let it go out


async def test_blocking_and_coming_back(rig: Rig) -> None:
    await rig.ada.blocks_bot()
    await rig.ada.unblocks()
    gone, back = await rig.engine.has(2)
    assert [(u.left, u.quiet, u.sender.external_id) for u in (gone, back)] == [
        (True, True, str(ADA)),
        (False, True, str(ADA)),
    ]


async def test_links_replies_and_languages(rig: Rig) -> None:
    await rig.ada.starts("p_H3-02")
    (started,) = await rig.engine.has(1)
    asked = await rig.channel.send(str(ADA), payload("?"))
    await rig.ada.replies(rig.ada.answers[0], "because")
    await rig.bob.sends("hello")
    _started, reply, hello = await rig.engine.has(3)
    assert (started.link, started.input.text, started.sender.locale) == ("p_H3-02", "/start", "zh-hans")
    assert (reply.replied_to, reply.input.text) == (asked, "because")
    assert (hello.sender.name, hello.sender.locale) == ("Bob", "en")
