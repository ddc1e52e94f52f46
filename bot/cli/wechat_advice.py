"""What to do about an error of WeChat or WeCom, in words for whoever runs the desk."""

from __future__ import annotations

import re
from typing import Final

from bot.channels.wechat_errors import QUOTA, STALE, ApiError, WeChatError
from bot.errors import Unavailable
from handlers.kit.words import Text, _

NO_RIGHT: Final = 48001
_ADDRESS: Final = re.compile(r"\bip:? ([0-9a-fA-F.:]+)")
_SETUP: Final[dict[int, Text]] = {
    40013: _("Check WECHAT_APP_ID or WECOM_CORP_ID: it is not known there."),
    40056: _("Check WECOM_AGENT_ID: the company has no such app."),
    40243: _("The AppSecret is frozen (冻结): unfreeze it at 开发密钥, and wait ten minutes."),
    301002: _("Check WECOM_AGENT_ID and WECOM_SECRET: they belong to different apps."),
    **dict.fromkeys(
        (40125, *STALE), _("Check WECHAT_APP_SECRET or WECOM_SECRET; the console shows a new one only once.")
    ),
    **dict.fromkeys(QUOTA, _("WeChat's limit for today or for this minute is used up; try again later.")),
    NO_RIGHT: _("The account has no right to this; docs/wechat.md says which kind of account has it."),
}


def advice(error: WeChatError | Unavailable) -> Text:
    """One sentence: what to do, naming the setting or the place in the console."""
    if not isinstance(error, ApiError):
        return _("Check the network, WECHAT_API_URL and WECOM_API_URL; the desk goes on trying.")
    address = _ADDRESS.search(error.message)
    shown = address[1] if address else "?"
    if error.code == 40164:
        return _("Add {address} to the account's IP whitelist (IP白名单).", address=shown)
    if error.code == 60020:
        return _("Add {address} to the app's trusted IP addresses (企业可信IP).", address=shown)
    return _SETUP.get(error.code) or _("docs/wechat.md, or WeChat's list of return codes, says more.")
