"""The Bot API's rules for keyboards and for the bot's own profile: commands, descriptions, menu button."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.bot_api.rules import ApiError, Json, Params, bad, clean

MAX_CALLBACK_DATA = 64  # bytes
MAX_BUTTONS = 100
MAX_COMMANDS = 100
MAX_COMMAND = 32
MAX_COMMAND_DESCRIPTION = 256
MAX_DESCRIPTION = 512
MAX_SHORT_DESCRIPTION = 120

_ACTIONS = (
    "url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
)  # fmt: skip
_FLAGS = (
    "resize_keyboard", "one_time_keyboard", "is_persistent", "selective", "remove_keyboard", "force_reply",
)  # fmt: skip
_SCOPES = {"default", "all_private_chats", "all_group_chats", "all_chat_administrators"}
_CHAT_SCOPES = {"chat", "chat_administrators", "chat_member"}


def reply_markup(params: Params) -> Json | None:
    """The checked `reply_markup`, or None when there is none or it says nothing.

    Raises 400 in the server's words. Stricter than the server in one point: a button with two action
    fields is refused, as the documentation demands, where the server silently takes one of them.
    """
    markup = params.loads("reply_markup", "can't parse reply keyboard markup JSON object")
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    for flag in _FLAGS:
        if not isinstance(markup.get(flag, False), bool):
            raise bad(f'field "{flag}" must be of type Boolean')
    if rows := _rows(markup, "keyboard", 'field "keyboard" must be an Array of Arrays'):
        for button in _flat(rows):
            _check_reply_button(button)
        return markup
    shape = 'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'
    if rows := _rows(markup, "inline_keyboard", shape):
        buttons = _flat(rows)
        for button in buttons:
            _check_inline_button(button)
        if len(buttons) > MAX_BUTTONS:
            raise bad("reply markup is too long")
        return {"inline_keyboard": rows}
    return markup if markup.get("remove_keyboard") or markup.get("force_reply") else None


def inline_markup(params: Params) -> Json | None:
    """The markup of an edit, which can only be an inline keyboard."""
    markup = reply_markup(params)
    if markup is not None and "inline_keyboard" not in markup:
        raise bad("inline keyboard expected")
    return markup


def _rows(markup: Json, name: str, shape: str) -> list[list[Any]]:
    rows = markup.get(name, [])
    if not isinstance(rows, list):
        raise bad(f'field "{name}" must be of type Array')
    if not all(isinstance(row, list) for row in rows):
        raise bad(shape)
    return [row for row in rows if row]


def _flat(rows: list[list[Any]]) -> list[Any]:
    return [button for row in rows for button in row]


def _check_reply_button(button: Any) -> None:
    text = button if isinstance(button, str) else _field(button, "text", "keyboard button")
    if not clean(text).strip():
        raise bad("keyboard button text must be non-empty")


def _field(button: Any, name: str, what: str) -> str:
    if not isinstance(button, dict):
        raise bad(f"can't parse {what}: {what.capitalize()} must be an Object")
    if name not in button:
        raise bad(f"can't parse {what}: Can't find field \"{name}\"")
    value = button[name]
    if not isinstance(value, str):
        raise bad(f'can\'t parse {what}: Field "{name}" must be of type String')
    return value


def _check_inline_button(button: Any) -> None:
    what = "inline keyboard button"
    text = _field(button, "text", what)
    used = [name for name in _ACTIONS if name in button]
    if not used or button.get("callback_data") == "":
        raise bad(f"can't parse {what}: Text buttons are unallowed in the inline keyboard")
    if len(used) > 1:
        raise bad(f"can't parse {what}: exactly one of the fields {', '.join(used)} must be used")
    if not clean(text).strip():
        raise bad("inline keyboard button text must be non-empty")
    check = _ACTION_CHECKS.get(used[0])
    if check:
        check(button[used[0]])


def _check_data(data: Any) -> None:
    if not isinstance(data, str):
        raise bad('can\'t parse inline keyboard button: Field "callback_data" must be of type String')
    if len(data.encode()) > MAX_CALLBACK_DATA:
        raise bad("BUTTON_DATA_INVALID")


def _check_url(url: Any) -> None:
    parts = urlsplit(str(url))
    if parts.scheme == "tg":
        return
    if parts.scheme and parts.scheme not in {"http", "https"}:
        raise bad(f"inline keyboard button URL '{url}' is invalid: Unsupported URL protocol")
    if "." not in (parts.netloc or parts.path):
        raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def _check_web_app(app: Any) -> None:
    url = app.get("url", "") if isinstance(app, dict) else ""
    if not url.startswith("https://"):
        problem = "Only HTTPS links are allowed"
        raise bad(f"inline keyboard button Web App URL '{url}' is invalid: {problem}")


def _check_copy(copy: Any) -> None:
    text = copy.get("text", "") if isinstance(copy, dict) else ""
    if not 1 <= len(text) <= 256:
        raise bad("BUTTON_COPY_TEXT_INVALID")


def _no_such_button(_: Any) -> None:
    raise bad("BUTTON_TYPE_INVALID")


_ACTION_CHECKS: dict[str, Callable[[Any], None]] = {
    "callback_data": _check_data,
    "url": _check_url,
    "web_app": _check_web_app,
    "copy_text": _check_copy,
    "pay": _no_such_button,
    "callback_game": _no_such_button,
}


class Profile:
    """What the bot has said about itself: per scope and language commands, descriptions, menu buttons."""

    def __init__(self) -> None:
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.descriptions: dict[tuple[str, str], str] = {}
        self.menu_buttons: dict[int, Json] = {}

    def set_commands(self, params: Params) -> bool:
        listed = params.loads("commands", "can't parse commands JSON object") or []
        if not isinstance(listed, list):
            raise bad("expected an Array of BotCommand")
        commands = [_command(item) for item in listed]
        key = _scope(params), _language(params)
        if len(commands) > MAX_COMMANDS:
            raise bad("BOT_COMMANDS_TOO_MUCH")
        self.commands[key] = commands
        return True

    def get_commands(self, params: Params) -> list[Json]:
        return self.commands.get((_scope(params), _language(params)), [])

    def delete_commands(self, params: Params) -> bool:
        self.commands.pop((_scope(params), _language(params)), None)
        return True

    def set_description(self, params: Params) -> bool:
        return self._describe(params, "description", MAX_DESCRIPTION)

    def set_short_description(self, params: Params) -> bool:
        return self._describe(params, "short_description", MAX_SHORT_DESCRIPTION)

    def _describe(self, params: Params, name: str, limit: int) -> bool:
        """The limit is documented, the wording of its error is not."""
        language = _language(params)
        if len(params.text(name)) > limit:
            raise bad(f"{name.replace('_', ' ')} is too long")
        self.descriptions[name, language] = params.text(name)
        return True

    def set_menu_button(self, params: Params, chat_id: int) -> bool:
        """`chat_id` 0 is the default for every private chat."""
        button = params.loads("menu_button", "can't parse menu button JSON object") or {"type": "default"}
        kind = button.get("type") if isinstance(button, dict) else None
        if kind not in {"default", "commands", "web_app"}:
            raise bad("MenuButton has unsupported type")
        if kind == "web_app":
            if not button.get("text"):
                raise bad("menu button text must be non-empty")
            if not str(button.get("web_app", {}).get("url", "")).startswith("https://"):
                raise bad("menu button Web App URL is invalid: Only HTTPS links are allowed")
        self.menu_buttons[chat_id] = button
        return True


def _command(item: Any) -> Json:
    if not isinstance(item, dict):
        raise bad("can't parse BotCommand: expected an Object")
    for name in ("command", "description"):
        if not isinstance(item.get(name), str):
            raise bad(f"can't parse BotCommand: Can't find field \"{name}\"")
    command = clean(item["command"]).strip().removeprefix("/")
    description = clean(item["description"]).strip()
    for what, value, limit in (
        ("command", command, MAX_COMMAND),
        ("command description", description, MAX_COMMAND_DESCRIPTION),
    ):
        if not value:
            raise bad(f"{what} must be non-empty")
        if len(value) > limit:
            raise bad(f"{what} length must not exceed {limit}")
    if not re.fullmatch(r"[a-z0-9_]+", command):
        raise bad("BOT_COMMAND_INVALID")
    return {"command": command, "description": description}


def _language(params: Params) -> str:
    code = params.text("language_code")
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad("invalid language code specified")
    return code


def _scope(params: Params) -> str:
    scope = params.loads("scope", "can't parse BotCommandScope JSON object") or {"type": "default"}
    kind = scope.get("type") if isinstance(scope, dict) else None
    if kind in _SCOPES:
        return json.dumps({"type": kind})
    if kind not in _CHAT_SCOPES:
        raise bad("can't parse BotCommandScope: Unsupported type specified")
    if kind != "chat":
        raise ApiError(400, "Bad Request: can't use specified scope in private chats")
    return json.dumps({"type": kind, "chat_id": int(scope.get("chat_id", 0))})
