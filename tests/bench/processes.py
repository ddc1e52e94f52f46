"""What processes used, read from /proc: processor seconds and memory of a process and all its children."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
TICKS: Final = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
MIB: Final = 2**20
# Fields of /proc/<pid>/stat after the name, see proc(5): the parent, user and system time, and those of
# children that ended and were waited for.
PARENT: Final = 1
TIMES: Final = slice(11, 15)


def family(root: int) -> list[int]:
    """`root` and every process below it that still runs."""
    parents = {int(entry.name): _stat(int(entry.name)) for entry in PROC.iterdir() if entry.name.isdecimal()}
    found = [root]
    for pid in found:  # grows while it is walked
        found += [child for child, stat in parents.items() if stat and int(stat[PARENT]) == pid]
    return found


def parent(pid: int) -> int:
    """The process that started `pid`."""
    return int(_stat(pid)[PARENT])


def cpu(root: int) -> float:
    """Processor seconds, user and system, that `root` and its children have used since they began."""
    return sum(sum(int(ticks) for ticks in _stat(pid)[TIMES]) for pid in family(root)) / TICKS


def memory(root: int) -> float:
    """Resident memory of `root` and its children, in MiB; what they share counts for each."""
    return sum(_resident(pid) for pid in family(root)) / MIB


def _stat(pid: int) -> list[str]:
    """The fields behind the name; none where the process has just ended."""
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()


def _resident(pid: int) -> int:
    try:
        text = (PROC / str(pid) / "statm").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")
