"""What every answer of the web chat shares: its headers, its refusals, and where a request came from."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote, urlsplit

from aiohttp import web

from bot.i18n import LANGUAGES, best
from handlers.kit.words import Text

POLICY: Mapping[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob: data:",
    "connect-src": "'self'",
    "media-src": "'self' blob:",
    "manifest-src": "'self'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
SECURITY: Mapping[str, str] = {
    "Content-Security-Policy": "; ".join(f"{directive} {sources}" for directive, sources in POLICY.items()),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LANGUAGE_COOKIE = "docent_lang"


class Trouble(Exception):
    """A request that cannot be met: the HTTP status, and one sentence for the person who sent it.

    `retry_after`, in seconds, says that the same request may work later.
    """

    def __init__(self, status: int, sentence: Text, *, retry_after: int | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.sentence = sentence
        self.retry_after = retry_after


def is_foreign(request: web.Request, public_url: str) -> bool:
    """Whether a page of another origin made this request.

    `Sec-Fetch-Site` is set by the browser itself (https://www.w3.org/TR/fetch-metadata/); `Origin` must be
    that of PUBLIC_URL or of the address asked for. Programs that are no browsers send neither.
    """
    if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        return True
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    return origin not in {_origin(public_url), f"http://{request.host}", f"https://{request.host}"}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def attachment(name: str) -> str:
    """A Content-Disposition that has a file saved under `name` (RFC 6266)."""
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def address_of(request: web.Request) -> str:
    """The address a request came from; behind a proxy on this machine, what that proxy says."""
    peer = request.remote or ""
    said = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return said[:60] if said and _is_loopback(peer) else peer


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def language_of(request: web.Request, default: str) -> str:
    """The language for this request: asked for in the address, chosen before, or the browser's own.

    Whoever speaks none of ours gets English rather than the museum's language.
    """
    chosen = best(request.query.get("lang")) or best(request.cookies.get(LANGUAGE_COOKIE))
    if chosen is not None:
        return chosen
    wanted = _accepted(request.headers.get("Accept-Language", ""))
    if not wanted:
        return default
    return next((code for tag in wanted if (code := best(tag))), "en" if "en" in LANGUAGES else default)


def _accepted(header: str) -> list[str]:
    """The language tags of an Accept-Language header (RFC 9110, 12.5.4), the most wanted first."""
    weighted = []
    for part in header[:500].split(","):
        tag, _sep, weight = part.strip().partition(";q=")
        try:
            weighted.append((-float(weight or 1), tag.strip()))
        except ValueError:
            continue
    return [tag for _weight, tag in sorted(weighted, key=lambda pair: pair[0]) if tag and tag != "*"]
