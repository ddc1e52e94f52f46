"""The cases of a full disk: SQLite cannot write, everybody waits, and it goes on when there is room."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from tests.fixtures.duty import Duty
from tests.fixtures.killing import Program
from tests.torture.cases import Case, Try
from tests.torture.network import Network
from tests.torture.outages import BETWEEN, on_duty_through
from tests.torture.tally import Tally

LOG_BYTES = 256 * 1024  # that the program may still log: what it says is to be read
REFUSED = "an update has to wait"


@contextmanager
def full(program: Program) -> Iterator[None]:
    """Let no file of `program` be written but near its beginning, as if there were no room for more.

    SQLite's log may have been begun anew, so the limit is below the sizes it and the database have.
    """
    assert sys.platform == "linux"  # as the whole torture; this module is read everywhere
    import resource

    soft, hard = resource.prlimit(program.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (program.log.stat().st_size + LOG_BYTES, hard))
    yield
    resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (soft, hard))


async def disk_full(mode: str, tried: Try) -> Tally:
    """Everybody on duty; what cannot be kept is refused, in so many words, and by the same process after."""

    async def torment(program: Program, _duty: Duty, _network: Network) -> None:
        pid = program.pid
        await asyncio.sleep(BETWEEN)
        begun = program.log.stat().st_size
        with full(program):
            await asyncio.sleep(tried.seconds)
            program.fell()
        await asyncio.sleep(BETWEEN)
        said = program.log.read_bytes()[begun:].decode("utf-8", "replace")
        assert REFUSED in said, f"nothing was refused:\n{said}"
        assert "Traceback" not in said, said
        assert program.pid == pid, f"it began anew:\n{said}"

    return await on_duty_through(torment, tried, mode=mode, database="sqlite")


CASES = [
    Case(f"disk-{mode}", f"disk full, SQLite, {mode}", partial(disk_full, mode))
    for mode in ("polling", "webhook")
]
