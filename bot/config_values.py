"""What a single setting may be: checked by itself, and said in one sentence where it does not fit."""

import re
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

DRIVERS = {
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
}


def _database_url(value: str) -> str:
    wrong = "must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        raise ValueError(wrong) from None
    if url.drivername not in DRIVERS or not url.database or url.database == ":memory:":
        raise ValueError(wrong)
    url = url.set(drivername=DRIVERS[url.drivername])
    if "sslmode" in url.query:  # libpq's word, which hosts hand out, for what asyncpg calls ssl
        url = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": url.query["sslmode"]})
    return url.render_as_string(hide_password=False)


def _listen(value: str) -> str:
    host, _, port = value.rpartition(":")
    plain = re.fullmatch(r"[\w.-]+|\[[0-9a-fA-F:.]+\]", host)
    if not plain or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise ValueError("must be HOST:PORT, such as 127.0.0.1:8080 or 0.0.0.0:80")
    return value


def _web_address(value: str) -> str:
    wrong = "must be a web address without a query, such as https://desk.example.org"
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise ValueError(wrong) from None
    if not usable or parts.query or parts.fragment or any(sign.isspace() for sign in value):
        raise ValueError(wrong)
    return value.rstrip("/")


def _time_zone(value: object) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(str(value))
    except (KeyError, ValueError, OSError):
        raise ValueError("must be a time zone by its IANA name, such as Asia/Shanghai") from None


def _escalation(value: str) -> str:
    """Four numbers of whole hours, none less than the one before; without the spaces."""
    hours = re.sub(r"\s", "", value)
    fits = re.fullmatch(r"[0-9]{1,4}(,[0-9]{1,4}){3}", hours)
    steps = [int(step) for step in hours.split(",")] if fits else []
    if not steps or steps != sorted(steps):
        raise ValueError("must be four whole numbers of hours in rising order, such as 0,24,72,168")
    return hours


def matching(pattern: str, fits: str) -> Callable[[str], str]:
    """A check that a whole value matches `pattern`; `fits` follows "must be" where it does not."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"must be {fits}")
        return value

    return check


def hidden(pattern: str, fits: str) -> AfterValidator:
    """The same check for what must never be shown."""
    check = matching(pattern, fits)
    return AfterValidator(lambda value: SecretStr(check(value.get_secret_value())))


DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
Listen = Annotated[str, AfterValidator(_listen)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
EscalateHours = Annotated[str, AfterValidator(_escalation)]
TimeZone = Annotated[ZoneInfo, BeforeValidator(_time_zone)]
BotToken = Annotated[
    SecretStr,
    hidden(
        r"[0-9]{3,20}:[A-Za-z0-9_-]{30,}",
        "the token as @BotFather gives it: digits, a colon, some 35 letters",
    ),
]
WebhookSecret = Annotated[
    SecretStr, hidden(r"[A-Za-z0-9_-]{1,256}", "1 to 256 of the characters A-Z a-z 0-9 _ -")
]
