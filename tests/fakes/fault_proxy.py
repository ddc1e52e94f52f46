"""A TCP proxy that does to connections what networks do: delays, resets, half-closes, cuts, holes, refusals.

It works on bytes, so it fits between any two that take turns at speaking: HTTP, PostgreSQL.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Self

HOST: Final = "127.0.0.1"
CHUNK: Final = 2**16
ABORT: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)  # SO_LINGER: close by a reset


@dataclass(frozen=True)
class Fault:
    """What happens to one connection, from its `turn`-th request on (the first is 1) that holds `saying`.

    `delay`: everything comes `seconds` late. `reset`: the request does not arrive; both ends are reset.
    `cut`: the request arrives, and instead of the answer comes a reset. `half`: so it is after half of the
    answer, which ends there as if it were whole. `hole`: nothing arrives any more, and after `seconds`
    both ends are reset.
    """

    kind: str
    turn: int = 1
    seconds: float = 0.0
    saying: bytes = b""


Plan = Callable[[], Fault | None]
End = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def no_fault() -> None:
    """The plan by which all goes well."""


def seeded(chance: random.Random, odds: Mapping[str, float], turns: int, seconds: float = 0.2) -> Plan:
    """A plan that gives a connection each kind of fault with its odds, at one of its first `turns`."""

    def plan() -> Fault | None:
        kind = chance.choices([*odds, None], [*odds.values(), 1 - sum(odds.values())])[0]
        return Fault(kind, chance.randint(1, turns), seconds) if kind else None

    return plan


class FaultProxy:
    """Hands connections to `port` on to port `target`; `async with FaultProxy(target) as proxy`.

    Every connection gets the fault that `plan` gives. `met` counts the faults that came true.
    """

    def __init__(self, target: int, plan: Plan = no_fault) -> None:
        self.target = target
        self.plan = plan
        self.met: Counter[str] = Counter()
        self._open = asyncio.Event()
        self._open.set()
        self._lines: dict[asyncio.Task[None], _Line] = {}
        self._server: asyncio.Server | None = None
        self._socket = _bound(0)
        self.port: int = self._socket.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def __aenter__(self) -> Self:
        await self._listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.refuse()
        self._socket.close()

    async def refuse(self) -> None:
        """Reset every connection and refuse new ones, as a machine does on which nobody listens."""
        if self._server is not None:
            self._server.close()
            self._server = None
            await self.reset()
            self._socket = _bound(self.port)  # nobody else gets the port meanwhile

    def swallow(self) -> None:
        """Let nothing through any more; connections are taken and stay open."""
        self._open.clear()

    async def heal(self) -> None:
        """Let everything through again, also what was swallowed: as a network sends it again."""
        self._open.set()
        if self._server is None:
            await self._listen()

    async def reset(self) -> None:
        """Reset all connections there are."""
        tasks = list(self._lines)
        for task in tasks:
            self._lines[task].abort()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def strike(self, fault: Fault) -> None:
        """Give every connection there is this fault, counting from now."""
        for line in self._lines.values():
            line.meets(fault)

    async def opened(self) -> None:
        """Wait while everything is swallowed."""
        await self._open.wait()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connected, sock=self._socket)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = _Line(self, (reader, writer))
        line.meets(self.plan() or Fault(""))
        task = asyncio.create_task(line.run())
        self._lines[task] = line
        task.add_done_callback(self._lines.pop)


class _Line:
    """One connection, `near` the end that opened it, and the one behind it."""

    def __init__(self, proxy: FaultProxy, near: End) -> None:
        self._proxy = proxy
        self._ends = [near]
        self._answered = True

    def meets(self, fault: Fault) -> None:
        """Have this happen to it from now on."""
        self._fault, self._turn, self._struck = fault, 0, False

    async def run(self) -> None:
        """Hand everything on until both ends have said all they had to say, or the fault strikes."""
        try:
            await self._proxy.opened()
            self._ends.append(await asyncio.open_connection(HOST, self._proxy.target))
            async with asyncio.TaskGroup() as both:
                both.create_task(self._requests(*self._ends))
                both.create_task(self._answers(*self._ends))
        except* OSError:
            self.abort()  # where one end was reset, so is the other
        for _reader, writer in self._ends:
            writer.close()

    def abort(self) -> None:
        """Reset both ends; what they have not read yet never reaches them."""
        for _reader, writer in self._ends:
            if not writer.is_closing():
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
                writer.transport.abort()

    async def _requests(self, near: End, far: End) -> None:
        while data := await near[0].read(CHUNK):
            self._turn += self._answered and self._fault.saying in data
            self._answered = False
            await self._proxy.opened()
            await self._delays()
            if self._strikes("reset"):
                raise ConnectionResetError
            far[1].write(data)
            await far[1].drain()
        far[1].write_eof()

    async def _answers(self, near: End, far: End) -> None:
        while data := await far[0].read(CHUNK):
            self._answered = True
            await self._proxy.opened()
            await self._delays()
            if self._strikes("cut"):
                raise ConnectionResetError
            if self._strikes("half"):
                near[1].write(data[: len(data) // 2])
                break
            near[1].write(data)
            await near[1].drain()
        near[1].write_eof()

    async def _delays(self) -> None:
        if self._strikes("delay"):
            await asyncio.sleep(self._fault.seconds)
        elif self._strikes("hole"):
            await asyncio.sleep(self._fault.seconds)
            raise ConnectionResetError

    def _strikes(self, kind: str) -> bool:
        """Whether this connection's fault is of that kind, and its time has come."""
        if self._fault.kind != kind or self._turn < self._fault.turn:
            return False
        self._proxy.met[kind] += not self._struck
        self._struck = True
        return True


def _bound(port: int) -> socket.socket:
    """A socket that has its port but does not listen yet."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":  # where it means that somebody else may listen there, too
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((HOST, port))
    return made
