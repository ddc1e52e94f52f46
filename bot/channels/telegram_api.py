"""The Bot API client: python-telegram-bot, carried by the program's one HTTP session."""

from __future__ import annotations

import io
import json
import logging
import re
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import aiohttp
import msgspec
import telegram
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from yarl import URL

from bot.channels.answers import body

MOST_BYTES: Final = 20 * 1024 * 1024  # of a file: https://core.telegram.org/bots/api#getfile
CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 20.0
UPLOAD_SECONDS: Final = 60.0
_JSON: Final = {"Content-Type": "application/json"}


class TooMany(TelegramError):
    """Telegram asks to wait `seconds`: https://core.telegram.org/bots/api#responseparameters.

    Python-telegram-bot's own RetryAfter gives a deprecation warning whenever one is made.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many requests: wait {seconds} s")
        self.seconds = seconds


def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)


_USUAL: Final = _timeout(ANSWER_SECONDS)


@dataclass(frozen=True, slots=True)
class Plain:
    """Arguments without files, as JSON already."""

    json_payload: bytes
    contains_files: ClassVar[bool] = False


class Wire(BaseRequest):
    """Carries the client's requests over a session that somebody else closes.

    It alone knows the token: python-telegram-bot logs and quotes addresses, so it is given `bot/<method>`
    and `file/<path>` for addresses, which are completed here.
    """

    def __init__(self, session: aiohttp.ClientSession, api_url: str, token: str) -> None:
        self._session = session
        self._roots = {"bot": f"{api_url}/bot{token}", "file": f"{api_url}/file/bot{token}"}
        self._methods: dict[str, URL] = {}

    def _address(self, url: str) -> URL:
        """The real address behind `bot/<method>` or `file/<path>`; those of methods are made once."""
        known = self._methods.get(url)
        if known is None:
            root, _, rest = url.partition("/")
            known = URL(f"{self._roots[root]}/{rest}")
            if root == "bot":
                self._methods[url] = known
        return known

    @property
    def read_timeout(self) -> float:
        return ANSWER_SECONDS

    async def initialize(self) -> None:
        """Nothing to do: the session was opened by its owner."""

    async def shutdown(self) -> None:
        """Nothing to do: the session is closed by its owner."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer's object. Raises TelegramError for anything else, such as a proxy's page of HTML."""
        try:
            answer = decoded(payload)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise TelegramError("the answer is not one of the Bot API")
        return answer

    async def ask(self, method: str, body: bytes, seconds: float) -> dict[str, Any]:
        """The answer to a method whose arguments are the JSON object `body`. Raises TelegramError."""
        # The base class makes its errors of what `do_request` returns, and looks at no request's data.
        request: Any = Plain(body)
        content = await self._request_wrapper(f"bot/{method}", "POST", request, read_timeout=seconds)
        return self.parse_json_payload(content)

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """The HTTP status and body of one request.

        Raises TimedOut or NetworkError, which never name the address, and TooMany.
        """
        seconds = ANSWER_SECONDS if read_timeout is BaseRequest.DEFAULT_NONE else read_timeout
        failure: TelegramError
        try:
            async with self._session.request(
                method,
                self._address(url),
                timeout=_USUAL if seconds == ANSWER_SECONDS else _timeout(seconds),
                allow_redirects=False,  # the token goes to no other host
                **_body(request_data),
            ) as answer:
                return _judged(answer.status, await body(answer, MOST_BYTES))
        except TimeoutError:
            failure = TimedOut()
        except (aiohttp.ClientError, OSError) as error:
            failure = NetworkError(type(error).__name__)
        # Raised out here: the first error's text may hold the address, so it must not be the context.
        raise failure


class Api(telegram.Bot):
    """The bot at its API. Answers stay plain JSON: only the fields needed are ever read."""

    def __init__(self, session: aiohttp.ClientSession, api_url: str, token: str) -> None:
        # At DEBUG python-telegram-bot logs all it sends and gets: people's words, and the webhook's secret.
        logging.getLogger("telegram").setLevel(logging.INFO)
        wire = Wire(session, api_url, token)
        super().__init__(
            "hidden",
            base_url=lambda _: "bot",
            base_file_url=lambda _: "file",
            request=wire,
            get_updates_request=wire,
        )
        self._wire = wire

    async def call(self, method: str, *, seconds: float = ANSWER_SECONDS, **arguments: Any) -> Any:
        """The result of a method; `seconds` is the time limit. Arguments that are None are left out.

        Raises TelegramError.
        """
        body = msgspec.json.encode({name: value for name, value in arguments.items() if value is not None})
        try:
            answer = await self._wire.ask(method, body, seconds)
            return answer["result"]
        except KeyError:
            raise TelegramError("the answer has no result") from None

    async def upload(self, method: str, *, seconds: float = UPLOAD_SECONDS, **arguments: Any) -> Any:
        """As `call`, for arguments with files among them. Raises TelegramError."""
        try:
            return await self._post(method, arguments, read_timeout=seconds)
        except KeyError:
            raise TelegramError("the answer has no result") from None

    async def download(self, file_id: str, *, seconds: float = ANSWER_SECONDS) -> bytes:
        """The content of a file people sent, at most 20 MiB. Raises TelegramError."""
        found = await self.call("getFile", file_id=file_id)
        path = found.get("file_path") if isinstance(found, dict) else None
        if not isinstance(path, str):
            raise TelegramError("the file has no path")
        return await self._wire.retrieve(f"file/{path}", read_timeout=seconds)


def decoded(content: bytes) -> Any:
    """The value of some JSON. Raises ValueError or RecursionError."""
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:  # it refuses half a surrogate pair, with which people's words may end
        return json.loads(content.decode("utf-8", "replace"))


def _body(data: RequestData | None) -> dict[str, Any]:
    """How the arguments travel: as JSON, or as a multipart form when there are files among them."""
    if data is None:
        return {}
    if not data.contains_files:
        return {"data": data.json_payload, "headers": _JSON}
    form = aiohttp.FormData(quote_fields=False)  # Telegram shows a percent-encoded file name as it is
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime) in data.multipart_data.items():
        body = io.BytesIO(content) if isinstance(content, bytes) else content  # read in pieces
        form.add_field(name, body, filename=filename, content_type=mime)
    return {"data": form}


def _judged(status: int, content: bytes) -> tuple[int, bytes]:
    """Status and body as python-telegram-bot makes the right error of them. Raises TooMany."""
    if 200 <= status < 300:
        return status, content
    asked = re.search(rb'"retry_after"\s*:\s*([0-9]{1,6})', content)
    if asked or status == 429:
        raise TooMany(float(asked[1]) if asked else 1.0)
    if status == 413:  # taken for a passing fault of the network, but it is for good
        return 400, b'{"ok": false, "description": "the request is too large"}'
    if not _is_bot_api(content):
        # A proxy's word: its 403 does not mean that a person blocked us, and its page may quote the address.
        return 502, b"{}"
    return status, content


def _is_bot_api(content: bytes) -> bool:
    try:
        return "ok" in Wire.parse_json_payload(content)
    except TelegramError:
        return False
