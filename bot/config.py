"""The settings: one frozen class, read from the environment and `.env`, each checked before the start."""

import difflib
import logging
import os
import re
from collections.abc import Iterable, Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import ConfigDict, Field, ValidationError, model_validator
from sqlalchemy.engine import make_url

from bot import config_wechat
from bot.config_values import (
    BotToken,
    DatabaseUrl,
    EscalateHours,
    Listen,
    TimeZone,
    WebAddress,
    WebhookSecret,
)
from handlers.kit.words import Both, Text

PUBLIC_API = "https://api.telegram.org"
WEBHOOK_PORTS = (443, 80, 88, 8443)  # https://core.telegram.org/bots/api#setwebhook
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104  what people type, not what is bound
NAMELESS = Both("博物馆", "Museum")  # a museum without MUSEUM_NAME
SECRETS = {"DATABASE_URL", "TELEGRAM_TOKEN", "TELEGRAM_SECRET", *config_wechat.SECRETS}

log = logging.getLogger(__name__)


class SettingError(ValueError):
    """A setting does not fit; the text is one line that names it and says what fits, without secrets."""


def _own_address(given: dict[str, Any]) -> str:
    host, _, port = given["listen"].rpartition(":")
    return f"http://{EVERY_ADDRESS.get(host, host)}:{port}"


def _own_name(given: dict[str, Any]) -> str:
    return NAMELESS.en if given.get("locale") == "en" else NAMELESS.zh


class Settings(config_wechat.WeChatSettings):
    """Everything a museum can set; made by `load_settings`, or by keyword in lower case."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=str.upper,
        validate_by_name=True,
        hide_input_in_errors=True,
    )

    database_url: DatabaseUrl = Field(
        default="sqlite+aiosqlite:///var/docent.db",
        repr=False,
        description="Where the records are: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`.",
    )
    listen: Listen = Field(
        default="127.0.0.1:8080",
        description="The `HOST:PORT` to serve on; `0.0.0.0:8080` lets other machines in.",
    )
    public_url: WebAddress = Field(
        default_factory=_own_address,
        description="The address people reach the desk at: in links, QR codes and the webhook.",
    )
    timezone: TimeZone = Field(
        default=ZoneInfo("Asia/Shanghai"),
        description="The museum's time zone by its IANA name; days and summaries follow it.",
    )
    locale: Literal["zh_CN", "en"] = Field(
        default="zh_CN",
        description="The language for those whose own is not known: `zh_CN` or `en`.",
    )
    museum_name: Annotated[str, Field(max_length=100)] = Field(
        default_factory=_own_name,
        description="What the museum is called in the chat.",
    )
    media_dir: Path = Field(
        default=Path("var/media"),
        description="The folder of photos, voices and files.",
    )
    telegram_token: BotToken | None = Field(
        default=None,
        description="The bot's token from @BotFather; without it only the web chat runs.",
    )
    telegram_api_url: WebAddress = Field(
        default=PUBLIC_API,
        description="The Bot API server, for methods and files.",
    )
    telegram_mode: Literal["polling", "webhook"] = Field(
        default="polling",
        description="How updates come: `polling` works anywhere; `webhook` needs an https `PUBLIC_URL`.",
    )
    telegram_secret: WebhookSecret | None = Field(
        default=None,
        description="What Telegram must show at the webhook: 1 to 256 of `A-Z a-z 0-9 _ -`.",
    )
    telegram_per_second: Annotated[float, Field(ge=1, allow_inf_nan=False)] = Field(
        default=25,
        description="Messages a second over all chats; Telegram allows about 30, or what you agreed with it.",
    )
    telegram_chat_per_second: Annotated[float, Field(ge=0.1, allow_inf_nan=False)] = Field(
        default=1,
        description="Messages a second to one chat, and three seconds' worth at once.",
    )
    workers: Annotated[int, Field(ge=1, le=64)] = Field(
        default=1,
        description="Processes that serve; more than one needs PostgreSQL.",
    )
    inspection_min_seconds_per_item: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        default=3,
        description="A round faster than this many seconds an item is flagged to the leader; 0 flags none.",
    )
    spot_photo_one_in: Annotated[int, Field(ge=0)] = Field(
        default=10,
        description="One all-normal round in so many is asked for a photo of an item; 0 asks none.",
    )
    digest_at: time = Field(
        default=time(8),
        description="The time of day, as `HH:MM`, at which leaders and managers get their digest.",
    )
    escalate_hours: EscalateHours = Field(
        default="0,24,72,168",
        description="Hours after a hazard's due date until the shift leader, the head of security, "
        "the deputy director and the director are told.",
    )

    @property
    def host(self) -> str:
        """The host part of LISTEN, an IPv6 address without its brackets."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port of LISTEN; 0 lets the system choose."""
        return int(self.listen.rpartition(":")[2])

    @property
    def museum(self) -> Text:
        """What the museum is called, in the reader's language where it has no name of its own."""
        return self.museum_name if "museum_name" in self.model_fields_set else NAMELESS

    @property
    def own_url(self) -> str:
        """Where this machine itself reaches the server."""
        return _own_address({"listen": self.listen})

    @property
    def is_sqlite(self) -> bool:
        """Whether the records are in an SQLite file: one process, one writer."""
        return self.database_url.startswith("sqlite")

    @property
    def database_file(self) -> Path | None:
        """The SQLite file, if that is what the records are in."""
        return Path(make_url(self.database_url).database or "") if self.is_sqlite else None

    @model_validator(mode="after")
    def _workers_share_a_database(self) -> Self:
        if self.workers > 1 and self.is_sqlite:
            raise ValueError("WORKERS above 1 needs PostgreSQL: set DATABASE_URL, or WORKERS=1")
        return self

    @model_validator(mode="after")
    def _webhook_is_complete(self) -> Self:
        if self.telegram_mode == "polling":
            return self
        if self.telegram_token is None:
            raise ValueError("TELEGRAM_MODE=webhook needs TELEGRAM_TOKEN")
        if self.telegram_secret is None:
            raise ValueError("TELEGRAM_MODE=webhook needs TELEGRAM_SECRET: 1 to 256 of A-Z a-z 0-9 _ -")
        if self.telegram_api_url == PUBLIC_API:
            _check_public_webhook(self.public_url)
        return self


def _check_public_webhook(url: str) -> None:
    """Telegram's own servers deliver by https only, to four ports; one's own Bot API server to any."""
    parts = urlsplit(url)
    if parts.scheme != "https":
        raise ValueError("TELEGRAM_MODE=webhook needs PUBLIC_URL to start with https://")
    if (parts.port or 443) not in WEBHOOK_PORTS:
        raise ValueError("TELEGRAM_MODE=webhook needs PUBLIC_URL on port 443, 80, 88 or 8443")


NAMES = tuple(name.upper() for name in Settings.model_fields)


def load_settings(env: Mapping[str, str] | None = None, env_file: Path = Path(".env")) -> Settings:
    """The settings from `env` (the process's own by default) over those of `env_file`, which may be absent.

    An empty value means the default. Unknown keys are ignored; one in the file that is nearly a setting's
    name is warned of in the log. Raises SettingError for the first that does not fit.
    """
    in_file = _read_env_file(env_file)
    for line in misspelt(in_file):
        log.warning("%s: %s", env_file, line)
    given = {**in_file, **(os.environ if env is None else env)}
    values = {name: given[name].strip() for name in NAMES if given.get(name, "").strip()}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingError(_one_line(error, values)) from None


def misspelt(names: Iterable[str]) -> list[str]:
    """A line for each of `names` that is not a setting but looks like one."""
    unknown = [name for name in names if name not in NAMES]
    nearest = [(name, difflib.get_close_matches(name.upper(), NAMES, n=1, cutoff=0.85)) for name in unknown]
    return [f"{name} is not a setting; is {close[0]} meant?" for name, close in nearest if close]


def _read_env_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        # utf-8-sig: Windows' Notepad may begin a file with a byte order mark.
        values = dotenv_values(path, encoding="utf-8-sig", interpolate=False)
    except UnicodeDecodeError:
        raise SettingError(f"{path} is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise SettingError(f"{path} cannot be read: {error.strerror}") from None
    return {name: value for name, value in values.items() if value is not None}


def _one_line(error: ValidationError, values: Mapping[str, str]) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    ours = first["type"] == "value_error"
    message = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return message
    name = str(first["loc"][0])
    fits = message if ours else re.sub(r"^\w+ should", "must", message).partition(",")[0]
    shown = "" if name in SECRETS else f" (it is {values[name][:60]!r})"
    return f"{name} {fits}{shown}"
