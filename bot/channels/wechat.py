"""The channels of WeChat's Official Account and of the WeCom app, put together for `bot/app.py`.

A message comes by wechat_callback, whose gate (wechat_gate, wechat_crypt, wechat_xml) lets it in, and is
taken by wechat_intake, which reads it (wechat_read), fetches its file and hands it to the engine. What does
not go out inside the answer goes by wechat_post or wecom_post, drawn by wechat_draw. Below them lie
wechat_client and wechat_tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from aiohttp import ClientSession, web

from bot.channels import wechat_post, wecom_post
from bot.channels.file_links import FileLinks
from bot.channels.telegram_files import Store
from bot.channels.wechat_api import WeChatApi
from bot.channels.wechat_callback import WECHAT_PATH, WECOM_PATH, Callback
from bot.channels.wechat_client import Client
from bot.channels.wechat_crypt import Envelope
from bot.channels.wechat_gate import Gate, OfficialGate, WeComGate
from bot.channels.wechat_intake import Accept, Dead, Intake, Seen, Unanswered
from bot.channels.wecom_api import WeComApi
from bot.config import Settings
from bot.db import Database
from bot.i18n import Languages
from bot.messages import Payload
from bot.rights import Rights


class Sends(Protocol):
    """`Post`, of either channel."""

    async def send(self, to: str, payload: Payload) -> str: ...


class Kept(Store, Protocol):
    """What both need of the media store."""

    def path(self, sha: str) -> Path: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What a channel is given of the engine."""

    accept: Accept
    unanswered: Unanswered
    seen: Seen
    dead: Dead


class WeChatChannel:
    """One of the two channels; `rights` are those of its account."""

    pulls = False

    def __init__(
        self,
        name: str,
        path: str,
        gate: Gate,
        api: Client,
        post: Sends,
        carries: Callable[[Payload], bool],
        store: Store,
        desk: Desk,
        rights: Rights,
        links: FileLinks | None = None,
    ) -> None:
        self.name = name
        self.api = api
        self.rights = rights
        self._post = post
        self._links = links
        intake = Intake(
            name,
            api,
            store,
            accept=desk.accept,
            unanswered=desk.unanswered,
            seen=desk.seen,
            dead=desk.dead,
            pushes=lambda: rights.has("push"),
            carries=carries,
            links=links,
        )
        self._callback = Callback(path, gate, intake.take, intake.late)

    def routes(self) -> list[web.RouteDef]:
        """The address that the provider calls, and those of files."""
        return [*self._callback.routes(), *(self._links.routes() if self._links else ())]

    async def start(self) -> None:
        """Learn what the account may not do, and what files are signed with. Raises Unavailable."""
        await self.rights.recall()
        if self._links is not None:
            await self._links.start()

    async def send(self, to: str, payload: Payload) -> str:
        """Deliver to the person; returns the provider's id of the message, if any. Raises a SendError."""
        return await self._post.send(to, payload)

    async def stop(self) -> None:
        """Finish what is under way."""
        await self._callback.close()


def official(
    settings: Settings, session: ClientSession, database: Database, store: Kept, desk: Desk
) -> WeChatChannel | None:
    """The Official Account's channel, where the settings have one."""
    api = official_api(settings, session, database)
    if api is None or settings.wechat_app_id is None:
        return None
    token, key = _said(settings.wechat_token), _said(settings.wechat_aes_key)
    old = _said(settings.wechat_aes_key_old)
    envelope = Envelope(token, key, settings.wechat_app_id, old) if key else None
    gate = OfficialGate(token, settings.wechat_mode, envelope)
    rights = Rights(database, "wechat")
    languages = Languages(settings.locale, settings.timezone)
    links = FileLinks(database, settings.public_url, languages, store.path)
    post, carries = wechat_post.Post(api, store, links, rights), wechat_post.carries
    return WeChatChannel("wechat", WECHAT_PATH, gate, api, post, carries, store, desk, rights, links)


def company(
    settings: Settings, session: ClientSession, database: Database, store: Kept, desk: Desk
) -> WeChatChannel | None:
    """The WeCom app's channel, where the settings have one."""
    api = company_api(settings, session, database)
    corp_id, agent_id = settings.wecom_corp_id, settings.wecom_agent_id
    if api is None or corp_id is None or agent_id is None:
        return None
    token, key = _said(settings.wecom_token), _said(settings.wecom_aes_key)
    gate = WeComGate(token, Envelope(token, key, corp_id))
    post, rights = wecom_post.Post(api, store, agent_id), Rights(database, "wecom")
    return WeChatChannel("wecom", WECOM_PATH, gate, api, post, wecom_post.carries, store, desk, rights)


def official_api(
    settings: Settings, session: ClientSession, database: Database | None = None
) -> WeChatApi | None:
    """The Official Account's API, where the settings have one; without `database` with a token of its own."""
    if settings.wechat_app_id is None:
        return None
    secret = _said(settings.wechat_app_secret)
    return WeChatApi(session, settings.wechat_api_url, settings.wechat_app_id, secret, database)


def company_api(
    settings: Settings, session: ClientSession, database: Database | None = None
) -> WeComApi | None:
    """The WeCom app's API, where the settings have one; without `database` with a token of its own."""
    if settings.wecom_corp_id is None:
        return None
    corp_id, agent_id = settings.wecom_corp_id, str(settings.wecom_agent_id)
    return WeComApi(
        session, settings.wecom_api_url, corp_id, agent_id, _said(settings.wecom_secret), database
    )


MAKERS: Final = (official, company)


def _said(secret: Any) -> str:
    return secret.get_secret_value() if secret is not None else ""
