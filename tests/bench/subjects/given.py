"""What the benchmark tells a compared program through its environment, and how that one says it is ready."""

from __future__ import annotations

import os
import sys
import threading
from typing import Final

HOST: Final = "127.0.0.1"
PORT: Final = int(os.environ.get("LISTEN", ":0").rpartition(":")[2])
PATH: Final = "/telegram/webhook"
API: Final = os.environ.get("TELEGRAM_API_URL", "")
TOKEN: Final = os.environ.get("TELEGRAM_TOKEN", "")
SECRET: Final = os.environ.get("TELEGRAM_SECRET", "")
DATABASE: Final = os.environ.get("DATABASE_URL", "")
STORE: Final = os.environ.get("BENCH_STORE", "")  # where conversations are kept: nothing, a file, or Redis


def ready() -> None:
    """Say that requests are served from now on; and end when the starter does, however that ends."""
    threading.Thread(target=_end_with_starter, daemon=True).start()
    print("ready", flush=True)


def _end_with_starter() -> None:
    sys.stdin.buffer.read()
    os._exit(0)
