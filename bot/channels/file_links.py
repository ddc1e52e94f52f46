"""Addresses of kept files, for who is in a chat that takes none: signed, and good for two days."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web
from sqlalchemy import insert, select

from bot import migrate
from bot.channels.web_http import attachment, language_of
from bot.db import Database
from bot.i18n import Languages
from bot.messages import FileJson, Payload
from handlers.kit.words import _, say
from models import Note

SECRET: Final = "file-secret"  # noqa: S105 - the note that holds it
# Seconds, and up to an hour more: the same answer, given again, has the same address.
LASTS: Final = 48 * 3600
HOUR: Final = 3600
OVER: Final = _("This file is no longer here. Please ask for it again in the chat.")
_IN_A_TAG: Final = re.compile(r'[<>"&\s]+')
_HEADERS: Final = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


class Token(msgspec.Struct, frozen=True, array_like=True):
    """What an address says: which file, what it is called, and until when, in seconds since 1970."""

    sha: str
    name: str
    mime: str
    until: int


class FileLinks:
    """Makes addresses below `public_url` and serves what they lead to; `path` says where content is kept."""

    def __init__(
        self,
        database: Database,
        public_url: str,
        languages: Languages,
        path: Callable[[str], Path],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._public_url = public_url
        self._languages = languages
        self._path = path
        self._now = now
        self._secret = b""

    async def start(self) -> None:
        """Learn the secret that all workers share, or make it. Raises Unavailable."""
        async with self._database.transaction() as db:
            await migrate.one_at_a_time(db)
            value = await db.scalar(select(Note.value).where(Note.key == SECRET))
            if value is None:
                value = {"secret": secrets.token_hex(32)}
                await db.execute(insert(Note).values(key=SECRET, value=value, updated_at=datetime.now(UTC)))
        self._secret = bytes.fromhex(value["secret"])

    def linked(self, payload: Payload, *, photos: bool = False) -> Payload:
        """`payload` with words that lead to its file, and with `photos` to its pictures too, in their place.

        https://developers.weixin.qq.com/doc/service/guide/product/message/Passive_user_reply_message.html:
        of HTML a text takes the tag `a`.
        """
        files = [*(payload["photos"] if photos else ()), *([payload["file"]] if payload["file"] else ())]
        if not files:
            return payload
        lines = [
            f'<a href="{self.address(file)}">📎 {_IN_A_TAG.sub(" ", file["name"])}</a>' for file in files
        ]
        return {**payload, "instead": "\n".join(lines)}

    def address(self, file: FileJson) -> str:
        """Where everybody who knows the address gets `file`, until it ends."""
        until = (int(self._now()) + LASTS) // HOUR * HOUR + HOUR
        said = _text(msgspec.json.encode(Token(file["sha"], file["name"], file["mime"], until)))
        return f"{self._public_url}/file/{said}.{self._sign(said)}"

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/file/{token:[A-Za-z0-9_.-]{1,2000}}", self.serve)]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The file, to be saved; 404 for an address that is not ours or has ended, and for a file erased."""
        token = self._read(request.match_info["token"])
        path = self._path(token.sha) if token is not None and token.until > self._now() else None
        if token is None or path is None or not path.is_file():
            tongue = self._languages(language_of(request, self._languages.default))
            return web.Response(status=404, text=say(OVER, tongue), headers=_HEADERS)
        about = {"Content-Type": token.mime, "Content-Disposition": attachment(token.name)}
        return web.FileResponse(path, headers={**_HEADERS, **about})

    def _read(self, token: str) -> Token | None:
        """What a token of ours says; None for all others."""
        said, _dot, signed = token.partition(".")
        if not hmac.compare_digest(signed, self._sign(said)):
            return None
        try:
            return msgspec.json.decode(_bytes(said), type=Token)
        except (binascii.Error, msgspec.DecodeError):
            return None

    def _sign(self, said: str) -> str:
        return _text(hmac.digest(self._secret, said.encode(), hashlib.sha256))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
