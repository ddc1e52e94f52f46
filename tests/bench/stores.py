"""A Redis of the benchmark's own, where one is installed."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from tests.fixtures.postgres_server import free_port

PROGRAMS: Final = ("redis-server", "valkey-server")
START_SECONDS: Final = 20.0


def redis_program() -> str | None:
    """The server's program, if there is one on the PATH."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@asynccontextmanager
async def redis(program: str, folder: Path) -> AsyncIterator[tuple[str, int]]:
    """The address and process id of a server with its files in `folder`, set up as it comes."""
    port = free_port()
    command = (program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder))
    server = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await _listens(port):  # noqa: ASYNC110 - another process sets no event
                await asyncio.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0", server.pid
    finally:
        server.terminate()
        await server.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
