"""The machine and the software that figures were measured with; neither its name nor its folders."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Final

OURS: Final = ("aiohttp", "asyncpg", "msgspec", "SQLAlchemy", "uvloop")


def described(postgresql: str) -> list[str]:
    """Lines that describe them; `postgresql` is the version that the server says."""
    libraries = ", ".join(f"{name} {version(name)}" for name in OURS)
    return [
        f"{_processor()}, {os.cpu_count()} cores, {_memory():.0f} GiB of memory",
        f"{_system()}, Linux {platform.release().split('-')[0]}",
        f"Python {platform.python_version()}, PostgreSQL {postgresql.split()[0]}, {libraries}",
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()
