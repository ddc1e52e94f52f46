"""Checks of the addresses that WeChat and WeCom call: asked as they ask before they take an address."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from bot.channels.wechat_callback import WECHAT_PATH, WECOM_PATH
from bot.channels.wechat_crypt import Envelope, signature
from bot.cli.check_network import session
from bot.cli.console import Console, Found, well, wrong
from bot.config import Settings
from handlers.kit.words import Text, _
from handlers.members import is_local

DEFAULT_PORTS: Final = (None, 443)
START: Final = _("Start the desk; check PUBLIC_URL, the proxy and the firewall.")
RESTART: Final = _("Another desk, or one with other settings, answers there: start it anew.")


async def account(console: Console) -> Found | None:
    """PUBLIC_URL leads WeChat to a desk that has this Token."""
    settings = console.settings
    if settings.wechat_app_id is None or settings.wechat_token is None:
        return None
    what = _("WeChat's address: {url}", url=f"{settings.public_url}{WECHAT_PATH}")
    if (why := _unfit(settings, "wechat_api_url")) is not None:
        return wrong(what, why)
    echo = secrets.token_hex(8)
    query = _signed("signature", settings.wechat_token.get_secret_value()) | {"echostr": echo}
    return await _answered(f"{settings.public_url}{WECHAT_PATH}", query, echo, what)


async def app(console: Console) -> Found | None:
    """PUBLIC_URL leads WeCom to a desk that has this Token and this EncodingAESKey."""
    settings = console.settings
    if settings.wecom_corp_id is None or settings.wecom_token is None or settings.wecom_aes_key is None:
        return None
    what = _("WeCom's address: {url}", url=f"{settings.public_url}{WECOM_PATH}")
    if (why := _unfit(settings, "wecom_api_url")) is not None:
        return wrong(what, why)
    echo, token = secrets.token_hex(8), settings.wecom_token.get_secret_value()
    key = settings.wecom_aes_key.get_secret_value()
    sealed = Envelope(token, key, settings.wecom_corp_id).encrypt(echo.encode())
    query = _signed("msg_signature", token, sealed) | {"echostr": sealed}
    return await _answered(f"{settings.public_url}{WECOM_PATH}", query, echo, what)


def _unfit(settings: Settings, api_url: str) -> Text | None:
    """What is wrong with PUBLIC_URL for the provider's own servers; another API server may call as it likes.

    https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/message-push.html
    """
    if getattr(settings, api_url) != type(settings).model_fields[api_url].default:
        return None
    parts = urlsplit(settings.public_url)
    if is_local(settings.public_url):
        return _("Only this machine can reach that: set PUBLIC_URL to an https address on the internet.")
    if parts.scheme != "https" or parts.port not in DEFAULT_PORTS:
        return _("Set PUBLIC_URL to an https address without a port: other ports are not called.")
    return None


def _signed(name: str, token: str, *more: str) -> dict[str, str]:
    timestamp, nonce = str(int(time.time())), secrets.token_hex(8)
    return {"timestamp": timestamp, "nonce": nonce, name: signature(token, timestamp, nonce, *more)}


async def _answered(url: str, query: Mapping[str, Any], echo: str, what: Text) -> Found:
    try:
        # Providers follow no redirects.
        async with session() as asking, asking.get(url, params=query, allow_redirects=False) as answer:
            status, body = answer.status, await answer.content.read(len(echo) + 1)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return wrong(_("{what} does not answer ({why})", what=what, why=type(error).__name__), START)
    if status == 200 and body == echo.encode():
        return well(what)
    ours = status in (400, 403, 404)
    return wrong(_("{what} answers wrongly ({why})", what=what, why=str(status)), RESTART if ours else START)
