"""What the Bot API's errors mean for us: who waits, how long, and who is gone."""

from __future__ import annotations

import random
from dataclasses import dataclass

import structlog
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, TelegramError

from bot.channels.telegram_api import TooMany
from bot.errors import Gone, Refused, SendError, TryLater, Unreachable

log = structlog.get_logger(__name__)

TOKEN_PAUSE = 60.0  # seconds between tries with a token that was refused
NOBODY_THERE = ("chat not found", "user not found", "user is deactivated", "peer_id_invalid")


@dataclass(frozen=True, slots=True)
class Pace:
    """Waiting times, in seconds."""

    long_poll: int = 25  # how long Telegram holds a poll open while there is nothing new
    glance: float = 0.25  # between polls while an update is still being worked on
    first: float = 0.5  # the first pause after a failure; it doubles with each further one
    longest: float = 15.0  # the longest such pause
    database: float = 5.0  # the longest pause while the database is away
    farewell: float = 10.0  # how long stopping waits for what is under way

    def backoff(self) -> Backoff:
        return Backoff(self.first, self.longest)


class Backoff:
    """Pauses that double from `first` to `longest` seconds, each shortened at random by up to half."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = self._pause = first
        self._longest = longest

    def next(self) -> float:
        """Seconds to wait now."""
        pause, self._pause = self._pause, min(self._pause * 2, self._longest)
        return pause * random.uniform(0.5, 1)  # noqa: S311 - spreads retries, guards nothing

    def reset(self) -> None:
        self._pause = self._first


def send_error(error: TelegramError) -> SendError:
    """What a failed send means, by https://core.telegram.org/bots/api#making-requests."""
    if isinstance(error, TooMany):
        return TryLater(error.seconds)
    if isinstance(error, Forbidden):
        return Gone(error.message)
    if isinstance(error, InvalidToken):  # 401, or 404 where the token is not even shaped like one
        _tell_of_token()
        return TryLater(TOKEN_PAUSE, everyone=True)
    if isinstance(error, BadRequest):
        nobody = any(words in error.message.lower() for words in NOBODY_THERE)
        return Gone(error.message) if nobody else Refused(error.message)
    if isinstance(error, ChatMigrated):
        return Refused(error.message)
    return Unreachable(error.message)


def pause_after(error: TelegramError, backoff: Backoff, doing: str) -> float:
    """Seconds to wait before `doing` is tried again; says in the log what is wrong and who can mend it."""
    if isinstance(error, TooMany):
        return error.seconds
    if isinstance(error, InvalidToken):
        _tell_of_token()
        return max(TOKEN_PAUSE, backoff.next())
    if isinstance(error, Conflict):
        log.warning(
            "another program receives this bot's messages too: stop it, or give it a bot of its own",
            answer=error.message,
        )
    else:
        log.warning("Telegram did not do as asked; trying again", doing=doing, error=error.message)
    return backoff.next()


def _tell_of_token() -> None:
    log.error("Telegram does not know the bot: check TELEGRAM_TOKEN, or get a new token from @BotFather")
