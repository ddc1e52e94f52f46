"""Where the program listens: its sockets are bound before all else, so that a taken port is known at once."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from bot.config import SettingError, Settings

TAKEN: Final = (10013, 10048)  # Windows' numbers for a port that somebody has
CAN_SHARE: Final = hasattr(socket, "SO_REUSEPORT")


@contextmanager
def bound(settings: Settings) -> Iterator[list[socket.socket]]:
    """Sockets on every address that LISTEN names, all on one port, not listening yet; closed at the end.

    With several WORKERS the port is shared with the other workers. Raises SettingError.
    """
    share = settings.workers > 1
    if share and not CAN_SHARE:
        raise SettingError("WORKERS above 1 needs a system where processes can share a port; set WORKERS=1")
    with ExitStack() as stack:
        sockets: list[socket.socket] = []
        for family, host in _addresses(settings):
            port = settings.port or (sockets[0].getsockname()[1] if sockets else 0)
            sockets.append(stack.enter_context(_socket(settings, family, (host, port), share=share)))
        yield sockets


def settled(settings: Settings, sockets: Sequence[socket.socket]) -> Settings:
    """The settings with the port that the system chose, where LISTEN left it the choice."""
    if settings.port:
        return settings
    listen = f"{settings.listen.rpartition(':')[0]}:{sockets[0].getsockname()[1]}"
    given = {name: getattr(settings, name) for name in settings.model_fields_set}
    return Settings.model_validate({**given, "listen": listen}, by_name=True)


def _addresses(settings: Settings) -> list[tuple[int, str]]:
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    except OSError:
        raise SettingError(f"LISTEN names a host that is not known here: {settings.host}") from None
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def _socket(settings: Settings, family: int, address: tuple[str, int], *, share: bool) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # a port just left is free; on Windows the option would mean to take it over
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if share:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
    except OSError as error:
        made.close()
        raise SettingError(f"LISTEN {settings.listen} {_why(error)}") from None
    return made


def _why(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE or getattr(error, "winerror", 0) in TAKEN:
        return "is taken by another program (is Docent running already?); choose another port"
    return f"cannot be used: {error.strerror or error}"
