"""What both providers take and refuse, as pure functions, and their errors.

Official Account: https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html
WeCom: https://developer.work.weixin.qq.com/document/path/90313
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

MAX_TEXT = 2048  # bytes of UTF-8
MAX_NAME = 16  # bytes of the name of a button of the menu
MAX_KEY = 128
MAX_URL = 1024
BUTTONS, SUB_BUTTONS = 3, 5
WITH_KEY = {
    "click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin",
    "location_select",
}  # fmt: skip

# A backslash that is no escaped one itself, and four hexadecimal digits.
_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")


class Refusal(Exception):
    """An error as the provider tells it: HTTP 200 with `errcode` and `errmsg`."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Upload:
    """The file of a multipart request."""

    name: str
    mime: str
    data: bytes


@dataclass(frozen=True)
class Ask:
    """One request: its query without the token, its body, and the file in it where it has one."""

    query: Mapping[str, str]
    body: bytes = b""
    upload: Upload | None = None

    def json(self) -> Json:
        """The body's object. Refused are no body, `\\uXXXX` instead of real UTF-8, and what is no JSON."""
        if not self.body:
            raise Refusal(44002, "empty post data")
        if _ESCAPE.search(self.body):
            raise Refusal(40033, "invalid charset. please check your request, if include \\uxxxx will fail")
        try:
            given = json.loads(self.body.decode("utf-8"))
        except ValueError:
            raise Refusal(47001, "data format error") from None
        if not isinstance(given, dict):
            raise Refusal(47001, "data format error")
        return given


def part(given: Json, name: str) -> Json:
    """An object within an object; 47001 for anything else there."""
    found = given.get(name)
    if not isinstance(found, dict):
        raise Refusal(47001, f"data format error: {name}")
    return found


def words(given: Json, name: str, missing: Refusal) -> str:
    """A text that has to be there."""
    found = given.get(name)
    if not isinstance(found, str) or not found.strip():
        raise missing
    return found


def size(text: str) -> int:
    """Bytes of UTF-8, which is how both providers count."""
    return len(text.encode())


def check_menu(given: Json, longest_sub: int) -> list[Json]:
    """The buttons of a menu: 1-3, each with 1-5 below it at most; `longest_sub` bytes for their names.

    https://developers.weixin.qq.com/doc/service/api/custommenu/api_createcustommenu
    https://developer.work.weixin.qq.com/document/path/90231
    """
    buttons = given.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= BUTTONS:
        raise Refusal(40016, "invalid button size")
    for button in buttons:
        subs = button.get("sub_button")
        if not subs:
            _check_button(button, MAX_NAME, (40017, 40018, 40019, 40020))
            continue
        if not isinstance(subs, list) or len(subs) > SUB_BUTTONS:
            raise Refusal(40023, "invalid sub button size")
        _check_name(button, MAX_NAME, 40018)
        for sub in subs:
            _check_button(sub, longest_sub, (40024, 40025, 40026, 40027))
    return buttons


def _check_button(button: Json, longest: int, codes: tuple[int, int, int, int]) -> None:
    of_type, of_name, of_key, of_url = codes
    _check_name(button, longest, of_name)
    kind = button.get("type")
    if kind not in WITH_KEY | {"view"}:
        raise Refusal(of_type, "invalid button type")
    if kind == "view" and not 1 <= size(str(button.get("url", ""))) <= MAX_URL:
        raise Refusal(of_url, "invalid button url size")
    if kind != "view" and not 1 <= size(str(button.get("key", ""))) <= MAX_KEY:
        raise Refusal(of_key, "invalid button key size")


def _check_name(button: Json, longest: int, code: int) -> None:
    if not 1 <= size(str(button.get("name", ""))) <= longest:
        raise Refusal(code, "invalid button name size")


def leaves(buttons: list[Json]) -> list[Json]:
    """The buttons that do something: those without others below them."""
    return [leaf for button in buttons for leaf in button.get("sub_button") or [button]]
