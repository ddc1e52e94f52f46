"""Sends messages of the WeCom app: words, choices as a card with buttons, pictures and files.

https://developer.work.weixin.qq.com/document/path/90236
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Final

import structlog

from bot.channels.telegram_files import Store, content_of
from bot.channels.wechat_client import Client
from bot.channels.wechat_draw import drawn
from bot.channels.wechat_errors import ApiError, WeChatError, send_error
from bot.errors import Unavailable
from bot.messages import ButtonJson, FileJson, Payload

log = structlog.get_logger(__name__)

PATH: Final = "/cgi-bin/message/send"
UPDATE: Final = "/cgi-bin/message/update_template_card"
MOST_BUTTONS: Final = 6
LONGEST_BUTTON: Final = 10  # characters that are shown whole, as of what follows
LONGEST_TITLE: Final = 36
LONGEST_TEXT: Final = 160
STYLES: Final = {"main": 1, "danger": 2}


class Post:
    """Takes rendered messages to members of the company."""

    def __init__(self, api: Client, store: Store, agent_id: int) -> None:
        self._api = api
        self._store = store
        self._agent_id = agent_id

    async def send(self, to: str, payload: Payload) -> str:
        """Deliver `payload` to a member; returns the id of the (last) message. Raises a SendError.

        A card that was tapped is closed first; a message of several parts that fails in the middle is sent
        whole next time.
        """
        try:
            await self._close(to, payload["replaces"])
            for photo in payload["photos"]:
                await self._say(to, "image", {"media_id": await self._uploaded("image", photo)})
            sent = ""
            if payload["file"] is not None:
                sent = await self._say(
                    to, "file", {"media_id": await self._uploaded("file", payload["file"])}
                )
            *before, last = drawn(_below(payload)) or [""]
            buttons = on_card(payload)
            if buttons:
                above, last = parted(last)
                before += [above] if above else []
            for piece in before:
                sent = await self._say(to, "text", {"content": piece})
            if buttons:
                return await self._say(to, "template_card", card(last, buttons))
            return await self._say(to, "text", {"content": last}) if last else sent
        except (WeChatError, Unavailable) as error:
            raise send_error(error) from error

    async def _close(self, to: str, response_code: str | None) -> None:
        """Show that a tapped card has done its work. Its code is good once, and for three days."""
        if response_code is None:
            return
        what = {"userids": [to], "agentid": self._agent_id, "response_code": response_code}
        try:
            await self._api.call(UPDATE, {**what, "button": {"replace_name": "✓"}})
        except ApiError as error:
            log.info("a card could not be closed", error=str(error))

    async def _say(self, to: str, kind: str, what: dict[str, Any]) -> str:
        answer = await self._api.call(
            PATH, {"touser": to, "msgtype": kind, "agentid": self._agent_id, kind: what}
        )
        if answer.get("invaliduser"):
            raise ApiError(81013, "not among those who may see the app")
        return str(answer.get("msgid") or "")

    async def _uploaded(self, kind: str, file: FileJson) -> str:
        content = await content_of(self._store, file)
        return await self._api.upload(kind, file["name"], file["mime"], content)


def carries(payload: Payload) -> bool:
    """Whether the answer to a message, which is only words, can be this one: without pictures and files, no
    card, and none to be closed."""
    return not (payload["photos"] or payload["file"] or payload["replaces"] or on_card(payload))


def on_card(payload: Payload) -> list[ButtonJson]:
    """The buttons that are tapped on a card: all, or where they are too many, only what is to be chosen. None
    where that does not fit either, or there is nothing to choose; then they are typed."""
    buttons = [button for row in payload["rows"] for button in row if not button["url"]]
    choices = [button for button in buttons if button["style"] != "quiet"]
    shown = buttons if len(buttons) <= MOST_BUTTONS else choices
    short = all(len(button["label"]) <= LONGEST_BUTTON for button in shown)
    return shown if choices and short and len(shown) <= MOST_BUTTONS else []


def card(text: str, buttons: Sequence[ButtonJson]) -> dict[str, Any]:
    """A card with `buttons` under `text`.

    https://developer.work.weixin.qq.com/document/path/90236#按钮交互型
    """
    title, _line, rest = text.partition("\n")
    if len(title) > LONGEST_TITLE:
        title, rest = "", text
    return {
        "card_type": "button_interaction",
        "task_id": secrets.token_hex(16),
        "main_title": {"title": title, "desc": ""},
        "sub_title_text": rest.strip() or ("" if title else "…"),
        "button_list": [
            {"text": button["label"], "key": button["data"], "style": STYLES.get(button["style"], 4)}
            for button in buttons
        ],
    }


def parted(text: str) -> tuple[str, str]:
    """What is said in front of a card, and what stands on it: a long text's first line again, and its last
    paragraphs as far as they are shown."""
    if len(text) <= LONGEST_TEXT:
        return "", text
    *before, last = text.split("\n\n")
    on_it: list[str] = []
    while before and len("\n\n".join([last, *on_it])) <= LONGEST_TEXT:
        on_it.insert(0, last)
        last = before.pop()
    heading = text.partition("\n")[0][:LONGEST_TITLE]
    return "\n\n".join([*before, last]), "\n".join([heading, "\n\n".join(on_it)]).strip()


def _below(payload: Payload) -> Payload:
    """The message without the buttons on its card."""
    on_it = on_card(payload)
    rows = [[button for button in row if button not in on_it] for row in payload["rows"]]
    return {**payload, "rows": rows, "file": None}
