"""The fake Bot API server is as strict as Telegram, and python-telegram-bot takes its answers for real."""

import json
from typing import Any

import aiohttp
import pytest

from tests.fakes.bot_api import FakeBotAPI, User
from tests.fakes.bot_api.raw import Raw
from tests.fixtures.bot_api import ADA
from tests.fixtures.bot_api import api as api
from tests.fixtures.bot_api import raw as raw

STRANGER = 5
EMOJI = "😀"  # two UTF-16 units, four bytes


@pytest.fixture
async def ada(api: FakeBotAPI) -> User:
    user = api.user(ADA, "Ada", username="ada")
    await user.sends("hello")
    api.user(STRANGER)
    return user


def inline(**button: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "ok", **button}]]}


PARSE = "Bad Request: can't parse inline keyboard button: "
UNALLOWED = PARSE + "Text buttons are unallowed in the inline keyboard"
SEND_REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"text": ""}, "Bad Request: message text is empty"),
    ({"text": " \n\x00"}, "Bad Request: text must be non-empty"),
    ({"text": "x" * 4097}, "Bad Request: message is too long"),
    ({"text": EMOJI * 2049}, "Bad Request: message is too long"),
    ({"text": "<b>" + "x" * 4097 + "</b>", "parse_mode": "HTML"}, "Bad Request: message is too long"),
    ({"parse_mode": "BBCode"}, "Bad Request: unsupported parse_mode"),
    (
        {"text": "<script>", "parse_mode": "HTML"},
        'Bad Request: can\'t parse entities: Unsupported start tag "script" at byte offset 0',
    ),
    (
        {"text": "<b><i>test</b></i>", "parse_mode": "HTML"},
        "Bad Request: can't parse entities: Unmatched end tag at byte offset 10, "
        'expected "</i>", found "</b>"',
    ),
    (
        {"text": "<b>x", "parse_mode": "html"},
        "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"",
    ),
    (
        {"entities": [{"type": "bold", "offset": 100, "length": 1}]},
        "Bad Request: entity begins after the end of the text at UTF-16 offset 100",
    ),
    ({"chat_id": ""}, "Bad Request: chat_id is empty"),
    ({"chat_id": STRANGER}, "Bad Request: chat not found"),
    ({"chat_id": "@ada"}, "Bad Request: chat not found"),
    ({"text": "\ud800"}, "Bad Request: strings must be encoded in UTF-8"),
    ({"reply_markup": "{"}, "Bad Request: can't parse reply keyboard markup JSON object"),
    ({"reply_markup": []}, "Bad Request: object expected as reply markup"),
    ({"reply_markup": {"force_reply": "yes"}}, 'Bad Request: field "force_reply" must be of type Boolean'),
    (
        {"reply_markup": {"inline_keyboard": "x"}},
        'Bad Request: field "inline_keyboard" must be of type Array',
    ),
    ({"reply_markup": {"inline_keyboard": [[{"callback_data": "x"}]]}}, PARSE + 'Can\'t find field "text"'),
    ({"reply_markup": inline()}, UNALLOWED),
    ({"reply_markup": inline(callback_data="")}, UNALLOWED),
    (
        {"reply_markup": inline(callback_data="x", url="https://example.org")},
        PARSE + "exactly one of the fields url, callback_data must be used",
    ),
    ({"reply_markup": inline(callback_data="x" * 65)}, "Bad Request: BUTTON_DATA_INVALID"),
    ({"reply_markup": inline(callback_data="检" * 22)}, "Bad Request: BUTTON_DATA_INVALID"),
    ({"reply_markup": inline(pay=True)}, "Bad Request: BUTTON_TYPE_INVALID"),
    (
        {"reply_markup": inline(url="http://localhost:8080")},
        "Bad Request: inline keyboard button URL 'http://localhost:8080' is invalid: Wrong HTTP URL",
    ),
    (
        {"reply_markup": {"inline_keyboard": [[{"text": " ", "callback_data": "x"}]]}},
        "Bad Request: inline keyboard button text must be non-empty",
    ),
    (
        {"reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]] * 101}},
        "Bad Request: reply markup is too long",
    ),
    ({"reply_parameters": {"message_id": 999}}, "Bad Request: message to be replied not found"),
    ({"reply_to_message_id": 999}, "Bad Request: message to be replied not found"),
    ({"reply_parameters": {"quote": "x"}}, 'Bad Request: can\'t find field "message_id"'),
    ({"reply_parameters": [1]}, 'Bad Request: can\'t find field "message_id"'),
]


@pytest.mark.parametrize(("params", "description"), SEND_REFUSED)
async def test_send_message_refuses(raw: Raw, ada: User, params: dict[str, Any], description: str) -> None:
    assert await raw.call("sendMessage", **{"chat_id": ADA, "text": "hi", **params}) == (400, description)
    assert ada.answers == []


SEND_ACCEPTED: list[tuple[dict[str, Any], str]] = [
    ({"text": "x" * 4096}, "x" * 4096),
    ({"text": EMOJI * 2048}, EMOJI * 2048),
    ({"text": " a\tb\r\x07\u202ec\n"}, "a b c"),
    ({"text": "<b>" + "x" * 4096 + "</b>", "parse_mode": "HTML"}, "x" * 4096),
    ({"text": "1 &lt; 2 <i>&amp;</i>", "parse_mode": "HTML"}, "1 < 2 &"),
    ({"chat_id": str(ADA)}, "hi"),
    ({"reply_markup": json.dumps(inline(callback_data="x" * 64))}, "hi"),
    ({"reply_markup": inline(callback_data="检" * 21)}, "hi"),
    ({"reply_markup": inline(url="https://example.org/q")}, "hi"),
    ({"reply_markup": {"keyboard": [["A", {"text": "B", "request_contact": True}]]}}, "hi"),
    ({"reply_markup": {"remove_keyboard": True}}, "hi"),
    ({"reply_parameters": {"message_id": 1}}, "hi"),
    ({"reply_parameters": {"message_id": 999, "allow_sending_without_reply": True}}, "hi"),
]


@pytest.mark.parametrize(("params", "text"), SEND_ACCEPTED)
async def test_send_message_accepts(raw: Raw, ada: User, params: dict[str, Any], text: str) -> None:
    status, message = await raw.call("sendMessage", **{"chat_id": ADA, "text": "hi", **params})
    assert (status, message["text"]) == (200, text)
    assert [answer.text for answer in ada.answers] == [text]


async def test_entities_of_html_are_counted_in_utf16_units(raw: Raw, ada: User) -> None:
    text = f" {EMOJI}<b>bold</b> <a href='https://example.org'>link</a>"
    _, message = await raw.call("sendMessage", chat_id=ADA, text=text, parse_mode="HTML")
    assert message["entities"] == [
        {"type": "bold", "offset": 2, "length": 4},
        {"type": "text_link", "offset": 7, "length": 4, "url": "https://example.org"},
    ]


@pytest.mark.parametrize("shape", ["json", "form", "multipart", "query"])
async def test_every_kind_of_body_is_read(raw: Raw, ada: User, shape: str) -> None:
    params = {"chat_id": str(ADA), "text": "喂", "reply_markup": json.dumps(inline(callback_data="x"))}
    form = aiohttp.FormData(params, default_to_multipart=True)
    bodies: dict[str, dict[str, Any]] = {
        "json": {"json": params},
        "form": {"data": params},
        "multipart": {"data": form},
        "query": {"params": params},
    }
    assert (await raw.post("SENDmessage", **bodies[shape]))[0] == 200
    assert (ada.answers[-1].text, ada.answers[-1].buttons) == ("喂", [[("ok", "x")]])


@pytest.mark.parametrize(
    ("body", "description"),
    [
        (b"{", "can't parse parameters"),
        (b"[1]", "JSON object expected"),
        (b'{"text":"\xff"}', "strings must be encoded in UTF-8"),
        (b'{"text":"\\ud83d"}', "strings must be encoded in UTF-8"),
    ],
)
async def test_broken_json_is_refused(raw: Raw, body: bytes, description: str) -> None:
    status, said = await raw.post("sendMessage", data=body, headers={"Content-Type": "application/json"})
    assert status == 400
    assert said.startswith(f"Bad Request: {description}")


async def test_token_and_method_are_checked(api: FakeBotAPI, raw: Raw) -> None:
    assert await raw.post("getMe", token="1:wrong") == (401, "Unauthorized")
    assert await raw.call("getMee") == (404, "Not Found: method not found")
    assert [(call.method, call.status) for call in api.requests] == [("getMe", 401), ("getMee", 404)]


async def test_edits(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    _, sent = await raw.call("sendMessage", chat_id=ADA, text="one", reply_markup=inline(callback_data="x"))
    _, keyed = await raw.call("sendMessage", chat_id=ADA, text="two", reply_markup={"keyboard": [["A"]]})
    target = {"chat_id": ADA, "message_id": sent["message_id"]}
    same = "Bad Request: message is not modified: specified new message content and reply markup are exactly"
    cases: list[tuple[str, dict[str, Any], str | None]] = [
        ("editMessageText", {"text": "one", "reply_markup": inline(callback_data="x")}, same),
        ("editMessageReplyMarkup", {"reply_markup": inline(callback_data="x")}, same),
        ("editMessageText", {"text": "x" * 4097}, "Bad Request: message is too long"),
        ("editMessageText", {"text": "x", "message_id": 999}, "Bad Request: message to edit not found"),
        ("editMessageText", {"text": "x", "message_id": 1}, "Bad Request: message can't be edited"),
        (
            "editMessageText",
            {"text": "x", "message_id": keyed["message_id"]},
            "Bad Request: message can't be",
        ),
        ("editMessageText", {"text": "x", "chat_id": STRANGER}, "Bad Request: chat not found"),
        ("editMessageReplyMarkup", {"reply_markup": {"keyboard": [["A"]]}}, "Bad Request: inline keyboard"),
        ("editMessageCaption", {"caption": "x"}, "Bad Request: there is no caption in the message to edit"),
        ("editMessageReplyMarkup", {}, None),
        ("editMessageReplyMarkup", {}, same),
        ("editMessageText", {"text": "three"}, None),
    ]
    for method, params, error in cases:
        status, said = await raw.call(method, **{**target, **params})
        assert (status, error is None or said.startswith(error)) == (400 if error else 200, True), (
            params,
            said,
        )
    message = ada.answers[0]
    assert (message.text, message.buttons, message.edited) == ("three", [], 2)
    assert await raw.call("deleteMessage", **target) == (200, True)
    assert await raw.call("deleteMessage", **target) == (400, "Bad Request: message to delete not found")
    assert [answer.text for answer in ada.answers] == ["two"]
    api.advance(48 * 3600 + 1)
    late = {"chat_id": ADA, "message_id": keyed["message_id"]}
    assert await raw.call("deleteMessage", **late) == (400, "Bad Request: message can't be deleted")


async def test_callback_answers(api: FakeBotAPI, raw: Raw, ada: User) -> None:
    await raw.call("sendMessage", chat_id=ADA, text="?", reply_markup=inline(callback_data="yes"))
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    first, second = await ada.taps("ok"), await ada.taps("yes")
    answer = {"callback_query_id": first, "text": "done"}
    assert await raw.call("answerCallbackQuery", callback_query_id="1") == (400, too_old)
    long = await raw.call("answerCallbackQuery", callback_query_id=first, text="x" * 201)
    assert long == (400, "Bad Request: MESSAGE_TOO_LONG")
    assert await raw.call("answerCallbackQuery", **answer) == (200, True)
    assert await raw.call("answerCallbackQuery", **answer) == (400, too_old)
    assert (await ada.sees_toast(first)).text == "done"
    api.advance(151)
    assert await raw.call("answerCallbackQuery", callback_query_id=second) == (400, too_old)


COMMAND = {"command": "start", "description": "开始"}
COMMANDS: list[tuple[dict[str, Any], str | None]] = [
    ({"commands": [COMMAND]}, None),
    ({"commands": [COMMAND], "language_code": "zh"}, None),
    ({"commands": [COMMAND], "scope": {"type": "all_private_chats"}}, None),
    ({"commands": [COMMAND], "scope": {"type": "chat", "chat_id": ADA}}, None),
    ({"commands": [COMMAND], "language_code": "zh-hans"}, "invalid language code specified"),
    ({"commands": [COMMAND], "scope": {"type": "moon"}}, "can't parse BotCommandScope: Unsupported type"),
    ({"commands": [{"command": "a" * 33, "description": "x"}]}, "command length must not exceed 32"),
    ({"commands": [{"command": "Start", "description": "x"}]}, "BOT_COMMAND_INVALID"),
    ({"commands": [{"command": "检查", "description": "x"}]}, "BOT_COMMAND_INVALID"),
    ({"commands": [{"command": "", "description": "x"}]}, "command must be non-empty"),
    ({"commands": [{"command": "a", "description": " "}]}, "command description must be non-empty"),
    ({"commands": [{"command": "a", "description": "x" * 257}]}, "command description length must not"),
    ({"commands": [{"command": "a"}]}, 'can\'t parse BotCommand: Can\'t find field "description"'),
    ({"commands": [COMMAND] * 101}, "BOT_COMMANDS_TOO_MUCH"),
]  # fmt: skip


@pytest.mark.parametrize(("params", "error"), COMMANDS)
async def test_commands(raw: Raw, params: dict[str, Any], error: str | None) -> None:
    status, said = await raw.call("setMyCommands", **params)
    if error:
        assert (status, said.startswith(f"Bad Request: {error}")) == (400, True), said
        return
    place = {key: value for key, value in params.items() if key != "commands"}
    assert await raw.call("getMyCommands", **place) == (200, [COMMAND])
    assert await raw.call("getMyCommands") == (200, [] if place else [COMMAND])
    await raw.call("deleteMyCommands", **place)
    assert await raw.call("getMyCommands", **place) == (200, [])


@pytest.mark.parametrize(
    ("method", "params", "status"),
    [
        ("setMyDescription", {"description": "x" * 512, "language_code": "zh"}, 200),
        ("setMyDescription", {"description": "x" * 513}, 400),
        ("setMyShortDescription", {"short_description": "x" * 120}, 200),
        ("setMyShortDescription", {"short_description": "x" * 121}, 400),
        ("setMyShortDescription", {"short_description": "x", "language_code": "zh_CN"}, 400),
        ("setChatMenuButton", {"menu_button": {"type": "commands"}}, 200),
        ("setChatMenuButton", {"chat_id": STRANGER, "menu_button": {"type": "commands"}}, 400),
        ("setChatMenuButton", {"menu_button": {"type": "web_app", "text": "", "web_app": {}}}, 400),
        ("sendChatAction", {"chat_id": ADA, "action": "typing"}, 200),
        ("sendChatAction", {"chat_id": ADA, "action": "dancing"}, 400),
    ],
)  # fmt: skip
async def test_profile_and_actions(
    raw: Raw, ada: User, method: str, params: dict[str, Any], status: int
) -> None:
    assert (await raw.call(method, **params))[0] == status
