"""What a start-up can do so that no update has to."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import Final

YOUNG: Final = 20_000  # objects made before the collector looks; an update makes and drops some thousands


def new_loop() -> asyncio.AbstractEventLoop:
    """The fast event loop, where there is one: not on Windows."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


def settle() -> None:
    """Keep the garbage collector from going through the program itself, which stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
