"""Who a request of the web chat is from: a random token in a cookie, or in a header for kiosks."""

from __future__ import annotations

import hashlib
import re
import secrets

from aiohttp import web

COOKIE = "docent_chat"
YEAR = 365 * 24 * 3600  # seconds
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """A session's secret: 256 random bits in 43 characters. Only its hash is ever stored."""
    return secrets.token_urlsafe(32)


def account_of(token: str) -> str:
    """The external id of the account that a token opens."""
    return hashlib.sha256(token.encode()).hexdigest()


def name_of(account: str) -> str:
    """What a session may be called in the open."""
    return account[:16]


def _usable(token: str) -> str:
    return token if _TOKEN.fullmatch(token) else ""


class Sessions:
    """Reads and sets the session of a browser (cookie) or of a client that has none (`Authorization`)."""

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure
        # `__Host-` keeps neighbouring subdomains from planting a session of theirs (RFC 6265bis, 4.1.3.2).
        self._name = f"__Host-{COOKIE}" if secure else COOKIE

    def account(self, request: web.Request) -> str | None:
        """The account a request speaks for; None without a session."""
        token = _usable(self._bearer(request)) or self.cookie(request)
        return account_of(token) if token else None

    def cookie(self, request: web.Request) -> str:
        """The token of a browser's session, empty without one."""
        return _usable(request.cookies.get(self._name, ""))

    def set_cookie(self, response: web.Response, token: str) -> None:
        """Give a browser its session for a year."""
        response.set_cookie(
            self._name, token, max_age=YEAR, path="/", httponly=True, samesite="Lax", secure=self._secure
        )

    def _bearer(self, request: web.Request) -> str:
        scheme, _sep, token = request.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.casefold() == "bearer" else ""
