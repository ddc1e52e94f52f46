"""What the Telegram channel reads from an update, and that nothing it is given can make it stumble."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels import telegram_content as content
from bot.channels.telegram_content import Wanted
from bot.channels.telegram_read import EDITED, Read, Unreadable, lane, read
from bot.messages import Sender, storable
from handlers.kit.messages import Input, Location
from handlers.kit.words import Text

Json = dict[str, Any]
ADA = {
    "id": 7_000_000_001,
    "is_bot": False,
    "first_name": "Ada",
    "last_name": "L.",
    "language_code": "zh-hans",
}
PRIVATE = {"id": ADA["id"], "type": "private"}
GROUP = {"id": -100, "type": "supergroup", "title": "Guards"}


def message(**held: Any) -> Json:
    return {"message_id": 5, "from": ADA, "chat": PRIVATE, "date": 1_790_000_000, **held}


def update(**body: Any) -> Json:
    return {"update_id": 42, **body}


def read_message(**held: Any) -> Read:
    found = read(update(message=message(**held)))
    assert isinstance(found, Read)
    return found


def size(side: int, file_id: str, bytes_: int = 1000) -> Json:
    return {"file_id": file_id, "file_unique_id": "u", "width": side, "height": side, "file_size": bytes_}


def file(file_id: str = "f", **about: Any) -> Json:
    return {"file_id": file_id, "file_unique_id": "u", **about}


OWN = {"phone_number": "+86 138", "first_name": "Ada", "user_id": ADA["id"]}
TAKEN: list[tuple[Json, Input, Wanted | None]] = [
    ({"text": "异常 3"}, Input("异常 3"), None),
    ({"text": "a\ud800b\x00c\u202ed", "entities": [None]}, Input("abcd"), None),
    ({"text": "hi", "date": 10**18}, Input("hi"), None),
    ({"photo": [size(90, "s"), size(800, "l"), size(320, "m")]}, Input(), Wanted("photo", "l")),
    ({"photo": [size(90, "s"), size(800, "l", 21 << 20)]}, Input(), Wanted("photo", "s")),
    ({"photo": [None, {"file_id": "x", "width": "?"}]}, Input(), Wanted("photo", "x")),
    (
        {"photo": [size(9, "p")], "caption": "3 灭火器过期", "media_group_id": "77"},
        Input("3 灭火器过期", album="77"),
        Wanted("photo", "p"),
    ),
    ({"document": file(mime_type="image/png", file_name="a.png")}, Input(), Wanted("photo", "f")),
    ({"document": file(file_name="IMG_1.JPG")}, Input(), Wanted("photo", "f")),
    ({"voice": file(mime_type="audio/ogg", duration=3)}, Input(), Wanted("voice", "f", "audio/ogg")),
    ({"audio": file(mime_type="audio/mpeg")}, Input(), Wanted("voice", "f", "audio/mpeg")),
    ({"location": {"latitude": 37.45, "longitude": 116}}, Input(location=Location(37.45, 116.0)), None),
    (
        {"location": {"latitude": -90, "longitude": 0.5, "horizontal_accuracy": 12.5}},
        Input(location=Location(-90.0, 0.5, 12.5)),
        None,
    ),
    (
        {"venue": {"title": "Museum"}, "location": {"latitude": 1, "longitude": 2}},
        Input(location=Location(1, 2)),
        None,
    ),
    ({"contact": OWN}, Input("+86 138"), None),
]


@pytest.mark.parametrize(("held", "given", "wanted"), TAKEN)
def test_what_is_taken(held: Json, given: Input, wanted: Wanted | None) -> None:
    found = read_message(**held)
    assert (found.update.input, found.wanted) == (given, wanted)
    assert (found.update.channel, found.update.external_id) == ("telegram", "42")
    assert found.update.sender == Sender("7000000001", "Ada L.", "zh-hans")


REFUSED: list[tuple[Json, Text]] = [
    ({"sticker": file()}, content.NO_STICKER),
    ({"video": file(), "caption": "look"}, content.NO_VIDEO),
    ({"video_note": file()}, content.NO_VIDEO),
    ({"animation": file(), "document": file(mime_type="image/gif")}, content.NO_VIDEO),
    ({"document": file(mime_type="application/pdf", file_name="a.pdf")}, content.NO_DOCUMENT),
    ({"document": file()}, content.NO_DOCUMENT),
    ({"document": file(mime_type="image/png", file_size=21 << 20)}, content.TOO_LARGE),
    ({"photo": [size(9, "p", 21 << 20)]}, content.TOO_LARGE),
    ({"audio": file(mime_type="audio/mpeg", file_size=21 << 20)}, content.TOO_LARGE),
    ({"poll": {}}, content.NO_SUCH),
    ({"dice": {}}, content.NO_SUCH),
    ({"text": "\x00\u202e"}, content.EMPTY),
    ({"contact": {**OWN, "user_id": 9}}, content.OTHER_CONTACT),
    ({"contact": {"phone_number": "1"}}, content.OTHER_CONTACT),
    ({"contact": OWN, "forward_origin": {"type": "user"}}, content.OTHER_CONTACT),
]


@pytest.mark.parametrize(("held", "why"), REFUSED)
def test_what_cannot_be_taken_gets_a_kind_sentence(held: Json, why: Text) -> None:
    found = read_message(**held)
    assert found.update.input == Input(refused=why)
    assert found.wanted is None


NOT_OURS = [
    update(message=message(text="hi", chat=GROUP)),
    update(message=message(pinned_message={})),
    update(message=message(text="hi", chat={"id": 1, "type": "channel"})),
    update(edited_message=message(location={"latitude": 1, "longitude": 2})),
    update(edited_message=message(text="hi", chat=GROUP)),
    update(callback_query={"id": "q", "from": ADA, "data": "x", "inline_message_id": "i"}),
    update(callback_query={"id": "q", "from": ADA, "game_short_name": "x", "message": message()}),
    update(callback_query={"id": "q", "from": ADA, "data": "x", "message": message(chat=GROUP)}),
    update(my_chat_member={"from": ADA, "chat": GROUP, "new_chat_member": {"status": "member"}}),
    update(my_chat_member={"from": ADA, "chat": PRIVATE, "new_chat_member": {"status": "restricted"}}),
    update(channel_post=message(text="hi")),
    update(poll={"id": "1"}),
    update(),
]


@pytest.mark.parametrize("raw", NOT_OURS)
def test_what_is_not_ours_is_passed_over(raw: Json) -> None:
    assert read(raw) is None


UNREADABLE: list[tuple[Json, str]] = [
    ({"message": message(text="hi")}, "no update_id"),
    ({"update_id": "42", "message": message(text="hi")}, "no update_id"),
    ({"update_id": True, "message": message(text="hi")}, "no update_id"),
    (update(message="str"), "message: message is no object"),
    (update(message=None), "message: message is no object"),
    (update(message={}), "message: chat is no object"),
    (update(message=message(chat={"id": 1}, text="hi")), "message: a chat without a type"),
    (update(message=message(**{"from": None}, text="hi")), "message: from is no object"),
    (update(message=message(**{"from": {"id": "7"}}, text="hi")), "message: a sender without an id"),
    (update(message=message(**{"from": {"id": 10**30}}, text="hi")), "message: a sender without an id"),
    (update(message=message(text=["hi"])), "message: text is no string"),
    (update(message=message(photo=[])), "message: photo has no sizes"),
    (update(message=message(photo="x")), "message: photo has no sizes"),
    (update(message=message(photo=[{"width": 9}])), "message: a file without an id"),
    (update(message=message(voice=[])), "message: voice is no object"),
    (
        update(message=message(location={"latitude": 91, "longitude": 0})),
        "message: a location that is not on earth",
    ),
    (
        update(message=message(location={"latitude": float("nan"), "longitude": 0})),
        "message: a location that is not on earth",
    ),
    (update(callback_query={"from": ADA, "data": "x", "message": message()}), "callback_query: no id"),
    (
        update(callback_query={"id": "q", "from": ADA, "data": "x", "message": []}),
        "callback_query: message is no object",
    ),
    (update(my_chat_member={"chat": PRIVATE}), "my_chat_member: new_chat_member is no object"),
]


@pytest.mark.parametrize(("raw", "reason"), UNREADABLE)
def test_what_is_malformed_says_where(raw: Json, reason: str) -> None:
    assert read(raw) == Unreadable(reason)


@pytest.mark.parametrize(
    ("text", "link", "said"),
    [
        ("/start p_H3-02", "p_H3-02", "/start"),
        ("/start@docent_bot  i_abc ", "i_abc", "/start"),
        ("/start", None, "/start"),
        ("/start two words", None, "/start two words"),
        ("/start " + "x" * 65, None, "/start " + "x" * 65),
        ("please /start p_1", None, "please /start p_1"),
    ],
)
def test_a_start_link_carries_its_payload(text: str, link: str | None, said: str) -> None:
    found = read_message(text=text).update
    assert (found.link, found.input.text) == (link, said)


def test_a_tap_names_its_message_and_query() -> None:
    found = read(update(callback_query={"id": "q9", "from": ADA, "data": "c:7:3:ok", "message": message()}))
    assert isinstance(found, Read)
    assert (found.update.input, found.update.tapped, found.query_id) == (Input(data="c:7:3:ok"), "5", "q9")


def test_a_reply_names_what_it_answers() -> None:
    assert read_message(text="ok", reply_to_message=message(message_id=3)).update.replied_to == "3"
    assert read_message(text="ok", reply_to_message="?").update.replied_to is None


@pytest.mark.parametrize(("status", "left"), [("kicked", True), ("member", False)])
def test_blocking_and_coming_back(status: str, left: bool) -> None:
    change = {"from": ADA, "chat": PRIVATE, "date": 1, "new_chat_member": {"status": status}}
    found = read(update(my_chat_member=change))
    assert isinstance(found, Read)
    assert (found.update.left, found.update.quiet, found.update.sender.external_id) == (
        left,
        True,
        "7000000001",
    )


def test_an_edit_is_told_to_be_sent_anew() -> None:
    found = read(update(edited_message=message(text="4 灭火器过期", edit_date=1)))
    assert isinstance(found, Read)
    assert found.update.input == Input(refused=EDITED)


@pytest.mark.parametrize("locale", [7, "", "zh hans", "x" * 40, "../../etc"])
def test_a_strange_language_is_no_language(locale: object) -> None:
    found = read_message(**{"from": {**ADA, "language_code": locale}}, text="hi")
    assert found.update.sender.locale is None


def test_updates_of_one_person_share_a_lane_and_strangers_do_not() -> None:
    tap = update(callback_query={"id": "q", "from": ADA, "data": "x", "message": message()})
    assert lane(tap) == lane(update(message=message(text="hi")))
    assert lane(update(message="str")) != lane({"update_id": 43, "message": "str"})


def test_what_is_kept_of_an_update_suits_any_database() -> None:
    deep: Any = "bottom"
    for _level in range(900):
        deep = [deep]
    raw = {"a\x00": "b\ud800", "n": float("nan"), "i": 10**30, "deep": deep, "ok": [1, 1.5, None, True, "中"]}
    kept = storable(raw)
    text = json.dumps(kept, allow_nan=False, ensure_ascii=False)
    text.encode()
    assert "\\u0000" not in text
    assert kept["ok"] == raw["ok"]
    assert kept["i"] == str(10**30)


NOISE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["private", "kicked"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
HELD = [held for held, _given, _wanted in TAKEN] + [held for held, _why in REFUSED]
WHOLE = [
    update(message=message(**{"reply_to_message": message(), "media_group_id": "7", **held})) for held in HELD
]
WHOLE += [
    update(callback_query={"id": "q", "from": ADA, "data": "x", "message": message()}),
    update(my_chat_member={"from": ADA, "chat": PRIVATE, "new_chat_member": {"status": "kicked"}}),
]


def paths(value: Any, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The way to each value inside."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [*([here] if here else []), *(path for key, held in inner for path in paths(held, (*here, key)))]


def with_noise(value: Any, path: tuple[str | int, ...], noise: Any) -> Any:
    if not path:
        return noise
    copy = value.copy()
    copy[path[0]] = with_noise(value[path[0]], path[1:], noise)
    return copy


@settings(max_examples=400, deadline=None)
@given(data=st.data(), noise=NOISE)
def test_no_update_makes_it_stumble(data: st.DataObject, noise: Any) -> None:
    whole = data.draw(st.sampled_from(WHOLE))
    raw = with_noise(whole, data.draw(st.sampled_from(paths(whole))), noise)
    found = read(raw)
    assert lane(raw)
    json.dumps(storable(raw), allow_nan=False, ensure_ascii=False).encode()
    if isinstance(found, Read):
        found.update.input.text.encode()
        assert found.update.sender.external_id.isdecimal()
    elif found is not None:
        assert found.reason
        assert "Error" not in found.reason, "it slipped through to the last net"
