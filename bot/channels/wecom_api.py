"""The API of a self-built app in WeCom.

https://developer.work.weixin.qq.com/document/path/90664
"""

from __future__ import annotations

from typing import Final

import aiohttp

from bot.channels.wechat_api import token_in
from bot.channels.wechat_client import ANSWER_SECONDS, Client
from bot.channels.wechat_tokens import Tokens
from bot.db import Database
from bot.pace import Times

PATH: Final = "/cgi-bin/gettoken"


class WeComApi(Client):
    """Calls for the app `agent_id` of the company `corp_id` at `url`."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        corp_id: str,
        agent_id: str,
        secret: str,
        database: Database | None,
        times: Times | None = None,
    ) -> None:
        # Every app of a company has tokens of its own.
        tokens = Tokens(database, "wecom-token", f"{corp_id}:{agent_id}", self._fetch_token, times)
        super().__init__(session, url, secret, tokens)
        self._corp_id = corp_id

    async def _fetch_token(self, _refused: str) -> tuple[str, float]:
        """The token there is, or a new one where that ended or was taken back.

        https://developer.work.weixin.qq.com/document/path/91039
        """
        answer = await self._ask(PATH, None, ANSWER_SECONDS, corpid=self._corp_id, corpsecret=self._secret)
        return token_in(answer)
