"""Runs the program as `python -m bot` does, in a day that goes by faster than its clock.

What an hour of the supervisor's trust would be is set for the pressed day here: a worker that lived through
a good part of an hour has settled.
"""

from __future__ import annotations

import os
import runpy
import sys
from typing import Final

from bot import supervisor

FASTER: Final = "DOCENT_HOLIDAY_FASTER"  # how many times faster the day goes by


def main() -> None:
    faster = float(os.environ[FASTER])
    supervisor.SETTLED /= faster  # type: ignore[misc]  # a constant, but of a slower day
    supervisor.COMMAND = (sys.executable, "-m", __spec__.name, "serve", "--worker")  # type: ignore[misc]
    runpy.run_module("bot", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
