"""The API of a WeChat Official Account.

https://developers.weixin.qq.com/doc/service/api/
"""

from __future__ import annotations

from typing import Any, Final

import aiohttp

from bot.channels.wechat_client import ANSWER_SECONDS, Client
from bot.channels.wechat_errors import NoAnswer
from bot.channels.wechat_tokens import Tokens
from bot.db import Database
from bot.pace import Times

PATH: Final = "/cgi-bin/stable_token"
CODES: Final = "/cgi-bin/qrcode/create"


class WeChatApi(Client):
    """Calls for the Official Account `app_id` at `url`."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        app_id: str,
        secret: str,
        database: Database | None,
        times: Times | None = None,
    ) -> None:
        super().__init__(
            session, url, secret, Tokens(database, "wechat-token", app_id, self._fetch_token, times)
        )
        self._account = {"grant_type": "client_credential", "appid": app_id, "secret": secret}

    async def _fetch_token(self, refused: str) -> tuple[str, float]:
        """The token that all who ask get; a new one for all only where just that one is refused.

        https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken: forcing it ends all
        other tokens at once, and is allowed twenty times a day.
        """
        answer = await self._ask(PATH, self._account, ANSWER_SECONDS)
        if refused and answer.get("access_token") == refused:
            answer = await self._ask(PATH, {**self._account, "force_refresh": True}, ANSWER_SECONDS)
        return token_in(answer)


def token_in(answer: dict[str, Any]) -> tuple[str, float]:
    """The token and the seconds it holds. Raises NoAnswer."""
    token, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(token, str) or not token or not isinstance(seconds, int | float):
        raise NoAnswer("no token in the answer")
    return token, float(seconds)
