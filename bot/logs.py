"""The log: for people on a terminal, JSON lines elsewhere, and no secrets in either."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter

HIDDEN: Final = "***"
SECRET_KEYS: Final = frozenset(
    {"authorization", "code", "cookie", "password", "secret", "set-cookie", "token"}
)
# What must not be read in a log, wherever it stands; the group stays, the rest is hidden.
SECRETS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"()(?<!\d)\d{3,20}:[\w-]{30,}",  # a bot's token
        r"(\b(?:proxy-)?authorization\b\W{1,4})[^\"'\n\\]+",
        r"(\b(?:set-)?cookie\b[\"']?\s*[:=]\s*[\"']?)[^\"'\n\\]+",
        r"(\bbearer\s+)[\w.~+/=-]+",
        r"(\b(?:access_token|corpsecret)=)[\w-]+",  # WeChat has them in its addresses
        r"(\bdocent_chat=)[\w-]+",  # a session of the web chat
        r"(\b[a-z+]+://[^\s:/@]+:)[^\s/@]+(?=@)",  # the password in a database's address
        r"((?:\b|start=)[a-z]_|[?&][a-z]=)[\w-]{16,}",  # the code in an invite's link
        r"()\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){6}\b",  # the same as it is typed
    )
)
# They log every request, with its address.
QUIET: Final = ("aiohttp.access", "alembic", "asyncio", "httpx", "sqlalchemy", "telegram")

Event = MutableMapping[str, Any]


def set_up(stream: TextIO = sys.stderr) -> None:
    """Send what the program and its libraries log to `stream`."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper("iso", utc=True),
        hide_values,
    ]
    structlog.configure(
        processors=[*shared, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    processors: list[Any] = [ProcessorFormatter.remove_processors_meta, *_renderers(stream), hide_text]
    handler.setFormatter(ProcessorFormatter(foreign_pre_chain=shared, processors=processors))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def hide_values(_logger: object, _method: str, event: Event) -> Event:
    """Leave out what is secret by its name, or by its looks: colours may soon stand in the way of seeing."""
    for key, value in event.items():
        if key in SECRET_KEYS:
            event[key] = HIDDEN
        elif isinstance(value, str):
            event[key] = without_secrets(value)
    return event


def hide_text(_logger: object, _method: str, line: str) -> str:
    """Leave out of the finished line what is secret by its looks: in tracebacks, and within values."""
    return without_secrets(line)


def without_secrets(text: str) -> str:
    """`text` with stars for all that looks like a secret."""
    for secret in SECRETS:
        text = secret.sub(rf"\g<1>{HIDDEN}", text)
    return text


def _renderers(stream: TextIO) -> list[Any]:
    if stream.isatty():
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=sys.platform != "win32", exception_formatter=plain)]
    return [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
    ]
