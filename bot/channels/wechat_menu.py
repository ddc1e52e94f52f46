"""The menu at the bottom of the chat, which WeChat and WeCom keep for us: the main actions, one tap away.

https://developers.weixin.qq.com/doc/service/api/custommenu/api_createcustommenu
https://developer.work.weixin.qq.com/document/path/90231
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

from bot.channels.wechat_client import Client
from bot.channels.wechat_errors import ApiError
from handlers.kit.words import Text, Tongue, p_, say

Json: TypeAlias = "dict[str, Any]"

SCAN: Final = "scan"  # opens the scanner; what it read comes back
NONE_YET: Final = 46003

# At most 3 by 5. WeChat shows 16 bytes of what stands below, five Chinese characters, and 40 of the rest.
_VISITORS: Final = (p_("wechat menu", "Comment"), "/feedback")
_DUTY: Final = (
    (p_("wechat menu", "Scan a point"), SCAN),
    (p_("wechat menu", "Inspect"), "/inspect"),
    (p_("wechat menu", "Log an activity"), "/outreach"),
    (p_("wechat menu", "My records"), "/mine"),
    (p_("wechat menu", "Summary"), "/summary"),
)
_MORE: Final = (
    (p_("wechat menu", "All I can do"), "/start"),
    (p_("wechat menu", "Link another app"), "/link"),
    (p_("wechat menu", "My data"), "/mydata"),
    (p_("wechat menu", "Language 语言"), "/language"),
    (p_("wechat menu", "Help"), "/help"),
)


class Menu:
    """The menu of the account behind `api`; `query` is what names the app where one account has several."""

    def __init__(self, api: Client, **query: Any) -> None:
        self._api = api
        self._query = query

    async def install(self, tongue: Tongue) -> None:
        """Put ours in the place of whatever is there. Raises WeChatError, or Unavailable."""
        await self._api.call("/cgi-bin/menu/create", {"button": buttons(tongue)}, **self._query)

    async def remove(self) -> None:
        """Take away whatever is there. Raises WeChatError, or Unavailable."""
        await self._api.call("/cgi-bin/menu/delete", **self._query)

    async def installed(self) -> bool:
        """Whether the menu that is there does what ours does. Raises WeChatError, or Unavailable."""
        try:
            found = await self._api.call("/cgi-bin/menu/get", **self._query)
        except ApiError as error:
            if error.code == NONE_YET:
                return False
            raise
        there = found.get("menu", found).get("button", [])
        return list(_actions(there)) == [key for _name, key in (_VISITORS, *_DUTY, *_MORE)]


def buttons(tongue: Tongue) -> list[Json]:
    """The menu as both APIs take it: what visitors come for alone, what is for staff and all else below."""
    return [
        _button(*_VISITORS, tongue),
        _group(p_("wechat menu", "On duty"), _DUTY, tongue),
        _group(p_("wechat menu", "More"), _MORE, tongue),
    ]


def _group(name: Text, below: Sequence[tuple[Text, str]], tongue: Tongue) -> Json:
    return {"name": say(name, tongue), "sub_button": [_button(*entry, tongue) for entry in below]}


def _button(name: Text, key: str, tongue: Tongue) -> Json:
    kind = "scancode_waitmsg" if key == SCAN else "click"
    return {"type": kind, "name": say(name, tongue), "key": key}


def _actions(there: Sequence[Json]) -> Iterator[object]:
    for button in there:
        below = button.get("sub_button")
        yield from _actions(below) if below else [button.get("key")]
