"""The chat page and its files, read and compressed once at the start."""

from __future__ import annotations

import gzip
import hashlib
import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

from aiohttp import web

from bot.channels.web_http import LANGUAGE_COOKIE, Handler
from bot.channels.web_session import YEAR
from bot.channels.web_strings import said
from bot.i18n import LANGUAGES, Speech, best
from handlers.kit.words import Text, say

FOLDER: Final = Path(__file__).resolve().parent.parent / "web"
TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
FOR_EVER: Final = "public, max-age=31536000, immutable"
CHECKED: Final = "no-cache"  # kept, but asked after each time: 304 if it is the same
BY_LANGUAGE: Final = "Accept-Encoding, Accept-Language, Cookie"
# `"./api.js"` in a script and `"static/api.js"` in the page name another file of the folder.
_REFERENCE: Final = re.compile(r'"(\./|static/)([a-z]+\.[a-z]+)"')


@dataclass(frozen=True, slots=True)
class Page:
    """Something to serve: its bytes, the same compressed, and the hash that names this version of it."""

    body: bytes
    squeezed: bytes
    version: str
    type: str

    @classmethod
    def of(cls, body: bytes, type: str) -> Page:
        return cls(body, gzip.compress(body, mtime=0), hashlib.sha256(body).hexdigest()[:16], type)

    def answer(self, request: web.Request, caching: str) -> web.Response:
        """The response to `request`: compressed where it may be, empty where the client has it."""
        headers = {"Cache-Control": caching, "ETag": f'"{self.version}"', "Vary": "Accept-Encoding"}
        known = request.if_none_match or ()
        if any(tag.value in {self.version, "*"} for tag in known):
            return web.Response(status=304, headers=headers)
        charset = None if self.type == "image/png" else "utf-8"
        small = "gzip" in request.headers.get("Accept-Encoding", "") and len(self.squeezed) < len(self.body)
        if not small:
            return web.Response(body=self.body, headers=headers, content_type=self.type, charset=charset)
        headers["Content-Encoding"] = "gzip"
        return web.Response(body=self.squeezed, headers=headers, content_type=self.type, charset=charset)


class Shelf:
    """The static files. Each names those it loads by their hashes: a changed file has a new address."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._pages: dict[str, Page] = {}
        for path in sorted(folder.iterdir()):
            self._load(path.name)

    def __getitem__(self, name: str) -> Page:
        """The file called `name`. Raises KeyError."""
        return self._pages[name]

    def linked(self, text: str) -> str:
        """`text` with the version of every file it names added."""
        return _REFERENCE.sub(lambda found: f'"{found[1]}{found[2]}?v={self._load(found[2]).version}"', text)

    def _load(self, name: str) -> Page:
        if name not in self._pages:
            body = (self._folder / name).read_bytes()
            type_ = TYPES[Path(name).suffix]
            if name.endswith(".js"):
                body = self.linked(body.decode("utf-8")).encode()
            self._pages[name] = Page.of(body, type_)
        return self._pages[name]


class ChatPages:
    """The chat page and its web manifest in every language."""

    def __init__(self, shelf: Shelf, museum: Text) -> None:
        self._template = Template(shelf.linked(shelf["chat.html"].body.decode("utf-8")))
        self._icon = shelf.linked('"static/icon.svg"').strip('"')
        self._museum = museum
        self._pages: dict[str, Page] = {}

    def page(self, tongue: Speech) -> Page:
        """The page in the language of `tongue`."""
        if tongue.locale not in self._pages:
            self._pages[tongue.locale] = Page.of(self._drawn(tongue).encode(), "text/html")
        return self._pages[tongue.locale]

    def manifest(self, tongue: Speech) -> Page:
        """What a phone needs to put the chat on its home screen (https://www.w3.org/TR/appmanifest/)."""
        icon = {"src": self._icon, "sizes": "any", "type": "image/svg+xml", "purpose": "any maskable"}
        museum = say(self._museum, tongue)
        manifest = {
            "name": museum,
            "short_name": museum,
            "id": "chat",
            "start_url": "chat",
            "scope": "./",
            "display": "standalone",
            "background_color": "#f4f1ea",
            "theme_color": "#24433b",
            "icons": [icon],
        }
        return Page.of(json.dumps(manifest, ensure_ascii=False).encode(), "application/manifest+json")

    def _drawn(self, tongue: Speech) -> str:
        strings = said(tongue)
        other = next(code for code in LANGUAGES if code != tongue.locale)
        museum = say(self._museum, tongue)
        config = {"locale": tongue.locale, "other": other, "museum": museum, "strings": strings}
        return self._template.substitute(
            {name: html.escape(text) for name, text in strings.items()},
            lang=tongue.locale.replace("_", "-"),
            otherTag=other.replace("_", "-"),
            otherName=LANGUAGES[other],
            otherShort="中文" if other.startswith("zh") else other.upper(),
            museum=html.escape(museum),
            # `<` would let a string end the script element (HTML, 4.12.1.3)
            config=json.dumps(config, ensure_ascii=False).replace("<", "\\u003c"),
        )


class Site:
    """Everything of the chat that is no API: the page, what it loads, and the way to it."""

    def __init__(self, museum: Text, tongue: Callable[[web.Request], Speech]) -> None:
        self._shelf = Shelf()
        self._pages = ChatPages(self._shelf, museum)
        self._tongue = tongue

    def served(self) -> tuple[tuple[str, str, Handler], ...]:
        """What answers to which method and path."""
        return (
            ("GET", "/", self._home),
            ("GET", "/chat", self._chat),
            ("GET", "/manifest.webmanifest", self._manifest),
            ("GET", "/sw.js", self._worker),
            ("GET", "/static/{name}", self._static),
        )

    async def _home(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "chat"})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        response = self._pages.page(self._tongue(request)).answer(request, CHECKED)
        response.headers["Vary"] = BY_LANGUAGE
        if chosen := best(request.query.get("lang")):
            response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=YEAR, path="/", samesite="Lax")
        return response

    async def _manifest(self, request: web.Request) -> web.StreamResponse:
        response = self._pages.manifest(self._tongue(request)).answer(request, CHECKED)
        response.headers["Vary"] = BY_LANGUAGE
        return response

    async def _worker(self, request: web.Request) -> web.StreamResponse:
        return self._shelf["sw.js"].answer(request, CHECKED)

    async def _static(self, request: web.Request) -> web.StreamResponse:
        try:
            page = self._shelf[request.match_info["name"]]
        except KeyError:
            raise web.HTTPNotFound from None
        return page.answer(request, FOR_EVER if request.query.get("v") == page.version else CHECKED)
