"""What goes wrong with a call to WeChat's two APIs, and what it means for a message on its way.

https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html
https://developer.work.weixin.qq.com/document/path/90313
"""

from __future__ import annotations

from typing import Final

import structlog

from bot.errors import Gone, NotNow, Refused, SendError, TryLater, Unavailable, Unreachable

log = structlog.get_logger(__name__)

BUSY: Final = -1
STALE: Final = frozenset({40001, 40014, 42001})  # of the token: void, unknown, too old
QUOTA: Final = frozenset({45009, 45011, 45033})  # calls in a day, in a minute, at once
# No right to push at all, the time for it over, the number for it used up.
CLOSED: Final = frozenset({48001, 45015, 45047})
# Not (any more) a follower, in the museum's own blacklist; WeCom: not in the company, or not to see the app.
ABSENT: Final = frozenset({40003, 43004, 43019, 60111, 81013})
# What only who runs the program can mend; messages wait for it.
SETUP: Final = {
    40013: "check WECHAT_APP_ID or WECOM_CORP_ID",
    40125: "check WECHAT_APP_SECRET",
    40243: "unfreeze the AppSecret of the Official Account",
    40056: "check WECOM_AGENT_ID",
    40164: "add this server's address to the IP whitelist of the Official Account",
    60020: "add this server's address to the trusted IP addresses of the WeCom app",
    **dict.fromkeys(STALE, "check WECHAT_APP_SECRET or WECOM_SECRET"),
}
PAUSE: Final = 60.0  # seconds: of the quotas the shortest is by the minute


class WeChatError(Exception):
    """A call that did not do what it should. Never holds a token or a secret."""


class ApiError(WeChatError):
    """The API's own word: its `errcode`, and its `errmsg`, which may change at any time."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message


class NoAnswer(WeChatError):
    """Nobody answered in time, or somebody else did, such as a proxy."""


def send_error(error: WeChatError | Unavailable) -> SendError:
    """What a failed send means; Unavailable is what getting the token raises without the database."""
    if not isinstance(error, ApiError) or error.code == BUSY:
        return Unreachable(str(error))
    if error.code in QUOTA:
        return TryLater(PAUSE, everyone=True)
    if error.code in CLOSED:
        return NotNow(str(error))
    if error.code in ABSENT:
        return Gone(str(error))
    if error.code in SETUP:
        log.error("WeChat does not let us in", remedy=SETUP[error.code], error=str(error))
        return TryLater(PAUSE, everyone=True)
    return Refused(str(error))
