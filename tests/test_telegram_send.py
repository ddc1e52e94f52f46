"""Sending, editing and what each refusal of the Bot API means."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.channels.cutting import units
from bot.errors import Gone, Refused, SendError, TryLater, Unreachable
from bot.messages import FileJson
from tests.fakes.bot_api import ApiError
from tests.fixtures.telegram import ADA, Rig, button, payload, picture, telegram_rig

TO = str(ADA)
EMOJI = "😀"
YES = [button("Yes", "y")]


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with telegram_rig(tmp_path) as rig:
        await rig.ada.sends("hello")  # a bot cannot write first
        yield rig


def kept(rig: Rig, content: bytes, name: str, mime: str) -> FileJson:
    attached = rig.store.keep(content, name, mime)
    return {"sha": attached.sha, "name": attached.name, "mime": attached.mime}


# -- texts ------------------------------------------------------------------------------------------


async def test_a_text_goes_out_with_its_buttons_and_gives_its_id(rig: Rig) -> None:
    sent = await rig.channel.send(TO, payload("Good morning *_<b>", YES))
    (message,) = rig.ada.answers
    assert (message.text, message.buttons, sent) == (
        "Good morning *_<b>",
        [[("Yes", "y")]],
        str(message.message_id),
    )
    (call,) = rig.api.calls("sendMessage")
    assert "parse_mode" not in call.params
    assert call.json("link_preview_options") == {"is_disabled": True}


async def test_a_long_text_goes_out_in_pieces_with_the_buttons_last(rig: Rig) -> None:
    lines = [f"{number} {EMOJI * 40}" for number in range(120)]
    sent = await rig.channel.send(TO, payload("\n".join(lines), YES))
    pieces = rig.ada.answers
    assert len(pieces) == 3
    assert "\n".join(piece.text for piece in pieces).split("\n") == lines
    assert [piece.labels for piece in pieces] == [[], [], ["Yes"]]
    assert all(units(piece.text) <= 4096 for piece in pieces)
    assert sent == str(pieces[-1].message_id)


@pytest.mark.parametrize("text", ["x" * 4096, EMOJI * 2048])
async def test_what_just_fits_is_one_message(rig: Rig, text: str) -> None:
    await rig.channel.send(TO, payload(text))
    assert [message.text for message in rig.ada.answers] == [text]


async def test_nothing_to_say_is_refused(rig: Rig) -> None:
    with pytest.raises(Refused):
        await rig.channel.send(TO, payload(" \n\x00"))


# -- edits ------------------------------------------------------------------------------------------


async def test_a_replacement_edits_the_message(rig: Rig) -> None:
    first = await rig.channel.send(TO, payload("1?", YES))
    assert await rig.channel.send(TO, payload("2?", [button("No", "n")], replaces=first)) == first
    (message,) = rig.ada.answers
    assert (message.text, message.labels, message.edited) == ("2?", ["No"], 1)


async def test_a_replacement_without_buttons_takes_them_away(rig: Rig) -> None:
    first = await rig.channel.send(TO, payload("1?", YES))
    await rig.channel.send(TO, payload("Done", replaces=first))
    assert rig.ada.answers[0].labels == []


async def test_the_same_again_is_as_good_as_an_edit(rig: Rig) -> None:
    first = await rig.channel.send(TO, payload("1?", YES))
    assert await rig.channel.send(TO, payload("1?", YES, replaces=first)) == first
    assert len(rig.ada.answers) == 1


@pytest.mark.parametrize("replaces", ["999999", "not-a-number", "person's own"])
async def test_what_cannot_be_edited_is_sent_anew(rig: Rig, replaces: str) -> None:
    own = str(rig.ada.chat.visible()[0].message_id)
    sent = await rig.channel.send(TO, payload("2?", replaces=own if replaces == "person's own" else replaces))
    assert sent == str(rig.ada.answers[-1].message_id)
    assert rig.ada.answers[-1].text == "2?"


async def test_a_replacement_that_is_too_long_or_of_a_photo_is_sent_anew(rig: Rig) -> None:
    shown = await rig.channel.send(TO, payload("Look", photos=[kept(rig, picture(), "a.jpg", "image/jpeg")]))
    assert await rig.channel.send(TO, payload("Next", replaces=shown)) != shown
    first = await rig.channel.send(TO, payload("1?"))
    await rig.channel.send(TO, payload("line\n" * 1000, replaces=first))
    assert [message.text[:4] for message in rig.ada.answers] == ["Look", "Next", "1?", "line", "line"]


async def test_an_edit_refused_for_another_reason_is_refused(rig: Rig) -> None:
    first = await rig.channel.send(TO, payload("1?"))
    with pytest.raises(Refused):
        await rig.channel.send(TO, payload("2?", [button("Yes", "x" * 65)], replaces=first))


# -- photos and files -------------------------------------------------------------------------------


async def test_one_photo_carries_the_text_and_the_buttons(rig: Rig) -> None:
    png = picture("PNG")
    sent = await rig.channel.send(
        TO, payload("Invite", YES, photos=[kept(rig, png, "邀请.png", "image/png")])
    )
    (message,) = rig.ada.answers
    assert (message.photo, message.text, message.labels) == (png, "Invite", ["Yes"])
    assert sent == str(message.message_id)


async def test_a_text_too_long_for_a_caption_follows_the_photo(rig: Rig) -> None:
    photo = kept(rig, picture(), "a.jpg", "image/jpeg")
    sent = await rig.channel.send(TO, payload(EMOJI * 513, YES, photos=[photo]))
    shown, told = rig.ada.answers
    assert (shown.photo is not None, shown.text, shown.labels) == (True, "", [])
    assert (told.text, told.labels, sent) == (EMOJI * 513, ["Yes"], str(told.message_id))


@pytest.mark.parametrize(("count", "albums"), [(2, [2]), (10, [10]), (11, [10, 0]), (13, [10, 3])])
async def test_more_photos_are_albums_then_the_text(rig: Rig, count: int, albums: list[int]) -> None:
    pictures = [picture(size=(20 + number, 20)) for number in range(count)]
    photos = [kept(rig, data, f"{number}.jpg", "image/jpeg") for number, data in enumerate(pictures)]
    sent = await rig.channel.send(TO, payload("All of them", YES, photos=photos))
    *shown, told = rig.ada.answers
    assert [message.photo for message in shown] == pictures
    groups = [
        sum(m.album == name for m in shown) if name else 0 for name in dict.fromkeys(m.album for m in shown)
    ]
    assert groups == albums
    assert (told.text, told.labels, sent) == ("All of them", ["Yes"], str(told.message_id))


async def test_a_file_keeps_its_name_type_and_content(rig: Rig) -> None:
    sheet = "application/x-our-own"
    file = kept(rig, b"PK-sheet", '检查 "5月"/2026.xlsx', sheet)
    await rig.channel.send(TO, payload("Here it is", YES, file=file))
    (message,) = rig.ada.answers
    assert (message.document, message.text, message.labels) == (b"PK-sheet", "Here it is", ["Yes"])
    assert message.file_name == "检查 5月2026.xlsx"
    assert message.raw["document"]["mime_type"] == sheet


async def test_photos_and_a_file_go_before_the_text(rig: Rig) -> None:
    photo, file = kept(rig, picture(), "a.jpg", "image/jpeg"), kept(rig, b"x", "a.txt", "text/plain")
    await rig.channel.send(TO, payload("Both", photos=[photo], file=file))
    first, second, third = rig.ada.answers
    assert (first.photo is not None, second.document, third.text) == (True, b"x", "Both")


@pytest.mark.parametrize("sha", ["0" * 64, "../../etc/passwd"])
async def test_a_file_that_is_not_kept_is_refused(rig: Rig, sha: str) -> None:
    with pytest.raises(Refused):
        await rig.channel.send(TO, payload("?", file={"sha": sha, "name": "a", "mime": "text/plain"}))


# -- refusals ---------------------------------------------------------------------------------------

ERRORS: list[tuple[ApiError, type[SendError]]] = [
    (ApiError(403, "Forbidden: bot was blocked by the user"), Gone),
    (ApiError(403, "Forbidden: user is deactivated"), Gone),
    (ApiError(400, "Bad Request: chat not found"), Gone),
    (ApiError(400, "Bad Request: PEER_ID_INVALID"), Gone),
    (ApiError(400, "Bad Request: BUTTON_DATA_INVALID"), Refused),
    (ApiError(413, "Request Entity Too Large"), Refused),
    (ApiError(500, "Internal Server Error"), Unreachable),
    (ApiError(502, "Bad Gateway"), Unreachable),
    (ApiError(409, "Conflict: terminated by other getUpdates request"), Unreachable),
]


@pytest.mark.parametrize(("error", "raised"), ERRORS, ids=str)
async def test_what_a_refusal_means(rig: Rig, error: ApiError, raised: type[SendError]) -> None:
    rig.api.faults.fail("sendMessage", error)
    with pytest.raises(raised):
        await rig.channel.send(TO, payload("hi"))
    assert rig.ada.answers == []
    await rig.channel.send(TO, payload("hi"))  # the next one finds nothing broken


async def test_a_429_says_how_long_and_stops_only_that_chat(rig: Rig) -> None:
    rig.api.faults.flood(retry_after=17, chat_id=ADA)
    with pytest.raises(TryLater) as raised:
        await rig.channel.send(TO, payload("hi"))
    assert (raised.value.after, raised.value.everyone) == (17, False)


async def test_a_refused_token_stops_everyone_and_says_so(rig: Rig) -> None:
    for token in ("123456789:AAnother-token-that-is-not-the-bots", "malformed"):
        other = rig.another(token=token)
        with capture_logs() as logs, pytest.raises(TryLater) as raised:
            await other.send(TO, payload("hi"))
        assert (raised.value.after, raised.value.everyone) == (60, True)
        assert "TELEGRAM_TOKEN" in logs[0]["event"]


async def test_a_lost_answer_or_a_closed_server_is_unreachable(rig: Rig) -> None:
    rig.api.faults.lose_answer("sendMessage")
    with pytest.raises(Unreachable):
        await rig.channel.send(TO, payload("hi"))
    await rig.api.stop()
    with pytest.raises(Unreachable):
        await rig.channel.send(TO, payload("hi"))


async def test_a_stranger_or_a_wrong_address_gets_nothing(rig: Rig) -> None:
    with pytest.raises(Gone):
        await rig.channel.send("5", payload("hi"))
    with pytest.raises(Refused):
        await rig.channel.send("web:abc", payload("hi"))
