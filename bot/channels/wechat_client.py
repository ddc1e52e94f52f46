"""The HTTP client that WeChat's two APIs share: JSON and files, with a token that is renewed once."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

import aiohttp
import structlog

from bot.channels.answers import body
from bot.channels.wechat_errors import STALE, ApiError, NoAnswer
from bot.channels.wechat_tokens import Tokens
from bot.logs import HIDDEN

log = structlog.get_logger(__name__)

T = TypeVar("T")

MOST_BYTES: Final = 20 * 1024 * 1024  # of a file, the larger of the two APIs' limits
CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 10.0
FILE_SECONDS: Final = 60.0
_JSON: Final = {"Content-Type": "application/json; charset=utf-8"}
# A backslash that is no escaped one itself, and four hexadecimal digits.
_ESCAPE: Final = re.compile(rb"(?<!\\)((?:\\\\)*)\\u[0-9a-f]{4}")


class Client:
    """An API at `url`, on a session that somebody else closes; `secret` is kept out of errors.

    Errors come with HTTP 200 and `errcode`, JSON often as text/plain.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, secret: str, tokens: Tokens) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._secret = secret
        self.tokens = tokens

    async def call(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        seconds: float = ANSWER_SECONDS,
        **query: str,
    ) -> dict[str, Any]:
        """The answer to a method such as /cgi-bin/menu/create: a POST of `body`, or without one a GET.

        Raises WeChatError, or Unavailable.
        """
        return await self._with_token(lambda token: self._ask(path, body, seconds, token, **query))

    async def download(self, media_id: str, *, seconds: float = FILE_SECONDS) -> bytes:
        """A file somebody sent, at most 20 MiB; there for three days. Raises WeChatError, or Unavailable."""

        async def fetched(token: str) -> bytes:
            query = {"access_token": token, "media_id": media_id}
            kind, content = await self._request("GET", "/cgi-bin/media/get", query, seconds)
            if kind in ("application/json", "text/plain", "text/html"):
                self._judged(content, token)
                raise NoAnswer("no file")
            return content

        return await self._with_token(fetched)

    async def upload(
        self, kind: str, name: str, mime: str, content: bytes, *, seconds: float = FILE_SECONDS
    ) -> str:
        """The media id of a file, good for three days. Raises WeChatError, or Unavailable."""

        async def kept(token: str) -> str:
            # Both APIs read the name as it stands, and none that is percent-encoded.
            form = aiohttp.FormData(quote_fields=False)
            form.add_field("media", io.BytesIO(content), filename=_file_name(name), content_type=mime)
            query = {"access_token": token, "type": kind}
            _, answer = await self._request("POST", "/cgi-bin/media/upload", query, seconds, data=form)
            media_id = self._judged(answer, token).get("media_id")
            if not isinstance(media_id, str):
                raise NoAnswer("no media id")
            return media_id

        return await self._with_token(kept)

    async def _with_token(self, ask: Callable[[str], Awaitable[T]]) -> T:
        """What `ask` makes of the token; of a new one where that was refused, but no third."""
        token = await self.tokens.get()
        try:
            return await ask(token)
        except ApiError as error:
            if error.code not in STALE:
                raise
            log.warning("WeChat does not take its token any more", errcode=error.code)
            fresh = await self.tokens.get(refused=token)
            if fresh == token:
                raise
        return await ask(fresh)

    async def _ask(
        self, path: str, body: Mapping[str, Any] | None, seconds: float, token: str = "", **query: str
    ) -> dict[str, Any]:
        if token:
            query["access_token"] = token
        if body is None:
            _, content = await self._request("GET", path, query, seconds)
        else:
            given = {"data": encoded(body), "headers": _JSON}
            _, content = await self._request("POST", path, query, seconds, **given)
        return self._judged(content, token)

    async def _request(
        self, verb: str, path: str, query: Mapping[str, str], seconds: float, **more: Any
    ) -> tuple[str, bytes]:
        """The type and the content of an answer. Raises NoAnswer."""
        try:
            async with self._session.request(
                verb,
                self._url + path,
                params=query,
                timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS),
                allow_redirects=False,  # the token goes to no other host
                **more,
            ) as answer:
                if answer.status == 200:
                    return answer.content_type, await body(answer, MOST_BYTES)
                failure = NoAnswer(f"HTTP {answer.status}")
        except TimeoutError:
            failure = NoAnswer("no answer in time")
        except (aiohttp.ClientError, OSError) as error:
            failure = NoAnswer(type(error).__name__)
        # Raised out here: the first error's text may hold the address, so it must not be the context.
        raise failure

    def _judged(self, content: bytes, token: str) -> dict[str, Any]:
        """The object in an answer. Raises ApiError for an error in it, NoAnswer for a proxy's page."""
        answer = decoded(content)
        if answer is None:
            raise NoAnswer("the answer is not one of the API")
        code = answer.get("errcode", 0)
        if code == 0:
            return answer
        message = str(answer.get("errmsg", ""))[:300]
        for hidden in filter(None, (token, self._secret)):
            message = message.replace(hidden, HIDDEN)
        raise ApiError(code if isinstance(code, int) else -1, message)


def encoded(body: Mapping[str, Any]) -> bytes:
    """JSON in real UTF-8: `\\uXXXX` is refused (40033), so what can be written in no other way is left out.

    That are control characters, which nobody sees, and halves of surrogate pairs, which become `?`.
    """
    return _ESCAPE.sub(rb"\1", json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))


def decoded(content: bytes) -> dict[str, Any] | None:
    """The object of some JSON, None for anything else."""
    try:
        # People's names come with control characters in them, bare.
        answer = json.loads(content.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _file_name(name: str) -> str:
    """A name that cannot break out of its header."""
    return "".join(char for char in name if char.isprintable() and char not in '"\\/') or "file"
