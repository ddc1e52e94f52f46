"""python-telegram-bot takes the fake Bot API server for the real one; people and files behave as there."""

import asyncio
import io
import json
import os
import sys
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
import telegram
from PIL import Image

from tests.fakes.bot_api import FakeBotAPI, User
from tests.fakes.bot_api.raw import Raw
from tests.fixtures.bot_api import ADA
from tests.fixtures.bot_api import api as api
from tests.fixtures.bot_api import raw as raw

MIB = 2**20


@pytest.fixture
async def ada(api: FakeBotAPI) -> User:
    user = api.user(ADA, "Ada", username="ada")
    await user.sends("hello")
    return user


def jpeg(width: int = 1000, height: int = 500) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


async def test_python_telegram_bot_round_trip(
    api: FakeBotAPI, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # else the library warns of its own retry_after
    keyboard = telegram.InlineKeyboardMarkup([[telegram.InlineKeyboardButton("Yes", callback_data="y:1")]])
    async with telegram.Bot(api.token, base_url=api.base_url, base_file_url=api.base_file_url) as bot:
        assert (bot.username, bot.id) == ("docent_test_bot", int(api.token.split(":")[0]))
        [hello] = await bot.get_updates()
        assert hello.message is not None
        assert hello.message.from_user == telegram.User(ADA, "Ada", is_bot=False)
        sent = await hello.message.reply_text("Sure?", reply_markup=keyboard, do_quote=True)
        assert (sent.reply_markup, sent.reply_to_message) == (keyboard, hello.message)

        await ada.taps("Yes")
        [tap] = await bot.get_updates(offset=hello.update_id + 1, timeout=5)
        assert tap.callback_query is not None
        assert (tap.callback_query.data, tap.callback_query.message) == ("y:1", sent)
        assert await tap.callback_query.answer("Good") is True
        edited = await tap.callback_query.edit_message_text("Thanks")
        assert isinstance(edited, telegram.Message)
        assert (edited.text, edited.reply_markup, ada.toasts[-1].text) == ("Thanks", None, "Good")
        with pytest.raises(telegram.error.BadRequest, match="Message is not modified"):
            await tap.callback_query.edit_message_text("Thanks")

        picture = jpeg()
        photo = await bot.send_photo(ADA, picture, caption="the hall")
        assert [(size.width, size.height) for size in photo.photo] == [
            (90, 45),
            (320, 160),
            (800, 400),
            (1000, 500),
        ]
        file = await bot.get_file(photo.photo[-1])
        assert await file.download_as_bytearray() == picture
        assert await bot.set_my_commands([("start", "Start")], language_code="zh")
        api.faults.flood(retry_after=7)
        with pytest.raises(telegram.error.RetryAfter) as flooded:
            await bot.send_message(ADA, "again")
        assert flooded.value.retry_after == timedelta(seconds=7)
        await ada.blocks_bot()
        with pytest.raises(telegram.error.Forbidden, match="bot was blocked by the user"):
            await bot.send_message(ADA, "again")
        [blocked] = await bot.get_updates(offset=tap.update_id + 1)
        assert blocked.my_chat_member is not None
        assert blocked.my_chat_member.new_chat_member.status == "kicked"


def form(**fields: Any) -> aiohttp.FormData:
    """Multipart fields; a (name, bytes) pair is a file."""
    data = aiohttp.FormData(default_to_multipart=True, quote_fields=False)
    for key, value in fields.items():
        if isinstance(value, tuple):
            data.add_field(key, io.BytesIO(value[1]), filename=value[0])
        else:
            data.add_field(key, str(value))
    return data


async def test_files_can_be_uploaded_and_sent_again(raw: Raw, ada: User) -> None:
    picture = jpeg()
    _, photo = await raw.post("sendPhoto", data=form(chat_id=ADA, photo=("a.jpg", picture), caption="hall"))
    _, report = await raw.post("sendDocument", data=form(chat_id=ADA, document=("报表.xlsx", b"PK")))
    again = {"chat_id": ADA, "photo": photo["photo"][0]["file_id"]}
    assert (await raw.call("sendPhoto", **again))[0] == 200
    first, second, third = ada.answers
    assert (first.photo, first.text, third.photo) == (picture, "hall", picture)
    assert (second.document, second.file_name) == (b"PK", "报表.xlsx")
    wrong = {"chat_id": ADA, "photo": report["document"]["file_id"]}
    mismatch = "Bad Request: can't use file of type Document as Photo"
    assert await raw.call("sendPhoto", **wrong) == (400, mismatch)


@pytest.mark.parametrize(
    ("method", "fields", "description"),
    [
        ("sendPhoto", {}, "there is no photo in the request"),
        ("sendPhoto", {"photo": "attach://x"}, "there is no photo in the request"),
        ("sendPhoto", {"photo": "nothing"}, "wrong file identifier/HTTP URL specified"),
        ("sendPhoto", {"photo": ("a.jpg", b"")}, "file must be non-empty"),
        ("sendPhoto", {"photo": ("a.jpg", b"not a picture")}, "IMAGE_PROCESS_FAILED"),
        (
            "sendPhoto",
            {"photo": ("a.jpg", bytes(10 * MIB + 1))},
            "file of size 10485761 bytes is too big for",
        ),
        ("sendPhoto", {"photo": ("a.jpg", b"x"), "caption": "x" * 1025}, "message caption is too long"),
        ("sendDocument", {"document": ("a", b"")}, "file must be non-empty"),
        ("sendMediaGroup", {"media": "[]"}, "there are no messages to send"),
    ],
)
async def test_files_are_checked(
    raw: Raw, ada: User, method: str, fields: dict[str, Any], description: str
) -> None:
    status, said = await raw.post(method, data=form(chat_id=ADA, **fields))
    assert (status, said.startswith(f"Bad Request: {description}")) == (400, True), said
    assert ada.answers == []


async def test_an_album_is_one_group(raw: Raw, ada: User) -> None:
    media = [
        {"type": "photo", "media": "attach://a", "caption": "one"},
        {"type": "photo", "media": "attach://b"},
    ]
    files = {"a": ("a.jpg", jpeg()), "b": ("b.jpg", jpeg(10, 10))}
    status, messages = await raw.post(
        "sendMediaGroup", data=form(chat_id=ADA, media=json.dumps(media), **files)
    )
    assert (status, len({message["media_group_id"] for message in messages})) == (200, 1)
    assert [answer.text for answer in ada.answers] == ["one", ""]


async def test_downloads_up_to_20_mib(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    fits = await ada.sends_document(bytes(20 * MIB), "scan.pdf")
    large = await ada.sends_document(bytes(20 * MIB + 1))
    _, file = await raw.call("getFile", file_id=fits.raw["document"]["file_id"])
    url = f"{api.base_file_url}{api.token}/{file['file_path']}"
    async with raw.session.get(url) as answer:
        received = await answer.read()
    whole = received == fits.document  # compared apart: a failure must not print 20 MiB
    assert whole
    async with raw.session.get(url + "x") as answer:
        assert answer.status == 404
    api.faults.fail("download")
    async with raw.session.get(url) as answer:
        assert answer.status == 500
    assert [call.status for call in api.calls("download")] == [200, 404, 500]
    too_big = await raw.call("getFile", file_id=large.raw["document"]["file_id"])
    assert too_big == (400, "Bad Request: file is too big")
    assert await raw.call("getFile", file_id="nothing") == (400, "Bad Request: invalid file_id")


async def test_what_people_send_parses_as_telegram_types(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    await ada.starts("p_A-01")
    await ada.sends_album([jpeg(), (b"no picture", "3 灭火器过期")])
    await ada.sends_voice(b"OggS")
    await ada.sends_location(31.2, 121.5)
    await ada.sends_contact("+8613800000000", of=42)
    await ada.replies(api.chat(ada)[0], "as I said")
    assert ada.actions == 7  # the album is one action
    _, bodies = await raw.call("getUpdates")
    _, start, one, two, voice, place, contact, reply = (
        message for body in bodies if (message := telegram.Update.de_json(body).message)
    )
    assert start.parse_entities([telegram.MessageEntity.BOT_COMMAND])
    assert one.media_group_id == two.media_group_id
    assert (len(one.photo), len(two.photo), two.caption) == (4, 1, "3 灭火器过期")
    assert voice.voice is not None
    assert place.location == telegram.Location(longitude=121.5, latitude=31.2)
    assert contact.contact is not None
    assert contact.contact.user_id == 42
    assert reply.reply_to_message is not None
    assert reply.reply_to_message.text == "hello"


async def test_taps_need_a_button_that_can_be_seen(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    markup = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    await raw.call("sendMessage", chat_id=ADA, text="old", reply_markup=markup)
    await raw.call("sendMessage", chat_id=ADA, text="new", reply_markup=markup)
    old, new = ada.answers
    await ada.taps("Yes")
    await ada.taps("y", old)
    await ada.taps_raw("forged", new)
    _, updates = await raw.call("getUpdates")
    taps = [u["callback_query"] for u in updates if "callback_query" in u]
    seen = [(tap["message"]["text"], tap["data"]) for tap in taps]
    assert seen == [("new", "y"), ("old", "y"), ("new", "forged")]
    for message in (old, new):
        target = {"chat_id": ADA, "message_id": message.message_id}
        assert (await raw.call("editMessageReplyMarkup", **target))[0] == 200
    with pytest.raises(AssertionError, match="no button 'Yes'"):
        await ada.taps("Yes")
    with pytest.raises(ValueError, match="a start link cannot carry"):
        await ada.starts("x" * 65)


async def test_only_what_is_new_is_heard(raw: Raw, ada: User) -> None:
    _, sent = await raw.call("sendMessage", chat_id=ADA, text="old news")
    assert (await ada.hears("news")).text == "old news"
    await ada.sends("and now?")
    with pytest.raises(AssertionError, match=r"not within 0\.01 s; so far:\n(.|\n)*old news"):
        await ada.hears("news", timeout=0.01)
    await raw.call("editMessageText", chat_id=ADA, message_id=sent["message_id"], text="good news")
    assert (await ada.hears("news")).text == "good news"
    assert len(await ada.wait_for(lambda chat: chat[-1].text == "and now?")) == 3


async def test_it_runs_as_a_process_of_its_own(raw: Raw) -> None:
    command = [sys.executable, "-m", "tests.fakes.bot_api", "--token", "1:T"]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env=dict(os.environ)
    )
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().strip()
        async with raw.session.post(f"{url}/control/5/sends", json={"text": "hi"}) as answer:
            assert [message["text"] for message in await answer.json()] == ["hi"]
        async with raw.session.post(f"{url}/bot1:T/sendMessage", json={"chat_id": 5, "text": "ho"}) as answer:
            assert answer.status == 200
        async with raw.session.get(f"{url}/control/5") as answer:
            assert [message["text"] for message in await answer.json()] == ["hi", "ho"]
    finally:
        process.kill()
        await process.communicate()
