"""Sends messages of the Official Account outside an answer: words, choices as a menu where allowed, pictures.

https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
"""

from __future__ import annotations

from typing import Any, Final

import structlog

from bot.channels.file_links import FileLinks
from bot.channels.telegram_files import Store, content_of
from bot.channels.wechat_client import Client
from bot.channels.wechat_draw import drawn, menu
from bot.channels.wechat_errors import ApiError, WeChatError, send_error
from bot.errors import Unavailable
from bot.messages import FileJson, Payload
from bot.rights import Rights

log = structlog.get_logger(__name__)

PATH: Final = "/cgi-bin/message/custom/send"
NO_MENUS: Final = frozenset({40200, 48001})  # what the account may not do
NO_RIGHT: Final = 48001


class Post:
    """Takes rendered messages to followers; `rights` remembers what this account may not do."""

    def __init__(self, api: Client, store: Store, links: FileLinks, rights: Rights) -> None:
        self._api = api
        self._store = store
        self._links = links
        self._rights = rights

    async def send(self, to: str, payload: Payload) -> str:
        """Deliver `payload` to a follower; WeChat gives messages no ids. Raises a SendError.

        A message of several parts that fails in the middle is sent whole next time. A file goes as a link, so
        do the photos of a brief one.
        """
        brief = payload.get("brief", False)
        payload = self._links.linked(payload, photos=brief)
        try:
            for photo in () if brief else payload["photos"]:
                await self._say(to, {"msgtype": "image", "image": {"media_id": await self._uploaded(photo)}})
            *before, last = drawn(payload) or [""]
            for piece in before:
                await self._say(to, _text(piece))
            if last and not await self._offered(to, payload, last):
                await self._say(to, _text(last))
        except (WeChatError, Unavailable) as error:
            if isinstance(error, ApiError) and error.code == NO_RIGHT:
                await self._rights.lacks("push")
            raise send_error(error) from error
        return ""

    async def _offered(self, to: str, payload: Payload, text: str) -> bool:
        """Send the last piece with its choices as a menu; False where that is not to be."""
        choices = menu(payload)
        if choices is None or not self._rights.has("menu"):
            return False
        try:
            await self._say(to, {"msgtype": "msgmenu", "msgmenu": choices})
        except ApiError as error:
            if error.code not in NO_MENUS:
                raise
            log.warning("the account may not send menus; numbers will do", errcode=error.code)
            await self._rights.lacks("menu")
            return False
        return True

    async def _say(self, to: str, what: dict[str, Any]) -> None:
        await self._api.call(PATH, {"touser": to, **what})

    async def _uploaded(self, photo: FileJson) -> str:
        content = await content_of(self._store, photo)
        return await self._api.upload("image", photo["name"], photo["mime"], content)


def carries(payload: Payload) -> bool:
    """Whether the answer to a message, which is only words, can be this one."""
    return not payload["photos"]


def _text(piece: str) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": piece}}
