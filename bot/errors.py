"""The closed family of things that go wrong between us and the outside, saying who is to act."""

from __future__ import annotations


class SendError(Exception):
    """A message could not be handed to its channel."""


class TryLater(SendError):
    """The channel asks to wait `after` seconds: for this chat, or with `everyone` for all of them."""

    def __init__(self, after: float, *, everyone: bool = False) -> None:
        super().__init__(f"wait {after} s")
        self.after = after
        self.everyone = everyone


class Unreachable(SendError):
    """The channel did not answer, or answered with a fault of its own; trying again may help."""


class NotNow(SendError):
    """Nothing can be pushed to this person until they write again; then the message goes first."""


class Gone(SendError):
    """The person blocked us or left; nothing more is sent to this account."""


class Refused(SendError):
    """The channel will never take this message."""


class Unavailable(Exception):
    """The database cannot be reached now; the update must not be confirmed to its channel."""


class BadMedia(Exception):
    """A file that cannot be kept; `reason` is a Text for the person who sent it."""

    def __init__(self, reason: object) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Conflict(Exception):
    """Another transaction got in this one's way; run anew, it will see what that one did."""
