"""The fault proxy does to a connection exactly what it says, and nothing to the others."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from tests.fakes.fault_proxy import HOST, Fault, FaultProxy, Plan, seeded

WAIT = 10  # seconds, far more than anything here takes


class Echo:
    """A server that answers every line with the same line, and knows what it heard."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.news = asyncio.Event()
        self.server: asyncio.Server | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                self.heard.append(line)
                self.news.set()
                writer.write(line)
                await writer.drain()
            self.heard.append(b"(end)")
        except ConnectionError:
            self.heard.append(b"(reset)")
        finally:
            self.news.set()
            writer.close()

    async def hears(self, wanted: list[bytes]) -> None:
        async with asyncio.timeout(WAIT):
            while self.heard != wanted:
                self.news.clear()
                await self.news.wait()

    @property
    def port(self) -> int:
        assert self.server is not None
        return int(self.server.sockets[0].getsockname()[1])


class Caller:
    """One end of a connection through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def says(self, line: bytes) -> bytes:
        """Returns the answer; b"" where the connection ends instead."""
        self.writer.write(line)
        async with asyncio.timeout(WAIT):
            return await self.reader.readline()


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    echo = Echo()
    echo.server = await asyncio.start_server(echo.serve, HOST, 0)
    async with echo.server:
        yield echo


@asynccontextmanager
async def calling(proxy: FaultProxy) -> AsyncIterator[Caller]:
    async with asyncio.timeout(WAIT):
        reader, writer = await asyncio.open_connection(HOST, proxy.port)
    try:
        yield Caller(reader, writer)
    finally:
        writer.close()


def once(fault: Fault) -> Plan:
    """A plan for the first connection only."""
    faults = iter([fault])
    return lambda: next(faults, None)


async def test_without_a_fault_everything_passes(echo: Echo) -> None:
    async with FaultProxy(echo.port) as proxy, calling(proxy) as caller:
        large = b"x" * 60_000 + b"\n"
        assert [await caller.says(line) for line in (b"a\n", large)] == [b"a\n", large]
        caller.writer.write_eof()
        assert await caller.reader.read() == b""
        await echo.hears([b"a\n", large, b"(end)"])
        assert proxy.met == {}


async def test_a_reset_keeps_the_request_from_arriving(echo: Echo) -> None:
    async with FaultProxy(echo.port, once(Fault("reset", turn=2))) as proxy, calling(proxy) as caller:
        assert await caller.says(b"a\n") == b"a\n"
        with pytest.raises(ConnectionResetError):
            await caller.says(b"b\n")
        await echo.hears([b"a\n", b"(reset)"])
        async with calling(proxy) as another:
            assert await another.says(b"b\n") == b"b\n"
        assert proxy.met == {"reset": 1}


async def test_a_cut_loses_the_answer_only(echo: Echo) -> None:
    async with FaultProxy(echo.port, once(Fault("cut"))) as proxy, calling(proxy) as caller:
        with pytest.raises(ConnectionResetError):
            await caller.says(b"a\n")
        await echo.hears([b"a\n", b"(reset)"])
        assert proxy.met == {"cut": 1}


async def test_a_fault_can_wait_for_certain_words(echo: Echo) -> None:
    async with FaultProxy(echo.port) as proxy, calling(proxy) as caller:
        assert await caller.says(b"COMMIT\n") == b"COMMIT\n"
        proxy.strike(Fault("cut", saying=b"COMMIT", turn=2))
        assert await caller.says(b"COMMIT\n") == b"COMMIT\n"
        assert await caller.says(b"a\n") == b"a\n"
        with pytest.raises(ConnectionResetError):
            await caller.says(b"COMMIT\n")
        await echo.hears([b"COMMIT\n", b"COMMIT\n", b"a\n", b"COMMIT\n", b"(reset)"])


async def test_half_an_answer_ends_like_a_whole_one(echo: Echo) -> None:
    async with FaultProxy(echo.port, once(Fault("half"))) as proxy, calling(proxy) as caller:
        assert await caller.says(b"abc\n") == b"ab"
        assert caller.reader.at_eof()
        caller.writer.write(b"still there\n")
        await echo.hears([b"abc\n", b"still there\n"])


async def test_a_delay_is_of_its_connection_only(echo: Echo) -> None:
    plan = once(Fault("delay", seconds=0.05))
    async with FaultProxy(echo.port, plan) as proxy, calling(proxy) as slow, calling(proxy) as quick:
        late = asyncio.create_task(slow.says(b"late\n"))
        assert await quick.says(b"quick\n") == b"quick\n"
        assert not late.done()
        assert await late == b"late\n"
        assert proxy.met == {"delay": 1}


async def test_a_hole_says_nothing_and_ends_in_a_reset(echo: Echo) -> None:
    async with FaultProxy(echo.port, once(Fault("hole", seconds=0.05))) as proxy, calling(proxy) as caller:
        with pytest.raises(ConnectionResetError):
            await caller.says(b"a\n")
        await echo.hears([b"(reset)"])


async def test_who_refuses_resets_and_takes_no_more(echo: Echo) -> None:
    async with FaultProxy(echo.port) as proxy, calling(proxy) as caller:
        assert await caller.says(b"a\n") == b"a\n"
        await proxy.refuse()
        with pytest.raises(ConnectionResetError):
            await caller.says(b"b\n")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, proxy.port)
        await proxy.heal()
        async with calling(proxy) as another:
            assert await another.says(b"c\n") == b"c\n"
        await echo.hears([b"a\n", b"(reset)", b"c\n", b"(end)"])


async def test_what_was_swallowed_comes_late(echo: Echo) -> None:
    async with FaultProxy(echo.port) as proxy, calling(proxy) as old, AsyncExitStack() as stack:
        assert await old.says(b"a\n") == b"a\n"
        proxy.swallow()
        new = await stack.enter_async_context(calling(proxy))
        waiting = [asyncio.create_task(one) for one in (old.says(b"b\n"), new.says(b"c\n"))]
        done, _pending = await asyncio.wait(waiting, timeout=0.05)
        assert not done
        assert echo.heard == [b"a\n"]
        await proxy.heal()
        assert await asyncio.gather(*waiting) == [b"b\n", b"c\n"]


async def test_what_was_swallowed_can_be_lost_for_good(echo: Echo) -> None:
    async with FaultProxy(echo.port) as proxy, calling(proxy) as caller:
        assert await caller.says(b"a\n") == b"a\n"
        proxy.swallow()
        waiting = asyncio.create_task(caller.says(b"b\n"))
        await asyncio.sleep(0)
        await proxy.reset()
        with pytest.raises(ConnectionResetError):
            await waiting
        await proxy.heal()
        await echo.hears([b"a\n", b"(reset)"])


async def test_nobody_behind_it_is_a_reset(echo: Echo) -> None:
    assert echo.server is not None
    port = echo.port
    echo.server.close()
    async with FaultProxy(port) as proxy, calling(proxy) as caller:
        with pytest.raises(ConnectionResetError):
            await caller.says(b"a\n")


def test_chance_gives_each_kind_its_share_and_the_same_again() -> None:
    odds = {"reset": 0.2, "cut": 0.3}
    plan = seeded(random.Random(1), odds, turns=3)
    given = [plan() for _connection in range(1000)]
    kinds = [fault.kind if fault else "" for fault in given]
    assert {kind: round(kinds.count(kind) / 1000, 1) for kind in ("reset", "cut", "")} == {**odds, "": 0.5}
    assert {fault.turn for fault in given if fault} == {1, 2, 3}
    again = seeded(random.Random(1), odds, turns=3)
    assert [again() for _connection in range(1000)] == given
